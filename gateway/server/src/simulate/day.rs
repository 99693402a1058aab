//! Days as a scenario names them, relative to the day of the call.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};
use serde::Deserialize;

/// A day, or the few days that people may mean by a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Day {
    /// So many days after the call.
    After(i8),
    /// The first such weekday after the day of the call.
    Coming(Weekday),
    /// The first or the second: "next Tuesday" means tomorrow to some on a Monday, and in eight days to others. The
    /// agent says which one it means, and this caller agrees.
    Next(Weekday),
    /// The date itself.
    On(Date),
}

/// Not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a day: write `today`, `tomorrow`, `tuesday`, `next tuesday` or a date as 2026-11-24"
)]
pub(crate) struct NotADay(String);

impl TryFrom<String> for Day {
    type Error = NotADay;

    fn try_from(written: String) -> Result<Self, NotADay> {
        let plain = written.trim().to_lowercase();
        match plain.as_str() {
            "today" => return Ok(Self::After(0)),
            "tomorrow" => return Ok(Self::After(1)),
            "day after tomorrow" => return Ok(Self::After(2)),
            _ => {}
        }
        if let Some(weekday) = weekday(&plain) {
            return Ok(Self::Coming(weekday));
        }
        if let Some(weekday) = plain.strip_prefix("next ").and_then(weekday) {
            return Ok(Self::Next(weekday));
        }
        plain.parse().map(Self::On).map_err(|_not_a_date| NotADay(written))
    }
}

impl Day {
    /// Whether `date` is meant in a call made on `today`.
    pub(crate) fn means(self, date: Date, today: Date) -> bool {
        let after = |days: Span| today.checked_add(days).is_ok_and(|day| day == date);
        match self {
            Self::After(days) => after(i64::from(days).days()),
            Self::Coming(weekday) => {
                date.weekday() == weekday && (1..=7).any(|days: i64| after(days.days()))
            }
            Self::Next(weekday) => {
                date.weekday() == weekday && (1..=14).any(|days: i64| after(days.days()))
            }
            Self::On(day) => day == date,
        }
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::After(0) => write!(f, "today"),
            Self::After(1) => write!(f, "tomorrow"),
            Self::After(days) => write!(f, "the {days}. day after"),
            Self::Coming(weekday) => write!(f, "{weekday:?}"),
            Self::Next(weekday) => write!(f, "next {weekday:?}"),
            Self::On(date) => write!(f, "{date}"),
        }
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_meant_relative_to_the_call() {
        // A Monday.
        let today = date(2026, 11, 23);
        for (written, meant, not_meant) in [
            ("today", vec![23], vec![22, 24]),
            ("Tomorrow", vec![24], vec![23, 25]),
            ("day after tomorrow", vec![25], vec![24]),
            ("tuesday", vec![24], vec![17, 25]),
            ("monday", vec![30], vec![23]),
            ("next tuesday", vec![24], vec![17, 23, 25]),
            ("2026-11-27", vec![27], vec![26]),
        ] {
            let day = Day::try_from(written.to_owned()).unwrap();
            for (days, expected) in [(meant, true), (not_meant, false)] {
                for of_month in days {
                    assert_eq!(
                        day.means(date(2026, 11, of_month), today),
                        expected,
                        "{written} on the {of_month}th"
                    );
                }
            }
        }
        let next = Day::Next(Weekday::Tuesday);
        assert!(next.means(date(2026, 12, 1), today) && !next.means(date(2026, 12, 8), today));
        assert!(Day::try_from("someday".to_owned()).is_err());
        assert!(Day::try_from("next week".to_owned()).is_err());
    }
}
