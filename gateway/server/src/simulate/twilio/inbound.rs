//! Messages from the server to Twilio, read as strictly as Twilio reads them: exactly the documented fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{Offence, TwilioError};

/// A message from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FromServer {
    /// Sound to be played after what is already buffered: raw mu-law, 8 kHz, any length.
    Media(Vec<u8>),
    /// Say so when what is buffered has been played.
    Mark(String),
    /// Throw away what is buffered.
    Clear,
}

/// Reads one text message.
///
/// # Errors
/// The [`Offence`] that Twilio would raise; Twilio ignores such a message, and the caller hears nothing of it.
pub(super) fn parse(text: &str, stream_sid: &str) -> Result<FromServer, Offence> {
    let message: Value =
        serde_json::from_str(text).map_err(|error| invalid(format!("not JSON: {error}")))?;
    let Value::Object(message) = message else { return Err(invalid("not a JSON object")) };
    let event = text_of(&message, "event", "the message")?;
    match event {
        "media" => {
            exactly(&message, &["event", "media", "streamSid"], "the media message")?;
            of_this_stream(&message, stream_sid)?;
            let media = object(&message, "media")?;
            exactly(media, &["payload"], "media")?;
            payload(text_of(media, "payload", "media")?).map(FromServer::Media)
        }
        "mark" => {
            exactly(&message, &["event", "mark", "streamSid"], "the mark message")?;
            of_this_stream(&message, stream_sid)?;
            let mark = object(&message, "mark")?;
            exactly(mark, &["name"], "mark")?;
            Ok(FromServer::Mark(text_of(mark, "name", "mark")?.to_owned()))
        }
        "clear" => {
            exactly(&message, &["event", "streamSid"], "the clear message")?;
            of_this_stream(&message, stream_sid)?;
            Ok(FromServer::Clear)
        }
        other => Err(invalid(format!("unknown event {other:?}"))),
    }
}

fn invalid(what: impl Into<String>) -> Offence {
    Offence::new(TwilioError::InvalidMessage, what)
}

fn text_of<'a>(map: &'a Map<String, Value>, field: &str, of: &str) -> Result<&'a str, Offence> {
    match map.get(field) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(invalid(format!("{field:?} of {of} is not a string"))),
        None => Err(invalid(format!("{field:?} is missing in {of}"))),
    }
}

fn object<'a>(map: &'a Map<String, Value>, field: &str) -> Result<&'a Map<String, Value>, Offence> {
    let value = map.get(field).and_then(Value::as_object);
    value.ok_or_else(|| invalid(format!("{field:?} is not an object")))
}

fn exactly(map: &Map<String, Value>, fields: &[&str], of: &str) -> Result<(), Offence> {
    if let Some(missing) = fields.iter().find(|field| !map.contains_key(**field)) {
        return Err(invalid(format!("{missing:?} is missing in {of}")));
    }
    match map.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(extra) => Err(invalid(format!("extra field {extra:?} in {of}"))),
        None => Ok(()),
    }
}

fn of_this_stream(message: &Map<String, Value>, stream_sid: &str) -> Result<(), Offence> {
    let named = text_of(message, "streamSid", "the message")?;
    if named == stream_sid {
        Ok(())
    } else {
        Err(invalid(format!("streamSid {named:?} is not this stream's")))
    }
}

fn payload(encoded: &str) -> Result<Vec<u8>, Offence> {
    let octets = STANDARD.decode(encoded).map_err(|error| {
        Offence::new(TwilioError::MalformedMessage, format!("media.payload is not base64: {error}"))
    })?;
    if octets.is_empty() {
        return Err(invalid("media.payload is empty"));
    }
    // "The audio must not contain audio file type header bytes; they are played as noise."
    if octets.starts_with(b"RIFF") || octets.starts_with(b".snd") {
        return Err(invalid("media.payload begins with the header of a sound file"));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_shapes_are_taken() {
        for (text, expected) in [
            (
                r#"{"event":"media","streamSid":"MZ1","media":{"payload":"AP9/"}}"#,
                FromServer::Media(vec![0, 255, 127]),
            ),
            (
                r#"{"streamSid":"MZ1","mark":{"name":"m 1"},"event":"mark"}"#,
                FromServer::Mark("m 1".to_owned()),
            ),
            (r#"{"event":"clear","streamSid":"MZ1"}"#, FromServer::Clear),
        ] {
            assert_eq!(parse(text, "MZ1"), Ok(expected));
        }
    }

    #[test]
    fn everything_else_is_an_offence() {
        use TwilioError::{InvalidMessage, MalformedMessage};
        for (text, error, what) in [
            ("", InvalidMessage, "not JSON"),
            ("[]", InvalidMessage, "not a JSON object"),
            (r#"{"streamSid":"MZ1"}"#, InvalidMessage, "\"event\" is missing"),
            (r#"{"event":"hangup","streamSid":"MZ1"}"#, InvalidMessage, "unknown event"),
            (r#"{"event":"clear"}"#, InvalidMessage, "\"streamSid\" is missing"),
            (r#"{"event":"clear","streamSid":"MZ2"}"#, InvalidMessage, "not this stream's"),
            (r#"{"event":"clear","streamSid":7}"#, InvalidMessage, "not a string"),
            (r#"{"event":"clear","streamSid":"MZ1","now":true}"#, InvalidMessage, "extra field"),
            (r#"{"event":"mark","streamSid":"MZ1"}"#, InvalidMessage, "\"mark\" is missing"),
            (r#"{"event":"mark","streamSid":"MZ1","mark":"a"}"#, InvalidMessage, "not an object"),
            (
                r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"a","id":1}}"#,
                InvalidMessage,
                "extra field",
            ),
            (
                r#"{"event":"media","streamSid":"MZ1","media":{"payload":"AA==","track":"outbound"}}"#,
                InvalidMessage,
                "extra field \"track\"",
            ),
            (
                r#"{"event":"media","streamSid":"MZ1","sequenceNumber":"1","media":{"payload":"AA=="}}"#,
                InvalidMessage,
                "extra field \"sequenceNumber\"",
            ),
            (
                r#"{"event":"media","streamSid":"MZ1","media":{}}"#,
                InvalidMessage,
                "\"payload\" is missing",
            ),
            (
                r#"{"event":"media","streamSid":"MZ1","media":{"payload":""}}"#,
                InvalidMessage,
                "empty",
            ),
            (
                r#"{"event":"media","streamSid":"MZ1","media":{"payload":"A"}}"#,
                MalformedMessage,
                "not base64",
            ),
            (
                r#"{"event":"media","streamSid":"MZ1","media":{"payload":"UklGRiQA"}}"#,
                InvalidMessage,
                "header of a sound file",
            ),
        ] {
            let offence = parse(text, "MZ1").unwrap_err();
            assert_eq!(offence.error, error, "{text}");
            assert!(offence.what.contains(what), "{text}: {offence}");
        }
    }
}
