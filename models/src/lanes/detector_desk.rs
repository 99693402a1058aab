//! The speech detector's desk: gathers the windows that are due from all slots into one step.

use std::time::{Duration, Instant};

use super::desk::{Desk, Exchange, PortId, StepReport};
use super::guard::{Fault, guarded};
use super::load::Work;
use super::succession::{LaneModel, Refused, SwapError};
use super::tenure::{Standing, Tenure};
use crate::contract::{
    AudioBlock, BLOCK_SAMPLES, DETECTOR_WINDOW, DetectorRequest, DetectorResult, DetectorStep,
    SamplePos, SlotId, SlotKey, SpeechDetector,
};

/// Windows of all slots that have a whole one; a step judges one window of each.
pub(super) struct DetectorDesk {
    model: Box<dyn SpeechDetector>,
    slots: Vec<Stream>,
    /// Slots with at least one whole window, each once.
    due: Vec<Due>,
    probabilities: Vec<f32>,
    shed: u64,
}

/// A slot with a whole window.
#[derive(Clone, Copy)]
struct Due {
    slot: SlotId,
    /// When the window became whole.
    since: Instant,
}

/// One slot's sound on its way into windows.
#[derive(Default)]
struct Stream {
    tenure: Tenure,
    /// Whose sound waits, and the port it came by.
    from: Option<(SlotKey, PortId)>,
    /// Samples not judged yet, the first at `start`; never more than [`PENDING_MAX`].
    pending: Vec<i16>,
    start: SamplePos,
    /// The next window begins a new stream.
    fresh: bool,
    /// The slot is among those due.
    listed: bool,
}

impl DetectorDesk {
    pub(super) fn new(model: Box<dyn SpeechDetector>, slots: usize) -> Self {
        let slots = std::iter::repeat_with(Stream::default).take(slots).collect();
        Self { model, slots, due: Vec::new(), probabilities: Vec::new(), shed: 0 }
    }

    fn hear(&mut self, port: PortId, key: SlotKey, block: &AudioBlock, now: Instant) {
        let Some(stream) = self.slots.get_mut(usize::from(key.slot.0)) else {
            self.shed += 1;
            return;
        };
        match stream.tenure.admit(key) {
            Standing::Gone => return,
            Standing::NewHolder => stream.restart(block.start),
            Standing::Holder => {}
        }
        if stream.pending.len() + BLOCK_SAMPLES > PENDING_MAX {
            // The lane is far behind: what comes is worth more than what waits.
            self.shed += (stream.pending.len() / BLOCK_SAMPLES) as u64;
            stream.restart(block.start);
        } else if stream.end() != block.start {
            stream.restart(block.start);
        }
        stream.from = Some((key, port));
        stream.pending.extend_from_slice(&block.samples);
        if stream.pending.len() >= DETECTOR_WINDOW && !stream.listed {
            stream.listed = true;
            self.due.push(Due { slot: key.slot, since: now });
        }
    }

    /// Takes the judged windows off their streams; those that have another one stay due.
    fn advance(&mut self, judged: usize, well: bool, now: Instant) {
        for due in self.due.drain(..judged).collect::<Vec<_>>() {
            let Some(stream) = self.slots.get_mut(usize::from(due.slot.0)) else { continue };
            stream.pending.drain(..DETECTOR_WINDOW);
            stream.start = stream.start.plus(DETECTOR_WINDOW as u64);
            // After a failure the model's state is what it was before.
            stream.fresh &= !well;
            stream.listed = stream.pending.len() >= DETECTOR_WINDOW;
            if stream.listed {
                self.due.push(Due { since: now, ..due });
            }
        }
    }
}

impl Stream {
    fn restart(&mut self, start: SamplePos) {
        self.pending.clear();
        self.start = start;
        self.fresh = true;
    }

    fn end(&self) -> SamplePos {
        self.start.plus(self.pending.len() as u64)
    }
}

impl Desk for DetectorDesk {
    type Request = DetectorRequest;
    type Answer = DetectorResult;

    const WORKS: &'static [Work] = &[Work::Window];

    fn rehearse(&mut self, _: Work) -> Result<(), Fault> {
        guarded("lane-vad-0", || self.model.rehearse())
    }

    fn take(&mut self, port: PortId, request: DetectorRequest, now: Instant) {
        match request {
            DetectorRequest::Audio(key, block) => self.hear(port, key, &block, now),
            DetectorRequest::Open(key) => match self.slots.get_mut(usize::from(key.slot.0)) {
                Some(stream) => {
                    if stream.tenure.open(key) == Standing::NewHolder {
                        stream.restart(SamplePos(0));
                    }
                }
                None => self.shed += 1,
            },
            DetectorRequest::Close(key) => {
                if let Some(stream) = self.slots.get_mut(usize::from(key.slot.0))
                    && stream.tenure.close(key)
                {
                    stream.restart(SamplePos(0));
                }
            }
        }
    }

