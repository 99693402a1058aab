//! The program as a process of its own: started, killed, started again, and started with what it cannot start with.
//!
//! `./callwright test` installs the models; without them these tests fail and say so.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what cannot be read or made in a test fails the test"
)]

mod bench;
mod killed;
mod private;
mod program;
mod refusals;
mod shelf;
