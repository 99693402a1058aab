//! Callers cut off against time waited, as eot-bench defines both (livekit/eot-bench, README, "Policy Sweep and
//! Operating Points").
//!
//! A *false cut-off* is a pause inside a turn that was answered as its end, before it was over; pauses of 0.2-5 s
//! count. The *delay* of a turn's end is the time from the last sound to the decision. An *operating point* is the
//! setting of a policy with the fewest false cut-offs whose mean delay is within a budget.

use super::set::Pause;

/// What a policy, at one setting, did in one pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decision {
    pub(super) pause: Pause,
    /// When it took the turn to be over, in milliseconds from the last sound; `None` when it did not while the pause
    /// lasted.
    pub(super) after_ms: Option<f64>,
}

/// A share and a delay.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(super) struct Measure {
    /// Pauses inside turns.
    pub(super) pauses: usize,
    /// Of these, answered as an end.
    pub(super) cut_off: usize,
    /// Ends of turns.
    pub(super) ends: usize,
    /// Mean delay of the ends.
    pub(super) mean_ms: f64,
    /// Median delay of the ends.
    pub(super) median_ms: f64,
}

/// Pauses inside a turn that count are at least and at most this long, in milliseconds (eot-bench's defaults).
const PAUSE_MS: std::ops::RangeInclusive<f64> = 200.0..=5_000.0;

impl Measure {
    /// Measures what a policy did. An end that it never took counts with all the silence there was.
    pub(super) fn of(decisions: impl Iterator<Item = Decision>) -> Self {
        let (mut pauses, mut cut_off) = (0, 0);
        let mut delays = Vec::new();
        for Decision { pause, after_ms } in decisions {
            if pause.over {
                delays.push(after_ms.unwrap_or_else(|| pause.ms()));
            } else if PAUSE_MS.contains(&pause.ms()) {
                pauses += 1;
                cut_off += usize::from(after_ms.is_some());
            }
        }
        delays.sort_by(f64::total_cmp);
        let mean_ms = delays.iter().sum::<f64>() / delays.len().max(1) as f64;
        let median_ms = delays.get(delays.len() / 2).copied().unwrap_or(0.0);
        Self { pauses, cut_off, ends: delays.len(), mean_ms, median_ms }
    }

    /// The share of pauses inside turns that were answered as an end, 0-1.
    pub(super) fn cut_off_share(&self) -> f64 {
        self.cut_off as f64 / self.pauses.max(1) as f64
    }
}

/// One setting of a policy, measured on both halves of the speakers.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Point {
    /// The setting, in words.
    pub(super) setting: String,
    pub(super) tuning: Measure,
    pub(super) held_out: Measure,
}

/// The operating point of a policy: the best setting on the tuning half within `budget_ms` of mean delay.
pub(super) fn operating_point(points: &[Point], budget_ms: f64) -> Option<&Point> {
    points.iter().filter(|point| point.tuning.mean_ms <= budget_ms).min_by(|a, b| {
        let shares = a.tuning.cut_off_share().total_cmp(&b.tuning.cut_off_share());
        shares.then(a.tuning.mean_ms.total_cmp(&b.tuning.mean_ms))
    })
}

/// The settings that nothing beats on the held-out half, by mean delay: delay in milliseconds and cut-offs, 0-1.
pub(super) fn frontier(points: &[Point]) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> =
        points.iter().map(|p| (p.held_out.mean_ms, p.held_out.cut_off_share())).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut least = f64::INFINITY;
    all.retain(|&(_, cut_off)| {
        let better = cut_off < least;
        least = least.min(cut_off);
        better
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(ms: usize, over: bool) -> Pause {
        Pause { start: 0, at: 0, end: ms * 16, over }
    }

    #[test]
    fn cut_offs_are_pauses_that_were_answered_and_delays_are_of_ends() {
        let done = [
            (pause(300, false), Some(250.0)),
            (pause(900, false), None),
            (pause(150, false), Some(100.0)),
            (pause(4_000, true), Some(200.0)),
            (pause(4_000, true), Some(300.0)),
            (pause(4_000, true), None),
        ];
        let decisions = done.map(|(pause, after_ms)| Decision { pause, after_ms });
        let measure = Measure::of(decisions.into_iter());
        assert_eq!((measure.pauses, measure.cut_off, measure.ends), (2, 1, 3));
        assert!((measure.mean_ms, measure.median_ms) == (1_500.0, 300.0));
        assert!((measure.cut_off_share() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_budget_is_kept_on_the_half_that_is_tuned_on() {
        let point = |setting: &str, mean_ms, cut_off| {
            let tuning = Measure { pauses: 10, cut_off, ends: 1, mean_ms, median_ms: mean_ms };
            Point { setting: setting.to_owned(), tuning, held_out: tuning }
        };
        let points = [point("a", 250.0, 5), point("b", 299.0, 3), point("c", 301.0, 1)];
        assert_eq!(operating_point(&points, 300.0).unwrap().setting, "b");
        assert!(operating_point(&points, 200.0).is_none());
        let worse = [&points[..], &[point("d", 300.0, 4)]].concat();
        assert_eq!(frontier(&worse).len(), 3);
    }
}
