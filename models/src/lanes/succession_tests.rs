//! A model that takes over a lane at work.
#![expect(clippy::disallowed_methods, reason = "a test that waits for a thread gives up at last")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::desk::Desk as _;
use super::detector_desk::DetectorDesk;
use super::test_exchange::{TestExchange, block, key};
use super::{LaneModel, LaneSize, SwapError, Work};
use crate::contract::*;
use crate::lanes;
use crate::scripted::LevelDetector;

/// Writes `name` and whose sound it hears, slowly.
struct Named {
    name: &'static str,
    sound: bool,
    dropped: Arc<AtomicBool>,
}

impl Named {
    fn new(name: &'static str) -> (Box<Self>, Arc<AtomicBool>) {
        let dropped = Arc::new(AtomicBool::new(false));
        (Box::new(Self { name, sound: true, dropped: Arc::clone(&dropped) }), dropped)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Release);
    }
}

impl Recognizer for Named {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let text = |u: &&[i16]| format!("{} {}", self.name, u.first().copied().unwrap_or_default());
        Ok(utterances.iter().map(|u| Recognition { text: text(u), ..Default::default() }).collect())
    }

    fn rehearse(&mut self, _: RecognizerPurpose) -> Result<(), ModelError> {
        let unsound = ModelError::Shape { model: "named", what: "asked to" };
        if self.sound { Ok(()) } else { Err(unsound) }
    }
}

/// A clock that stands.
fn no_time() -> Duration {
    Duration::ZERO
}

#[test]
fn a_lane_changes_its_model_in_the_midst_of_questions_and_answers_each_once() {
    let size = LaneSize { slots: 4, shards: 2 };
    let (old, old_dropped) = Named::new("old");
    let (mut ports, lane) = lanes::recognizer(old, size).unwrap();
    let seat = lane.seat();
    let swapping = std::thread::Builder::new()
        .spawn(move || {
            for _ in 0..20 {
                seat.swap(LaneModel::Recognizer(Named::new("new").0), no_time).unwrap();
            }
        })
        .unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    let (mut asked, mut by_new) = (0_u32, 0_u32);
    // Each slot asks, waits for its answer, and asks again, until models have changed under them.
    while !(swapping.is_finished() && by_new >= 40) {
        assert!(Instant::now() < end, "{asked} questions, {by_new} answered by a new model");
        asked += 1;
        for slot in 0..4_u16 {
            let (key, port) = (key(slot, 1), &mut ports[usize::from(slot % 2)]);
            port.ask(RecognizerRequest::Audio(key, block(0, i16::try_from(slot).unwrap() + 1)));
            let (ask, purpose) = (AskId(asked), RecognizerPurpose::Final);
            let (from, upto, hints) = (SamplePos(0), SamplePos(320), Hints::default());
            port.ask(RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints });
            port.wake();
        }
        for slot in [0, 2, 1, 3_u16] {
            let answer = loop {
                assert!(Instant::now() < end, "no answer to question {asked} of slot {slot}");
                match ports[usize::from(slot % 2)].answer() {
                    Some(answer) => break answer,
                    None => std::thread::yield_now(),
                }
            };
            assert_eq!((answer.key, answer.ask), (key(slot, 1), AskId(asked)));
            let text = answer.recognition.unwrap().text;
            assert_eq!(text.split_once(' ').unwrap().1, (slot + 1).to_string(), "{text}");
            by_new += u32::from(text.starts_with("new"));
        }
    }
    swapping.join().unwrap();
    assert_eq!((lane.health().swaps, lane.health().failed), (20, 0));
    assert_eq!(ports.iter().map(lanes::LanePort::shed).sum::<u64>(), 0);
    assert!(old_dropped.load(Ordering::Acquire), "what is replaced is let go of");
}

#[test]
fn what_cannot_be_taken_leaves_the_old_model_at_work() {
    let size = LaneSize { slots: 2, shards: 1 };
    let (mut ports, lane) = lanes::recognizer(Named::new("old").0, size).unwrap();
    let seat = lane.seat();
    let refused = seat.swap(LaneModel::Detector(Box::new(LevelDetector::new(2))), no_time);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "lane-asr-0 needs a recogniser, and this is a speech detector"
    );
    let (mut unsound, dropped) = Named::new("unsound");
    unsound.sound = false;
    let refused = seat.swap(LaneModel::Recognizer(unsound), no_time);
    assert_eq!(refused.unwrap_err(), SwapError::Rehearsal);
    assert!(dropped.load(Ordering::Acquire));
    let (key, ask, purpose) = (key(0, 1), AskId(1), RecognizerPurpose::Final);
    let (from, upto, hints) = (SamplePos(0), SamplePos(320), Hints::default());
    ports[0].ask(RecognizerRequest::Audio(key, block(0, 9)));
    ports[0].ask(RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints });
    ports[0].wake();
    let end = Instant::now() + Duration::from_secs(10);
    let answer = loop {
        assert!(Instant::now() < end);
        if let Some(answer) = ports[0].answer() {
            break answer;
        }
    };
    assert_eq!(answer.recognition.unwrap().text, "old 9");
    assert_eq!(lane.health().swaps, 0);
    lane.stop();
    let refused = seat.swap(LaneModel::Recognizer(Named::new("late").0), no_time);
    assert_eq!(refused.unwrap_err(), SwapError::Stopped { lane: "lane-asr-0" });
}

#[test]
fn a_new_models_cost_is_known_before_its_first_question() {
    let (_ports, lane) =
        lanes::recognizer(Named::new("old").0, LaneSize { slots: 1, shards: 1 }).unwrap();
    let begun = Instant::now();
    let ticks = std::cell::Cell::new(0);
    // Every look at this clock finds it 7 ms later.
    let clock = || {
        ticks.set(ticks.get() + 7);
        Duration::from_millis(ticks.get())
    };
    lane.seat().swap(LaneModel::Recognizer(Named::new("new").0), clock).unwrap();
    while lane.health().swaps == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::yield_now();
    }
    for work in [Work::Partial, Work::Final] {
        assert_eq!(lane.monitor().cost(work).unwrap().each, Duration::from_millis(7));
    }
}

#[test]
fn a_detector_hears_every_call_afresh_and_loses_no_window() {
    let mut lane = TestExchange::new(DetectorDesk::new(Box::new(LevelDetector::new(2)), 2));
    for number in 0..2 {
        lane.ask(key(0, 1).slot, DetectorRequest::Audio(key(0, 1), block(number, 9_000)));
    }
    assert!(lane.desk.succeed(LaneModel::Detector(Box::new(LevelDetector::new(2)))).is_ok());
    for number in 2..8 {
        lane.ask(key(0, 1).slot, DetectorRequest::Audio(key(0, 1), block(number, 9_000)));
    }
    let ends: Vec<u64> = lane.settle().iter().map(|result| result.end.0).collect();
    assert_eq!(ends, [512, 1_024, 1_536, 2_048, 2_560]);
    let small = lane.desk.succeed(LaneModel::Detector(Box::new(LevelDetector::new(1))));
    assert_eq!(small.unwrap_err().why, SwapError::FewSlots { model: 1, wanted: 2 });
}
