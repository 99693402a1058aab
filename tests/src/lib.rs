//! The proofs that need more than one room.
//!
//! Three boundaries: unit tests stand at the foot of their files; `calls` are scripts on a virtual clock through
//! `engine/calls`; `wire` are a few real sockets, real models and real peers. `rooms` holds the map to the code.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod wire;
