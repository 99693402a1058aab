//! A world for a desk under test: what it answers is kept, what comes in during a step is prepared.
#![expect(clippy::disallowed_methods, reason = "some moment is needed to count from")]

use std::collections::VecDeque;
use std::time::Instant;

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
}

impl<D: Desk> TestExchange<D> {
    pub(super) fn new(desk: D) -> Self {
        Self { desk, answers: Vec::new(), coming: VecDeque::new(), now: Instant::now() }
    }

    /// Sends a request by the port that [`port_of`] its slot.
    pub(super) fn ask(&mut self, slot: SlotId, request: D::Request) {
        self.desk.take(port_of(slot), request, self.now);
    }

    /// One step.
    pub(super) fn step(&mut self) -> Option<StepReport> {
        let mut outside =
            Outside { answers: &mut self.answers, coming: &mut self.coming, now: self.now };
        self.desk.step(&mut outside)
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
    now: Instant,
}

impl<Q, A> Exchange<Q, A> for Outside<'_, Q, A> {
    fn answer(&mut self, port: PortId, answer: A) {
        self.answers.push((port, answer));
    }

    fn request(&mut self) -> Option<(PortId, Q)> {
        self.coming.pop_front()
    }

    fn now(&self) -> Instant {
        self.now
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
