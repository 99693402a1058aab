//! Times of day as people say them: `half past three`, `quarter to five`, `3:30`, `after lunch`, `first thing`.

use jiff::civil::Time;

use super::Words;
use super::numbers::cardinal;
use crate::tenants::Opening;

/// A time that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeSaid {
    /// A clock time; `half` tells which half of the day, when that was said.
    Clock { hour: i8, minute: i8, half: Option<Half>, bound: Bound },
    /// A stretch of the day: both ends count as starts.
    Part(Time, Time),
    /// Whenever it is.
    AnyTime,
    /// The sooner the better, whichever day.
    Soonest,
}

/// Before or after noon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Morning,
    Afternoon,
}

/// How a clock time limits the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    At,
    /// `around three`: an hour about it.
    Around,
    After,
    Before,
}

/// The time said at `at`, and how many words it took. `asked`: a lone number is a time as well.
pub(super) fn time_at(words: &Words, at: usize, asked: bool) -> Option<(TimeSaid, usize)> {
    if let Some(found) = phrase(words, at) {
        return Some(found);
    }
    let (bound, lead) = bound_at(words, at);
    let (said, took) = clock_at(words, at + lead, asked || lead > 0)?;
    let TimeSaid::Clock { hour, minute, half, bound: own } = said else {
        return Some((said, lead + took));
    };
    let bound = if bound == Bound::At { own } else { bound };
    Some((TimeSaid::Clock { hour, minute, half, bound }, lead + took))
}

fn bound_at(words: &Words, at: usize) -> (Bound, usize) {
    match (words.at(at), words.at(at + 1)) {
        (Some("any"), Some("time")) if words.at(at + 2) == Some("after") => (Bound::After, 3),
        (Some("any"), Some("time")) if words.at(at + 2) == Some("before") => (Bound::Before, 3),
        (Some("later"), Some("than")) => (Bound::After, 2),
        (Some("earlier"), Some("than")) => (Bound::Before, 2),
        (Some("at"), Some("around" | "about")) => (Bound::Around, 2),
        (Some("around" | "about" | "roughly" | "say"), _) => (Bound::Around, 1),
        (Some("after" | "from" | "past" | "since"), _) => (Bound::After, 1),
        (Some("before" | "until" | "till" | "by"), _) => (Bound::Before, 1),
        (Some("at" | "make" | "it's"), _) => (Bound::At, 1),
        // `the twenty fourth had ten o'clock`: `at`, misheard.
        (Some("had" | "have"), _) if words.at(at + 2) == Some("oclock") => (Bound::At, 1),
        _ => (Bound::At, 0),
    }
}

