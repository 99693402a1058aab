//! A world for a desk under test: what it answers is kept, what comes in during a step is prepared.
#![expect(clippy::disallowed_methods, reason = "some moment is needed to count from")]

use std::cell::Cell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::desk::{Desk, Exchange, PortId, StepReport};
use crate::contract::{AudioBlock, BLOCK_SAMPLES, Generation, SamplePos, SlotId, SlotKey};

/// The world outside one desk.
pub(super) struct TestExchange<D: Desk> {
    pub(super) desk: D,
    /// What has been answered, with the port it went to.
    pub(super) answers: Vec<(PortId, D::Answer)>,
    /// What will come in during the next steps.
    pub(super) coming: VecDeque<(PortId, D::Request)>,
    pub(super) now: Instant,
    /// How long each step takes.
    pub(super) step_time: Duration,
}

impl<D: Desk> TestExchange<D> {
    pub(super) fn new(desk: D) -> Self {
        let (answers, coming) = (Vec::new(), VecDeque::new());
        Self { desk, answers, coming, now: Instant::now(), step_time: Duration::ZERO }
    }

    /// Sends a request by the port that [`port_of`] its slot.
    pub(super) fn ask(&mut self, slot: SlotId, request: D::Request) {
        self.desk.take(port_of(slot), request, self.now);
    }

    /// One step.
    pub(super) fn step(&mut self) -> Option<StepReport> {
        let (answers, coming) = (&mut self.answers, &mut self.coming);
        let now = Cell::new(self.now);
        let mut outside = Outside { answers, coming, now: &now, step_time: self.step_time };
        let report = self.desk.step(&mut outside);
        if report.is_some() {
            self.now += self.step_time;
        }
        report
    }

    /// Steps until nothing is due, and what was answered.
    pub(super) fn settle(&mut self) -> Vec<D::Answer> {
        while self.step().is_some() {}
        self.answers.drain(..).map(|(_, answer)| answer).collect()
    }
}

struct Outside<'a, Q, A> {
    answers: &'a mut Vec<(PortId, A)>,
    coming: &'a mut VecDeque<(PortId, Q)>,
    now: &'a Cell<Instant>,
    step_time: Duration,
}

impl<Q, A> Exchange<Q, A> for Outside<'_, Q, A> {
    fn answer(&mut self, port: PortId, answer: A) {
        self.answers.push((port, answer));
    }

    fn request(&mut self) -> Option<(PortId, Q)> {
        self.coming.pop_front()
    }

    /// A desk looks at the clock when it begins and, if it wants to know how long the model took, when it is done.
    fn now(&self) -> Instant {
        self.now.replace(self.now.get() + self.step_time)
    }

    fn is_stopping(&self) -> bool {
        false
    }
}

/// The shard that holds a slot in these tests.
pub(super) fn port_of(slot: SlotId) -> PortId {
    PortId(usize::from(slot.0 % 2))
}

pub(super) fn key(slot: u16, generation: u32) -> SlotKey {
    SlotKey { slot: SlotId(slot), generation: Generation(generation) }
}

/// Block `number` of a call whose every sample is `value`.
pub(super) fn block(number: u64, value: i16) -> AudioBlock {
    let start = SamplePos(number * BLOCK_SAMPLES as u64);
    AudioBlock { start, samples: [value; BLOCK_SAMPLES] }
}
