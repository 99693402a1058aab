//! A captured call, had again with scripted models and a business of its own.

use std::sync::Arc;
use std::time::Duration;

use callwright_business::{Business, BusinessOptions};
use callwright_calls::capture::{Capture, CaptureFile, CaptureLimits, FrameKind, Recorder, Spool};
use callwright_calls::leg::{LegAudio, LegInput, LegProfile, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, Language, Moment, Pace, Placement, Shard, Share, TICK_MS,
    Tuning,
};
use callwright_contract::{Arrival, CallId, Carrier, Pii};
use callwright_host::{InlineDelays, InlineLanes, InlineModels};
use callwright_media::Packet;
use callwright_media::g711::ulaw_encode;
use callwright_media::ring::{WhenFull, ring};
use callwright_models::scripted::{
    LevelDetector, LoudnessRecognizer, ScriptedJudge, ToneSynthesizer, tone,
};
use jiff::Timestamp;
use tokio::runtime::Builder;

use super::change::Change;
use super::context::Context;
use super::rerunning::Rerunner;

fn models() -> InlineModels {
    InlineModels {
        others: None,
        detector: Box::new(LevelDetector::new(1)),
        judge: Box::new(ScriptedJudge::new([0.2])),
        recognizer: Box::new(LoudnessRecognizer::new(["Where are you?", "Where are you?"])),
        synthesizer: Box::new(ToneSynthesizer::new()),
        emotion: None,
    }
}

/// A call in which the caller speaks from 3 s to 4.5 s and nobody answers, captured with the sample tenant's business.
pub(crate) fn captured() -> Capture {
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
    let (_business, commands) = ring(8, WhenFull::Refuse);
    let arrival = Arrival {
        carrier: Carrier::Twilio,
        carrier_call: "CA1".to_owned(),
        line: Pii::from("+15005550100"),
        caller: Some(Pii::from("+15552123456")),
    };
    let spec = CallSpec {
        id: CallId::new(1_795_000_000_000, 1),
        arrival: arrival.clone(),
        mode: CallMode::Converse,
        limits: CallLimits::default(),
        share: Share::default(),
        pace: Pace::default(),
        language: Some(Language::ENGLISH),
        emotion: false,
        tuning: Tuning::default(),
    };
    let mut lanes = InlineLanes::new(models(), InlineDelays::default());
    let placement = Placement { spec, leg, commands, capture: true };
    assert!(shard.place(Moment::default(), placement, &mut lanes).is_ok());
    let speech: Vec<u8> = tone(2_000, 160).iter().map(|&sample| ulaw_encode(sample)).collect();
    for ms in (0..16_000).step_by(TICK_MS as usize) {
        if ms % 20 == 0 {
            let frame =
                if (9_000..10_500).contains(&ms) { speech.as_slice() } else { &[0xFF; 160] };
            for packet in Packet::split(frame, 160) {
                assert!(line.deliver(LegInput::Audio(packet)).is_ok());
            }
        }
        let now = Moment::new(Duration::from_millis(ms));
        lanes.set_now(now);
        shard.tick(now, &mut lanes, &mut |_event| ());
    }
    line.hang_up();
    shard.tick(Moment::new(Duration::from_secs(16)), &mut lanes, &mut |_event| ());
    let mut file = Vec::new();
    let mut spool = Spool::new(octets);
    let begin = spool.frame().unwrap();
    assert_eq!(begin.kind, FrameKind::Begin);
    let mut writing = CaptureFile::begin(&mut file, begin.octets).unwrap();
    writing.context(&context(&arrival).to_octets()).unwrap();
    while let Some(frame) = spool.frame() {
        writing.records(frame.octets).unwrap();
    }
    writing.flush().unwrap();
    drop(writing);
    Capture::read(&file).unwrap()
}

/// The sample tenant's business as it is on its first day.
fn context(arrival: &Arrival) -> Context {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(|| Timestamp::from_second(1_795_000_000).unwrap());
    let options = BusinessOptions::new(folder.path().join("business.db"), clock);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let moment = runtime.block_on(async {
        let business = Business::open(options).await.unwrap().business;
        let moment = business.moment(&arrival.line, arrival.caller.as_ref()).await.unwrap();
        business.drain().await;
        moment.unwrap()
    });
    Context { models: Vec::new(), business: Some(moment.to_text().unwrap()) }
}

fn change(yaml: &str) -> Change {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    Change::read(file.path()).unwrap()
}

fn otherwise(change: Option<Change>) -> Vec<String> {
    let mut rerunner = Rerunner::of(models(), change).unwrap();
    let reran = rerunner.run(&captured(), |_heard| ()).unwrap();
    reran.otherwise.into_iter().map(|o| format!("{}: {} -> {}", o.what, o.was, o.is)).collect()
}

#[test]
fn the_agent_talks_again_where_nobody_did() {
    let found = otherwise(None);
    assert!(
        found.iter().any(|line| line.starts_with("reply 1, as heard: none -> \"Bright Smile")),
        "{found:?}"
    );
}

#[test]
fn no_change_makes_nothing_otherwise() {
    assert_eq!(otherwise(Some(Change::default())), [""; 0]);
}

#[test]
fn a_threshold_that_is_changed_ends_the_turn_at_another_time() {
    let found = otherwise(Some(change("settings: { pace.sure: 3.0, pace.longest: 2s }")));
    assert!(found.iter().any(|line| line.starts_with("turn 1, over at: ")), "{found:?}");
}

#[test]
fn an_agent_that_is_changed_says_something_else() {
    let found = otherwise(Some(change("agent: { greeting: \"Hello from {business}.\" }")));
    // After what its tenant has callers told.
    let greeting = "Hello from Bright Smile Dental.\" (finished)";
    assert!(found.iter().any(|line| line.contains(greeting)), "{found:?}");
}

#[test]
fn a_change_of_the_agent_that_is_none_is_named() {
    let mut rerunner = Rerunner::of(models(), Some(change("agent: { greting: Hi }"))).unwrap();
    let error = rerunner.run(&captured(), |_heard| ()).unwrap_err().to_string();
    assert!(error.contains("greting"), "{error}");
}
