//! Time that work which can be left undone may have of its lane.

use std::time::{Duration, Instant};

/// The share that work which can be left undone may have of the time in which nothing else is done. The rest stays free
/// for what callers wait for.
const SHARE: f32 = 0.5;
/// What may be saved up: the questions of a few calls that come at once.
const SAVED_MAX: Duration = Duration::from_millis(400);

/// Grows while nothing that callers wait for is done, is used up by steps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowance {
    left: Duration,
    /// Used beyond what there was.
    owed: Duration,
    counted: Option<Instant>,
}

impl Allowance {
    /// Lets time pass. Whether such work may begin now.
    pub(super) fn any(&mut self, now: Instant) -> bool {
        let passed = match self.counted.replace(now) {
            Some(counted) => now.saturating_duration_since(counted).mul_f32(SHARE),
            None => SAVED_MAX,
        };
        let paid = passed.min(self.owed);
        self.owed -= paid;
        self.left = (self.left + passed.saturating_sub(paid)).min(SAVED_MAX);
        self.owed.is_zero() && !self.left.is_zero()
    }

    /// A step that callers wait for took so long: nothing is earned meanwhile.
    pub(super) fn skip(&mut self, time: Duration) {
        self.counted = self.counted.map(|counted| counted + time);
    }

    /// A step of such work took so long.
    pub(super) fn spend(&mut self, time: Duration) {
        self.owed += time.saturating_sub(self.left);
        self.left = self.left.saturating_sub(time);
    }
}
