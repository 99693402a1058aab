//! Between the shards and the lanes: what gets lost, what comes too late, and a call that panics.

use std::collections::{BTreeSet, VecDeque};
use std::panic::panic_any;

use callwright_calls::{LaneAnswer, LaneRequest, Lanes};
use callwright_host::{Ports, ShardLanes};
use callwright_models::contract::{Language, Share, SlotKey};

use super::models::OnPurpose;

/// What the world does to the next requests and answers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tricks {
    /// So many requests are lost.
    pub(super) lose_requests: u32,
    /// So many answers are lost.
    pub(super) lose_answers: u32,
    /// So many answers come again, once their slot has another holder or none.
    pub(super) repeat: u32,
    /// The next call that asks something panics while it does.
    pub(super) panic: bool,
    /// Sabotage: every answer goes to the call in the next slot.
    pub(super) swap: bool,
    /// Sabotage: no lane is told that a call has left.
    pub(super) forget_to_close: bool,
}

/// A shard's ports with tricks.
#[derive(Debug)]
pub(super) struct TrickyPorts {
    ports: ShardLanes,
    pub(super) tricks: Tricks,
    /// Who holds a slot now.
    pub(super) open: BTreeSet<SlotKey>,
    /// Answers of calls that may have gone, to be given once more.
    stale: VecDeque<LaneAnswer>,
    /// Tricks that were played.
    pub(super) lost_requests: u64,
    pub(super) lost_answers: u64,
    pub(super) stale_given: u64,
    pub(super) panics: u64,
}

impl TrickyPorts {
    pub(super) fn new(ports: ShardLanes) -> Self {
        Self {
            ports,
            tricks: Tricks::default(),
            open: BTreeSet::new(),
            stale: VecDeque::new(),
            lost_requests: 0,
            lost_answers: 0,
            stale_given: 0,
            panics: 0,
        }
    }

    fn swapped(&self, answer: LaneAnswer) -> LaneAnswer {
        let key = answer.key();
        let others = self.open.range(key..).skip(1).chain(&self.open);
        match (answer, others.copied().find(|other| *other != key)) {
            (LaneAnswer::Recognizer(mut result), Some(other)) => {
                result.key = other;
                LaneAnswer::Recognizer(result)
            }
            (answer, _) => answer,
        }
    }
}

/// Takes one off a count, if there is any.
fn spend(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

impl Lanes for TrickyPorts {
    fn open(&mut self, key: SlotKey, share: Share, language: Option<&Language>) {
        self.open.insert(key);
        self.ports.open(key, share, language);
    }

    fn ask(&mut self, key: SlotKey, request: LaneRequest) {
        if std::mem::take(&mut self.tricks.panic) {
            self.panics += 1;
            panic_any(OnPurpose);
        }
        if spend(&mut self.tricks.lose_requests) {
            self.lost_requests += 1;
            return;
        }
        self.ports.ask(key, request);
    }

    fn answer(&mut self) -> Option<LaneAnswer> {
        if let Some(place) = self.stale.iter().position(|old| !self.open.contains(&old.key())) {
            self.stale_given += 1;
            return self.stale.remove(place);
        }
        loop {
            let answer = self.ports.answer()?;
            if spend(&mut self.tricks.lose_answers) {
                self.lost_answers += 1;
                continue;
            }
            if spend(&mut self.tricks.repeat) && self.stale.len() < 64 {
                self.stale.push_back(answer.clone());
            }
            return Some(if self.tricks.swap { self.swapped(answer) } else { answer });
        }
    }

    fn close(&mut self, key: SlotKey) {
        if self.tricks.forget_to_close {
            return;
        }
        self.open.remove(&key);
        self.ports.close(key);
    }
}

impl Ports for TrickyPorts {
    fn wake(&self) {
        self.ports.wake();
    }

    fn shed(&self) -> u64 {
        self.ports.shed()
    }
}
