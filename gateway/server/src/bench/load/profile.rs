//! Where the time went: processor time by thread, and what each lane did.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

/// One thread's share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Share {
    /// The thread's name; those of one name together.
    pub(super) thread: String,
    /// Processor time.
    pub(super) cpu_ms: f64,
    /// Of all threads' time.
    pub(super) percent: f64,
}

/// What each thread did between two looks, the busiest first.
pub(super) fn shares(
    before: &BTreeMap<String, Duration>,
    after: &BTreeMap<String, Duration>,
) -> Vec<Share> {
    let spent = after.iter().map(|(name, &time)| {
        (name.clone(), time.saturating_sub(before.get(name).copied().unwrap_or_default()))
    });
    let spent: Vec<(String, Duration)> = spent.filter(|(_, time)| !time.is_zero()).collect();
    let whole: Duration = spent.iter().map(|(_, time)| *time).sum();
    let mut shares: Vec<Share> = spent
        .into_iter()
        .map(|(thread, time)| Share {
            thread,
            cpu_ms: time.as_secs_f64() * 1_000.0,
            percent: time.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0,
        })
        .collect();
    shares.sort_by(|a, b| b.cpu_ms.total_cmp(&a.cpu_ms));
    shares
}

/// The shares, for people.
pub(super) fn table(shares: &[Share]) -> String {
    let mut text = format!("  {:20} {:>10} {:>7}\n", "thread", "cpu ms", "share");
    for share in shares {
        // Writing to a string cannot fail.
        let _done =
            writeln!(text, "  {:20} {:>10.1} {:>6.1} %", share.thread, share.cpu_ms, share.percent);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_thread_comes_first_and_the_idle_one_not_at_all() {
        let ms = Duration::from_millis;
        let before = BTreeMap::from([("a".to_owned(), ms(10)), ("idle".to_owned(), ms(5))]);
        let after = BTreeMap::from([
            ("a".to_owned(), ms(20)),
            ("b".to_owned(), ms(30)),
            ("idle".to_owned(), ms(5)),
        ]);
        let shares = shares(&before, &after);
        let seen: Vec<_> =
            shares.iter().map(|share| (share.thread.as_str(), share.percent.round())).collect();
        assert_eq!(seen, [("b", 75.0), ("a", 25.0)]);
        assert!(table(&shares).lines().nth(1).unwrap().contains("75.0 %"));
    }
}
