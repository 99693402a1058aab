//! The clocks of a call: how long it has lasted, how long nobody has spoken, how long the business has thought.

use std::time::Duration;

use callwright_contract::{EndCause, TurnId};

use crate::moment::Moment;
use crate::spec::CallLimits;
use crate::tuning::WaitTuning;

/// Every deadline of a call that belongs to nobody else.
#[derive(Debug)]
pub(crate) struct Timers {
    limits: CallLimits,
    waits: WaitTuning,
    began: Moment,
    /// When somebody last made a sound.
    sounded: Moment,
    /// Quiet spells reported since then.
    quiets: u32,
    /// Since when the business owes an answer, and whether it was told that this is long.
    owed: Option<Owed>,
}

#[derive(Clone, Copy, Debug)]
struct Owed {
    turn: TurnId,
    since: Moment,
    told: bool,
}

/// What has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// Nobody has spoken for this long; told once per [`WaitTuning::quiet_every`].
    Quiet(Duration),
    /// The business has not answered this turn for so long; told once a turn.
    Owed(TurnId, Duration),
    /// The call must end.
    End(EndCause),
}

impl Timers {
    pub(crate) const fn new(now: Moment, limits: CallLimits, waits: WaitTuning) -> Self {
        Self { limits, waits, began: now, sounded: now, quiets: 0, owed: None }
    }

    /// Somebody speaks, or a key was pressed.
    pub(crate) const fn sound(&mut self, now: Moment) {
        self.sounded = now;
        self.quiets = 0;
    }

    /// The business was told that a turn is over.
    pub(crate) const fn owe(&mut self, now: Moment, turn: TurnId) {
        self.owed = Some(Owed { turn, since: now, told: false });
    }

    /// The business answered.
    pub(crate) const fn answered(&mut self) {
        self.owed = None;
    }

    /// The business said something that is no answer yet.
    pub(crate) const fn lives(&mut self, now: Moment) {
        if let Some(owed) = &mut self.owed {
            owed.since = now;
        }
    }

    /// Time since the call began.
    pub(crate) const fn elapsed(&self, now: Moment) -> Duration {
        now.since(self.began)
    }

    /// What has run out by `now`, the gravest first.
    pub(crate) fn alarm(&mut self, now: Moment) -> Option<Alarm> {
        let quiet = now.since(self.sounded);
        if self.elapsed(now) >= self.limits.call_max {
            return Some(Alarm::End(EndCause::TooLong));
        }
        if let Some(owed) = &mut self.owed {
            let lasted = now.since(owed.since);
            if lasted >= self.limits.business_max {
                return Some(Alarm::End(EndCause::BusinessGone));
            }
            if lasted >= self.waits.owed_max && !owed.told {
                owed.told = true;
                return Some(Alarm::Owed(owed.turn, lasted));
            }
        }
        if quiet >= self.limits.silence_max {
            return Some(Alarm::End(EndCause::CallerSilent));
        }
        if quiet >= self.waits.quiet_every * (self.quiets + 1) {
            self.quiets += 1;
            return Some(Alarm::Quiet(quiet));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    #[test]
    fn silence_is_told_again_and_again_and_then_ends_the_call() {
        let mut timers = Timers::new(at(0), CallLimits::default(), WaitTuning::default());
        let quiets: Vec<u64> = (0..120).filter(|&s| timers.alarm(at(s)).is_some()).collect();
        assert_eq!(quiets, (1..20).map(|n| n * 6).collect::<Vec<_>>());
        assert_eq!(timers.alarm(at(120)), Some(Alarm::End(EndCause::CallerSilent)));
        timers.sound(at(120));
        assert_eq!(timers.alarm(at(121)), None);
        assert_eq!(timers.alarm(at(126)), Some(Alarm::Quiet(Duration::from_secs(6))));
    }

    #[test]
    fn a_business_that_does_not_answer_ends_the_call() {
        let mut timers = Timers::new(at(0), CallLimits::default(), WaitTuning::default());
        timers.owe(at(1), TurnId(0));
        timers.answered();
        timers.sound(at(20));
        assert_eq!(timers.alarm(at(21)), None);
        timers.owe(at(21), TurnId(1));
        let owed = Alarm::Owed(TurnId(1), Duration::from_secs(1));
        assert_eq!((timers.alarm(at(22)), timers.alarm(at(23))), (Some(owed), None));
        timers.sound(at(41));
        assert_eq!(timers.alarm(at(41)), Some(Alarm::End(EndCause::BusinessGone)));
    }

    #[test]
    fn the_longest_call_is_an_hour() {
        let mut timers = Timers::new(at(0), CallLimits::default(), WaitTuning::default());
        timers.sound(at(3_599));
        assert_eq!(timers.alarm(at(3_600)), Some(Alarm::End(EndCause::TooLong)));
    }
}
