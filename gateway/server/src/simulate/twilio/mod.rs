//! Twilio's side of a call, as strict as Twilio: what it sends, what it refuses, and how it plays.
//!
//! Everything here is sans-IO: texts in, texts out, time as an argument. The sockets and the clock are in
//! [`super::driver`]. Written from <https://www.twilio.com/docs/voice/media-streams/websocket-messages>,
//! `docs/voice/twiml/stream` and the error pages `docs/api/errors/NNNNN`.

mod inbound;
mod offence;
mod outbound;
mod playback;
mod signature;
mod stream;
mod twiml;

pub use offence::{Offence, TwilioError};
pub(crate) use playback::{Playback, Played, SAMPLES_PER_SECOND};
pub use signature::sign;
pub(crate) use stream::{Identity, Sound, Stream};
pub(crate) use twiml::{StreamTarget, Verb, parse_twiml};
