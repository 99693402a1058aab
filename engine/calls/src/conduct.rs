//! How the conversation goes, counted while it does.

use std::time::Duration;

use callwright_contract::CallMeasures;

use crate::moment::Moment;

/// Counts what [`CallMeasures`] tells in the end.
#[derive(Debug)]
pub(crate) struct Conduct {
    so_far: CallMeasures,
    /// When either last made a sound.
    sounded: Moment,
    /// Since when the caller had been quiet at the end of the latest turn.
    turn_ended: Option<Moment>,
    /// The latest turn began with an interruption.
    interrupted: bool,
    /// Of the latest answers, in milliseconds.
    latencies: Vec<u32>,
}

/// One window of the speech detector.
const WINDOW: Duration = Duration::from_millis(32);
/// Silence that is no dead air yet.
const BREATH: Duration = Duration::from_secs(2);
/// A caller who goes on within this time of his last sound had not finished.
const SAME_BREATH: Duration = Duration::from_millis(1_500);
/// Whoever has heard so much of an answer speaks because of it.
const ANSWER_HEARD: Duration = Duration::from_millis(500);
/// Answers of a call whose latency is kept; later ones are counted and not weighed.
const LATENCIES_MAX: usize = 1_024;

impl Conduct {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            so_far: CallMeasures::default(),
            sounded: now,
            turn_ended: None,
            interrupted: false,
            latencies: Vec::new(),
        }
    }

    /// Somebody makes a sound.
    pub(crate) fn sound(&mut self, now: Moment) {
        let silence = now.since(self.sounded);
        self.so_far.dead_air += silence.saturating_sub(BREATH);
        self.sounded = now;
    }

    /// The caller spoke for one window.
    pub(crate) fn caller_spoke(&mut self) {
        self.so_far.caller_spoke += WINDOW;
    }

    /// The caller begins to speak, who has heard so much of the latest reply.
    pub(crate) fn onset(&mut self, began: Moment, heard: Duration) {
        if let Some(ended) = self.turn_ended.take()
            && began.since(ended) < SAME_BREATH
            && heard < ANSWER_HEARD
        {
            self.so_far.false_cut_offs += 1;
        }
    }

    /// A turn is over whose last sound was at `quiet_since`.
    pub(crate) const fn turn_over(&mut self, quiet_since: Moment, wordless: bool) {
        self.so_far.turns += 1;
        if self.interrupted && wordless {
            self.so_far.false_interruptions += 1;
        }
        self.interrupted = false;
        self.turn_ended = Some(quiet_since);
    }

    /// The caller took the floor.
    pub(crate) const fn interrupted(&mut self) {
        self.so_far.interruptions += 1;
        self.interrupted = true;
    }

    /// The agent had fallen silent for nothing.
    pub(crate) const fn went_on(&mut self) {
        self.so_far.false_interruptions += 1;
    }

    /// An answer was sent so long after the caller's last sound.
    pub(crate) fn answered(&mut self, after: Duration) {
        self.so_far.replies += 1;
        if self.latencies.len() < LATENCIES_MAX {
            self.latencies.push(u32::try_from(after.as_millis()).unwrap_or(u32::MAX));
        }
    }

    /// The account, when the agent has been heard for `agent_spoke`.
    pub(crate) fn measures(&mut self, now: Moment, agent_spoke: Duration) -> CallMeasures {
        self.sound(now);
        self.latencies.sort_unstable();
        let at = |percent: usize| {
            let rank = (self.latencies.len() * percent).div_ceil(100).saturating_sub(1);
            let ms = self.latencies.get(rank).copied().unwrap_or_default();
            Duration::from_millis(ms.into())
        };
        CallMeasures { agent_spoke, reply_p50: at(50), reply_p95: at(95), ..self.so_far }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::new(Duration::from_millis(ms))
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_caller_who_goes_on_at_once_was_cut_off_and_one_who_heard_the_answer_was_not() {
        let mut conduct = Conduct::new(at(0));
        for (ended, began, heard, cut_offs) in [
            (1_000, 1_900, 0, 1),
            (5_000, 6_600, 0, 1),
            (9_000, 10_000, 600, 1),
            (12_000, 12_500, 100, 2),
        ] {
            conduct.turn_over(at(ended), false);
            conduct.onset(at(began), MS * heard);
            assert_eq!(conduct.so_far.false_cut_offs, cut_offs, "{began}");
        }
        conduct.onset(at(12_600), Duration::ZERO);
        assert_eq!(conduct.so_far.false_cut_offs, 2, "once a turn");
    }

    #[test]
    fn the_account_adds_up() {
        let mut conduct = Conduct::new(at(0));
        conduct.sound(at(1_900));
        conduct.sound(at(6_900));
        conduct.interrupted();
        conduct.turn_over(at(7_000), true);
        for ms in 1..=100 {
            conduct.answered(MS * ms);
        }
        let account = conduct.measures(at(7_000), MS * 3);
        assert_eq!(account.dead_air, MS * 3_000);
        assert_eq!((account.interruptions, account.false_interruptions), (1, 1));
        assert_eq!(
            (account.reply_p50, account.reply_p95, account.replies),
            (MS * 50, MS * 95, 100)
        );
        assert_eq!(account.agent_spoke, MS * 3);
    }
}
