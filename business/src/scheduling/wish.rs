//! What a caller wants of the calendar.

use jiff::civil::{Date, Time};

use crate::tenants::{ProviderId, ServiceId};

/// Days from one to another, both included; never backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DaySpan {
    pub first: Date,
    pub last: Date,
}

impl DaySpan {
    pub(crate) fn day(date: Date) -> Self {
        Self { first: date, last: date }
    }

    pub(crate) fn is_one_day(self) -> bool {
        self.first == self.last
    }
}

/// When in the day, by the tenant's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeWish {
    /// At this time and no other.
    At(Time),
    /// Beginning within these, both included.
    Between(Time, Time),
    /// Whenever: the sooner the better.
    Any,
}

impl TimeWish {
    pub(crate) fn allows(self, time: Time) -> bool {
        match self {
            Self::At(wanted) => time == wanted,
            Self::Between(from, to) => from <= time && time <= to,
            Self::Any => true,
        }
    }

    /// The time that another one is measured against, when none allowed is free.
    pub(crate) fn centre(self) -> Option<Time> {
        match self {
            Self::At(time) => Some(time),
            Self::Between(from, to) => {
                let half = minutes_of(to).saturating_sub(minutes_of(from)) / 2;
                from.checked_add(jiff::Span::new().minutes(half)).ok()
            }
            Self::Any => None,
        }
    }
}

/// Minutes since midnight.
pub(crate) fn minutes_of(time: Time) -> i32 {
    i32::from(time.hour()) * 60 + i32::from(time.minute())
}

/// A day and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    pub days: DaySpan,
    pub time: TimeWish,
}

/// A whole wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub service: ServiceId,
    /// `None`: whoever is free.
    pub provider: Option<ProviderId>,
    /// Alternatives, the likeliest first.
    pub when: Vec<When>,
}
