//! When a tenant is open: ranges of local time per weekday, and the days it is closed.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};

/// A range of local time within one day; it ends before midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub from: Time,
    /// Exclusive: at this time it is closed.
    pub until: Time,
}

impl Span {
    /// Whether something that takes from `from` to `until` has room within.
    pub(crate) fn holds(self, from: Time, until: Time) -> bool {
        self.from <= from && from < until && until <= self.until
    }
}

/// Opening hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opening {
    /// By weekday, Monday first; in order, without overlap.
    week: [Vec<Span>; 7],
    /// Closed every year on these days, as (month, day).
    holidays: BTreeSet<(i8, i8)>,
}

impl Opening {
    pub(crate) fn new(week: [Vec<Span>; 7], holidays: BTreeSet<(i8, i8)>) -> Self {
        Self { week, holidays }
    }

    /// The hours of a weekday when no holiday falls on it.
    pub(crate) fn of_weekday(&self, weekday: Weekday) -> &[Span] {
        self.week
            .get(usize::from(weekday.to_monday_zero_offset().unsigned_abs()))
            .map_or(&[], Vec::as_slice)
    }

    /// The hours of a day; none when closed.
    pub(crate) fn on(&self, date: Date) -> &[Span] {
        if self.is_holiday(date) { &[] } else { self.of_weekday(date.weekday()) }
    }

    pub(crate) fn is_holiday(&self, date: Date) -> bool {
        self.holidays.contains(&(date.month(), date.day()))
    }

    /// Whether it is open at a local time of some weekday: how "three" is told from 3 at night.
    pub(crate) fn ever_open_at(&self, time: Time) -> bool {
        self.week.iter().flatten().any(|span| span.from <= time && time < span.until)
    }
}
