//! The business as a server uses it: whole calls through its public face, over a file on disk.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is tests: what does not hold fails them"
)]

mod following;
mod harness;
mod killed;
mod opening;
mod refusing_disk;
mod slow_calendar;
mod whole_calls;
