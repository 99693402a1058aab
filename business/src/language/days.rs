//! Days as people say them: `tomorrow`, `Tuesday week`, `the 24th`, `March 3rd`, `in two weeks`.

use jiff::civil::{Date, Weekday};

use super::dates::{after, month, next_date, on_or_after, week};
use super::numbers::{cardinal, ordinal};
use super::{Words, fuzzy, misheard_days};
use crate::scheduling::DaySpan;

/// A day that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DaySaid {
    /// A weekday's name; which of them depends on the words around it.
    Weekday { day: Weekday, which: Which },
    /// A certain date, or a stretch of days.
    Days(DaySpan),
}

/// Which of the coming days of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// `Tuesday`, `this Tuesday`, `the coming Tuesday`.
    Coming,
    /// `next Tuesday`: people disagree when there is still one in the running week.
    Next,
    /// `Tuesday week`, `a week on Tuesday`.
    WeekAfter,
}

impl DaySaid {
    /// The days it may mean, the likeliest first.
    pub(super) fn meanings(self, today: Date) -> Vec<DaySpan> {
        match self {
            Self::Days(days) => vec![days],
            Self::Weekday { day, which } => {
                let coming = on_or_after(today, day);
                // A day's own name, said on that day, is the one in a week as well as today.
                let in_a_week = after(coming, 7);
                match which {
                    Which::Coming if coming == today => {
                        vec![DaySpan::day(coming), DaySpan::day(in_a_week)]
                    }
                    Which::Coming => vec![DaySpan::day(coming)],
                    Which::Next if coming == today => vec![DaySpan::day(in_a_week)],
                    Which::Next if coming <= week(today, 0).last => {
                        vec![DaySpan::day(in_a_week), DaySpan::day(coming)]
                    }
                    Which::Next => vec![DaySpan::day(coming)],
                    Which::WeekAfter => vec![DaySpan::day(in_a_week)],
                }
            }
        }
    }
}

/// The day said at `at`, and how many words it took.
pub(super) fn day_at(words: &Words, at: usize, today: Date) -> Option<(DaySaid, usize)> {
    phrase(words, at, today)
        .or_else(|| in_some_time(words, at, today))
        .or_else(|| week_on(words, at))
        .or_else(|| named(words, at))
        .or_else(|| month_and_day(words, at, today))
        .or_else(|| day_of_month(words, at, today))
        .or_else(|| slashed(words, at, today))
}

/// Fixed phrases; longer ones first.
fn phrase(words: &Words, at: usize, today: Date) -> Option<(DaySaid, usize)> {
    let starts = |phrase: &str| {
        phrase.split(' ').enumerate().all(|(place, word)| words.at(at + place) == Some(word))
    };
    let until = |last: Date| DaySpan { first: today, last };
    let phrases: [(&str, DaySpan); 20] = [
        ("the day after tomorrow", DaySpan::day(after(today, 2))),
        ("day after tomorrow", DaySpan::day(after(today, 2))),
        ("the week after next", week(today, 2)),
        ("week after next", week(today, 2)),
        ("a week from today", DaySpan::day(after(today, 7))),
        ("a week from tomorrow", DaySpan::day(after(today, 8))),
        ("tomorrow week", DaySpan::day(after(today, 8))),
        ("a week tomorrow", DaySpan::day(after(today, 8))),
        ("a week today", DaySpan::day(after(today, 7))),
        ("next week", week(today, 1)),
        ("the following week", week(today, 1)),
        ("this week", until(week(today, 0).last)),
        ("next month", month(today, 1)),
        ("this month", until(month(today, 0).last)),
        ("next weekend", weekend(today, 1)),
        ("this weekend", weekend(today, 0)),
        ("the weekend", weekend(today, 0)),
        ("today", DaySpan::day(today)),
        ("tonight", DaySpan::day(today)),
        ("tomorrow", DaySpan::day(after(today, 1))),
    ];
    let (phrase, days) = phrases.into_iter().find(|(phrase, _)| starts(phrase))?;
    // `tonight` is a time as well: it stays for the times to read.
    let took = if phrase == "tonight" { 0 } else { phrase.split(' ').count() };
    Some((DaySaid::Days(days), took))
}

