//! Choosing among what was offered: `the first one`, `the later`, or something else than both.

use super::Words;

/// Which of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// By its place, from 0.
    Place(usize),
    Last,
    /// All the same to the caller.
    Either,
}

/// Other times than those offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shift {
    Earlier,
    Later,
    /// Another day or time, whichever way.
    Other,
}

/// Which one an utterance chooses.
pub(crate) fn pick(words: &Words) -> Option<Pick> {
    let has = |phrases: &[&str]| words.has_any(phrases);
    if has(&[
        "either",
        "either one",
        "whichever",
        "doesn't matter",
        "don't care",
        "you choose",
        "both work",
    ]) {
        return Some(Pick::Either);
    }
    if has(&["first thing", "first available"]) {
        return None;
    }
    // Of two, the earlier is the first; `the earlier`, not `something earlier`.
    if has(&[
        "first",
        "first one",
        "option one",
        "number one",
        "the former",
        "the earlier",
        "earlier one",
    ]) {
        return Some(Pick::Place(0));
    }
    if has(&[
        "second",
        "option two",
        "number two",
        "the latter",
        "the later",
        "later one",
        "the other one",
    ]) {
        return Some(Pick::Place(1));
    }
    if has(&["third", "option three", "number three"]) {
        return Some(Pick::Place(2));
    }
    has(&["the last one", "last one", "the last"]).then_some(Pick::Last)
}

/// Whether an utterance asks for other times.
pub(crate) fn shift(words: &Words) -> Option<Shift> {
    let has = |phrases: &[&str]| words.has_any(phrases);
    if has(&["earlier", "sooner", "before that"]) {
        return Some(Shift::Earlier);
    }
    if has(&["later", "after that", "further out"]) {
        return Some(Shift::Later);
    }
    let other = [
        "something else",
        "anything else",
        "another time",
        "another day",
        "other times",
        "other days",
        "different time",
        "different day",
        "what else",
        "neither",
        "none of",
        "doesn't work",
        "don't work",
    ];
    has(&other).then_some(Shift::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_as_people_make_them() {
        for (text, picked) in [
            ("The second one, please.", Some(Pick::Place(1))),
            ("The second one plays.", Some(Pick::Place(1))),
            ("the first", Some(Pick::Place(0))),
            ("The thirst one, please.", Some(Pick::Place(0))),
            ("the earlier one", Some(Pick::Place(0))),
            ("the later", Some(Pick::Place(1))),
            ("either is fine", Some(Pick::Either)),
            ("the last one", Some(Pick::Last)),
            ("first thing in the morning", None),
            ("three", None),
        ] {
            assert_eq!(pick(&Words::new(text)), picked, "{text}");
        }
        for (text, shifted) in [
            ("do you have anything later", Some(Shift::Later)),
            ("something earlier", Some(Shift::Earlier)),
            ("neither works", Some(Shift::Other)),
            ("yes", None),
        ] {
            assert_eq!(shift(&Words::new(text)), shifted, "{text}");
        }
    }
}
