//! The policies to compare with: silence alone, and the turn judge alone with a threshold and a timeout.

use std::time::Duration;

use callwright_calls::Pace;

use super::evidence::Heard;
use super::score::Decision;

/// A way of deciding from the judge's readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct JudgeAlone {
    /// The turn is over at the first reading of at least this.
    pub(super) threshold: f32,
    /// Readings of less silence than this do not count.
    pub(super) delay_ms: f64,
    /// The turn is over after this much silence, whatever the readings.
    pub(super) timeout_ms: f64,
    /// What a reading takes.
    pub(super) takes_ms: f64,
}

impl JudgeAlone {
    /// Every combination of threshold, action delay and timeout, as eot-bench sweeps them.
    pub(super) fn settings(takes_ms: f64) -> Vec<Self> {
        let thresholds =
            (1..20).map(|n| n as f32 * 0.05).chain([0.01, 0.02, 0.97, 0.98, 0.985, 0.99]);
        thresholds
            .flat_map(|threshold| {
                (1..=8).flat_map(move |delay| {
                    (2..=15).chain([17, 20, 25, 30]).map(move |timeout| Self {
                        threshold,
                        delay_ms: f64::from(delay) * 100.0,
                        timeout_ms: f64::from(timeout) * 100.0,
                        takes_ms,
                    })
                })
            })
            .filter(|setting| setting.timeout_ms >= setting.delay_ms)
            .collect()
    }

    pub(super) fn decide(&self, heard: &Heard) -> Decision {
        let sure = heard
            .readings
            .iter()
            .find(|&&(at_ms, over)| at_ms >= self.delay_ms && over >= self.threshold);
        let sure_ms = sure.map_or(self.timeout_ms, |(at_ms, _)| at_ms + self.takes_ms);
        heard.decided(sure_ms.min(self.timeout_ms))
    }
}

impl std::fmt::Display for JudgeAlone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { threshold, delay_ms, timeout_ms, .. } = self;
        write!(f, "threshold {threshold:.2}, from {delay_ms} ms, timeout {timeout_ms} ms")
    }
}

/// Paces that the call core's model is swept over; `step` is between two values of [`Pace::sure`], `longest_ms` are the
/// values of [`Pace::longest`].
pub(super) fn paces(step: f32, longest_ms: &[u64]) -> impl Iterator<Item = Pace> {
    let count = (4.0 / step) as u16;
    let sure = (0..=count).map(move |n| f32::from(n) * step - 2.5);
    sure.flat_map(move |sure| {
        longest_ms.iter().map(move |&ms| Pace { sure, longest: Duration::from_millis(ms) })
    })
}

/// The silences that silence alone is swept over, in milliseconds.
pub(super) fn silences_ms() -> impl Iterator<Item = f64> {
    (4..=120).map(|n| f64::from(n) * 25.0)
}

/// Takes every silence of `ms` for an end.
pub(super) fn silence_alone(heard: &Heard, ms: f64) -> Decision {
    heard.decided(ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::turns::set::Pause;

    #[test]
    fn the_first_sure_reading_ends_the_turn_and_the_timeout_does_without_one() {
        let pause = Pause { start: 0, at: 0, end: 700 * 16, over: false };
        let readings = vec![(100.0, 0.9), (200.0, 0.2), (300.0, 0.6), (400.0, 0.9)];
        let heard =
            Heard { pause, known_ms: Some(100.0), readings, finished: None, complete: None };
        let decide = |threshold, delay_ms, timeout_ms| {
            let takes_ms = 25.0;
            JudgeAlone { threshold, delay_ms, timeout_ms, takes_ms }.decide(&heard).after_ms
        };
        assert_eq!(decide(0.5, 100.0, 1_000.0), Some(125.0));
        assert_eq!(decide(0.5, 200.0, 1_000.0), Some(325.0));
        assert_eq!(decide(0.5, 200.0, 250.0), Some(250.0));
        assert_eq!(decide(0.95, 200.0, 600.0), Some(600.0));
        assert_eq!(decide(0.95, 200.0, 800.0), None, "the speaker went on before");
        assert_eq!(silence_alone(&heard, 650.0).after_ms, Some(650.0));
        assert_eq!(silence_alone(&heard, 50.0).after_ms, Some(100.0), "nobody knew before");
        let unnoticed = Heard { known_ms: None, ..heard.clone() };
        assert_eq!(silence_alone(&unnoticed, 50.0).after_ms, None);
    }
}
