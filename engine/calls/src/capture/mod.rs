//! Captures: everything that went into a call, in order and with its time, so that the call can be run again.
//!
//! A [`Recorder`] sits in a shard and writes what captured calls take in, and how to check what comes out, into a ring;
//! [`Spool`] and [`CaptureFile`] turn the ring's other end into files; [`Capture`] reads one back. Nothing here opens a
//! file or starts a thread.
//!
//! > A capture is whole up to its end, or it ends where it could not be whole: it never has a hole.
//!
//! Captures hold voices, words and numbers. Whoever stores them answers for who may read them and for how long.

mod bytes;
pub use bytes::Malformed;
mod answer;
mod command;
mod digest;
mod pcm;
pub use digest::Played;
mod fact_text;
pub use fact_text::fact_text;
mod header;
pub use header::Header;
mod record;
pub use record::{Record, TapeEnd};

mod recorder;
pub(crate) use recorder::Tape;
pub use recorder::{CAPTURE_RING, CaptureCounts, CaptureLimits, FrameKind, Recorder};
mod spool;
pub use spool::{Frame, Spool};

mod block;
pub use block::BLOCK_MAX;
mod file;
pub use file::CaptureFile;
mod read;
pub use read::{Capture, CaptureError};
