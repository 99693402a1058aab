//! The jitter buffer on a virtual clock, over a network that goes wrong on purpose.
#![expect(clippy::unwrap_used, reason = "a proof that cannot go on stops and says where")]

mod laws;
mod listener;
mod memory;
mod stories;
