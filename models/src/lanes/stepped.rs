//! A lane without a thread: whoever owns the clock lets it take its turns, and its models say how long they take.
//!
//! For simulations. Desk, rings, counters and load are those of a lane on a thread; what differs is that nothing
//! happens but in [`SteppedLane::turn`], so that a run is the same every time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use callwright_media::ring::Full;

use super::desk::{Desk, Exchange, PortId};
use super::health::{LaneCounters, LaneMonitor};
use super::port::{LanePort, LaneSize, PortBack, RingLengths, port};
use super::worker::{LaneError, checked};
use super::{
    DETECTOR_RINGS, DetectorPort, JUDGE_RINGS, JudgePort, RECOGNIZER_RINGS, RecognizerPort,
    SLOW_RECOGNIZER_RINGS, SLOW_RECOGNIZERS, SYNTHESIZER_RINGS, SynthesizerPort,
};
use super::{DetectorDesk, JudgeDesk, RecognizerDesk, SynthesizerDesk};
use crate::contract::{Haste, Recognizer, SpeechDetector, Synthesizer, TurnJudge};

/// How much time the step under way has taken. The lane's model holds a copy and says what it takes.
#[derive(Clone, Debug, Default)]
pub struct StepTime(Arc<AtomicU64>);

impl StepTime {
    /// The model has worked for `time`.
    pub fn spend(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Ordering::Relaxed);
    }

    fn so_far(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn restart(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn take(&self) -> Duration {
        Duration::from_nanos(self.0.swap(0, Ordering::Relaxed))
    }
}

/// A lane that takes its turns when it is told to. Dropping it is what the death of a lane's thread is: its ports are
/// abandoned, and nothing is answered any more.
pub struct SteppedLane {
    lane: Box<dyn Turns>,
    monitor: LaneMonitor,
}

impl fmt::Debug for SteppedLane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SteppedLane").field("name", &self.monitor.name()).finish_non_exhaustive()
    }
}

impl SteppedLane {
    /// Does what the lane's thread would have done by `now`, which is never earlier than before. An answer is in the
    /// port's ring once `now` has reached the end of the work that made it.
    pub fn turn(&mut self, now: Instant) {
        self.lane.turn(now);
    }

    /// The lane's counters.
    pub fn monitor(&self) -> LaneMonitor {
        self.monitor.clone()
    }
}

/// The speech detector's lane; see [`super::detector`].
///
/// # Errors
/// [`LaneError`], as for a lane on a thread.
pub fn detector(
    model: Box<dyn SpeechDetector>,
    size: LaneSize,
    time: StepTime,
    now: Instant,
) -> Result<(Vec<DetectorPort>, SteppedLane), LaneError> {
    if model.slots() < size.slots {
        return Err(LaneError::FewSlots { model: model.slots(), wanted: size.slots });
    }
    let desk = DetectorDesk::new(model, size.slots);
    lane("lane-vad-0", (size, DETECTOR_RINGS), desk, time, now)
}

/// The turn judge's lane; see [`super::judge`].
///
/// # Errors
/// [`LaneError`], as for a lane on a thread.
pub fn judge(
    model: Box<dyn TurnJudge>,
    size: LaneSize,
    time: StepTime,
    now: Instant,
) -> Result<(Vec<JudgePort>, SteppedLane), LaneError> {
    let desk = JudgeDesk::new(model, size.slots);
    lane("lane-turn-0", (size, JUDGE_RINGS), desk, time, now)
}

/// The recogniser's lane; see [`super::recognizer`].
///
/// # Errors
/// [`LaneError`], as for a lane on a thread.
pub fn recognizer(
    model: Box<dyn Recognizer>,
    size: LaneSize,
    time: StepTime,
    now: Instant,
) -> Result<(Vec<RecognizerPort>, SteppedLane), LaneError> {
    let desk = RecognizerDesk::new(model, size.slots);
    lane("lane-asr-0", (size, RECOGNIZER_RINGS), desk, time, now)
}