/// Fixed phrases; longer ones first. The stretches are those of a day of business.
fn phrase(words: &Words, at: usize) -> Option<(TimeSaid, usize)> {
    let t = |hour: i8, minute: i8| Time::constant(hour, minute, 0, 0);
    let phrases: [(&str, TimeSaid); 55] = [
        ("as soon as possible", TimeSaid::Soonest),
        ("as soon as you can", TimeSaid::Soonest),
        ("as early as possible", TimeSaid::Soonest),
        ("the next available", TimeSaid::Soonest),
        ("next available", TimeSaid::Soonest),
        ("first available", TimeSaid::Soonest),
        ("the next opening", TimeSaid::Soonest),
        ("the soonest", TimeSaid::Soonest),
        ("soonest", TimeSaid::Soonest),
        ("earliest possible", TimeSaid::Soonest),
        ("the earliest you have", TimeSaid::Soonest),
        ("earliest appointment", TimeSaid::Soonest),
        ("earliest available", TimeSaid::Soonest),
        ("right away", TimeSaid::Soonest),
        ("immediately", TimeSaid::Soonest),
        ("asap", TimeSaid::Soonest),
        ("first thing in the morning", TimeSaid::Part(t(6, 0), t(9, 0))),
        ("first thing", TimeSaid::Part(t(6, 0), t(9, 0))),
        ("early in the morning", TimeSaid::Part(t(6, 0), t(9, 30))),
        ("early morning", TimeSaid::Part(t(6, 0), t(9, 30))),
        ("late in the morning", TimeSaid::Part(t(10, 30), t(11, 59))),
        ("late morning", TimeSaid::Part(t(10, 30), t(11, 59))),
        ("mid morning", TimeSaid::Part(t(9, 30), t(11, 0))),
        ("early in the afternoon", TimeSaid::Part(t(12, 0), t(14, 30))),
        ("early afternoon", TimeSaid::Part(t(12, 0), t(14, 30))),
        ("late in the afternoon", TimeSaid::Part(t(15, 30), t(18, 0))),
        ("late afternoon", TimeSaid::Part(t(15, 30), t(18, 0))),
        ("mid afternoon", TimeSaid::Part(t(14, 0), t(16, 0))),
        ("end of the day", TimeSaid::Part(t(16, 0), t(18, 30))),
        ("last thing", TimeSaid::Part(t(16, 0), t(18, 30))),
        ("after lunch time", TimeSaid::Part(t(12, 30), t(15, 0))),
        ("after lunchtime", TimeSaid::Part(t(12, 30), t(15, 0))),
        ("after a lunch", TimeSaid::Part(t(12, 30), t(15, 0))),
        ("after lunch", TimeSaid::Part(t(12, 30), t(15, 0))),
        ("before lunch", TimeSaid::Part(t(9, 30), t(11, 59))),
        ("lunch time", TimeSaid::Part(t(11, 30), t(13, 30))),
        ("lunchtime", TimeSaid::Part(t(11, 30), t(13, 30))),
        ("lunch", TimeSaid::Part(t(11, 30), t(13, 30))),
        ("after work", TimeSaid::Part(t(16, 30), t(21, 0))),
        ("after school", TimeSaid::Part(t(15, 0), t(18, 0))),
        ("in the morning", TimeSaid::Part(t(0, 0), t(11, 59))),
        ("in the afternoon", TimeSaid::Part(t(12, 0), t(17, 59))),
        ("in the evening", TimeSaid::Part(t(17, 0), t(23, 59))),
        ("at night", TimeSaid::Part(t(17, 0), t(23, 59))),
        ("mornings", TimeSaid::Part(t(0, 0), t(11, 59))),
        ("morning", TimeSaid::Part(t(0, 0), t(11, 59))),
        ("afternoons", TimeSaid::Part(t(12, 0), t(17, 59))),
        ("afternoon", TimeSaid::Part(t(12, 0), t(17, 59))),
        ("evenings", TimeSaid::Part(t(17, 0), t(23, 59))),
        ("evening", TimeSaid::Part(t(17, 0), t(23, 59))),
        ("tonight", TimeSaid::Part(t(17, 0), t(23, 59))),
        ("whenever", TimeSaid::AnyTime),
        ("any time", TimeSaid::AnyTime),
        ("anytime", TimeSaid::AnyTime),
        ("all day", TimeSaid::AnyTime),
    ];
    let starts = |phrase: &str| {
        phrase.split(' ').enumerate().all(|(place, word)| words.at(at + place) == Some(word))
    };
    let (phrase, said) = phrases.into_iter().find(|(phrase, _)| starts(phrase))?;
    // `any time after three` is for the clock to read; `good morning` is no wish.
    let bounded = said == TimeSaid::AnyTime
        && matches!(words.at(at + phrase.split(' ').count()), Some("after" | "before"));
    let greeting = at.checked_sub(1).and_then(|before| words.at(before)) == Some("good");
    if bounded || greeting { None } else { Some((said, phrase.split(' ').count())) }
}

