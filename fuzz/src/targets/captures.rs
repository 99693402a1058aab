//! Captured calls: a file may be damaged, cut off, or not a capture at all.

use std::time::Duration;

use callwright_calls::capture::{Capture, CaptureFile, CaptureLimits, FrameKind, Recorder, Spool};
use callwright_calls::leg::{LegAudio, LegInput, LegProfile, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, LaneAnswer, LaneRequest, Lanes, Moment, Pace, Placement, Shard,
    Share, Tuning,
};
use callwright_contract::{
    AfterCall, Arrival, CallCommand, CallId, Carrier, Digit, Pii, Protection, ReplyId, Say, Style,
};
use callwright_media::ring::{WhenFull, ring};
use callwright_media::{Packet, SampleRate};
use callwright_models::contract::{Language, SlotKey, SpeechChunk, SynthesizerResult};

/// Takes two octets of a header's length, the header, and records; and the same octets as a whole file.
pub fn capture(data: &[u8]) {
    read(data);
    let Some((length, rest)) = data.split_first_chunk() else { return };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (header, records) = rest.split_at(length);
    let Ok(file) = file(header, records) else { return };
    read(&file);
}

fn file(header: &[u8], records: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    let mut file = CaptureFile::begin(&mut octets, header)?;
    for piece in records.chunks(1_000) {
        file.records(piece)?;
    }
    file.flush()?;
    drop(file);
    Ok(octets)
}

fn read(octets: &[u8]) {
    let Ok(capture) = Capture::read(octets) else { return };
    let (first, again) = (capture.records().count(), capture.records().count());
    assert_eq!(first, again, "a capture is read the same twice");
    let ends = capture
        .records()
        .last()
        .is_some_and(|record| matches!(record, callwright_calls::capture::Record::End(_)));
    assert_eq!(ends, capture.end.is_some(), "what is sound is read to its last record");
}

/// Lanes that answer nothing but a little speech.
struct Voice(Option<LaneAnswer>);

impl Lanes for Voice {
    fn open(&mut self, _: SlotKey, _: Share, _: Option<&Language>) {}

    fn ask(&mut self, key: SlotKey, request: LaneRequest) {
        if let LaneRequest::Speak { ask, .. } = request {
            let samples = (0..800).map(|n: i16| n % 50 * 100).collect();
            let chunk = SpeechChunk { rate: SampleRate::Hz16000, samples, words: Vec::new() };
            self.0 = Some(LaneAnswer::Synthesizer(SynthesizerResult::Chunk { key, ask, chunk }));
        }
    }

    fn answer(&mut self) -> Option<LaneAnswer> {
        self.0.take()
    }

    fn close(&mut self, _: SlotKey) {}
}

/// A short captured call, as its frames.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let (recorder, octets) = Recorder::new(CaptureLimits::default());
    let mut shard = Shard::new(1, 0);
    shard.record(recorder);
    let profile = LegProfile {
        lead: Duration::from_millis(160),
        marks: true,
        hears: LegAudio::Ulaw,
        tones: false,
    };
    let (mut line, leg) = leg(profile);
    let (mut business, commands) = ring(8, WhenFull::Refuse);
    let arrival = Arrival {
        carrier: Carrier::Twilio,
        carrier_call: "CA1".to_owned(),
        line: Pii::from("+15005550100"),
        caller: None,
    };
    let spec = CallSpec {
        id: CallId::new(1, 1),
        arrival,
        mode: CallMode::Converse,
        limits: CallLimits::default(),
        share: Share::default(),
        pace: Pace::default(),
        language: Some(Language::ENGLISH),
        emotion: false,
        tuning: Tuning::default(),
    };
    let mut lanes = Voice(None);
    let placement = Placement { spec, leg, commands, capture: true };
    let placed = shard.place(Moment::default(), placement, &mut lanes);
    let say = Say {
        reply: ReplyId(0),
        answers: None,
        text: Pii::from("Hello."),
        style: Style::default(),
        protection: Protection::None,
    };
    let finish = CallCommand::Finish(AfterCall::HangUp);
    let wished = [CallCommand::Say(say), finish].map(|command| business.push(command).is_ok());
    for ms in (0..3_000).step_by(5) {
        if ms % 20 == 0 {
            let sound = Packet::split(&[(ms / 20) as u8; 160], 160).next();
            let delivered = sound.map(|packet| line.deliver(LegInput::Audio(packet)));
            drop(delivered);
        }
        if ms == 200
            && let Ok(digit) = Digit::try_from('5')
        {
            drop(line.deliver(LegInput::Digit(digit)));
        }
        shard.tick(Moment::new(Duration::from_millis(ms)), &mut lanes, &mut |_event| ());
    }
    assert!(placed.is_ok() && wished == [true; 2], "the seed is a call");
    let mut spool = Spool::new(octets);
    let (mut header, mut records) = (Vec::new(), Vec::new());
    while let Some(frame) = spool.frame() {
        let part = if frame.kind == FrameKind::Begin { &mut header } else { &mut records };
        part.extend_from_slice(frame.octets);
    }
    let split = [&(header.len() as u16).to_le_bytes()[..], &header, &records].concat();
    let whole = file(&header, &records).unwrap_or_default();
    vec![split, whole]
}
