//! The proofs that need more than one room.
//!
//! Four boundaries: unit tests stand at the foot of their files; `calls` are scripts on a virtual clock through
//! `engine/calls`; `heard` are callers' sounds through real models on a virtual clock, to what the agent says; `wire` are a few real sockets, real models and real peers. `rooms` holds the map to the code.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod heard;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod wire;
