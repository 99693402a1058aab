//! The jitter buffer on a virtual clock, over a network that goes wrong on purpose.

mod laws;
mod listener;
mod memory;
mod stories;
