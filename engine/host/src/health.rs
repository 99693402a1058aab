//! How the shards are doing, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use callwright_calls::ShardCounts;
use callwright_calls::capture::CaptureCounts;

/// What all shards together have done and seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostHealth {
    /// Calls that live now.
    pub live: u64,
    /// Turns of shards.
    pub ticks: u64,
    /// Turns that began more than a whole tick late.
    pub late_ticks: u64,
    /// The latest beginning of a turn.
    pub lateness_max: Duration,
    /// The longest turn.
    pub tick_max: Duration,
    /// Events dropped because the events thread was too slow.
    pub events_dropped: u64,
    /// Requests that full lanes dropped.
    pub lane_requests_shed: u64,
    /// What the shards themselves count.
    pub shards: ShardCounts,
    /// Of calls that are captured.
    pub captures: CaptureCounts,
}

/// One shard's part of it, written by its thread alone.
#[derive(Debug, Default)]
pub(crate) struct ShardGauges {
    /// Calls that were handed to the shard and are over, or found no seat.
    pub(crate) ended: AtomicU64,
    pub(crate) live: AtomicU64,
    pub(crate) ticks: AtomicU64,
    pub(crate) late_ticks: AtomicU64,
    pub(crate) lateness_max_ns: AtomicU64,
    pub(crate) tick_max_ns: AtomicU64,
    pub(crate) events_dropped: AtomicU64,
    pub(crate) lane_requests_shed: AtomicU64,
    pub(crate) faults: AtomicU64,
    pub(crate) stale_answers: AtomicU64,
    pub(crate) dropped_packets: AtomicU64,
    pub(crate) flooded_keys: AtomicU64,
    pub(crate) captures_begun: AtomicU64,
    pub(crate) captures_limited: AtomicU64,
    pub(crate) captures_broken: AtomicU64,
}

impl ShardGauges {
    /// Notes one turn of the shard that began `late` and lasted `took`.
    pub(crate) fn turn(&self, late: Duration, took: Duration, tick: Duration) {
        self.ticks.fetch_add(1, Ordering::Relaxed);
        self.late_ticks.fetch_add(u64::from(late > tick), Ordering::Relaxed);
        self.lateness_max_ns.fetch_max(nanos(late), Ordering::Relaxed);
        self.tick_max_ns.fetch_max(nanos(took), Ordering::Relaxed);
    }

    pub(crate) fn counts(&self, counts: ShardCounts) {
        self.faults.store(counts.faults, Ordering::Relaxed);
        self.stale_answers.store(counts.stale_answers, Ordering::Relaxed);
        self.dropped_packets.store(counts.dropped_packets, Ordering::Relaxed);
        self.flooded_keys.store(counts.flooded_keys, Ordering::Relaxed);
    }

    pub(crate) fn captures(&self, counts: CaptureCounts) {
        self.captures_begun.store(counts.begun, Ordering::Relaxed);
        self.captures_limited.store(counts.limited, Ordering::Relaxed);
        self.captures_broken.store(counts.broken, Ordering::Relaxed);
    }

    /// Adds this shard's part to `all`.
    pub(crate) fn add_to(&self, all: &mut HostHealth) {
        let read = |gauge: &AtomicU64| gauge.load(Ordering::Relaxed);
        all.live += read(&self.live);
        all.ticks += read(&self.ticks);
        all.late_ticks += read(&self.late_ticks);
        all.lateness_max = all.lateness_max.max(Duration::from_nanos(read(&self.lateness_max_ns)));
        all.tick_max = all.tick_max.max(Duration::from_nanos(read(&self.tick_max_ns)));
        all.events_dropped += read(&self.events_dropped);
        all.lane_requests_shed += read(&self.lane_requests_shed);
        all.shards.faults += read(&self.faults);
        all.shards.stale_answers += read(&self.stale_answers);
        all.shards.dropped_packets += read(&self.dropped_packets);
        all.shards.flooded_keys += read(&self.flooded_keys);
        all.captures.begun += read(&self.captures_begun);
        all.captures.limited += read(&self.captures_limited);
        all.captures.broken += read(&self.captures_broken);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
