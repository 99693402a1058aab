//! The speech detector's desk: gathers the windows that are due from all slots into one step.

use std::time::{Duration, Instant};

use super::desk::{Desk, Exchange, PortId, StepReport};
use super::guard::guarded;
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
        let late = self.due.iter().take(batch).filter(|due| now - due.since > LATE).count();
        self.advance(batch, fault.is_none(), now);
        Some(StepReport { batch, late, fault })
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
