//! What a stream makes of what Twilio says: in order, out of order, and out of its mind.
#![expect(clippy::disallowed_methods, reason = "a moment to count from")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_calls::contract::{AfterCall, Refusal};
use proptest::prelude::*;

use super::*;

/// A session, and what came out of it.
struct Script {
    session: Session,
    start: Instant,
    heard: Vec<u8>,
    others: Vec<Output>,
}

impl Script {
    fn opened() -> Self {
        let start = Instant::now();
        let session = Session::new(Sid::try_from("CA1").unwrap(), start);
        Self { session, start, heard: Vec::new(), others: Vec::new() }
    }

    fn live() -> Self {
        let mut script = Self::opened();
        script.says(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#);
        script.says(&start("MZ1", "CA1", "audio/x-mulaw"));
        assert_eq!(script.others, [Output::Begin]);
        script.others.clear();
        script
    }

    fn says(&mut self, text: &str) {
        self.session.receive(text);
        self.collect();
    }

    fn media(&mut self, chunk: u64, octet: u8) {
        self.says(&media("MZ1", chunk, &[octet; 160]));
    }

    fn collect(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Input(LegInput::Audio(packet)) => self.heard.extend(packet.payload),
                other => self.others.push(other),
            }
        }
    }

    /// The call gives `output`; returns what goes out.
    fn sends(&mut self, output: LegOutput) -> String {
        match self.session.send(&output) {
            Sent::Text(text) => text.as_str().to_owned(),
            Sent::Nothing => String::new(),
        }
    }

    fn ended(&self) -> Option<&End> {
        match self.others.last() {
            Some(Output::End(end)) => Some(end),
            _ => None,
        }
    }

    fn bad(&self, bad: Bad) -> u64 {
        self.session.counts().bad(bad)
    }
}

fn start(stream: &str, call: &str, encoding: &str) -> String {
    format!(
        r#"{{"event":"start","sequenceNumber":"1","streamSid":"{stream}","start":{{"accountSid":"AC1",
        "streamSid":"{stream}","callSid":"{call}","tracks":["inbound"],"mediaFormat":{{"encoding":"{encoding}",
        "sampleRate":8000,"channels":1}},"customParameters":{{}}}}}}"#
    )
}

fn media(stream: &str, chunk: u64, octets: &[u8]) -> String {
    let timestamp = (chunk - 1) * 20;
    let payload = STANDARD.encode(octets);
    format!(
        r#"{{"event":"media","sequenceNumber":"{chunk}","streamSid":"{stream}","media":{{"track":"inbound",
        "chunk":"{chunk}","timestamp":"{timestamp}","payload":"{payload}"}}}}"#
    )
}

const STOP: &str = r#"{"event":"stop","streamSid":"MZ1","stop":{"callSid":"CA1"}}"#;

#[test]
fn what_the_caller_says_reaches_the_call_and_a_stop_ends_it() {
    let mut script = Script::live();
    for chunk in 1..=3 {
        script.media(chunk, chunk as u8);
    }
    assert_eq!(script.heard, [[1; 160], [2; 160], [3; 160]].concat());
    script.says(STOP);
    assert_eq!(script.others, [Output::End(End::CallerGone)]);
    script.media(4, 4);
    script.says(STOP);
    assert_eq!((script.heard.len(), script.others.len()), (480, 1));
}

#[test]
fn pieces_of_any_size_become_packets_of_20_ms_at_most() {
    let mut script = Script::live();
    let octets: Vec<u8> = (0..=255).cycle().take(1_001).collect();
    script.session.receive(&media("MZ1", 1, &octets));
    let mut sizes = Vec::new();
    while let Some(Output::Input(LegInput::Audio(packet))) = script.session.poll_output() {
        sizes.push(packet.payload.len());
        script.heard.extend(packet.payload);
    }
    assert_eq!(sizes, [160, 160, 160, 160, 160, 160, 41]);
    assert_eq!(script.heard, octets);
    script.says(&media("MZ1", 2, &[]));
    script.says(&media("MZ1", 3, &[7]));
    assert_eq!(script.heard[1_001..], [7]);
}