/// A clock time: `noon`, `half past three`, `ten to four`, `three thirty`, `3:30`, `three pm`, `three oclock`.
fn clock_at(words: &Words, at: usize, lone: bool) -> Option<(TimeSaid, usize)> {
    let word = words.at(at)?;
    let clock = |hour: u32, minute: u32, half| {
        let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
        Time::new(hour, minute, 0, 0).ok()?;
        Some(TimeSaid::Clock { hour, minute, half, bound: Bound::At })
    };
    match word {
        "noon" | "midday" => return Some((clock(12, 0, Some(Half::Afternoon))?, 1)),
        "midnight" => return Some((clock(0, 0, Some(Half::Morning))?, 1)),
        _ => {}
    }
    if let Some((hour, minute)) = word.split_once(':') {
        let (half, took) = half_at(words, at + 1);
        return Some((clock(hour.parse().ok()?, minute.parse().ok()?, half)?, 1 + took));
    }
    if let Some((hour, minute, took)) = past_or_to(words, at) {
        let (half, tail) = half_at(words, at + took);
        return Some((clock(hour, minute, half)?, took + tail));
    }
    let (hour, mut took) = hour_at(words, at)?;
    let minute = minute_at(words, at + took);
    took += minute.map_or(0, |(_, took)| took);
    let oclock = words.at(at + took) == Some("oclock");
    took += usize::from(oclock);
    let (half, tail) = half_at(words, at + took);
    took += tail;
    let ish = words.at(at + took) == Some("ish");
    took += usize::from(ish);
    let certain = minute.is_some() || oclock || half.is_some() || ish;
    let in_a_row = || {
        at.checked_sub(1)
            .and_then(|before| words.at(before))
            .and_then(super::numbers::one_word)
            .is_some()
    };
    if !certain && (!lone || in_a_row() || hour == 0 || hour > 12 || is_count(words.at(at + took)))
    {
        return None;
    }
    let said = clock(hour, minute.map_or(0, |(minute, _)| minute), half)?;
    match said {
        TimeSaid::Clock { hour, minute, half, .. } if ish => {
            Some((TimeSaid::Clock { hour, minute, half, bound: Bound::Around }, took))
        }
        _ => Some((said, took)),
    }
}

/// What follows a number that counts something, or that a longer number goes on with.
fn is_count(next: Option<&str>) -> bool {
    let Some(next) = next else { return false };
    super::numbers::one_word(next).is_some()
        || matches!(
            next,
            "days"
                | "day"
                | "weeks"
                | "week"
                | "months"
                | "month"
                | "people"
                | "of"
                | "minutes"
                | "minute"
                | "hours"
                | "hundred"
                | "double"
                | "triple"
                | "teeth"
                | "years"
                | "dollars"
                | "zero"
                | "oh"
                | "o"
        )
        || next.len() > 2 && next.bytes().all(|byte| byte.is_ascii_digit())
}

fn hour_at(words: &Words, at: usize) -> Option<(u32, usize)> {
    let word = words.at(at)?;
    if words.at(at + 1) == Some("oclock") {
        // Before this word it is a number, whatever was written.
        let misheard = match word {
            "won" => 1,
            "to" | "too" => 2,
            "tree" | "free" => 3,
            "for" | "fore" => 4,
            "fife" => 5,
            "sex" | "sicks" => 6,
            "ate" | "aid" => 8,
            "nein" => 9,
            "tan" | "then" => 10,
            _ => 0,
        };
        if misheard > 0 {
            return Some((misheard, 1));
        }
    }
    if word.ends_with("ish") {
        // `threeish`
        let stem = word.trim_end_matches("ish");
        return super::numbers::one_word(stem).map(|hour| (hour, 1));
    }
    if let Some(hour) = super::numbers::one_word(word) {
        return Some((hour, 1));
    }
    cardinal(words, at).filter(|&(hour, _)| hour < 24)
}

