//! Arithmetic of days: which date a day's name means, seen from today.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use crate::scheduling::DaySpan;

/// A day `days` after another; the calendar's end for one beyond it.
pub(super) fn after(date: Date, days: i64) -> Date {
    Span::new()
        .try_days(days)
        .ok()
        .and_then(|span| date.checked_add(span).ok())
        .unwrap_or(Date::MAX)
}

/// The first `weekday` on or after a day.
pub(super) fn on_or_after(date: Date, weekday: Weekday) -> Date {
    after(date, i64::from(date.weekday().until(weekday)))
}

/// The Monday-to-Sunday week that lies `weeks` after today's.
pub(super) fn week(today: Date, weeks: i64) -> DaySpan {
    let monday = after(today, 7 * weeks - i64::from(today.weekday().to_monday_zero_offset()));
    DaySpan { first: monday, last: after(monday, 6) }
}

/// The calendar month that lies `months` after today's.
pub(super) fn month(today: Date, months: i64) -> DaySpan {
    let first = Span::new()
        .try_months(months)
        .ok()
        .and_then(|span| today.first_of_month().checked_add(span).ok())
        .unwrap_or(Date::MAX.first_of_month());
    DaySpan { first, last: first.last_of_month() }
}

/// The next date, today included, that falls on this day of a month, in `month` if given (1-12); `None` if
/// there is no such day in the next four years.
pub(super) fn next_date(today: Date, month: Option<i8>, day: i8) -> Option<Date> {
    let mut first = today.first_of_month();
    for _ in 0..=48 {
        let right_month = month.is_none_or(|month| first.month() == month);
        if right_month
            && let Ok(date) = Date::new(first.year(), first.month(), day)
            && date >= today
        {
            return Some(date);
        }
        first = first.checked_add(1.month()).ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_seen_from_a_saturday() {
        let today: Date = "2026-11-21".parse().unwrap();
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(on_or_after(today, Weekday::Saturday), today);
        assert_eq!(on_or_after(today, Weekday::Tuesday), date("2026-11-24"));
        assert_eq!(week(today, 0).first, date("2026-11-16"));
        assert_eq!(week(today, 1).last, date("2026-11-29"));
        assert_eq!(month(today, 1).last, date("2026-12-31"));
        assert_eq!(next_date(today, None, 20), Some(date("2026-12-20")));
        assert_eq!(next_date(today, None, 31), Some(date("2026-12-31")));
        assert_eq!(next_date(today, Some(3), 3), Some(date("2027-03-03")));
        assert_eq!(next_date(today, Some(2), 29), Some(date("2028-02-29")));
        assert_eq!(next_date(today, Some(2), 30), None);
        assert_eq!(after(Date::MAX, 3), Date::MAX);
    }
}