fn weekend(today: Date, weeks: i64) -> DaySpan {
    let week = week(today, weeks);
    DaySpan { first: after(week.first, 5).max(today), last: week.last }
}

/// `in two weeks`, `in three days`, `two weeks from now`, `in a month`.
fn in_some_time(words: &Words, at: usize, today: Date) -> Option<(DaySaid, usize)> {
    let said_in = words.at(at) == Some("in");
    let start = at + usize::from(said_in);
    let (count, took) = match words.at(start)? {
        "a" | "an" => match (words.at(start + 1), words.at(start + 2)) {
            (Some("couple"), Some("of")) => (2, 3),
            _ => (1, 1),
        },
        _ => cardinal(words, start)?,
    };
    let unit = words.at(start + took)?;
    let mut end = start + took + 1;
    let from_now =
        words.at(end) == Some("from") && matches!(words.at(end + 1), Some("now" | "today"));
    if !said_in && !from_now {
        return None;
    }
    if from_now {
        end += 2;
    }
    let count = i64::from(count);
    let days = match unit.trim_end_matches("'s") {
        "day" | "days" => DaySpan::day(after(today, count)),
        // In two weeks may be a little more or less: the likeliest is the very day, so that one it is.
        "week" | "weeks" => DaySpan::day(after(today, 7 * count)),
        "month" | "months" => month(today, count),
        _ => return None,
    };
    Some((DaySaid::Days(days), end - at))
}

/// `a week on Tuesday`, `a week from Tuesday`.
fn week_on(words: &Words, at: usize) -> Option<(DaySaid, usize)> {
    if words.at(at)? != "week" || !matches!(words.at(at + 1)?, "on" | "from" | "this") {
        return None;
    }
    let day = weekday(words.at(at + 2)?)?;
    Some((DaySaid::Weekday { day, which: Which::WeekAfter }, 3))
}

/// `Tuesday`, `next Tuesday`, `Tuesday week`, `Tuesday after next`.
fn named(words: &Words, at: usize) -> Option<(DaySaid, usize)> {
    let (which, lead) = match words.at(at)? {
        "next" | "following" => (Which::Next, 1),
        "this" | "coming" | "on" => (Which::Coming, 1),
        _ => (Which::Coming, 0),
    };
    let lead = if lead == 1 && words.at(at + 1) == Some("coming") { 2 } else { lead };
    let name = words.at(at + lead)?;
    let like = || misheard_days::weekday_like(name).and_then(weekday);
    // `on` leads to much else.
    let leads = lead > 0 && words.at(at) != Some("on");
    let day = weekday(name).or_else(|| if leads { like() } else { None })?;
    let rest = (words.at(at + lead + 1), words.at(at + lead + 2));
    let (which, tail) = match rest {
        (Some("week"), _) => (Which::WeekAfter, 1),
        (Some("after"), Some("next")) => (Which::WeekAfter, 2),
        (Some("next"), Some("week")) => (which, 0),
        _ => (which, 0),
    };
    Some((DaySaid::Weekday { day, which }, lead + 1 + tail))
}

/// `March 3rd`, `March third`, `March 3`, `March the third`, `3rd of March`, `the third of March`.
fn month_and_day(words: &Words, at: usize, today: Date) -> Option<(DaySaid, usize)> {
    if let Some(month) = month_named(words.at(at)?) {
        let gap = usize::from(words.at(at + 1) == Some("the"));
        let (day, took) = ordinal(words, at + 1 + gap)
            .or_else(|| cardinal(words, at + 1 + gap).filter(|_| gap == 0))?;
        let date = next_date(today, Some(month), i8::try_from(day).ok()?)?;
        return Some((DaySaid::Days(DaySpan::day(date)), 1 + gap + took));
    }
    let lead = usize::from(words.at(at) == Some("the"));
    let (day, took) = ordinal(words, at + lead)?;
    let mut next = at + lead + took;
    next += usize::from(words.at(next) == Some("of"));
    let month = month_named(words.at(next)?)?;
    let date = next_date(today, Some(month), i8::try_from(day).ok()?)?;
    Some((DaySaid::Days(DaySpan::day(date)), next + 1 - at))
}

