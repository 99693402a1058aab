//! Twilio Media Streams: `<Connect><Stream>`, both ways, as Twilio documents it.
//!
//! A call comes in as a signed webhook ([`routes`]), is answered with the address of a WebSocket that holds a one-time
//! token, and becomes a leg when the stream's `start` has come. What is assumed of Twilio, and what is not done, stands
//! in `docs/protocols/twilio.md`.

mod sid;
pub use sid::{NotASid, SID_MAX_BYTES, Sid};

mod message;
pub use message::{Event, FromTwilio, MESSAGE_MAX_BYTES, Media, NotAMessage, Start};

mod to_twilio;
pub use to_twilio::{ToTwilio, mark_named};

mod chunks;
pub use chunks::{ChunkRepairs, Chunks, HELD_MAX, SILENCE_MAX_MS};

mod counts;
pub use counts::{Bad, Counts, Odd};

mod end;
pub use end::{End, LegFate};

mod session;
pub use session::{
    BAD_IN_A_ROW_MAX, BAD_MAX, MARKS_OUT_MAX, Output, QUIET_PATIENCE, START_PATIENCE, Sent, Session,
};

mod switchboard;
pub use switchboard::Switchboard;

mod options;
pub use options::{STREAMS_MAX, TwilioOptions, UpgradeSignature};

mod public_url;
pub use public_url::{NotAPublicUrl, PublicUrl, Scheme};

mod signature;
pub use signature::{AuthToken, Parameters, sign};

mod twiml;
mod webhook;

mod after;
mod expiring;
mod tokens;

mod metric;

mod wire;
pub use wire::WRITE_PATIENCE;
mod driver;

mod routes;
pub use routes::routes;