    fn step(
        &mut self,
        exchange: &mut dyn Exchange<DetectorRequest, DetectorResult>,
    ) -> Option<StepReport> {
        let now = exchange.now();
        let slots = &mut self.slots;
        // Some left, or began anew, since their window became whole.
        self.due.retain(|due| {
            slots.get_mut(usize::from(due.slot.0)).is_some_and(|stream| {
                stream.listed = stream.pending.len() >= DETECTOR_WINDOW;
                stream.listed
            })
        });
        let steps: Vec<DetectorStep<'_>> = self
            .due
            .iter()
            .take(BATCH_MAX)
            .filter_map(|due| {
                let stream = self.slots.get(usize::from(due.slot.0))?;
                let window = stream.pending.first_chunk()?;
                Some(DetectorStep { slot: due.slot, fresh: stream.fresh, window })
            })
            .collect();
        let batch = steps.len();
        if batch == 0 {
            return None;
        }
        self.probabilities.clear();
        self.probabilities.resize(batch, 0.0);
        let (model, probabilities) = (&mut self.model, &mut self.probabilities);
        let fault = guarded("lane-vad-0", || model.step(&steps, probabilities)).err();
        if fault.is_none() {
            for (due, &probability) in self.due.iter().zip(&self.probabilities) {
                let Some(stream) = self.slots.get(usize::from(due.slot.0)) else { continue };
                let Some((key, port)) = stream.from else { continue };
                let end = stream.start.plus(DETECTOR_WINDOW as u64);
                exchange.answer(port, DetectorResult { key, end, probability });
            }
        }
        let waits = self.due.iter().take(batch).map(|due| now.saturating_duration_since(due.since));
        let late = waits.clone().filter(|wait| *wait > LATE).count();
        let waited = waits.max().unwrap_or_default();
        self.advance(batch, fault.is_none(), now);
        Some(StepReport { work: Work::Window, batch, late, waited, fault })
    }

    fn succeed(&mut self, model: LaneModel) -> Result<LaneModel, Refused> {
        let LaneModel::Detector(new) = model else {
            return Err(Refused::contract(model, "lane-vad-0", "speech detector"));
        };
        let (room, wanted) = (new.slots(), self.slots.len());
        if room < wanted {
            let why = SwapError::FewSlots { model: room, wanted };
            return Err(Refused { model: LaneModel::Detector(new), why });
        }
        // Its states know nothing of these streams, whose sound and positions go on.
        for stream in &mut self.slots {
            stream.fresh = true;
        }
        Ok(LaneModel::Detector(std::mem::replace(&mut self.model, new)))
    }

    fn shed(&self) -> u64 {
        self.shed
    }
}

/// Windows of one step. More wait for the next one: a larger batch gains nothing and delays its first.
const BATCH_MAX: usize = 64;

/// Samples that may wait in a slot: 256 ms. What is further behind than that helps nobody.
const PENDING_MAX: usize = 8 * DETECTOR_WINDOW;

