//! Messages as Twilio's documentation prints them, and everything that they may be turned into on the way.

use proptest::prelude::*;

use super::*;

const CONNECTED: &str = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
const START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1",
    "streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw",
    "sampleRate":8000,"channels":1},"customParameters":{"line":"+15005550100"}}}"#;
const MEDIA: &str = r#"{"event":"media","sequenceNumber":"3","streamSid":"MZ1","media":{"track":"inbound",
    "chunk":"1","timestamp":"160","payload":"AP9/gA=="}}"#;
const DTMF: &str = r##"{"event":"dtmf","sequenceNumber":"5","streamSid":"MZ1","dtmf":{"track":"inbound_track",
    "digit":"#"}}"##;
const MARK: &str =
    r#"{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"m7"}}"#;
const STOP: &str = r#"{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1",
    "callSid":"CA1"}}"#;

fn check(text: &str, expected: Result<Event<'_>, NotAMessage>) {
    let mut audio = Vec::new();
    let parsed = FromTwilio::parse(text, &mut audio).map(|message| message.event);
    assert_eq!(parsed, expected, "{text}");
}

fn start(ulaw_8k: bool) -> Event<'static> {
    let (call, stream) = (Sid::try_from("CA1").unwrap(), Sid::try_from("MZ1").unwrap());
    Event::Start(Start { call, stream, ulaw_8k })
}

fn media(audio: &[u8]) -> Event<'_> {
    Event::Media(Media { inbound: true, chunk: 1, timestamp_ms: 160, audio })
}

#[test]
fn every_message_of_the_documentation_is_understood() {
    check(CONNECTED, Ok(Event::Connected));
    check(START, Ok(start(true)));
    check(MEDIA, Ok(media(&[0x00, 0xFF, 0x7F, 0x80])));
    check(DTMF, Ok(Event::Dtmf(Digit::try_from('#').unwrap())));
    check(MARK, Ok(Event::Mark("m7".into())));
    check(STOP, Ok(Event::Stop));
}

#[test]
fn every_message_but_the_first_names_its_stream() {
    for text in [START, MEDIA, DTMF, MARK, STOP] {
        let mut audio = Vec::new();
        let message = FromTwilio::parse(text, &mut audio).unwrap();
        assert_eq!(message.stream.as_deref(), Some("MZ1"), "{text}");
        check(&text.replacen("\"streamSid\"", "\"other\"", 1), Err(NotAMessage::Shape));
    }
}