/// `the 24th`, `24th`, `the twenty fourth`. A lone `second` or `first` is a choice, not a date.
fn day_of_month(words: &Words, at: usize, today: Date) -> Option<(DaySaid, usize)> {
    let lead = usize::from(words.at(at)? == "the");
    let (day, took) = ordinal(words, at + lead)?;
    let next = words.at(at + lead + took);
    let numeral = words.at(at + lead)?.starts_with(|c: char| c.is_ascii_digit());
    if day <= 4 && !numeral && !matches!(next, Some("at" | "in")) {
        return None;
    }
    if matches!(next, Some("one" | "option" | "choice" | "time" | "thing" | "available")) {
        return None;
    }
    let date = next_date(today, None, i8::try_from(day).ok()?)?;
    Some((DaySaid::Days(DaySpan::day(date)), lead + took))
}

/// `3/24`: month and day, as they are written in America.
fn slashed(words: &Words, at: usize, today: Date) -> Option<(DaySaid, usize)> {
    let mut parts = words.at(at)?.split('/');
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    let date = next_date(today, Some(month), day)?;
    Some((DaySaid::Days(DaySpan::day(date)), 1))
}

/// A weekday's name, or what it is misheard as.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let exact = NAMES.iter().find(|(name, _)| *name == word).map(|&(_, day)| day);
    exact.or_else(|| {
        let word = word.trim_end_matches("'s").trim_end_matches('s');
        if word.len() < 5 || !word.ends_with(['y', 'e', 'i']) {
            return None;
        }
        let full = || NAMES.iter().take(7);
        let (close, day) = full()
            .map(|&(name, day)| (fuzzy::closeness(word, name), day))
            .max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        (close >= 0.8).then_some(day)
    })
}

const NAMES: [(&str, Weekday); 29] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
    ("mondays", Weekday::Monday),
    ("tuesdays", Weekday::Tuesday),
    ("wednesdays", Weekday::Wednesday),
    ("thursdays", Weekday::Thursday),
    ("fridays", Weekday::Friday),
    ("saturdays", Weekday::Saturday),
    ("tues", Weekday::Tuesday),
    ("weds", Weekday::Wednesday),
    ("thurs", Weekday::Thursday),
    // As recognisers write them.
    ("toosday", Weekday::Tuesday),
    ("chewsday", Weekday::Tuesday),
    ("tewsday", Weekday::Tuesday),
    ("wensday", Weekday::Wednesday),
    ("wendsday", Weekday::Wednesday),
    ("thirsty", Weekday::Thursday),
    ("firstly", Weekday::Thursday),
    ("thirstday", Weekday::Thursday),
    ("fryday", Weekday::Friday),
    ("frida", Weekday::Friday),
    ("saterday", Weekday::Saturday),
    ("sadderday", Weekday::Saturday),
    ("munday", Weekday::Monday),
];

fn month_named(word: &str) -> Option<i8> {
    const MONTHS: [(&str, &str); 12] = [
        ("january", "jan"),
        ("february", "feb"),
        ("march", "mar"),
        ("april", "apr"),
        ("may", "may"),
        ("june", "jun"),
        ("july", "jul"),
        ("august", "aug"),
        ("september", "sept"),
        ("october", "oct"),
        ("november", "nov"),
        ("december", "dec"),
    ];
    let place = MONTHS.iter().position(|(name, short)| {
        *name == word || *short == word || (name.len() > 5 && fuzzy::closeness(word, name) >= 0.85)
    })?;
    i8::try_from(place + 1).ok()
}
