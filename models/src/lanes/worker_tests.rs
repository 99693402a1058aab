//! Lanes with their threads.
#![expect(clippy::disallowed_methods, reason = "a test that waits for a thread gives up at last")]

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::{LaneError, LaneLoad, LanePort, LaneSize, LaneThread, Work};
use crate::contract::*;
use crate::lanes;
use crate::lanes::test_exchange::{block, key};
use crate::scripted::{LevelDetector, LoudnessRecognizer, ToneSynthesizer};

/// Waits until `ready` gives something.
fn wait_for<T>(mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        match ready() {
            Some(value) => return value,
            None => std::thread::yield_now(),
        }
    }
    panic!("nothing came in 10 s");
}

fn send<Q, A>(port: &mut LanePort<Q, A>, requests: impl IntoIterator<Item = Q>) {
    for request in requests {
        port.ask(request);
    }
    port.wake();
}

fn speak(key: SlotKey, ask: u32, text: &str) -> SynthesizerRequest {
    let style = VoiceStyle::default();
    SynthesizerRequest::Speak { key, ask: AskId(ask), text: text.to_owned(), style }
}

#[test]
fn each_shard_gets_the_answers_to_its_own_questions() {
    let texts = ["zero", "one", "two", "three"];
    let model = Box::new(LoudnessRecognizer::new(texts));
    let (mut ports, _lane) = lanes::recognizer(model, LaneSize { slots: 4, shards: 2 }).unwrap();
    for slot in 0..4_u16 {
        let key = key(slot, 1);
        let said = block(0, LoudnessRecognizer::loudness_of(slot));
        let (ask, purpose) = (AskId(7), RecognizerPurpose::Final);
        let (from, upto) = (SamplePos(0), SamplePos(320));
        send(
            &mut ports[usize::from(slot % 2)],
            [
                RecognizerRequest::Audio(key, said),
                RecognizerRequest::Transcribe {
                    key,
                    ask,
                    from,
                    upto,
                    purpose,
                    hints: Hints::default(),
                },
            ],
        );
    }
    for (shard, port) in ports.iter_mut().enumerate() {
        for slot in [shard, shard + 2] {
            let answer = wait_for(|| port.answer());
            assert_eq!(answer.key, key(u16::try_from(slot).unwrap(), 1));
            assert_eq!(answer.recognition.unwrap().text, texts[slot]);
        }
        assert_eq!(port.answer(), None);
    }
}

/// Says that everything is speech, except that it panics at a sample of 666.
struct Bug;

impl SpeechDetector for Bug {
    fn slots(&self) -> usize {
        1
    }

    fn step(&mut self, steps: &[DetectorStep<'_>], out: &mut [f32]) -> Result<(), ModelError> {
        assert!(steps[0].window[0] != 666, "a bug");
        out.fill(1.0);
        Ok(())
    }
}

#[test]
fn a_lane_outlives_a_panic_of_its_model_and_counts_it() {
    let (mut ports, lane) =
        lanes::detector(Box::new(Bug), LaneSize { slots: 1, shards: 1 }).unwrap();
    let heard = |number, value| DetectorRequest::Audio(key(0, 1), block(number, value));
    send(&mut ports[0], [heard(0, 666), heard(1, 1), heard(2, 1), heard(3, 1)]);
    let answer = wait_for(|| ports[0].answer());
    assert_eq!((answer.end, answer.probability), (SamplePos(1_024), 1.0));
    let health = wait_for(|| Some(lane.health()).filter(|health| health.steps == 2));
    assert_eq!((health.items, health.failed, health.panicked), (2, 1, 1));
    assert_eq!(health.batch_max, 1);
    assert!(health.busy >= health.step_max && health.step_max > Duration::ZERO);
    assert_eq!(lane.name(), "lane-vad-0");
}

#[test]
fn chunks_wait_for_a_shard_that_is_slow_and_none_is_lost() {
    let model = Box::new(ToneSynthesizer::new());
    let (mut ports, lane) = lanes::synthesizer(model, LaneSize { slots: 1, shards: 1 }).unwrap();
    let text = "many words that make more chunks than the ring has room for ".repeat(4);
    send(&mut ports[0], [speak(key(0, 1), 1, &text)]);
    // The ring has room for 16 chunks; the lane is in its first step until all are taken.
    let mut samples = 0;
    loop {
        match wait_for(|| ports[0].answer()) {
            SynthesizerResult::Chunk { chunk, .. } => samples += chunk.samples.len(),
            SynthesizerResult::Done { ask, .. } => break assert_eq!(ask, AskId(1)),
            SynthesizerResult::Failed { .. } => panic!("it failed"),
        }
    }
    assert_eq!(samples, text.chars().count() * ToneSynthesizer::SAMPLES_PER_CHARACTER);
    assert_eq!((ports[0].shed(), lane.health().shed), (0, 0));
}

/// Speaks until it is told to stop, and tells when it begins and ends.
struct Endless {
    tells: SyncSender<&'static str>,
}

impl Synthesizer for Endless {
    fn speak(
        &mut self,
        _text: &str,
        _style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        self.tells.send("begun").unwrap();
        let chunk = SpeechChunk { rate: LISTENING_RATE, samples: Box::new([0]), words: vec![] };
        while sink(chunk.clone()).is_continue() {}
        self.tells.send("ended").unwrap();
        Ok(())
    }
}

type Ports = Vec<lanes::SynthesizerPort>;

fn endless() -> (Ports, LaneThread, Receiver<&'static str>) {
    let (tells, told) = sync_channel(8);
    let size = LaneSize { slots: 2, shards: 1 };
    let (mut ports, lane) = lanes::synthesizer(Box::new(Endless { tells }), size).unwrap();
    send(&mut ports[0], [speak(key(0, 1), 1, "for ever")]);
    assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok("begun"));
    (ports, lane, told)
}

