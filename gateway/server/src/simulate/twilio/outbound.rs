//! Messages from Twilio to the server, written in the documented shapes: every number of the envelope is a string.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Identity;

pub(super) fn connected() -> String {
    json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}).to_string()
}

pub(super) fn start(who: &Identity, sequence: u64, parameters: &[(String, String)]) -> String {
    let parameters: serde_json::Map<_, _> =
        parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "event": "start",
        "sequenceNumber": sequence.to_string(),
        "streamSid": who.stream_sid,
        "start": {
            "accountSid": who.account_sid,
            "streamSid": who.stream_sid,
            "callSid": who.call_sid,
            "tracks": ["inbound"],
            // The only numbers of the protocol that are JSON numbers.
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        },
    })
    .to_string()
}

pub(super) fn media(
    who: &Identity,
    sequence: u64,
    chunk: u64,
    at_ms: u64,
    octets: &[u8],
) -> String {
    json!({
        "event": "media",
        "sequenceNumber": sequence.to_string(),
        "streamSid": who.stream_sid,
        "media": {
            "track": "inbound",
            "chunk": chunk.to_string(),
            "timestamp": at_ms.to_string(),
            "payload": STANDARD.encode(octets),
        },
    })
    .to_string()
}

pub(super) fn dtmf(who: &Identity, sequence: u64, digit: char) -> String {
    json!({
        "event": "dtmf",
        "sequenceNumber": sequence.to_string(),
        "streamSid": who.stream_sid,
        // The documentation spells the track `inbound` in media and `inbound_track` here.
        "dtmf": {"track": "inbound_track", "digit": digit.to_string()},
    })
    .to_string()
}

pub(super) fn mark(who: &Identity, sequence: u64, name: &str) -> String {
    json!({
        "event": "mark",
        "sequenceNumber": sequence.to_string(),
        "streamSid": who.stream_sid,
        "mark": {"name": name},
    })
    .to_string()
}

pub(super) fn stop(who: &Identity, sequence: u64) -> String {
    json!({
        "event": "stop",
        "sequenceNumber": sequence.to_string(),
        "streamSid": who.stream_sid,
        "stop": {"accountSid": who.account_sid, "callSid": who.call_sid},
    })
    .to_string()
}