#[test]
fn a_stream_without_a_start_ends_after_five_seconds() {
    let mut script = Script::opened();
    script.says(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#);
    assert_eq!(script.session.deadline(), Some(script.start + START_PATIENCE));
    script.session.handle_deadline(script.start + START_PATIENCE - Duration::from_millis(1));
    script.collect();
    assert_eq!(script.others, []);
    script.session.handle_deadline(script.start + START_PATIENCE);
    script.collect();
    assert_eq!(script.others, [Output::End(End::NoStart)]);
    assert_eq!(script.session.deadline(), None);
    // Too late.
    script.says(&start("MZ1", "CA1", "audio/x-mulaw"));
    assert_eq!(script.others.len(), 1);
}

#[test]
fn a_stream_that_falls_silent_is_asked_and_then_given_up() {
    let mut script = Script::live();
    let wait = |script: &mut Script| {
        let look = script.session.deadline().unwrap();
        script.session.handle_deadline(look - Duration::from_millis(1));
        script.session.handle_deadline(look);
        script.collect();
        assert_eq!(script.session.deadline().is_none(), script.ended().is_some());
    };
    // Something came each time: sound, rubbish, a pong.
    wait(&mut script);
    script.media(1, 1);
    wait(&mut script);
    script.session.receive_binary();
    wait(&mut script);
    assert_eq!(script.others, []);
    wait(&mut script);
    assert_eq!(script.others, [Output::Ping]);
    script.session.receive_pong();
    wait(&mut script);
    assert_eq!(script.others, [Output::Ping]);
    wait(&mut script);
    assert_eq!(script.others, [Output::Ping, Output::Ping]);
    wait(&mut script);
    assert_eq!(script.others, [Output::Ping, Output::Ping, Output::End(End::Lost)]);
}

#[test]
fn a_start_is_taken_without_connected_before_it() {
    let mut script = Script::opened();
    script.says(&start("MZ1", "CA1", "audio/x-mulaw"));
    assert_eq!(script.others, [Output::Begin]);
    assert_eq!(script.session.stream(), Some(Sid::try_from("MZ1").unwrap()));
}

#[test]
fn a_start_of_another_call_or_format_ends_the_stream() {
    for (text, end) in [
        (start("MZ1", "CA2", "audio/x-mulaw"), End::WrongCall),
        (start("MZ1", "CA1", "audio/l16"), End::Format),
    ] {
        let mut script = Script::opened();
        script.says(&text);
        assert_eq!(script.others, [Output::End(end)]);
    }
}

#[test]
fn a_second_start_changes_nothing_and_is_counted() {
    let mut script = Script::live();
    script.says(&start("MZ1", "CA1", "audio/x-mulaw"));
    script.says(&start("MZ2", "CA1", "audio/x-mulaw"));
    script.media(1, 1);
    assert_eq!((script.bad(Bad::SecondStart), script.bad(Bad::WrongStream)), (1, 1));
    assert_eq!((script.heard.len(), script.others.len()), (160, 0));
}

#[test]
fn what_comes_before_the_start_is_counted_and_not_heard() {
    let mut script = Script::opened();
    script.media(1, 1);
    script.says(STOP);
    script.says(&start("MZ1", "CA1", "audio/x-mulaw"));
    script.media(1, 2);
    assert_eq!(script.bad(Bad::BeforeStart), 2);
    assert_eq!(script.heard, [2; 160]);
}

#[test]
fn another_streams_sound_is_not_heard() {
    let mut script = Script::live();
    script.says(&media("MZ2", 1, &[9; 160]));
    script.says(r#"{"event":"stop","streamSid":"MZ2"}"#);
    script.media(1, 1);
    assert_eq!(script.bad(Bad::WrongStream), 2);
    assert_eq!((script.heard.clone(), script.ended()), (vec![1; 160], None));
}

#[test]
fn chunks_twice_and_out_of_order_are_put_right() {
    let mut script = Script::live();
    for chunk in [1, 2, 2, 4, 3, 1, 5] {
        script.media(chunk, chunk as u8);
    }
    assert_eq!(script.heard, [[1; 160], [2; 160], [3; 160], [4; 160], [5; 160]].concat());
    let repairs = script.session.counts().chunks;
    assert_eq!((repairs.stale, repairs.reordered, repairs.gaps), (2, 1, 0));
}

#[test]
fn what_waited_for_a_lost_chunk_is_heard_at_the_end() {
    let mut script = Script::live();
    for chunk in [1, 3, 4] {
        script.media(chunk, chunk as u8);
    }
    assert_eq!(script.heard.len(), 160);
    script.says(STOP);
    assert_eq!(script.heard, [[1; 160], [0xFF; 160], [3; 160], [4; 160]].concat());
    assert_eq!(script.ended(), Some(&End::CallerGone));
    assert_eq!(script.session.counts().chunks.silence_ms, 20);
}

#[test]
fn a_few_bad_messages_are_forgiven() {
    let mut script = Script::live();
    for _ in 0..BAD_IN_A_ROW_MAX - 1 {
        script.says("{");
    }
    script.media(1, 1);
    script.session.receive_binary();
    script.says(&media("MZ1", 2, &[2; 160]).replace("AgIC", "*gIC"));
    script.media(2, 2);
    assert_eq!(script.heard, [[1; 160], [2; 160]].concat());
    assert_eq!(script.ended(), None);
    let bad = [Bad::Json, Bad::Binary, Bad::Base64].map(|bad| script.bad(bad));
    assert_eq!(bad, [u64::from(BAD_IN_A_ROW_MAX) - 1, 1, 1]);
}

#[test]
fn ten_bad_messages_in_a_row_are_too_many() {
    for bad in ["{", "{}", &" ".repeat(super::super::MESSAGE_MAX_BYTES + 1)] {
        let mut script = Script::live();
        for _ in 0..2 * BAD_IN_A_ROW_MAX {
            script.says(bad);
        }
        assert_eq!(script.others, [Output::End(End::TooManyBad)], "{bad:.10}");
        assert_eq!(script.session.counts().bad_in_all(), u64::from(BAD_IN_A_ROW_MAX));
    }
}

#[test]
fn a_hundred_bad_messages_are_too_many_however_they_are_spread() {
    let mut script = Script::live();
    for chunk in 1..=2 * BAD_MAX {
        script.session.receive_binary();
        script.media(chunk, 1);
    }
    assert_eq!(script.ended(), Some(&End::TooManyBad));
    assert_eq!(script.heard.len() as u64, (BAD_MAX - 1) * 160);
}

#[test]
fn what_is_new_or_not_for_us_is_passed_over() {
    let mut script = Script::live();
    for _ in 0..1_000 {
        script.says(r#"{"event":"weather","streamSid":"MZ1","sky":"blue"}"#);
    }
    script.says(&media("MZ1", 1, &[1; 160]).replace("\"inbound\"", "\"outbound\""));
    script.says(r#"{"event":"connected"}"#);
    assert_eq!((script.heard.len(), script.others.len()), (0, 0));
    let odd = [Odd::UnknownEvent, Odd::OtherTrack, Odd::SecondConnected];
    assert_eq!(odd.map(|odd| script.session.counts().odd(odd)), [1_000, 1, 1]);
}

#[test]
fn keys_come_behind_the_sound_before_them() {
    let mut script = Script::live();
    script.media(1, 1);
    script
        .says(r#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}}"#);
    let five = Digit::try_from('5').unwrap();
    assert_eq!(script.others, [Output::Input(LegInput::Digit(five))]);
}

#[test]
fn marks_come_back_once_and_only_if_they_are_ours() {
    let back =
        |name: &str| format!(r#"{{"event":"mark","streamSid":"MZ1","mark":{{"name":"{name}"}}}}"#);
    let mut script = Script::live();
    let out = script.sends(LegOutput::Mark(MarkId(7)));
    assert_eq!(out, r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m7"}}"#);
    script.sends(LegOutput::Mark(MarkId(8)));
    assert_eq!(script.sends(LegOutput::Clear), r#"{"event":"clear","streamSid":"MZ1"}"#);
    // After a clear they all come back at once, and others may come in between.
    for name in ["m8", "m7", "m7", "m9", "m07", "welcome", ""] {
        script.says(&back(name));
    }
    let marks = [MarkId(8), MarkId(7)].map(|mark| Output::Input(LegInput::Mark(mark)));
    assert_eq!(script.others, marks);
    assert_eq!(script.session.counts().odd(Odd::UnknownMark), 5);
}

#[test]
fn marks_that_never_come_back_are_forgotten_oldest_first() {
    let mut script = Script::live();
    for mark in 0..=MARKS_OUT_MAX as u32 {
        script.sends(LegOutput::Mark(MarkId(mark)));
    }
    script.says(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m0"}}"#);
    script.says(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"m1"}}"#);
    assert_eq!(script.others, [Output::Input(LegInput::Mark(MarkId(1)))]);
}

#[test]
fn what_the_call_says_goes_out_until_it_closes() {
    let mut script = Script::live();
    let packet = Packet::split(&[0xFF; 3], 160).next().unwrap();
    assert_eq!(
        script.sends(LegOutput::Audio(packet.clone())),
        r#"{"event":"media","streamSid":"MZ1","media":{"payload":"////"}}"#
    );
    let after = AfterCall::Transfer("+15005550123".into());
    assert_eq!(script.sends(LegOutput::Close(after.clone())), "");
    script.collect();
    assert_eq!(script.ended(), Some(&End::Finished(after.clone())));
    assert_eq!(script.ended().unwrap().after(), Some(after));
    assert_eq!(script.sends(LegOutput::Audio(packet)), "");
}

#[test]
fn the_first_end_is_the_one_that_counts() {
    let mut script = Script::live();
    script.session.end(End::Refused(Refusal::AtCapacity));
    script.session.end(End::Lost);
    script.collect();
    assert_eq!(script.others, [Output::End(End::Refused(Refusal::AtCapacity))]);
}

proptest! {
    /// Whatever comes in whatever order: one beginning, one end at most and at the end, and never more sound than was
    /// sent with the silence that may be put in for gaps.
    #[test]
    fn the_outputs_keep_their_order(steps in proptest::collection::vec((0..9_u8, 0..12_u64), 0..300)) {
        let mut script = Script::opened();
        let mut sent = 0;
        for (kind, number) in steps {
            match kind {
                0 => script.says(&start("MZ1", "CA1", "audio/x-mulaw")),
                1 => script.says("nonsense"),
                2 => script.session.receive_binary(),
                3 => drop(script.sends(LegOutput::Mark(MarkId(number as u32)))),
                4 => script.says(
                    &format!(r#"{{"event":"mark","streamSid":"MZ1","mark":{{"name":"m{number}"}}}}"#)
                ),
                5 if number == 11 => script.says(STOP),
                _ => {
                    sent += 160;
                    script.says(&media("MZ1", number + 1, &[1; 160]));
                }
            }
            script.collect();
        }
        let begins = script.others.iter().filter(|output| **output == Output::Begin).count();
        let ends = script.others.iter().filter(|output| matches!(output, Output::End(_))).count();
        prop_assert!(begins <= 1 && ends <= 1);
        prop_assert!(ends == 0 || script.ended().is_some());
        prop_assert!(begins == 0 || script.others.first() == Some(&Output::Begin));
        let silence = script.session.counts().chunks.silence_ms as usize * 8;
        prop_assert!(script.heard.len() <= sent + silence);
    }
}
