//! Dates, times and numbers written so that a synthesiser reads them as people say them.

use jiff::Zoned;
use jiff::civil::{Date, Time, Weekday};

use crate::tenants::Span;

/// `Tuesday, November 24th`; `today` and `tomorrow` by these names.
pub(crate) fn spoken_date(date: Date, today: Date) -> String {
    let named = format!(
        "{}, {} {}{}",
        spoken_weekday(date.weekday()),
        date.strftime("%B"),
        date.day(),
        ordinal_end(date.day())
    );
    if date == today {
        format!("today, {named}")
    } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == date) {
        format!("tomorrow, {named}")
    } else {
        named
    }
}

/// `on Tuesday, November 24th`; `today` and `tomorrow` without the `on`.
pub(crate) fn spoken_on(date: Date, today: Date) -> String {
    let named = spoken_date(date, today);
    if named.starts_with("to") { named } else { format!("on {named}") }
}

/// `3 PM`, `3:30 PM`, `noon`.
pub(crate) fn spoken_time(time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    if (hour, minute) == (12, 0) {
        return "noon".to_owned();
    }
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = match hour % 12 {
        0 => 12,
        other => other,
    };
    if minute == 0 { format!("{hour} {half}") } else { format!("{hour}:{minute:02} {half}") }
}

/// `Tuesday, November 24th, at 3 PM`.
pub(crate) fn spoken_day_and_time(at: &Zoned, today: Date) -> String {
    format!("{}, at {}", spoken_date(at.date(), today), spoken_time(at.time()))
}

/// A weekday's name.
pub(crate) fn spoken_weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// `from 8 AM to noon and from 1 PM to 5 PM`; `None` when there are none.
pub(crate) fn spoken_hours(spans: &[Span]) -> Option<String> {
    let each: Vec<String> = spans
        .iter()
        .map(|span| format!("from {} to {}", spoken_time(span.from), spoken_time(span.until)))
        .collect();
    if each.is_empty() { None } else { Some(list_aloud(&each, "and")) }
}

/// Digits one by one in groups: `5 5 5, 2 1 2, 3 4 5 6`.
pub(crate) fn digits_aloud(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().filter(char::is_ascii_digit).collect();
    // The last four together, threes in front: as such numbers are printed.
    let (front, last) = digits.split_at(digits.len().saturating_sub(4));
    front
        .chunks(3)
        .chain(std::iter::once(last))
        .filter(|group| !group.is_empty())
        .map(|group| group.iter().map(char::to_string).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `a, b and c`.
pub(crate) fn list_aloud(items: &[String], and: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [front @ .., last] => format!("{} {and} {last}", front.join(", ")),
    }
}

fn ordinal_end(day: i8) -> &'static str {
    match (day % 10, day) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_it_is_said() {
        let today: Date = "2026-11-21".parse().unwrap();
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(spoken_date(date("2026-11-24"), today), "Tuesday, November 24th");
        assert_eq!(spoken_date(date("2026-11-22"), today), "tomorrow, Sunday, November 22nd");
        assert_eq!(spoken_on(date("2026-11-24"), today), "on Tuesday, November 24th");
        assert_eq!(spoken_on(today, today), "today, Saturday, November 21st");
        assert_eq!(spoken_date(date("2026-12-11"), today), "Friday, December 11th");
        assert_eq!(spoken_date(date("2026-12-01"), today), "Tuesday, December 1st");
        for (time, said) in [
            ("15:00", "3 PM"),
            ("15:30", "3:30 PM"),
            ("12:00", "noon"),
            ("00:15", "12:15 AM"),
            ("08:05", "8:05 AM"),
        ] {
            assert_eq!(spoken_time(time.parse().unwrap()), said);
        }
        assert_eq!(digits_aloud("5552123456"), "5 5 5, 2 1 2, 3 4 5 6");
        assert_eq!(digits_aloud("2123456"), "2 1 2, 3 4 5 6");
        assert_eq!(digits_aloud(""), "");
        assert_eq!(list_aloud(&["a".into(), "b".into(), "c".into()], "or"), "a, b or c");
    }
}
