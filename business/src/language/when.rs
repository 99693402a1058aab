//! Days and times of one utterance put together: what the caller may mean, the likeliest first.

use jiff::Zoned;
use jiff::civil::{Date, Time};

use super::dates::after;
use super::days::{DaySaid, day_at};
use super::times::{Bound, Half, TimeSaid, resolve, time_at};
use super::{Words, misheard_days};
use crate::scheduling::{DaySpan, TimeWish};
use crate::tenants::Opening;

/// What an utterance is understood against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WhenContext<'a> {
    /// The time now, in the tenant's zone.
    pub now: &'a Zoned,
    /// Tells three in the afternoon from three at night.
    pub opening: &'a Opening,
    /// Whether a day or time was just asked for: then a lone number is a time.
    pub asked: bool,
}

/// One thing that a caller may mean; what was not said is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub days: Option<DaySpan>,
    pub time: Option<TimeWish>,
    /// Whether people would agree on it.
    pub sure: bool,
}

/// Most alternatives that are followed.
const CANDIDATES_MAX: usize = 6;
/// How far ahead `as soon as possible` and a time without a day may lead.
const SOON_DAYS: i64 = 60;

/// What an utterance says of days and times: alternatives, the likeliest first; none when it says nothing.
pub(crate) fn parse(words: &Words, context: WhenContext<'_>) -> Vec<Candidate> {
    let candidates = read(words, context);
    let says_day = |candidates: &[Candidate]| candidates.iter().any(|one| one.days.is_some());
    if !context.asked || says_day(&candidates) {
        return candidates;
    }
    let guess = misheard_days::with_day(words).map(|words| read(&words, context));
    match guess.filter(|guess| says_day(guess)) {
        Some(guess) => guess.into_iter().map(|one| Candidate { sure: false, ..one }).collect(),
        None => candidates,
    }
}

