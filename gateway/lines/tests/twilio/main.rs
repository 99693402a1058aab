//! The Twilio line over real sockets: what a caller, a carrier and a stranger get from it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "all of this is a test, and fails by panicking"
)]

mod call_end;
mod carrier;

mod bad_input;
mod calls;
mod webhooks;
