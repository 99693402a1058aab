//! How long to wait for packets: the fastest way through the network, and how much slower others were.
//!
//! A packet's *transit* is its arrival less its timestamp, in ticks of the stream's clock. The least transit of
//! the last seconds is the *base*; drift between the clocks moves it slowly, and the base follows. What a
//! packet's transit exceeds the base by is its *lateness*; a histogram with a fading memory keeps it, and the
//! delay to aim at is one that 199 of 200 packets keep to.

use std::time::Duration;

use super::settings::{DELAY_MAX, JitterSettings};
use crate::ticks::ticks_of;

/// Width of a bucket. Finer would follow noise; a packet lasts four of these.
const BUCKET: Duration = Duration::from_millis(5);
/// As many as span the greatest delay that can be set.
const BUCKETS: usize = (DELAY_MAX.as_millis() / BUCKET.as_millis()) as usize;
/// The share of packets that must not come late. By the E-model 1 % of loss costs more than 100 ms of delay do,
/// so rare late packets are waited for.
const IN_TIME: f32 = 0.995;
/// The memory, in packets: 10 s at 20 ms. Three late packets within it raise the delay; after a bad time the
/// delay is down again within a minute.
const MEMORY: f32 = 512.0;
/// Half of the time over which the base is the least.
const WINDOW: Duration = Duration::from_secs(5);
/// A half with fewer packets knows too little to be trusted alone.
const WINDOW_PACKETS: u32 = 50;

#[derive(Clone, Debug)]
pub(crate) struct DelayEstimate {
    bucket_ticks: i64,
    min_ticks: i64,
    max_ticks: i64,
    window_ticks: i64,
    /// The shares of packets by lateness, which make 1 together.
    shares: [f32; BUCKETS],
    known: f32,
    target: i64,
    base: Option<Base>,
}

#[derive(Clone, Copy, Debug)]
struct Base {
    least: i64,
    this_half: i64,
    last_half: i64,
    half_began: i64,
    packets: u32,
}

impl DelayEstimate {
    pub(crate) fn new(settings: &JitterSettings) -> Self {
        let ticks = |duration| ticks_of(duration, settings.clock_hz);
        let bucket_ticks = ticks(BUCKET).max(1);
        let mut estimate = Self {
            bucket_ticks,
            min_ticks: ticks(settings.delay_min),
            max_ticks: ticks(settings.delay_max),
            window_ticks: ticks(WINDOW),
            shares: [0.0; BUCKETS],
            known: 0.5,
            target: ticks(settings.delay_start),
            base: None,
        };
        let start = estimate.bucket((estimate.target - 1).max(0));
        estimate.shares[start] = 1.0;
        estimate
    }

    /// The delay to aim at, in ticks over the base.
    pub(crate) const fn target(&self) -> i64 {
        self.target
    }

    /// How long after the fastest packet of its time `timestamp` would be at the moment `now`, in ticks.
    pub(crate) fn age(&self, timestamp: i64, now: i64) -> i64 {
        let least = self.base.map_or(now - timestamp, |base| base.least);
        (now - timestamp).saturating_sub(least)
    }

    /// Learns from a packet with `timestamp` that came at `now`.
    ///
    /// *Real time:* two passes over 100 numbers.
    pub(crate) fn learn(&mut self, timestamp: i64, now: i64) {
        let transit = now.saturating_sub(timestamp);
        self.learn_base(transit, now);
        let late = self.bucket(self.age(timestamp, now));
        self.known = (self.known + 1.0).min(MEMORY);
        let weight = 1.0 / self.known;
        for share in &mut self.shares {
            *share *= 1.0 - weight;
        }
        self.shares[late] += weight;
        self.aim();
    }

    /// Takes the packet's transit for the base: the timeline began anew.
    pub(crate) const fn rebase(&mut self, timestamp: i64, now: i64) {
        let transit = now.saturating_sub(timestamp);
        self.base = Some(Base::new(transit, now));
    }

    fn learn_base(&mut self, transit: i64, now: i64) {
        let Some(base) = &mut self.base else {
            self.base = Some(Base::new(transit, now));
            return;
        };
        base.packets = base.packets.saturating_add(1);
        base.this_half = base.this_half.min(transit);
        let half_over = now.saturating_sub(base.half_began) >= self.window_ticks;
        let before = base.least;
        if half_over && base.packets >= WINDOW_PACKETS {
            base.least = base.this_half;
            base.last_half = base.this_half;
            base.this_half = transit;
            base.half_began = now;
            base.packets = 0;
        } else {
            base.least = base.this_half.min(base.last_half);
        }
        let moved = base.least - before;
        // Another route, faster or slower: what was late by the old base is late by another amount now. A jump
        // beyond all delays is a new timeline, on which the network is as uneven as it was.
        if moved.abs() >= self.bucket_ticks && moved.abs() <= self.max_ticks {
            self.shift(moved / self.bucket_ticks);
        }
    }

    /// Moves the histogram by so many buckets: up if the base fell.
    fn shift(&mut self, buckets: i64) {
        let by = usize::try_from(buckets.unsigned_abs()).map_or(BUCKETS, |by| by.min(BUCKETS));
        if buckets > 0 {
            // What was less late than that is not late at all.
            let first: f32 = self.shares[..by].iter().sum();
            self.shares.copy_within(by.., 0);
            self.shares[BUCKETS - by..].fill(0.0);
            self.shares[0] += first;
        } else {
            let last: f32 = self.shares[BUCKETS - by..].iter().sum();
            self.shares.copy_within(..BUCKETS - by, by);
            self.shares[..by].fill(0.0);
            self.shares[BUCKETS - 1] += last;
        }
    }

    fn bucket(&self, late: i64) -> usize {
        usize::try_from(late / self.bucket_ticks).map_or(0, |bucket| bucket.min(BUCKETS - 1))
    }

    fn aim(&mut self) {
        let mut later = 1.0 - IN_TIME;
        let mut upper = BUCKETS;
        for (bucket, share) in self.shares.iter().enumerate().rev() {
            later -= share;
            if later < 0.0 {
                break;
            }
            upper = bucket;
        }
        // `upper` is at most 100: it names the edge above the last bucket that is still waited for.
        let edge = upper as i64 * self.bucket_ticks;
        self.target = edge.clamp(self.min_ticks, self.max_ticks);
    }
}

impl Base {
    const fn new(transit: i64, now: i64) -> Self {
        Self { least: transit, this_half: transit, last_half: transit, half_began: now, packets: 1 }
    }
}