/// A window should be judged before the next one is whole.
const LATE: Duration = Duration::from_millis(32);

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::contract::ModelError;
    use crate::lanes::test_exchange::{TestExchange, block, key};

    /// Answers with the first sample, panics at 666, fails at 404, and writes down what it was given.
    #[derive(Default)]
    struct Probe {
        seen: Arc<Mutex<Vec<(u16, bool)>>>,
    }

    impl SpeechDetector for Probe {
        fn slots(&self) -> usize {
            8
        }

        fn step(&mut self, steps: &[DetectorStep<'_>], out: &mut [f32]) -> Result<(), ModelError> {
            for (step, out) in steps.iter().zip(out) {
                match step.window[0] {
                    666 => panic!("a bug"),
                    404 => return Err(ModelError::Shape { model: "probe", what: "asked to" }),
                    sample => *out = f32::from(sample),
                }
                self.seen.lock().unwrap().push((step.slot.0, step.fresh));
            }
            Ok(())
        }
    }

    type Seen = Arc<Mutex<Vec<(u16, bool)>>>;

    fn lane() -> (TestExchange<DetectorDesk>, Seen) {
        let probe = Probe::default();
        let seen = Arc::clone(&probe.seen);
        (TestExchange::new(DetectorDesk::new(Box::new(probe), 8)), seen)
    }

    fn hear(lane: &mut TestExchange<DetectorDesk>, key: SlotKey, number: u64, value: i16) {
        lane.ask(key.slot, DetectorRequest::Audio(key, block(number, value)));
    }

    #[test]
    fn blocks_become_windows_that_follow_each_other() {
        let (mut lane, seen) = lane();
        for number in 0..8 {
            hear(&mut lane, key(0, 1), number, 7);
        }
        let results = lane.settle();
        let ends: Vec<u64> = results.iter().map(|result| result.end.0).collect();
        assert_eq!(ends, [512, 1_024, 1_536, 2_048, 2_560]);
        assert!(results.iter().all(|r| r.key == key(0, 1) && r.probability == 7.0), "{results:?}");
        let fresh: Vec<bool> = seen.lock().unwrap().iter().map(|(_, fresh)| *fresh).collect();
        assert_eq!(fresh, [true, false, false, false, false]);
    }

    #[test]
    fn one_step_takes_a_window_of_every_slot_that_has_one() {
        let (mut lane, _) = lane();
        for slot in 0..5 {
            for number in 0..4 {
                hear(&mut lane, key(slot, 1), number, 1);
            }
        }
        let batches: Vec<usize> = std::iter::from_fn(|| lane.step()).map(|r| r.batch).collect();
        assert_eq!(batches, [5, 5]);
    }

    #[test]
    fn a_gap_begins_a_new_stream() {
        let (mut lane, seen) = lane();
        for number in [0, 1, 5, 6] {
            hear(&mut lane, key(0, 1), number, 1);
        }
        let ends: Vec<u64> = lane.settle().iter().map(|result| result.end.0).collect();
        assert_eq!(ends, [5 * 320 + 512], "what came before the gap was not a whole window");
        assert_eq!(*seen.lock().unwrap(), [(0, true)]);
    }

    #[test]
    fn the_next_holder_of_a_slot_begins_afresh_and_the_last_one_is_not_heard() {
        let (mut lane, seen) = lane();
        hear(&mut lane, key(0, 1), 0, 1);
        hear(&mut lane, key(0, 2), 0, 2);
        hear(&mut lane, key(0, 1), 1, 1);
        hear(&mut lane, key(0, 2), 1, 2);
        let heard: Vec<_> = lane.settle().iter().map(|r| (r.key, r.probability)).collect();
        assert_eq!(heard, [(key(0, 2), 2.0)]);
        assert_eq!(*seen.lock().unwrap(), [(0, true)]);
    }

    #[test]
    fn a_window_that_is_due_when_its_call_ends_is_not_judged() {
        let (mut lane, seen) = lane();
        for number in 0..2 {
            hear(&mut lane, key(0, 1), number, 1);
        }
        lane.ask(SlotId(0), DetectorRequest::Close(key(0, 1)));
        assert_eq!(lane.settle(), []);
        for number in 0..2 {
            hear(&mut lane, key(0, 2), number, 2);
        }
        assert_eq!(lane.settle().len(), 1, "the next call in the slot is judged");
        assert_eq!(*seen.lock().unwrap(), [(0, true)]);
    }

    #[test]
    fn a_step_that_fails_or_panics_costs_its_windows_and_nothing_else() {
        for (value, fault) in [(404, Fault::Failed), (666, Fault::Panicked)] {
            let (mut lane, seen) = lane();
            for (number, value) in [(0, value), (1, 5), (2, 5), (3, 5)] {
                hear(&mut lane, key(0, 1), number, value);
            }
            let report = lane.step().unwrap();
            assert_eq!(report.fault, Some(fault));
            assert_eq!(lane.answers, [], "no answer rather than a wrong one");
            let results = lane.settle();
            assert_eq!(results.len(), 1);
            assert_eq!(*seen.lock().unwrap(), [(0, true)], "the state is what it was before");
        }
    }

    #[test]
    fn a_lane_that_is_far_behind_drops_what_waits() {
        let (mut lane, _) = lane();
        for number in 0..20 {
            hear(&mut lane, key(0, 1), number, 1);
        }
        assert!(lane.desk.shed() > 0);
        let results = lane.settle();
        assert!(results.len() * DETECTOR_WINDOW <= PENDING_MAX);
        let whole_windows_after_the_drop = results.last().unwrap().end.0;
        assert!(whole_windows_after_the_drop > 19 * 320 - 512, "the newest sound is judged");
    }

    #[test]
    fn windows_that_waited_are_late() {
        let (mut lane, _) = lane();
        for number in 0..2 {
            hear(&mut lane, key(0, 1), number, 1);
        }
        lane.now += Duration::from_millis(33);
        assert_eq!(lane.step().unwrap().late, 1);
    }

    #[test]
    fn a_slot_that_the_lane_has_not_is_counted() {
        let (mut lane, _) = lane();
        hear(&mut lane, key(8, 1), 0, 1);
        lane.ask(SlotId(99), DetectorRequest::Open(key(99, 1)));
        assert_eq!(lane.desk.shed(), 2);
        assert_eq!(lane.settle(), []);
    }
}
