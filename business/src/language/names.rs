//! People's names, as they introduce themselves, answer with them, or spell them.

use super::{Words, fuzzy};

/// A name that is introduced as one: `my name is Anna Miller`.
pub(crate) fn introduced_name(words: &Words) -> Option<String> {
    let place = INTRODUCTIONS
        .iter()
        .filter_map(|phrase| Some(words.find(phrase)? + phrase.split(' ').count()))
        .max()?;
    assemble(words, place)
}

/// A name in answer to the question for it: with or without an introduction, perhaps spelled.
pub(crate) fn name_answer(words: &Words) -> Option<String> {
    if let Some(name) = introduced_name(words) {
        return Some(name);
    }
    // Only at the beginning: `Müller, that's m u e l l e r`.
    let leads = |place: usize| !words.as_slice().iter().take(place).any(|word| is_name(word));
    let weak = WEAK_INTRODUCTIONS
        .iter()
        .filter_map(|phrase| Some((words.find(phrase)?, phrase.split(' ').count())))
        .filter(|&(place, _)| leads(place))
        .map(|(place, length)| place + length)
        .max();
    assemble(words, weak.unwrap_or(0))
}

/// Whether two names may be one person's: a recogniser hears the same name differently in each call.
pub(crate) fn same_person(one: &str, other: &str) -> bool {
    let (one, other) = (Words::new(one), Words::new(other));
    let close = |a: Option<&String>, b: Option<&String>| {
        a.zip(b).is_some_and(|(a, b)| fuzzy::closeness(a, b) >= 0.75)
    };
    let (a, b) = (one.as_slice(), other.as_slice());
    // The family name decides when both have one; a given name alone matches a given name.
    match (a.len(), b.len()) {
        (0, _) | (_, 0) => false,
        (1, _) | (_, 1) => a.iter().any(|a| b.iter().any(|b| fuzzy::closeness(a, b) >= 0.75)),
        _ => close(a.last(), b.last()),
    }
}

const INTRODUCTIONS: [&str; 14] = [
    "my name is",
    "my name's",
    "my names",
    "the name is",
    "the name's",
    "name is",
    "name's",
    "this is",
    "call me",
    "it's under",
    "the name of",
    "under the name",
    "last name is",
    "i am called",
];
/// Introduce a name only where one was asked for.
const WEAK_INTRODUCTIONS: [&str; 9] =
    ["it's", "it is", "i'm", "i am", "under", "that's", "that would be", "yes it's", "for"];
/// End a name, or are none.
const NOT_NAMES: [&str; 85] = [
    "actually",
    "make",
    "change",
    "wait",
    "hang",
    "hold",
    "instead",
    "don't",
    "me",
    "double",
    "triple",
    "capital",
    "am",
    "are",
    "and",
    "i",
    "i'd",
    "i'm",
    "is",
    "my",
    "the",
    "a",
    "an",
    "to",
    "for",
    "at",
    "on",
    "in",
    "of",
    "please",
    "thanks",
    "thank",
    "you",
    "yes",
    "yeah",
    "no",
    "not",
    "okay",
    "sure",
    "correct",
    "right",
    "what",
    "sorry",
    "pardon",
    "hello",
    "hi",
    "um",
    "uh",
    "er",
    "well",
    "so",
    "that",
    "that's",
    "it",
    "it's",
    "name",
    "number",
    "phone",
    "appointment",
    "book",
    "booking",
    "cancel",
    "cleaning",
    "calling",
    "here",
    "speaking",
    "about",
    "with",
    "want",
    "need",
    "like",
    "would",
    "can",
    "could",
    "just",
    "spelled",
    "spelt",
    "spell",
    "as",
    "good",
    "fine",
    "monday",
    "tuesday",
    "tomorrow",
    "today",
];
/// Come before anything.
const HESITATIONS: [&str; 8] = ["um", "uh", "er", "well", "so", "oh", "yes", "and"];
/// Begin a question, and with it no name.
const QUESTIONS: [&str; 14] = [
    "what", "what's", "who", "why", "how", "when", "where", "which", "do", "does", "did", "are",
    "is", "can",
];
/// Longest name that is taken, in words.
const NAME_WORDS_MAX: usize = 3;
/// An answer of more words than these, spelled letters not counted, is about something else than a name.
const ANSWER_WORDS_MAX: usize = 6;

