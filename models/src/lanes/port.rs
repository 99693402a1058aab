//! A shard's end of a lane.

use std::cell::Cell;
use std::thread::Thread;

use callwright_media::ring::{Reader, WhenFull, Writer, ring};

use crate::contract::Haste;

/// How many calls and shards a lane serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSize {
    /// Slots, numbered from 0, of all shards together.
    pub slots: usize,
    /// Shards, each of which gets a port.
    pub shards: usize,
}

/// A shard's end of a lane: requests `Q` go in, answers `A` come out.
#[derive(Debug)]
pub struct LanePort<Q, A> {
    asks: Writer<Q>,
    answers: Reader<A>,
    worker: Thread,
    /// Something was asked since the lane was last roused.
    asked: Cell<bool>,
    haste: Haste,
}

impl<Q, A> LanePort<Q, A> {
    /// Sends `request`. When the ring is full, because the lane is too slow, it is dropped and counted.
    ///
    /// *Real time:* wait-free, no allocation.
    pub fn ask(&mut self, request: Q) {
        self.asked.set(true);
        // The ring's policy is to drop the newest: it refuses nothing and counts what it drops.
        drop(self.asks.push(request));
    }

    /// The same with a request that a caller waits for: the step under way may give way to it.
    ///
    /// *Real time:* wait-free, no allocation.
    pub fn ask_in_haste(&mut self, request: Q) {
        self.ask(request);
        // Last, so that whoever sees it finds the request.
        self.haste.raise();
    }

    /// Takes the oldest answer.
    ///
    /// *Real time:* wait-free.
    pub fn answer(&mut self) -> Option<A> {
        self.answers.pop()
    }

    /// Rouses the lane if anything was asked since the last time. Call it once at the end of a tick.
    ///
    /// *Real time:* at most one system call.
    pub fn wake(&self) {
        if self.asked.replace(false) {
            self.worker.unpark();
        }
    }

    /// Requests dropped so far because the ring was full.
    pub fn shed(&self) -> u64 {
        self.asks.shed()
    }

    /// Whether the lane's thread has ended, so that nothing will be answered any more.
    pub fn is_abandoned(&self) -> bool {
        self.asks.is_abandoned()
    }
}

/// Ring lengths in items per slot of a port.
#[derive(Clone, Copy, Debug)]
pub(super) struct RingLengths {
    /// Requests that wait for the lane.
    pub(super) asks_per_slot: usize,
    /// Answers that wait for the shard.
    pub(super) answers_per_slot: usize,
}

/// The lane's end of a port.
#[derive(Debug)]
pub(super) struct PortBack<Q, A> {
    pub(super) asks: Reader<Q>,
    pub(super) answers: Writer<A>,
}

/// A port whose worker is not known yet.
#[derive(Debug)]
pub(super) struct PortFront<Q, A> {
    asks: Writer<Q>,
    answers: Reader<A>,
}

impl<Q, A> PortFront<Q, A> {
    pub(super) fn served_by(self, worker: &Thread, haste: &Haste) -> LanePort<Q, A> {
        LanePort {
            asks: self.asks,
            answers: self.answers,
            worker: worker.clone(),
            asked: Cell::new(false),
            haste: haste.clone(),
        }
    }
}

/// Makes the rings of one port. Slots are dealt to shards evenly; one and a half shares of room are made, so
/// that a shard with more than its share is not the first to drop.
pub(super) fn port<Q, A>(size: LaneSize, rings: RingLengths) -> (PortFront<Q, A>, PortBack<Q, A>) {
    let share = size.slots.div_ceil(size.shards.max(1));
    let slots = (share + share.div_ceil(2)).clamp(1, size.slots.max(1));
    let (asks, asks_out) = ring(slots * rings.asks_per_slot, WhenFull::DropNewest);
    let (answers_in, answers) = ring(slots * rings.answers_per_slot, WhenFull::Refuse);
    (PortFront { asks, answers }, PortBack { asks: asks_out, answers: answers_in })
}
