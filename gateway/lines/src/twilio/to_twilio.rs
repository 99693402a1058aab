//! What is said to Twilio: exactly three shapes of message, and no field more.
//!
//! Twilio drops every message of a stream that has a field it does not expect, and warns of it once (31951).
//! The messages are written into one buffer that is used again as soon as the socket has taken the last of them.

use std::fmt::Write as _;

use axum::extract::ws::Utf8Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use callwright_calls::leg::MarkId;
use callwright_media::{PAYLOAD_MAX_BYTES, Packet};

use super::Sid;

/// Writes the messages of one stream.
#[derive(Debug)]
pub struct ToTwilio {
    stream: Sid,
    /// Everything of a message of sound that comes before the sound.
    media_head: Box<str>,
    buffer: BytesMut,
}

impl ToTwilio {
    /// For this stream.
    pub fn new(stream: Sid) -> Self {
        Self {
            stream,
            media_head: format!(
                r#"{{"event":"media","streamSid":"{stream}","media":{{"payload":""#
            )
            .into(),
            buffer: BytesMut::with_capacity(BUFFER_BYTES),
        }
    }

    /// Play this next.
    ///
    /// *Real time:* allocates only when the socket holds on to more than ten earlier messages.
    pub fn media(&mut self, packet: &Packet) -> Utf8Bytes {
        let mut encoded = [0; PAYLOAD_MAX_BYTES.div_ceil(3) * 4];
        #[expect(clippy::expect_used, reason = "the array above is the longest packet's encoding")]
        let length = STANDARD.encode_slice(&packet.payload, &mut encoded).expect("it fits");
        self.buffer.extend_from_slice(self.media_head.as_bytes());
        self.buffer.extend_from_slice(&encoded[..length]);
        self.buffer.extend_from_slice(br#""}}"#);
        self.finish()
    }

    /// Send this mark back once everything before it has been played.
    pub fn mark(&mut self, mark: MarkId) -> Utf8Bytes {
        let Self { stream, buffer, .. } = self;
        let name = MarkName(mark);
        let _infallible = write!(
            buffer,
            r#"{{"event":"mark","streamSid":"{stream}","mark":{{"name":"{name}"}}}}"#
        );
        self.finish()
    }

    /// Forget what was sent and not yet played.
    pub fn clear(&mut self) -> Utf8Bytes {
        let Self { stream, buffer, .. } = self;
        let _infallible = write!(buffer, r#"{{"event":"clear","streamSid":"{stream}"}}"#);
        self.finish()
    }

    fn finish(&mut self) -> Utf8Bytes {
        let message = self.buffer.split().freeze();
        #[expect(
            clippy::expect_used,
            reason = "SIDs, digits, base64 and the shapes above are ASCII"
        )]
        Utf8Bytes::try_from(message).expect("it is ASCII")
    }
}

/// A mark as Twilio knows it: `m` and its number.
struct MarkName(MarkId);

impl std::fmt::Display for MarkName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "m{}", self.0.0)
    }
}

/// The mark of this name, if we could have given it.
pub fn mark_named(name: &str) -> Option<MarkId> {
    let mark = MarkId(name.strip_prefix('m')?.parse().ok()?);
    // Only the one spelling that we write: not `m+7`, not `m07`.
    (MarkName(mark).to_string() == name).then_some(mark)
}

/// Room for about ten messages of sound, in octets: what a tick may have ready at once.
const BUFFER_BYTES: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn to_twilio() -> ToTwilio {
        ToTwilio::new(Sid::try_from("MZ0123456789abcdef0123456789abcdef").unwrap())
    }

    #[test]
    fn the_three_shapes_are_exact() {
        let mut to = to_twilio();
        let packet = Packet::split(&[0x00, 0xFF, 0x7F, 0x80], 160).next().unwrap();
        assert_eq!(
            to.media(&packet).as_str(),
            r#"{"event":"media","streamSid":"MZ0123456789abcdef0123456789abcdef","media":{"payload":"AP9/gA=="}}"#
        );
        assert_eq!(
            to.mark(MarkId(42)).as_str(),
            r#"{"event":"mark","streamSid":"MZ0123456789abcdef0123456789abcdef","mark":{"name":"m42"}}"#
        );
        assert_eq!(
            to.clear().as_str(),
            r#"{"event":"clear","streamSid":"MZ0123456789abcdef0123456789abcdef"}"#
        );
    }

    #[test]
    fn every_length_of_packet_is_written_whole() {
        let mut to = to_twilio();
        for length in 0..=PAYLOAD_MAX_BYTES {
            let octets: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let packet = Packet { payload: octets.iter().copied().collect() };
            let json: serde_json::Value = serde_json::from_str(&to.media(&packet)).unwrap();
            let payload = json["media"]["payload"].as_str().unwrap();
            assert_eq!(STANDARD.decode(payload).unwrap(), octets);
        }
    }

    #[test]
    fn the_buffer_is_used_again_and_again() {
        let mut to = to_twilio();
        let packet = Packet::split(&[0x55; 160], 160).next().unwrap();
        let places: std::collections::BTreeSet<usize> =
            (0..1_000).map(|_| to.media(&packet).as_ptr() as usize).collect();
        let span = places.last().unwrap() - places.first().unwrap();
        assert!(span < BUFFER_BYTES, "messages lay {span} octets apart");
    }

    #[test]
    fn only_names_that_we_write_are_marks_of_ours() {
        for mark in [0, 7, u32::MAX] {
            assert_eq!(mark_named(&MarkName(MarkId(mark)).to_string()), Some(MarkId(mark)));
        }
        for name in ["", "m", "7", "m07", "m+7", "m-1", "M7", "m4294967296", "m7 "] {
            assert_eq!(mark_named(name), None, "{name}");
        }
    }
}