/// The same, of the words as they are.
fn read(words: &Words, context: WhenContext<'_>) -> Vec<Candidate> {
    let mut groups = Groups { all: vec![Group::default()], or: false, replaced: false };
    let mut at = 0;
    let mut negated = false;
    while at < words.len() {
        if let Some((day, took)) = day_at(words, at, context.now.date()) {
            if !negated {
                groups.day(day, context.now.date());
            }
            // A word that is a day and a time too (`tonight`) is read again as a time.
            if let (0, Some((time, took))) = (took, time_at(words, at, false)) {
                groups.time(time);
                at += took;
            }
            at += took;
            negated = false;
        } else if let Some((time, took)) = time_read(words, at, context.asked || groups.goes_on()) {
            if !negated {
                groups.time(time);
            }
            at += took.max(1);
            negated = false;
        } else {
            match words.at(at) {
                Some("or") => groups.or = true,
                Some("not" | "except" | "can't" | "cannot" | "won't" | "don't") => negated = true,
                Some(
                    "actually" | "wait" | "sorry" | "rather" | "mean" | "instead" | "no" | "make"
                    | "but",
                ) => {
                    groups.replaced = true;
                    negated = false;
                }
                // `I can't do Tuesday`: these stand between.
                Some("do" | "on" | "want" | "the" | "this" | "next" | "in" | "at" | "come") => {}
                _ => negated = false,
            }
            at += 1;
        }
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    for candidate in groups.all.iter().flat_map(|group| group.candidates(context)) {
        if !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    }
    candidates.truncate(CANDIDATES_MAX);
    candidates
}

/// A time, unless its number belongs to something else (`the second one`).
fn time_read(words: &Words, at: usize, asked: bool) -> Option<(TimeSaid, usize)> {
    let before = at.checked_sub(1).and_then(|before| words.at(before));
    let pronoun = words.at(at) == Some("one")
        && matches!(
            before,
            Some(
                "first"
                    | "second"
                    | "third"
                    | "last"
                    | "earlier"
                    | "later"
                    | "that"
                    | "this"
                    | "other"
                    | "either"
                    | "any"
                    | "which"
                    | "the"
                    | "no"
                    | "latter"
                    | "former"
                    | "another"
                    | "morning"
                    | "afternoon"
            )
        );
    if pronoun { None } else { time_at(words, at, asked) }
}

/// Days and times that belong together; several are alternatives.
#[derive(Clone, Debug, Default)]
struct Group {
    days: Vec<DaySpan>,
    /// Whether the days are one day that could be either.
    ambiguous: bool,
    times: Vec<TimeSaid>,
    /// A part of the day that narrows the clock times (`three in the afternoon`).
    part: Option<(Time, Time)>,
}

struct Groups {
    all: Vec<Group>,
    /// `or` was just said.
    or: bool,
    /// What comes next replaces what was said (`no, wait, Wednesday`).
    replaced: bool,
}

impl Groups {
    /// Whether `or` was said after a clock time: a lone number then is another.
    fn goes_on(&self) -> bool {
        self.or && self.all.last().is_some_and(|group| !group.times.is_empty())
    }

    fn day(&mut self, said: DaySaid, today: Date) {
        let meanings = said.meanings(today);
        let (or, replaced) = (std::mem::take(&mut self.or), std::mem::take(&mut self.replaced));
        let Some(group) = self.all.last_mut() else { return };
        if replaced && !or {
            group.days.clear();
        }
        if group.days.is_empty() {
            group.ambiguous = meanings.len() > 1;
            group.days = meanings;
        } else if or && group.times.is_empty() && group.part.is_none() {
            group.days.extend(meanings);
            group.ambiguous = false;
        } else if or {
            let ambiguous = meanings.len() > 1;
            self.all.push(Group { days: meanings, ambiguous, ..Group::default() });
        } else {
            group.narrow(said, &meanings);
        }
    }

    fn time(&mut self, said: TimeSaid) {
        let (or, replaced) = (std::mem::take(&mut self.or), std::mem::take(&mut self.replaced));
        let Some(group) = self.all.last_mut() else { return };
        if replaced && !or {
            group.times.clear();
            group.part = None;
        }
        match said {
            TimeSaid::Part(from, to) if !or => group.part = Some((from, to)),
            // After `or` a part of the day is an alternative of its own.
            TimeSaid::Part(..) => {
                let days = group.days.clone();
                self.all.push(Group { days, times: vec![said], ..Group::default() });
            }
            _ if or || group.times.is_empty() => group.times.push(said),
            // Two times without `or` between: the later is what is meant.
            _ => group.times = vec![said],
        }
    }
}

impl Group {
    /// Takes in a second name of the same day: `Tuesday the 24th`, `Tuesday next week`.
    fn narrow(&mut self, said: DaySaid, meanings: &[DaySpan]) {
        let within = |inner: &DaySpan, outer: &DaySpan| {
            outer.first <= inner.first && inner.last <= outer.last
        };
        if let DaySaid::Weekday { day, .. } = said
            && let Some(span) = self.days.iter().find(|days| !days.is_one_day()).copied()
        {
            let date = super::dates::on_or_after(span.first, day);
            if date <= span.last {
                self.days = vec![DaySpan::day(date)];
                self.ambiguous = false;
                return;
            }
        }
        if let [span] = meanings
            && !span.is_one_day()
        {
            // A weekday named before: it is the one of that week.
            if let Some(day) = self.days.first() {
                let date = super::dates::on_or_after(span.first, day.first.weekday());
                self.days = vec![DaySpan::day(date)];
                self.ambiguous = false;
            }
            return;
        }
        let common: Vec<DaySpan> = meanings
            .iter()
            .filter(|new| self.days.iter().any(|old| within(new, old)))
            .copied()
            .collect();
        if common.is_empty() {
            // They contradict each other: the later name first, and not sure of it.
            let mut days = meanings.to_vec();
            days.append(&mut self.days);
            self.days = days;
            self.ambiguous = true;
        } else {
            self.ambiguous = common.len() > 1;
            self.days = common;
        }
    }

    fn candidates(&self, context: WhenContext<'_>) -> Vec<Candidate> {
        let soonest = self.times.contains(&TimeSaid::Soonest);
        let days: Vec<Option<DaySpan>> = match self.days.as_slice() {
            [] if soonest => vec![Some(soon(context.now.date()))],
            [] => vec![None],
            days => days.iter().copied().map(Some).collect(),
        };
        let times: Vec<Option<TimeWish>> = match self.times.as_slice() {
            [] => vec![self.part.map(|(from, to)| TimeWish::Between(from, to))],
            times => times.iter().map(|said| self.wish(*said, context.opening)).collect(),
        };
        let mut candidates = Vec::new();
        for &days in &days {
            for &time in &times {
                if days.is_some() || time.is_some() {
                    candidates.push(Candidate { days, time, sure: !self.ambiguous });
                }
            }
        }
        candidates
    }

    fn wish(&self, said: TimeSaid, opening: &Opening) -> Option<TimeWish> {
        let part = self.part.map_or(TimeWish::Any, |(from, to)| TimeWish::Between(from, to));
        match said {
            TimeSaid::AnyTime | TimeSaid::Soonest => Some(part),
            TimeSaid::Part(from, to) => Some(TimeWish::Between(from, to)),
            TimeSaid::Clock { hour, minute, half, bound } => {
                let half = half.or_else(|| self.part.and_then(half_of));
                let time = resolve(hour, minute, half, opening)?;
                let near = |minutes: i64| time.saturating_add(jiff::Span::new().minutes(minutes));
                Some(match bound {
                    Bound::At => TimeWish::At(time),
                    Bound::Around => TimeWish::Between(near(-30), near(30)),
                    Bound::After => {
                        TimeWish::Between(time, self.part.map_or(DAY_END, |(_, to)| to))
                    }
                    Bound::Before => TimeWish::Between(
                        self.part.map_or(Time::midnight(), |(from, _)| from),
                        near(-1),
                    ),
                })
            }
        }
    }
}

const DAY_END: Time = Time::constant(23, 59, 0, 0);

/// The half of the day that a part of it lies in; none when it lies in both (`lunchtime`).
fn half_of((from, to): (Time, Time)) -> Option<Half> {
    match (from.hour() < 12, to.hour() < 12) {
        (true, true) => Some(Half::Morning),
        (false, false) => Some(Half::Afternoon),
        _ => None,
    }
}

/// The days that `as soon as possible` is about.
pub(crate) fn soon(today: Date) -> DaySpan {
    DaySpan { first: today, last: after(today, SOON_DAYS) }
}

#[cfg(test)]
mod tests;