#[test]
fn the_envelope_may_vary_as_json_may() {
    let expected = || Ok(media(&[0x00, 0xFF, 0x7F, 0x80]));
    check(&MEDIA.replace("\"1\"", "1").replace("\"160\"", "160"), expected());
    check(&MEDIA.replace("AP9/gA==", "AP9\\/gA=="), expected());
    check(&MEDIA.replace("AP9/gA==", "AP9/gA"), expected());
    check(&MEDIA.replace("\"track\":\"inbound\",", "\"codec\":{\"deep\":[1,null]},"), expected());
    check(&MEDIA.replace("\"event\"", "\"new\":true,\"event\""), expected());
    check(&MEDIA.replace("\"media\",", "\"\\u006dedia\","), expected());
    check(&MEDIA.replace("AP9/gA==", ""), Ok(media(&[])));
    check(r#"{"event":"brand-new","media":7,"streamSid":[]}"#, Ok(Event::Unknown));
    let outbound = Media { inbound: false, chunk: 1, timestamp_ms: 160, audio: &[0x00] };
    let text = MEDIA.replace("\"inbound\"", "\"outbound\"").replace("AP9/gA==", "AA==");
    check(&text, Ok(Event::Media(outbound)));
}

#[test]
fn a_format_other_than_ulaw_at_8_khz_is_seen() {
    for (from, to) in [("audio/x-mulaw", "audio/l16"), ("8000", "\"16000\""), (":1}", ":2}")] {
        check(&START.replace(from, to), Ok(start(false)));
    }
    check(&START.replace("8000", "\"8000\""), Ok(start(true)));
}

#[test]
fn what_is_no_message_says_why() {
    for text in ["", "{", "hello", "{\"event\":\"media\"", r#"["connected"]"#, "7", "\u{0}"] {
        check(text, Err(NotAMessage::Json));
    }
    for text in ["{}", r#"{"event":7}"#, r#"{"event":"media"}"#] {
        check(text, Err(NotAMessage::Shape));
    }
    for (from, to) in [
        ("\"1\"", "\"-1\""),
        ("\"1\"", "-1"),
        ("\"1\"", "\"+1\""),
        ("\"1\"", "\"\""),
        ("\"1\"", "1.5"),
        ("\"1\"", "\"18446744073709551616\""),
        ("\"AP9/gA==\"", "null"),
        ("\"chunk\"", "\"piece\""),
        ("\"timestamp\"", "\"when\""),
    ] {
        check(&MEDIA.replace(from, to), Err(NotAMessage::Shape));
    }
    check(&DTMF.replace("\"#\"", "\"12\""), Err(NotAMessage::Shape));
    check(&DTMF.replace("\"#\"", "\"x\""), Err(NotAMessage::Shape));
    check(&MARK.replace("{\"name\":\"m7\"}", "null"), Err(NotAMessage::Shape));
    check(&START.replace("CA1", "a b"), Err(NotAMessage::Shape));
    check(&START.replace("CA1", &"x".repeat(65)), Err(NotAMessage::Shape));
    for payload in ["AP9/g*==", "A", "AP9 /gA==", "AP9-gA==", "é"] {
        check(&MEDIA.replace("AP9/gA==", payload), Err(NotAMessage::Base64));
    }
    check(&" ".repeat(MESSAGE_MAX_BYTES + 1), Err(NotAMessage::TooLong));
    check(&"{\"event\":".repeat(6_000), Err(NotAMessage::Shape));
    check(&format!("{{\"x\":{}", "[".repeat(60_000)), Err(NotAMessage::Json));
}

#[test]
fn the_longest_message_is_decoded_whole() {
    let payload = "/".repeat((MESSAGE_MAX_BYTES - MEDIA.len()) / 4 * 4);
    let mut audio = Vec::new();
    let text = MEDIA.replace("AP9/gA==", &payload);
    let message = FromTwilio::parse(&text, &mut audio).unwrap();
    let Event::Media(media) = message.event else { panic!("{:?}", message.event) };
    assert_eq!(media.audio.len(), payload.len() / 4 * 3);
    assert!(media.audio.iter().all(|&octet| octet == 0xFF));
}

#[test]
fn sound_of_an_earlier_message_never_shows_again() {
    let mut audio = Vec::new();
    assert!(FromTwilio::parse(MEDIA, &mut audio).is_ok());
    let wrong = MEDIA.replace("AP9/gA==", "AAAA*");
    assert_eq!(FromTwilio::parse(&wrong, &mut audio), Err(NotAMessage::Base64));
    assert!(audio.is_empty());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let text = String::from_utf8_lossy(&bytes);
        let mut audio = Vec::new();
        let _parsed = FromTwilio::parse(&text, &mut audio);
    }

    /// Flips, cuts and doublings of good messages reach deeper than noise does.
    #[test]
    fn no_mutation_makes_it_panic(
        which in 0..6_usize,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut bytes = [CONNECTED, START, MEDIA, DTMF, MARK, STOP][which].as_bytes().to_vec();
        for (place, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.truncate(place),
                _ => {
                    let again = bytes[place..].to_vec();
                    bytes.extend(again);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut audio = Vec::new();
        let _parsed = FromTwilio::parse(&text, &mut audio);
    }

    #[test]
    fn any_sound_survives(octets in proptest::collection::vec(any::<u8>(), 0..1_000)) {
        let payload = base64::engine::general_purpose::STANDARD.encode(&octets);
        let text = MEDIA.replace("AP9/gA==", &payload);
        let mut audio = Vec::new();
        let message = FromTwilio::parse(&text, &mut audio).unwrap();
        prop_assert_eq!(message.event, media(&octets));
    }
}