/// One of the lanes of a recogniser whose steps are long, by its number; see [`super::slow_recognizers`].
///
/// # Errors
/// [`LaneError`], as for a lane on a thread.
pub fn slow_recognizer(
    number: usize,
    model: Box<dyn Recognizer>,
    size: LaneSize,
    time: StepTime,
    now: Instant,
) -> Result<(Vec<RecognizerPort>, SteppedLane), LaneError> {
    let name = SLOW_RECOGNIZERS[number % SLOW_RECOGNIZERS.len()];
    let desk = RecognizerDesk::new(model, size.slots).of_lane(name, Haste::default());
    lane(name, (size, SLOW_RECOGNIZER_RINGS), desk, time, now)
}

/// The synthesiser's lane; see [`super::synthesizer`].
///
/// # Errors
/// [`LaneError`], as for a lane on a thread.
pub fn synthesizer(
    model: Box<dyn Synthesizer>,
    size: LaneSize,
    time: StepTime,
    now: Instant,
) -> Result<(Vec<SynthesizerPort>, SteppedLane), LaneError> {
    let desk = SynthesizerDesk::new(model, size.slots);
    lane("lane-tts-0", (size, SYNTHESIZER_RINGS), desk, time, now)
}

type Made<D> = (Vec<LanePort<<D as Desk>::Request, <D as Desk>::Answer>>, SteppedLane);

fn lane<D: Desk + 'static>(
    name: &'static str,
    (size, rings): (LaneSize, RingLengths),
    mut desk: D,
    time: StepTime,
    now: Instant,
) -> Result<Made<D>, LaneError> {
    let LaneSize { shards, .. } = checked(size)?;
    let (fronts, ports): (Vec<_>, Vec<_>) = (0..shards).map(|_| port(size, rings)).unzip();
    let counters = Arc::new(LaneCounters::new(now));
    let monitor = counters.monitor(name, D::WORKS);
    for work in D::WORKS {
        time.restart();
        if desk.rehearse(*work).is_ok() {
            counters.meter.learn(*work, time.take());
        }
    }
    // Nobody sleeps, so that rousing whoever made the lane does nothing.
    let myself = thread::current();
    let fronts =
        fronts.into_iter().map(|front| front.served_by(&myself, &Haste::default())).collect();
    let lane = Stepped { desk, at: 0, ports, counters, time, free: now, made: VecDeque::new() };
    Ok((fronts, SteppedLane { lane: Box::new(lane), monitor }))
}

trait Turns {
    fn turn(&mut self, now: Instant);
}

struct Stepped<D: Desk> {
    desk: D,
    /// The port to be read next.
    at: usize,
    ports: Vec<PortBack<D::Request, D::Answer>>,
    counters: Arc<LaneCounters>,
    time: StepTime,
    /// When the step under way is over.
    free: Instant,
    /// Answers, with the moment at which each is made.
    made: VecDeque<(Instant, PortId, D::Answer)>,
}

impl<D: Desk> Turns for Stepped<D> {
    fn turn(&mut self, now: Instant) {
        self.hand_out(now);
        // A lane whose answers find no room waits with them, and so does everything that is asked of it.
        while self.made.is_empty() && self.free <= now {
            let began = now;
            let (at, ports) = (&mut self.at, &mut self.ports);
            while let Some((port, request)) = next_request(at, ports) {
                self.desk.take(port, request, began);
            }
            self.time.restart();
            let (made, time) = (&mut self.made, &self.time);
            let mut counter = Counter { at, ports, made, time, began };
            let report = self.desk.step(&mut counter);
            let spent = self.time.take();
            self.free = began + spent;
            let shed = self.ports.iter().map(|port| port.asks.shed()).sum::<u64>();
            self.counters.set_shed(self.desk.shed() + shed);
            self.hand_out(now);
            let Some(report) = report else { break };
            self.counters.count(report, began, spent);
        }
    }
}

impl<D: Desk> Stepped<D> {
    /// Puts what has been made by `now` into the rings, as far as they have room.
    fn hand_out(&mut self, now: Instant) {
        while let Some((due, port, answer)) = self.made.pop_front_if(|(due, ..)| *due <= now) {
            let Some(back) = self.ports.get_mut(port.0) else { continue };
            if let Err(Full(answer)) = back.answers.push(answer)
                && !back.answers.is_abandoned()
            {
                self.made.push_front((due, port, answer));
                return;
            }
        }
    }
}

