//! Days that a recogniser did not know: `to the afternoon` in answer to `Which day?` is `Tuesday afternoon`.
//!
//! Words are compared by a coarse key of how they sound: consonants that telephones mix up are one, vowels are one. That
//! is a guess, good enough where nothing but a day makes sense; whoever uses it says the day aloud before acting on it.

use strsim::levenshtein;

use super::{Words, numbers};

/// The utterance with the day that it must mean; `None` when it is about something else. Only for the answer to a question
/// for a day in which no day was found.
pub(super) fn with_day(words: &Words) -> Option<Words> {
    if words.len() > ANSWER_WORDS_MAX {
        return None;
    }
    let spans = (0..words.len()).flat_map(|at| (1..=SPAN_MAX).rev().map(move |took| (at, took)));
    let mut best: Option<(usize, usize, usize, &str)> = None;
    for (at, took) in spans {
        let Some(heard) = words.as_slice().get(at..at + took) else { continue };
        let before = at.checked_sub(1).and_then(|before| words.at(before));
        let leads = before.is_none_or(|before| LEADS.contains(&before));
        let follows = words.at(at + took).is_none_or(|after| FOLLOWS.contains(&after));
        if !leads || !follows {
            continue;
        }
        let Some((day, distance)) = nearest(&heard.concat()) else { continue };
        if best.is_none_or(|(least, ..)| distance < least) {
            best = Some((distance, at, took, day));
        }
    }
    let (_, at, took, day) = best?;
    Some(words.replaced(at, took, day))
}

/// The weekday that one word after `next` or `this` sounds like (`next toozy`).
pub(super) fn weekday_like(word: &str) -> Option<&'static str> {
    let ends_so = word.len() >= 5 && word.ends_with(['y', 'e', 'i']);
    let number = numbers::one_word(word).or(numbers::tens_word(word)).is_some();
    if !ends_so || number || WORDS.contains(&word) {
        return None;
    }
    nearest(word).map(|(day, _)| day).filter(|day| *day != "tomorrow")
}

/// The day that sounds most like what was heard, and how unlike that still is; `None` for two or for none.
fn nearest(heard: &str) -> Option<(&'static str, usize)> {
    let heard = sound(heard);
    if heard.len() < SOUNDS_MIN {
        return None;
    }
    let near = DAYS.map(|(day, spoken)| (day, levenshtein(&heard, &sound(spoken))));
    let (day, least) = near.into_iter().min_by_key(|(_, distance)| *distance)?;
    let alone = near.iter().filter(|(_, distance)| *distance == least).count() == 1;
    (least <= 1 && alone).then_some((day, least))
}

/// Days, and as what they are spoken.
const DAYS: [(&str, &str); 8] = [
    ("monday", "munday"),
    ("tuesday", "toosday"),
    ("wednesday", "wensday"),
    ("thursday", "thursday"),
    ("friday", "fryday"),
    ("saturday", "satterday"),
    ("sunday", "sunday"),
    ("tomorrow", "tomorrow"),
];
/// Whoever says more says more than a day.
const ANSWER_WORDS_MAX: usize = 8;
/// Words that one day's name is heard as.
const SPAN_MAX: usize = 3;
/// A shorter key is too like others.
const SOUNDS_MIN: usize = 4;
/// What stands before a day, besides nothing.
const LEADS: [&str; 14] = [
    "on", "next", "this", "coming", "maybe", "say", "um", "uh", "well", "so", "please", "for",
    "yes", "is",
];
/// What stands behind one, besides nothing.
const FOLLOWS: [&str; 16] = [
    "in",
    "at",
    "afternoon",
    "morning",
    "evening",
    "noon",
    "after",
    "before",
    "around",
    "please",
    "would",
    "works",
    "is",
    "if",
    "or",
    "thanks",
];
/// Words that sound like a day and follow `next` or `this` by themselves.
const WORDS: [&str; 8] =
    ["money", "county", "sunny", "sandy", "santa", "monte", "monkey", "thirsty"];

/// A coarse key of how letters sound: one sign for each group of consonants that are confused, one for vowels.
fn sound(letters: &str) -> String {
    let letters =
        letters.replace("th", "s").replace("ch", "C").replace("sh", "C").replace('x', "ks");
    let mut key = String::with_capacity(letters.len());
    for (place, letter) in letters.chars().enumerate() {
        let sign = match letter {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' => 'a',
            'b' | 'p' => 'p',
            'd' | 't' => 't',
            'g' | 'k' | 'c' | 'q' => 'k',
            'f' | 'v' => 'f',
            's' | 'z' => 's',
            'j' => 'C',
            'm' | 'n' => 'n',
            'w' if place == 0 => 'w',
            'h' | 'w' | '\'' => continue,
            other => other,
        };
        if !key.ends_with(sign) {
            key.push(sign);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_only_be_a_day_is_one() {
        // As the recogniser heard a fast voice over a telephone.
        for (heard, meant) in [
            ("To the afternoon, please.", Some("tuesday afternoon please")),
            ("On to thee in the afternoon,", Some("on tuesday in the afternoon")),
            ("Next to the.", Some("next tuesday")),
            ("to stay", Some("tuesday")),
            ("Wins they at ten", Some("wednesday at ten")),
            ("on money", Some("on monday")),
            ("I'd like to see Doctor Chen", None),
            ("in the afternoon", None),
            ("do you have anything in the morning", None),
            ("the second one", None),
            ("What do you mean?", None),
            ("at three", None),
            ("", None),
        ] {
            let words = with_day(&Words::new(heard)).map(|words| words.as_slice().join(" "));
            assert_eq!(words.as_deref(), meant, "{heard}");
        }
    }

    #[test]
    fn a_word_after_next_may_be_a_day_misheard() {
        for (word, day) in
            [("toozy", Some("tuesday")), ("tuesie", Some("tuesday")), ("money", None)]
        {
            assert_eq!(weekday_like(word), day, "{word}");
        }
        for word in
            ["thirty", "twenty", "available", "please", "three", "morning", "maybe", "sorry"]
        {
            assert_eq!(weekday_like(word), None, "{word}");
        }
    }
}
