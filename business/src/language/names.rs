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
const NOT_NAMES: [&str; 86] = [
    "mhm",
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
    if begins.is_some_and(|word| QUESTIONS.contains(&word.as_str())) {
        return None;
    }
    let mut name = Name::default();
    let (mut at, mut others) = (0, 0);
    while let Some(word) = rest.get(at) {
        if let Some(Spelled { letters, took }) = spelled(rest, at) {
            name.spell(&letters);
            at += took;
            continue;
        }
        name.word(word);
        others += 1;
        at += 1;
    }
    if others > ANSWER_WORDS_MAX && from == 0 { None } else { name.finish() }
}

/// A name under way: words as they are heard, and their spellings, which are right about the words they resemble.
#[derive(Debug, Default)]
struct Name {
    /// In lower case, and whether they were spelled.
    parts: Vec<(String, bool)>,
    /// A word that is no part of a name came after one: what follows is about something else, unless it is spelled.
    over: bool,
    /// What was spelled is taken back (`no, S E N`).
    replaced: bool,
}

impl Name {
    fn word(&mut self, word: &str) {
        self.replaced |= CORRECTIONS.contains(&word);
        // An initial is not kept.
        if is_letter(word) {
            return;
        }
        if !is_name(word) {
            self.over |= !self.parts.is_empty();
            return;
        }
        // A word that was spelled as one (`M-A-R-Y` written as `Mary`) is heard twice.
        let heard = self.parts.last().is_some_and(|(last, _)| last == word);
        if !self.over && !heard && self.parts.len() < NAME_WORDS_MAX {
            self.parts.push((word.to_owned(), false));
        }
    }

    fn spell(&mut self, letters: &str) {
        self.over = false;
        let replaced = std::mem::take(&mut self.replaced);
        if replaced && let Some((last, true)) = self.parts.last_mut() {
            *last = letters.to_owned();
            return;
        }
        let heard: String = self.parts.iter().map(|(part, _)| part.as_str()).collect();
        if self.parts.len() > 1 && heard == letters {
            self.parts.iter_mut().for_each(|(_, spelled)| *spelled = true);
            return;
        }
        // `Miller, M I L L E R`: the spelling is right about the name it resembles. When its beginning was misheard
        // (`in my L L E R`) the name is.
        let like = self.parts.iter().rposition(|(part, spelled)| {
            !spelled && (part.ends_with(letters) || fuzzy::closeness(part, letters) >= 0.5)
        });
        if let Some((part, spelled)) = like.and_then(|place| self.parts.get_mut(place)) {
            if !part.ends_with(letters) && !sounds_spelled(part, letters) {
                letters.clone_into(part);
            }
            *spelled = true;
        } else if self.parts.len() < NAME_WORDS_MAX {
            self.parts.push((letters.to_owned(), true));
        }
    }