#[test]
fn a_lane_that_waits_for_room_stops_when_it_is_told_to() {
    let (_ports, lane, told) = endless();
    lane.stop();
    assert_eq!(told.try_recv(), Ok("ended"), "stopping waits for the step");
}

#[test]
fn a_text_is_cancelled_while_it_is_spoken() {
    let (mut ports, _lane, told) = endless();
    send(&mut ports[0], [SynthesizerRequest::Cancel { key: key(0, 1), ask: AskId(1) }]);
    let ended = wait_for(|| {
        while ports[0].answer().is_some() {}
        told.try_recv().ok()
    });
    assert_eq!(ended, "ended");
}

#[test]
fn a_lane_knows_what_its_work_costs_before_the_first_call() {
    let model = Box::new(LoudnessRecognizer::new(["one"]));
    let (_ports, lane) = lanes::recognizer(model, LaneSize { slots: 1, shards: 1 }).unwrap();
    let monitor = lane.monitor();
    assert_eq!(monitor.works(), [Work::Partial, Work::Final]);
    let load = wait_for(|| Some(monitor.load(Instant::now())).filter(|load| load.ready));
    assert_eq!(load, LaneLoad { busy: 0.0, needed: 0.0, ready: true });
    assert_eq!(monitor.cost(Work::Window), None);
    let expected = monitor.expected(100).unwrap();
    assert!(expected < 0.1, "a double answers at once: {expected}");
}

#[test]
fn a_lane_without_shards_ends_by_itself() {
    let model = Box::new(LevelDetector::new(1));
    let (ports, lane) = lanes::detector(model, LaneSize { slots: 1, shards: 2 }).unwrap();
    let monitor = lane.monitor();
    drop(ports);
    wait_for(|| lane.is_finished().then_some(()));
    assert_eq!(monitor.health().steps, 0);
}

#[test]
fn a_full_ring_drops_the_newest_request_and_counts_it() {
    let (mut ports, _lane, _told) = endless();
    // The lane is busy until its answers are taken; its ring holds 32 requests.
    for ask in 0..100 {
        ports[0].ask(speak(key(1, 1), ask, "more"));
    }
    assert!(ports[0].shed() >= 100 - 40, "{}", ports[0].shed());
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    let detector = |slots, size| lanes::detector(Box::new(LevelDetector::new(slots)), size);
    for (slots, shards) in [(0, 1), (1, 0), (65_537, 1)] {
        let error = detector(70_000, LaneSize { slots, shards }).unwrap_err();
        assert!(matches!(error, LaneError::Size { .. }), "{error}");
    }
    let error = detector(3, LaneSize { slots: 4, shards: 1 }).unwrap_err();
    assert!(matches!(error, LaneError::FewSlots { model: 3, wanted: 4 }), "{error}");
}

/// Writes partial words until somebody is in haste, and final ones at once.
struct Patient {
    haste: Haste,
    begins: SyncSender<()>,
}

impl Recognizer for Patient {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        Ok(vec![Recognition::default(); utterances.len()])
    }

    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        if utterance.purpose == RecognizerPurpose::Final {
            return Ok(Heard::default());
        }
        self.begins.send(()).unwrap();
        wait_for(|| self.haste.is_raised().then_some(()));
        Err(ModelError::GaveWay)
    }

    fn gives_way_to(&mut self, haste: Haste) {
        self.haste = haste;
    }
}

#[test]
fn partial_words_of_a_slow_recogniser_give_way_to_a_caller_who_waits() {
    let (begins, begun) = sync_channel(1);
    let model = Box::new(Patient { haste: Haste::default(), begins });
    let size = LaneSize { slots: 2, shards: 1 };
    let (mut ports, lane) = lanes::slow_recognizers(vec![model], size).unwrap().pop().unwrap();
    assert_eq!(lane.name(), "lane-asr-1");
    let question = |slot, purpose| {
        let (from, upto, hints) = (SamplePos(0), SamplePos(320), Hints::default());
        let (key, ask) = (key(slot, 1), AskId(1));
        RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints }
    };
    let heard = |slot| RecognizerRequest::Audio(key(slot, 1), block(0, 1));
    send(&mut ports[0], [heard(0), heard(1), question(0, RecognizerPurpose::Partial)]);
    begun.recv_timeout(Duration::from_secs(10)).unwrap();
    ports[0].ask_in_haste(question(1, RecognizerPurpose::Final));
    ports[0].wake();
    let partial = wait_for(|| ports[0].answer());
    assert_eq!((partial.key, partial.recognition), (key(0, 1), None));
    let waited = wait_for(|| ports[0].answer());
    assert_eq!((waited.key, waited.recognition), (key(1, 1), Some(Recognition::default())));
    let health = wait_for(|| Some(lane.health()).filter(|health| health.steps == 2));
    assert_eq!((health.failed, health.shed), (0, 1), "which is no failure");
}
