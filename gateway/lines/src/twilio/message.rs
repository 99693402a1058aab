//! What Twilio says over a media stream: one text frame in, one typed message out.
//!
//! Source: Twilio's "Media Streams - WebSocket messages". Numbers of the envelope come as strings there and are taken
//! as numbers too; fields that are not known are skipped. Nothing here knows what was said before.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use callwright_calls::contract::Digit;
use serde::{Deserialize, Deserializer, de};

use super::Sid;

/// Longest message, in octets: about six seconds of sound in one piece, where 20 ms are usual.
pub const MESSAGE_MAX_BYTES: usize = 64 * 1024;

/// One message of Twilio's.
#[derive(Clone, Debug, PartialEq)]
pub struct FromTwilio<'a> {
    /// The stream it says it belongs to. `connected` names none.
    pub stream: Option<Cow<'a, str>>,
    /// What it says.
    pub event: Event<'a>,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// The socket is open.
    Connected,
    /// The stream begins.
    Start(Start),
    /// Sound.
    Media(Media<'a>),
    /// A key was pressed.
    Dtmf(Digit),
    /// A mark of ours came back; its name.
    Mark(Cow<'a, str>),
    /// The stream is over: the call was ended or sent elsewhere.
    Stop,
    /// A message of a kind that this version does not know.
    Unknown,
}

/// The beginning of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The call that the stream carries.
    pub call: Sid,
    /// The stream's own name, to be put on everything that is sent back.
    pub stream: Sid,
    /// The sound is mu-law, 8 kHz, mono: the only kind that Twilio documents.
    pub ulaw_8k: bool,
}

/// A piece of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media<'a> {
    /// It is what the caller says, and not what the caller hears.
    pub inbound: bool,
    /// Its number, from 1.
    pub chunk: u64,
    /// Its place in time, in milliseconds since the stream began.
    pub timestamp_ms: u64,
    /// G.711 mu-law at 8 kHz, any number of octets.
    pub audio: &'a [u8],
}

/// Why a text frame is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMessage {
    /// It is longer than [`MESSAGE_MAX_BYTES`].
    #[error("longer than {MESSAGE_MAX_BYTES} octets")]
    TooLong,
    /// It is not an object of JSON.
    #[error("not a JSON object")]
    Json,
    /// It is one, but a field is missing or has a wrong form.
    #[error("a field is missing or has a wrong form")]
    Shape,
    /// The sound in it is not base64.
    #[error("the payload is not base64")]
    Base64,
}

impl<'a> FromTwilio<'a> {
    /// Parses one text frame. Sound is decoded into `audio`, which is emptied first and is best used again.
    ///
    /// *Real time:* allocates for a message of sound only while `audio` grows, or where its strings hold escapes.
    ///
    /// # Errors
    /// See [`NotAMessage`]; the stream may go on.
    pub fn parse(text: &'a str, audio: &'a mut Vec<u8>) -> Result<Self, NotAMessage> {
        if text.len() > MESSAGE_MAX_BYTES {
            return Err(NotAMessage::TooLong);
        }
        // The fields in a row without their names would pass as an object otherwise.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(NotAMessage::Json);
        }
        // Fifty times a second it is sound, so that is tried first and in one pass. The rest takes a second look.
        match serde_json::from_str::<MediaEnvelope<'a>>(text) {
            Ok(envelope) if envelope.event.0 == "media" => envelope.decode(audio),
            _ => Self::parse_rare(text),
        }
    }

    fn parse_rare(text: &'a str) -> Result<Self, NotAMessage> {
        let Head { event } = json(text)?;
        let (stream, event) = match event.0.as_ref() {
            "connected" => (None, Event::Connected),
            "start" => {
                let StartEnvelope { stream, start } = json(text)?;
                (Some(stream), Event::Start(start.into()))
            }
            "dtmf" => {
                let DtmfEnvelope { stream, dtmf } = json(text)?;
                (Some(stream), Event::Dtmf(dtmf.digit.0))
            }
            "mark" => {
                let MarkEnvelope { stream, mark } = json(text)?;
                (Some(stream), Event::Mark(mark.name.0))
            }
            "stop" => {
                let StopEnvelope { stream } = json(text)?;
                (Some(stream), Event::Stop)
            }
            // It did not parse as what it says it is.
            "media" => return Err(NotAMessage::Shape),
            _ => (None, Event::Unknown),
        };
        Ok(Self { stream: stream.map(|text| text.0), event })
    }
}