struct Counter<'a, Q, A> {
    at: &'a mut usize,
    ports: &'a mut Vec<PortBack<Q, A>>,
    made: &'a mut VecDeque<(Instant, PortId, A)>,
    time: &'a StepTime,
    began: Instant,
}

impl<Q: Send, A: Send> Exchange<Q, A> for Counter<'_, Q, A> {
    fn answer(&mut self, port: PortId, answer: A) {
        self.made.push_back((self.now(), port, answer));
    }

    fn request(&mut self) -> Option<(PortId, Q)> {
        next_request(self.at, self.ports)
    }

    fn now(&self) -> Instant {
        self.began + self.time.so_far()
    }

    fn is_stopping(&self) -> bool {
        false
    }
}

fn next_request<Q, A>(at: &mut usize, ports: &mut [PortBack<Q, A>]) -> Option<(PortId, Q)> {
    for _ in 0..ports.len() {
        let id = *at % ports.len();
        if let Some(request) = ports.get_mut(id).and_then(|port| port.asks.pop()) {
            return Some((PortId(id), request));
        }
        *at = id + 1;
    }
    None
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "some moment is needed to count from")]
mod tests {
    use super::*;
    use crate::contract::{
        AskId, JudgeRequest, ModelError, SamplePos, Share, SynthesizerRequest, SynthesizerResult,
        VoiceStyle,
    };
    use crate::lanes::test_exchange::{block, key};
    use crate::scripted::ToneSynthesizer;

    const SIZE: LaneSize = LaneSize { slots: 1, shards: 1 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Takes 25 ms a question.
    struct Slow(StepTime);

    impl TurnJudge for Slow {
        fn judge(&mut self, _: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
            self.0.spend(ms(25));
            over.fill(0.5);
            Ok(())
        }

        fn rehearse(&mut self) -> Result<(), ModelError> {
            self.0.spend(ms(25));
            Ok(())
        }
    }

    #[test]
    fn an_answer_comes_when_the_model_has_taken_its_time_and_questions_wait_for_each_other() {
        let (time, origin) = (StepTime::default(), Instant::now());
        let size = LaneSize { slots: 2, shards: 1 };
        let (mut ports, mut lane) =
            judge(Box::new(Slow(time.clone())), size, time, origin).unwrap();
        for slot in 0..2 {
            let key = key(slot, 1);
            ports[0].ask(JudgeRequest::Open(key, Share::default()));
            ports[0].ask(JudgeRequest::Audio(key, block(0, 1)));
            let (from, upto) = (SamplePos(0), SamplePos(320));
            ports[0].ask(JudgeRequest::Judge { key, ask: AskId(1), from, upto, again: false });
        }
        let mut answered = Vec::new();
        for at in (0..100).step_by(5) {
            lane.turn(origin + ms(at));
            while let Some(answer) = ports[0].answer() {
                answered.push((at, answer.key.slot.0));
            }
        }
        assert_eq!(answered, [(25, 0), (50, 1)]);
        let expected = lane.monitor().expected(1).unwrap();
        let rate = crate::lanes::Work::Judgement.usual_rate();
        assert!((expected - 0.025 * rate).abs() < 1e-6, "{expected}");
        assert!(lane.monitor().load(origin + ms(100)).busy > 0.0);
    }

    #[test]
    fn a_lane_whose_answers_find_no_room_waits_with_them() {
        let (time, origin) = (StepTime::default(), Instant::now());
        let model = Box::new(ToneSynthesizer::new());
        let (mut ports, mut lane) = synthesizer(model, SIZE, time, origin).unwrap();
        // 80 characters of 60 ms: 24 chunks, and the ring holds 16 answers.
        let (key, text) = (key(0, 1), "abcdefg ".repeat(10));
        ports[0].ask(SynthesizerRequest::Open(key, Share::default()));
        let style = VoiceStyle::default();
        ports[0].ask(SynthesizerRequest::Speak { key, ask: AskId(1), text, style });
        let mut chunks = Vec::new();
        for at in 0..3 {
            lane.turn(origin + ms(at));
            let answers = std::iter::from_fn(|| ports[0].answer());
            let chunk =
                |answer: &SynthesizerResult| matches!(answer, SynthesizerResult::Chunk { .. });
            chunks.push(answers.filter(chunk).count());
        }
        assert_eq!(chunks, [16, 8, 0]);
    }
}
