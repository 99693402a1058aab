//! The JSON of `/v1`: the only types of the program that serialise, and the only ones a client may rely on.
//!
//! Names are `snake_case`, times are RFC 3339, lengths of time are whole milliseconds and say so (`_ms`). A field
//! that does not apply is absent. New fields and new event types may appear within `v1`: a client ignores what it
//! does not know.
//!
//! Everything here reads back as well as it writes, so that our own clients speak through the same types.

mod appointment;
mod call;
mod convert;
mod emotion;
mod event;
mod problem;
mod status;
mod tenant;

pub use appointment::{Appointment, AppointmentList};
pub use call::{
    Call, CallBack, CallList, CallMeasures, CallSummary, LatencyParts, Speaker, TranscriptLine,
    TurnLatency,
};
pub use convert::appointments_of;
pub(crate) use convert::{Zones, live_event, logged_event};
pub use emotion::{CallerEmotion, MoodChange, MoodSeverity, MoodShift, TurnEmotion};
pub use event::{Change, Event, EventBody, Notice, StreamMessage};
pub use problem::{PROBLEM_JSON, Problem};
pub use status::{Health, Readiness};
pub use tenant::{Line, Tenant, TenantList};
