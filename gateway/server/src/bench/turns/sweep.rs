//! The policies to compare with: silence alone, and the turn judge alone with a threshold and a timeout.

use super::evidence::{EVERY_MS, Readings};
use super::score::Decision;

/// A way of deciding from the judge's readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct JudgeAlone {
    /// The turn is over at the first reading of at least this.
    pub(super) threshold: f32,
    /// Readings before this do not count.
    pub(super) delay_ms: f64,
    /// The turn is over after this much silence, whatever the readings.
    pub(super) timeout_ms: f64,
}

impl JudgeAlone {
    /// Every combination of threshold, action delay and timeout, as eot-bench sweeps them.
    pub(super) fn settings() -> Vec<Self> {
        let thresholds = (1..20).map(|n| n as f32 * 0.05).chain([0.01, 0.02, 0.97, 0.98, 0.985, 0.99]);
        thresholds
            .flat_map(|threshold| {
                (1..=10).flat_map(move |delay| {
                    (2..=15).chain([17, 20, 25, 30]).map(move |timeout| Self {
                        threshold,
                        delay_ms: f64::from(delay) * EVERY_MS as f64,
                        timeout_ms: f64::from(timeout) * 100.0,
                    })
                })
            })
            .filter(|setting| setting.timeout_ms >= setting.delay_ms)
            .collect()
    }

    pub(super) fn decide(&self, readings: &Readings) -> Decision {
        let moments = (1..).map(|n| n as f64 * EVERY_MS as f64);
        let sure = moments.zip(&readings.over).find(|&(moment, &over)| {
            moment >= self.delay_ms && over >= self.threshold
        });
        let after_ms = sure.map_or(self.timeout_ms, |(moment, _)| moment.min(self.timeout_ms));
        within(readings, after_ms)
    }
}

impl std::fmt::Display for JudgeAlone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { threshold, delay_ms, timeout_ms } = self;
        write!(f, "threshold {threshold:.2}, from {delay_ms} ms, timeout {timeout_ms} ms")
    }
}

/// The silences that silence alone is swept over, in milliseconds.
pub(super) fn silences_ms() -> impl Iterator<Item = f64> {
    (4..=120).map(|n| f64::from(n) * 25.0)
}

/// Takes every silence of `ms` for an end.
pub(super) fn silence_alone(readings: &Readings, ms: f64) -> Decision {
    within(readings, ms)
}

fn within(readings: &Readings, after_ms: f64) -> Decision {
    let pause = readings.pause;
    Decision { pause, after_ms: (after_ms < pause.ms()).then_some(after_ms) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::turns::set::Pause;

    #[test]
    fn the_first_sure_reading_ends_the_turn_and_the_timeout_does_without_one() {
        let pause = Pause { start: 0, end: 700 * 16, over: false };
        let readings = Readings { pause, over: vec![0.9, 0.2, 0.6, 0.9] };
        let decide = |threshold, delay_ms, timeout_ms| {
            JudgeAlone { threshold, delay_ms, timeout_ms }.decide(&readings).after_ms
        };
        assert_eq!(decide(0.5, 100.0, 1_000.0), Some(100.0));
        assert_eq!(decide(0.5, 200.0, 1_000.0), Some(300.0));
        assert_eq!(decide(0.5, 200.0, 250.0), Some(250.0));
        assert_eq!(decide(0.95, 200.0, 600.0), Some(600.0));
        assert_eq!(decide(0.95, 200.0, 800.0), None, "the speaker went on before");
        assert_eq!(silence_alone(&readings, 650.0).after_ms, Some(650.0));
    }
}
