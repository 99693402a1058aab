//! Yes and no, and what they are misheard as.

use super::Words;

/// An answer to a question that can be answered so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum YesNo {
    Yes,
    No,
}

/// Whether an utterance says yes or no; `None` when it says neither, or both without an order.
pub(crate) fn yes_no(words: &Words) -> Option<YesNo> {
    if words.is_empty()
        || words.has_any(&["i don't know", "not sure", "no idea", "don't know", "maybe"])
    {
        return None;
    }
    if words.has_any(&YES_DESPITE_NO) {
        return Some(YesNo::Yes);
    }
    if words.has_any(&NO_DESPITE_YES) {
        return Some(YesNo::No);
    }
    // What comes first is the answer; the rest explains it.
    let first = words.as_slice().iter().map(String::as_str).find_map(|word| match word {
        _ if YES.contains(&word) => Some(YesNo::Yes),
        _ if NO.contains(&word) => Some(YesNo::No),
        _ => None,
    });
    let phrase = || words.has_any(&YES_PHRASES).then_some(YesNo::Yes);
    let misheard = || {
        let short = words.len() <= 2;
        let only = |phrases: &[&str]| short && words.is_only(phrases);
        if only(&YES_MISHEARD) {
            Some(YesNo::Yes)
        } else if only(&NO_MISHEARD) {
            Some(YesNo::No)
        } else {
            None
        }
    };
    first.or_else(phrase).or_else(misheard)
}

const YES: [&str; 20] = [
    "yes",
    "yeah",
    "yep",
    "yup",
    "yah",
    "yea",
    "ya",
    "aye",
    "sure",
    "correct",
    "right",
    "okay",
    "fine",
    "perfect",
    "great",
    "absolutely",
    "definitely",
    "exactly",
    "certainly",
    "good",
];
const YES_PHRASES: [&str; 18] = [
    "sounds good",
    "that works",
    "works for me",
    "go ahead",
    "of course",
    "please do",
    "i would",
    "i do",
    "it is",
    "that is it",
    "that's it",
    "that's the one",
    "you got it",
    "uh huh",
    "mm hmm",
    "do it",
    "book it",
    "let's do",
];
const NO: [&str; 12] = [
    "no",
    "nope",
    "nah",
    "not",
    "wrong",
    "incorrect",
    "neither",
    "none",
    "don't",
    "isn't",
    "never",
    "doesn't",
];
const YES_DESPITE_NO: [&str; 5] =
    ["no problem", "why not", "not a problem", "don't mind", "no worries"];
const NO_DESPITE_YES: [&str; 14] = [
    "not right",
    "not correct",
    "isn't right",
    "isn't correct",
    "not good",
    "not okay",
    "not fine",
    "doesn't work",
    "won't work",
    "not quite",
    "i'm good",
    "i'm okay",
    "i'm fine",
    "all good",
];
/// Heard for a lone `yes`; only when nothing else was said.
const YES_MISHEARD: [&str; 9] =
    ["worse", "guess", "yet", "yes's", "jess", "chess", "yours", "yesh", "yas"];
/// Heard for a lone `no`.
const NO_MISHEARD: [&str; 6] = ["know", "note", "nose", "noah", "nor", "nowhere"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_as_people_say_them() {
        for (text, meant) in [
            ("Yes.", Some(YesNo::Yes)),
            ("Yeah.", Some(YesNo::Yes)),
            ("Yes, please.", Some(YesNo::Yes)),
            ("That works for me.", Some(YesNo::Yes)),
            ("Sounds good", Some(YesNo::Yes)),
            ("no problem", Some(YesNo::Yes)),
            ("that's right", Some(YesNo::Yes)),
            ("Worse.", Some(YesNo::Yes)),
            ("it gets worse every day", None),
            ("No.", Some(YesNo::No)),
            ("No,", Some(YesNo::No)),
            ("No thank you.", Some(YesNo::No)),
            ("No, can't you?", Some(YesNo::No)),
            ("that's not right", Some(YesNo::No)),
            ("no, that's wrong", Some(YesNo::No)),
            ("know", Some(YesNo::No)),
            ("Know that all.", Some(YesNo::No)),
            ("Nor thank you,", Some(YesNo::No)),
            ("I know a dentist", None),
            ("I don't know", None),
            ("I'm good", Some(YesNo::No)),
            ("a cleaning", None),
            ("", None),
        ] {
            assert_eq!(yes_no(&Words::new(text)), meant, "{text}");
        }
    }
}