/// Minutes after an hour: `thirty`, `forty five`, `oh five`, `15`.
fn minute_at(words: &Words, at: usize) -> Option<(u32, usize)> {
    match words.at(at)? {
        "hundred" => Some((0, 1)),
        "oh" | "o" | "zero" => {
            let (minute, took) = cardinal(words, at + 1).filter(|&(minute, _)| minute < 10)?;
            Some((minute, 1 + took))
        }
        _ => {
            let (minute, took) = cardinal(words, at)?;
            // Anything but round minutes is another number: a telephone number, a second hour.
            let round = (10..60).contains(&minute) && minute.is_multiple_of(5);
            let another =
                super::numbers::one_word(words.at(at + took).unwrap_or_default()).is_some();
            (round && !another).then_some((minute, took))
        }
    }
}

/// `half past three`, `half three`, `quarter to five`, `ten past two`, `twenty minutes to four`.
fn past_or_to(words: &Words, at: usize) -> Option<(u32, u32, usize)> {
    let mut place = at + usize::from(words.at(at) == Some("a"));
    let minutes = match words.at(place)? {
        "half" | "halve" | "hoff" => {
            place += 1;
            30
        }
        "quarter" | "quarters" => {
            place += 1;
            15
        }
        _ => {
            let (minutes, took) = cardinal(words, place)?;
            place += took;
            place += usize::from(words.at(place) == Some("minutes"));
            minutes
        }
    };
    let to = match words.at(place)? {
        "past" | "passed" | "after" | "pass" => false,
        "to" | "before" | "till" | "of" if minutes != 30 => true,
        // `half three` is half past three.
        _ if minutes == 30 && words.at(place - 1).is_some_and(|word| word.starts_with('h')) => {
            place -= 1;
            false
        }
        _ => return None,
    };
    let hour_word = words.at(place + 1)?;
    let (hour, took) = match hour_word {
        "noon" | "midday" => (12, 1),
        // The number, misheard after a preposition.
        "to" | "too" => (2, 1),
        "for" => (4, 1),
        "ate" => (8, 1),
        "tree" | "free" => (3, 1),
        _ => hour_at(words, place + 1)?,
    };
    if minutes >= 60 {
        return None;
    }
    let end = place + 1 + took;
    let end = end + usize::from(words.at(end) == Some("oclock"));
    if to {
        let before = if hour == 0 { 23 } else { hour - 1 };
        // Quarter to one is at twelve of the same half of the day.
        let before = if hour == 1 { 12 } else { before };
        Some((before, 60 - minutes, end - at))
    } else {
        Some((hour, minutes, end - at))
    }
}

/// `am`, `pm`, `in the morning`, right after a clock time.
fn half_at(words: &Words, at: usize) -> (Option<Half>, usize) {
    match (words.at(at), words.at(at + 1), words.at(at + 2)) {
        (Some("am"), ..) => (Some(Half::Morning), 1),
        (Some("pm"), ..) => (Some(Half::Afternoon), 1),
        (Some("in"), Some("the"), Some("morning")) => (Some(Half::Morning), 3),
        (Some("in"), Some("the"), Some("afternoon" | "evening")) => (Some(Half::Afternoon), 3),
        (Some("at"), Some("night"), _) => (Some(Half::Afternoon), 2),
        _ => (None, 0),
    }
}

/// The time of day that a clock time means: what was said decides, then when the tenant is open.
pub(super) fn resolve(hour: i8, minute: i8, half: Option<Half>, opening: &Opening) -> Option<Time> {
    let early = Time::new(if hour == 12 { 0 } else { hour }, minute, 0, 0).ok()?;
    let late = Time::new(if hour == 12 { 12 } else { hour.saturating_add(12) }, minute, 0, 0).ok();
    let as_said = Time::new(hour, minute, 0, 0).ok()?;
    let Some(late) = late.filter(|_| (1..=12).contains(&hour)) else { return Some(as_said) };
    match half {
        Some(Half::Morning) => Some(early),
        Some(Half::Afternoon) => Some(late),
        None if opening.ever_open_at(early) => Some(early),
        None if opening.ever_open_at(late) => Some(late),
        // Never open then: what people mean by such a number in a day.
        None if (7..=11).contains(&hour) => Some(early),
        None => Some(late),
    }
}
