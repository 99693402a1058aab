//! One call's quality, from what its jitter buffer counted.

use std::time::Duration;

use super::e_model::{Impairment, Path, Rating, rate};
use crate::jitter::JitterCounts;

/// What a call's receiving side was like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QualityEstimate {
    /// The share of packets that never came, 0 to 1.
    pub lost: f64,
    /// The share that came too late, or was skipped to keep the delay within its bound, 0 to 1.
    pub discarded: f64,
    /// The share of time that was invented, 0 to 1.
    pub concealed: f64,
    /// How much longer the runs of lost packets are than chance would have them (G.107 section 7.5); at least
    /// 1.
    pub burst_ratio: f64,
    /// Interarrival jitter by RFC 3550.
    pub jitter: Duration,
    /// From the speaker's mouth to our ear, as far as it is known.
    pub delay: Duration,
    /// What all of it comes to.
    pub rating: Rating,
}

impl QualityEstimate {
    /// The estimate of a stream of which `counts` are known, with RFC 3550's `jitter`. The `delay` is half the
    /// round trip, the jitter buffer's delay, and the packet's length.
    ///
    /// *Real time:* no allocation; about 0.3 us.
    pub fn new(
        counts: &JitterCounts,
        jitter: Duration,
        delay: Duration,
        impairment: Impairment,
    ) -> Self {
        let share = |part: u64| part as f64 / counts.expected().max(1) as f64;
        let unheard = counts.unheard_share();
        let runs = counts.loss_runs.max(1) as f64;
        let mean_run = (counts.lost + counts.late + counts.skipped) as f64 / runs;
        // Runs of chance are 1 / (1 - p) long.
        let burst_ratio = (mean_run * (1.0 - unheard)).max(1.0);
        let path = Path { delay, loss: unheard, burst_ratio, impairment };
        Self {
            lost: share(counts.lost),
            discarded: share(counts.late + counts.skipped),
            concealed: counts.concealed_share(),
            burst_ratio,
            jitter,
            delay,
            rating: rate(&path),
        }
    }
}