impl<'a> MediaEnvelope<'a> {
    fn decode(self, audio: &'a mut Vec<u8>) -> Result<FromTwilio<'a>, NotAMessage> {
        audio.clear();
        if BASE64.decode_vec(self.media.payload.0.as_bytes(), audio).is_err() {
            audio.clear();
            return Err(NotAMessage::Base64);
        }
        let media = Media {
            inbound: self.media.track.is_none_or(|track| track.0 == "inbound"),
            chunk: self.media.chunk.0,
            timestamp_ms: self.media.timestamp.0,
            audio,
        };
        Ok(FromTwilio { stream: Some(self.stream.0), event: Event::Media(media) })
    }
}

/// Padding is Twilio's habit and carries nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NotAMessage> {
    serde_json::from_str(text)
        .map_err(|error| if error.is_data() { NotAMessage::Shape } else { NotAMessage::Json })
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    event: Text<'a>,
}

#[derive(Deserialize)]
struct MediaEnvelope<'a> {
    #[serde(borrow)]
    event: Text<'a>,
    #[serde(borrow, rename = "streamSid")]
    stream: Text<'a>,
    #[serde(borrow)]
    media: MediaBody<'a>,
}

#[derive(Deserialize)]
struct MediaBody<'a> {
    #[serde(borrow, default)]
    track: Option<Text<'a>>,
    chunk: Number,
    timestamp: Number,
    #[serde(borrow)]
    payload: Text<'a>,
}

#[derive(Deserialize)]
struct StartEnvelope<'a> {
    #[serde(borrow, rename = "streamSid")]
    stream: Text<'a>,
    #[serde(borrow)]
    start: StartBody<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartBody<'a> {
    stream_sid: Sid,
    call_sid: Sid,
    #[serde(borrow)]
    media_format: MediaFormat<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MediaFormat<'a> {
    #[serde(borrow)]
    encoding: Text<'a>,
    sample_rate: Number,
    channels: Number,
}

impl From<StartBody<'_>> for Start {
    fn from(body: StartBody<'_>) -> Self {
        let MediaFormat { encoding, sample_rate, channels } = body.media_format;
        Self {
            call: body.call_sid,
            stream: body.stream_sid,
            ulaw_8k: encoding.0 == "audio/x-mulaw" && sample_rate.0 == 8_000 && channels.0 == 1,
        }
    }
}

#[derive(Deserialize)]
struct DtmfEnvelope<'a> {
    #[serde(borrow, rename = "streamSid")]
    stream: Text<'a>,
    dtmf: DtmfBody,
}

#[derive(Deserialize)]
struct DtmfBody {
    digit: Key,
}

#[derive(Deserialize)]
struct MarkEnvelope<'a> {
    #[serde(borrow, rename = "streamSid")]
    stream: Text<'a>,
    #[serde(borrow)]
    mark: MarkBody<'a>,
}

#[derive(Deserialize)]
struct MarkBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct StopEnvelope<'a> {
    #[serde(borrow, rename = "streamSid")]
    stream: Text<'a>,
}

/// A string, borrowed from the message unless it holds escapes. (A bare `Option<Cow>` would always copy.)
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A whole number, written as a string or as a number.
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                // `parse` alone would take a sign.
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                let number = digits.then(|| text.parse().ok()).flatten();
                number.map(Number).ok_or_else(|| E::custom("not a whole number"))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A key of a telephone: a string of one character.
struct Key(Digit);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        char::deserialize(deserializer)
            .and_then(|key| Digit::try_from(key).map(Self).map_err(de::Error::custom))
    }
}

#[cfg(test)]
mod tests;
