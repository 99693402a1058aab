use callwright_calls::leg::{LegAudio, LegInput, LegProfile, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, Language, Pace, Placement, Shard, Share, TICK_MS, Tuning,
};
use callwright_contract::{Arrival, CallEvent, CallFact, CallId, Carrier, Pii};
use callwright_media::Packet;
use callwright_media::codec::l16::{ByteOrder, encode_into};
use callwright_media::ring::{WhenFull, ring};
use callwright_models::contract::{BLOCK_SAMPLES, Generation, Hints, RecognizerPurpose, SlotId};
use callwright_models::scripted::{
    LevelDetector, LoudnessRecognizer, ScriptedJudge, ToneSynthesizer, tone,
};

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn models() -> InlineModels {
    InlineModels {
        detector: Box::new(LevelDetector::new(2)),
        judge: Box::new(ScriptedJudge::new([0.9])),
        others: None,
        recognizer: Box::new(LoudnessRecognizer::new(["One.", "Two."])),
        synthesizer: Box::new(ToneSynthesizer::new()),
        emotion: None,
    }
}

fn key(slot: u16, generation: u32) -> SlotKey {
    SlotKey { slot: SlotId(slot), generation: Generation(generation) }
}

fn hear(lanes: &mut InlineLanes, key: SlotKey, blocks: std::ops::Range<u64>, loudness: i16) {
    for number in blocks {
        let mut samples = [0; BLOCK_SAMPLES];
        samples.copy_from_slice(&tone(loudness, BLOCK_SAMPLES));
        let start = SamplePos(number * BLOCK_SAMPLES as u64);
        let block = AudioBlock { start, samples };
        lanes.ask(key, LaneRequest::Audio { block, detect: true, emotion: true });
    }
}

fn transcribe(lanes: &mut InlineLanes, key: SlotKey, ask: u32, upto: u64) {
    let (ask, from, upto) = (AskId(ask), SamplePos(0), SamplePos(upto));
    let (purpose, hints) = (RecognizerPurpose::Final, Hints::default());
    lanes.ask(key, LaneRequest::Transcribe { ask, from, upto, purpose, hints });
}

fn texts(lanes: &mut InlineLanes) -> Vec<(SlotKey, String)> {
    std::iter::from_fn(|| lanes.answer())
        .filter_map(|answer| match answer {
            LaneAnswer::Recognizer(result) => Some((result.key, result.recognition?.text)),
            _ => None,
        })
        .collect()
}

#[test]
fn an_answer_comes_when_its_delay_is_over_and_after_those_before_it() {
    let mut lanes = InlineLanes::new(models(), InlineDelays::default());
    lanes.open(key(0, 1), Share::default(), Some(&Language::ENGLISH));
    lanes.open(key(1, 1), Share::default(), Some(&Language::ENGLISH));
    hear(&mut lanes, key(0, 1), 0..50, 1_000);
    hear(&mut lanes, key(1, 1), 0..50, 2_000);
    // 25 ms and 12 ms for the second that is heard.
    transcribe(&mut lanes, key(0, 1), 1, 16_000);
    transcribe(&mut lanes, key(1, 1), 1, 16_000);
    lanes.set_now(Moment::new(MS(36)));
    assert_eq!(texts(&mut lanes), []);
    lanes.set_now(Moment::new(MS(37)));
    assert_eq!(texts(&mut lanes), [(key(0, 1), "One.".to_owned())]);
    lanes.set_now(Moment::new(MS(74)));
    assert_eq!(texts(&mut lanes), [(key(1, 1), "Two.".to_owned())]);
}

#[test]
fn who_takes_a_slot_hears_nothing_of_its_last_holder() {
    let mut lanes = InlineLanes::new(models(), InlineDelays::default());
    lanes.open(key(0, 1), Share::default(), Some(&Language::ENGLISH));
    hear(&mut lanes, key(0, 1), 0..50, 1_000);
    transcribe(&mut lanes, key(0, 1), 1, 16_000);
    lanes.close(key(0, 1));
    lanes.open(key(0, 2), Share::default(), Some(&Language::ENGLISH));
    hear(&mut lanes, key(0, 1), 50..60, 1_000);
    hear(&mut lanes, key(0, 2), 0..50, 2_000);
    transcribe(&mut lanes, key(0, 2), 1, 16_000);
    lanes.set_now(Moment::new(MS(10_000)));
    assert_eq!(texts(&mut lanes), [(key(0, 2), "Two.".to_owned())]);
}

#[test]
fn what_is_out_of_reach_is_left_out_and_a_gap_is_silence() {
    let mut past = Past::default();
    let block = |number: u64, value| AudioBlock {
        start: SamplePos(number * BLOCK_SAMPLES as u64),
        samples: [value; BLOCK_SAMPLES],
    };
    past.push(&block(1, 1));
    past.push(&block(3, 3));
    assert_eq!(past.between(SamplePos(639), SamplePos(641)), [1, 0]);
    assert_eq!(past.between(SamplePos(959), SamplePos(961)), [0, 3]);
    assert_eq!(past.between(SamplePos(0), SamplePos(u64::MAX)).len(), 960);
    for number in 4..4_000 {
        past.push(&block(number, 4));
    }
    assert!(past.between(SamplePos(0), SamplePos(960)).is_empty());
    assert!(past.between(SamplePos(0), SamplePos(u64::MAX)).len() >= UTTERANCE_MAX);
}

#[test]
fn a_call_that_runs_on_it_understands_its_caller() {
    let mut lanes = InlineLanes::new(models(), InlineDelays::default());
    let mut shard = Shard::new(1, 0);
    let profile = LegProfile { lead: MS(0), marks: false, hears: LegAudio::Wideband, tones: false };
    let (mut line, leg) = leg(profile);
    let (_commands, commands) = ring(4, WhenFull::Refuse);
    let arrival = Arrival {
        carrier: Carrier::Twilio,
        carrier_call: "CA1".to_owned(),
        line: Pii::from("+15005550100"),
        caller: None,
    };
    let (id, mode, limits) = (CallId::new(1, 1), CallMode::Converse, CallLimits::default());
    let (share, pace, emotion) = (Share::default(), Pace::default(), false);
    let spec = CallSpec {
        id,
        arrival,
        mode,
        limits,
        share,
        pace,
        language: Some(Language::ENGLISH),
        emotion,
        tuning: Tuning::default(),
    };
    let placed = shard.place(
        Moment::default(),
        Placement { spec, leg, commands, capture: false },
        &mut lanes,
    );
    assert!(placed.is_ok());
    let mut heard = Vec::new();
    for ms in (0..3_000).step_by(20) {
        let speech = if (500..1_500).contains(&ms) { 2_000 } else { 0 };
        let frame = tone(speech, BLOCK_SAMPLES);
        let mut octets = [0; 2 * BLOCK_SAMPLES];
        encode_into(ByteOrder::BigEndian, &frame, &mut octets);
        for packet in Packet::split(&octets, 320) {
            assert!(line.deliver(LegInput::Audio(packet)).is_ok());
        }
        for tick in (0..20).step_by(TICK_MS as usize) {
            let now = Moment::new(MS(ms + tick));
            lanes.set_now(now);
            shard.tick(now, &mut lanes, &mut |event: CallEvent| {
                if let CallFact::TurnOver(over) = event.fact {
                    heard.push((event.at, over.text.reveal().clone()));
                }
            });
        }
    }
    let (at, text) = heard.first().unwrap();
    assert_eq!((heard.len(), text.as_str()), (1, "Two."));
    assert!((MS(1_600)..MS(1_800)).contains(at), "over at {at:?}, quiet since 1.5 s");
}
