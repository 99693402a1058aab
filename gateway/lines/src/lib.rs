//! The sockets a call comes in by.
//!
//! One folder per kind of line. Each parses what strangers send into types that cannot be wrong, keeps the state of
//! its protocol in files without a socket or a clock, and meets the call at the leg of `engine/calls`, which is all
//! that it knows of calls.

pub mod twilio;