    fn finish(self) -> Option<String> {
        let parts: Vec<String> = self.parts.iter().map(|(part, _)| capitalised(part)).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Whether `letters` differ from a word only where the names of letters sound alike on a telephone: the word is right.
fn sounds_spelled(word: &str, letters: &str) -> bool {
    const ALIKE: [&str; 4] = ["mn", "bcdegptvz", "fsx", "ajkh"];
    let alike = |(a, b): (char, char)| {
        a == b || ALIKE.iter().any(|group| group.contains(a) && group.contains(b))
    };
    word.chars().count() == letters.chars().count() && word.chars().zip(letters.chars()).all(alike)
}

/// Take back what was spelled before them.
const CORRECTIONS: [&str; 6] = ["no", "sorry", "wait", "actually", "mean", "rather"];

fn is_name(word: &str) -> bool {
    word.chars().count() > 1
        && word.chars().all(|c| c.is_alphabetic() || c == '\'')
        && !NOT_NAMES.contains(&word)
        && super::numbers::one_word(word).is_none()
}

/// Letters said one by one, and how many words that took.
#[derive(Debug)]
struct Spelled {
    letters: String,
    took: usize,
}

/// Letters in a row that are a name; fewer are words (`I`, `a`).
const LETTERS_MIN: usize = 3;

/// Three or more letters from `at` on: `m i double l e r`, `m as in mary i l l e r`, `mike india lima`.
fn spelled(words: &[String], at: usize) -> Option<Spelled> {
    let mut letters = String::new();
    let mut next = at;
    while let Some((said, took)) = letter_at(words, next, !letters.is_empty()) {
        letters.push_str(&said);
        next += took;
    }
    let enough = letters.chars().count() >= LETTERS_MIN;
    enough.then_some(Spelled { letters, took: next - at })
}

/// The letter said at `at`, doubled if it was, and how many words that took. Within a row (`among`) words that only sound
/// like letters are letters.
fn letter_at(words: &[String], at: usize, among: bool) -> Option<(String, usize)> {
    let word = |at: usize| words.get(at).map(String::as_str);
    let said = word(at)?;
    if let "double" | "triple" = said {
        if word(at + 1) == Some("you") {
            return Some(("w".to_owned(), 2));
        }
        let (letter, took) = letter_at(words, at + 1, among)?;
        let times = if said == "double" { 2 } else { 3 };
        return (letter.len() == 1).then(|| (letter.repeat(times), took + 1));
    }
    if let Some(letter) = alphabet(said) {
        // A name as well (`Mike`, `Oscar`): only among its like.
        let like = |at: usize| word(at).is_some_and(|word| alphabet(word).is_some());
        let before = at.checked_sub(1).is_some_and(like);
        return (like(at + 1) || among && before).then(|| (letter.to_string(), 1));
    }
    let letter = if is_letter(said) {
        said.to_owned()
    } else {
        let goes_on = word(at + 1).is_none_or(|next| is_letter(next) || sounds(next).is_some());
        sounds(said).filter(|_| among && goes_on)?.to_string()
    };
    // `m as in mary`, `m for mary`, `m like mary`
    let example = |place: usize| {
        word(place).filter(|word| word.len() > 1 && word.starts_with(letter.as_str())).is_some()
    };
    let more = match word(at + 1) {
        Some("as") if word(at + 2) == Some("in") => 3,
        Some("for" | "like") if example(at + 2) => 2,
        _ => 0,
    };
    Some((letter, 1 + more.min(words.len() - at - 1)))
}

/// The letter that a word of the radiotelephony alphabet stands for (ITU Radio Regulations, appendix 14), with the
/// spellings in use.
fn alphabet(word: &str) -> Option<char> {
    const WORDS: [&str; 28] = [
        "alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india",
        "juliet", "juliett", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec",
        "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "yankee", "zulu", "xray",
    ];
    WORDS.contains(&word).then(|| word.chars().next()).flatten()
}

/// The letter that a word sounds like.
fn sounds(word: &str) -> Option<char> {
    const SOUNDS: [(&str, char); 28] = [
        ("ay", 'a'),
        ("bee", 'b'),
        ("be", 'b'),
        ("see", 'c'),
        ("sea", 'c'),
        ("dee", 'd'),
        ("eff", 'f'),
        ("gee", 'g'),
        ("aitch", 'h'),
        ("eye", 'i'),
        ("jay", 'j'),
        ("kay", 'k'),
        ("el", 'l'),
        ("em", 'm'),
        ("en", 'n'),
        ("oh", 'o'),
        ("pee", 'p'),
        ("cue", 'q'),
        ("are", 'r'),
        ("ess", 's'),
        ("tea", 't'),
        ("tee", 't'),
        ("you", 'u'),
        ("vee", 'v'),
        ("ex", 'x'),
        ("why", 'y'),
        ("zee", 'z'),
        ("zed", 'z'),
    ];
    SOUNDS.iter().find(|(name, _)| *name == word).map(|&(_, letter)| letter)
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
            ("My name is Mary, M, A, R, Y, Johnson, J, O, H, N, S, O, N.", Some("Mary Johnson")),
            ("My name is Mary M. A. R. Y. Johnson, J. O. H. N. S. O. M..", Some("Mary Johnson")),
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
            ("Mary, M, A, R, Y, Johnson, J, O, H, N, S, O, N", Some("Mary Johnson")),
            ("Mary M-A-R-Y Jonson J-O-H-N-S-O-N.", Some("Mary Johnson")),
            ("J O H N S O N", Some("Johnson")),
            ("Johnson, J O H N S O N", Some("Johnson")),
            ("Mary Johnson, M A R Y J O H N S O N", Some("Mary Johnson")),
            ("It's Mary Johnson, that's J O H N S O N", Some("Mary Johnson")),
            ("J as in John, O as in Oscar, H, N, S, O, N as in Nancy", Some("Johnson")),
            ("Juliet Oscar Hotel November Sierra Oscar November", Some("Johnson")),
            ("Oscar Miller", Some("Oscar Miller")),
            ("J O H N S E N, no, J O H N S O N", Some("Johnson")),
            ("Sam Williams, W I double L I A M S", Some("Sam Williams")),
            ("Amy, A M Y", Some("Amy")),
            ("Mary, Mary, Johnson, Johnson.", Some("Mary Johnson")),
            ("J O H N S O N please", Some("Johnson")),
            ("J O H N S O N is my name", Some("Johnson")),
            ("M I L L E are", Some("Miller")),
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

    #[test]
    fn a_nod_after_a_spelled_name_is_none_of_its_letters() {
        let text = "My name is Mary M. A. R. Y. Johnson, J. O. H. N. S. O. N.. M. M. H. M. Yes, that works for me.";
        assert_eq!(name_answer(&Words::new(text)).as_deref(), Some("Mary Johnson"));
        assert_eq!(Words::new("N.. M. M. H. M. Yes").as_slice().join(" "), "n mhm yes");
    }
}