fn assemble(words: &Words, from: usize) -> Option<String> {
    let rest = words.as_slice().get(from..)?;
    let begins = rest.iter().find(|word| !HESITATIONS.contains(&word.as_str()));
    let question = begins.is_some_and(|word| QUESTIONS.contains(&word.as_str()));
    if question
        || rest.iter().filter(|word| !is_letter(word)).count() > ANSWER_WORDS_MAX && from == 0
    {
        return None;
    }
    let letters = spelled(rest);
    // A name stands in front of its spelling; behind it is `as in Mary`.
    let spoken = match &letters {
        Some(_) => rest.iter().position(|word| is_letter(word)).unwrap_or(rest.len()),
        None => rest.len(),
    };
    let mut parts: Vec<String> = rest
        .iter()
        .take(spoken)
        .skip_while(|word| !is_name(word))
        .take_while(|word| is_name(word))
        .take(NAME_WORDS_MAX)
        .map(|word| capitalised(word))
        .collect();
    if let Some(letters) = letters {
        // `Miller, M I L L E R`: the spelling is right about the name it resembles. When its beginning was
        // misheard (`in my L L E R`) the name is.
        let like = parts.iter().position(|part| {
            let part = part.to_lowercase();
            part.ends_with(&letters) || fuzzy::closeness(&part, &letters) >= 0.5
        });
        match like.and_then(|place| parts.get_mut(place)) {
            Some(part) if part.to_lowercase().ends_with(&letters) => {}
            Some(part) => *part = capitalised(&letters),
            None => parts.push(capitalised(&letters)),
        }
    }
    if parts.is_empty() { None } else { Some(parts.join(" ")) }
}

fn is_name(word: &str) -> bool {
    word.chars().count() > 1
        && word.chars().all(|c| c.is_alphabetic() || c == '\'')
        && !NOT_NAMES.contains(&word)
        && super::numbers::one_word(word).is_none()
}

/// Three or more letters said one by one: `m i double l e r`, `m as in mary i l l e r`.
fn spelled(words: &[String]) -> Option<String> {
    let mut letters = String::new();
    let mut at = 0;
    while let Some(word) = words.get(at).map(String::as_str) {
        let (first, second) = (words.get(at + 1), words.get(at + 2));
        let (first, second) = (first.map(String::as_str), second.map(String::as_str));
        match word {
            "double" if first.is_some_and(is_letter) => {
                let letter = first.unwrap_or_default();
                letters.push_str(&letter.repeat(2));
                at += 2;
            }
            _ if is_letter(word) => {
                letters.push_str(word);
                at += 1;
                // `m as in mary`, `m for mary`, `m like mary`
                match (first, second) {
                    (Some("as"), Some("in")) => at += 3,
                    (Some("for" | "like"), Some(_)) => at += 2,
                    _ => {}
                }
            }
            _ if letters.len() >= 3 => break,
            _ => {
                letters.clear();
                at += 1;
            }
        }
    }
    (letters.len() >= 3).then_some(letters)
}

fn is_letter(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_give_them() {
        for (text, name) in [
            ("My name is Anna Miller.", Some("Anna Miller")),
            ("my name's Bob", Some("Bob")),
            ("this is Anna Miller and I'd like a cleaning", Some("Anna Miller")),
            ("I'd like a cleaning", None),
            ("the name is O'Brien", Some("O'brien")),
        ] {
            assert_eq!(introduced_name(&Words::new(text)).as_deref(), name, "{text}");
        }
        for (text, name) in [
            ("Anna Miller", Some("Anna Miller")),
            ("It's Bob.", Some("Bob")),
            ("um, Miller", Some("Miller")),
            ("Miller, M. I. L. L. E. R.", Some("Miller")),
            ("Millar, M-I-L-L-E-R", Some("Miller")),
            ("m i double l e r", Some("Miller")),
            ("M as in Mary, I, L, L, E, R", Some("Miller")),
            ("Anna Müller, that's m u e l l e r", Some("Anna Mueller")),
            ("It's Miller, in my L. L. E. R..", Some("Miller")),
            ("well, what's the weather like", None),
            ("what's the weather like", None),
            ("I would rather not tell you that on the telephone", None),
            ("yes", None),
            ("what?", None),
            ("five five five", None),
            ("", None),
        ] {
            assert_eq!(name_answer(&Words::new(text)).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn the_same_name_heard_twice_is_one_person() {
        assert!(same_person("Anna Miller", "Ann Miller"));
        assert!(same_person("Adam Miller", "Anna Millar"));
        assert!(same_person("Miller", "Anna Miller"));
        assert!(!same_person("Anna Miller", "Anna Schmidt"));
        assert!(!same_person("Anna Miller", "Bob"));
        assert!(!same_person("", "Bob"));
    }
}
