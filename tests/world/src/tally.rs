//! What happened in a world, and in all worlds of a run.

use std::collections::BTreeMap;

use super::caller::Deed;
use super::faults::Fault;
use super::laws::{Law, Violation};

/// What came of a world.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) broken: Option<Violation>,
    pub(super) tally: Tally,
    pub(super) digest: u64,
}

/// What happened, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) worlds: u64,
    pub(super) calls: u64,
    pub(super) refused: u64,
    pub(super) seconds: u64,
    pub(super) booked: u64,
    pub(super) faults: BTreeMap<Fault, u64>,
    pub(super) deeds: BTreeMap<Deed, u64>,
    pub(super) laws: BTreeMap<Law, u64>,
    pub(super) events: BTreeMap<&'static str, u64>,
    pub(super) causes: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        fn sum<K: Ord + Copy>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (key, count) in from {
                *to.entry(*key).or_default() += count;
            }
        }
        self.worlds += other.worlds;
        self.calls += other.calls;
        self.refused += other.refused;
        self.seconds += other.seconds;
        self.booked += other.booked;
        sum(&mut self.faults, &other.faults);
        sum(&mut self.deeds, &other.deeds);
        sum(&mut self.laws, &other.laws);
        sum(&mut self.events, &other.events);
        sum(&mut self.causes, &other.causes);
    }
}
