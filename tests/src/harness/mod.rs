//! A simulated world for one call: a caller, a line and model lanes on a virtual clock.
//!
//! Test boundary: everything of `engine/calls` is real; lanes answer from the caller's own script, after a delay; the
//! line is a carrier that plays its buffer in real time and returns marks.

mod caller;
mod far_end;
mod lanes;
mod moods;
mod script;

pub(crate) use caller::CALLER_LOUD;
pub(crate) use lanes::Delays;
pub(crate) use script::{Script, fact};
