//! An utterance as lower-case words, with what recognisers write in several ways written in one.

/// Words of one utterance beyond which nothing is read: nobody asks for an appointment in more.
const WORDS_MAX: usize = 200;

/// An utterance, ready to be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(Vec<String>);

impl Words {
    /// Splits `text`: `The twenty-fourth, at 3.30 p.m.!` gives `the twenty fourth at 3:30 pm`.
    pub(crate) fn new(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut word = String::new();
        let mut chars = text.chars().flat_map(char::to_lowercase).take(WORDS_MAX * 16).peekable();
        while let Some(c) = chars.next() {
            let c = if c == '\u{2019}' { '\'' } else { c };
            let digits_around = word.ends_with(|last: char| last.is_ascii_digit())
                && chars.peek().is_some_and(char::is_ascii_digit);
            match c {
                _ if c.is_alphanumeric() => {
                    // 3pm, but not 24th.
                    if word.ends_with(|last: char| last.is_ascii_digit()) && matches!(c, 'a' | 'p')
                    {
                        words.push(std::mem::take(&mut word));
                    }
                    word.push(c);
                }
                '\'' if !word.is_empty() => word.push(c),
                ':' | '.' if digits_around => word.push(':'),
                ',' if digits_around => {}
                '/' if digits_around => word.push('/'),
                _ if !word.is_empty() => words.push(std::mem::take(&mut word)),
                _ => {}
            }
        }
        words.push(word);
        for word in &mut words {
            let trimmed = word.trim_end_matches('\'').len();
            word.truncate(trimmed);
        }
        words.retain(|word| !word.is_empty());
        words.truncate(WORDS_MAX);
        Self(rewrite(&words))
    }

    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn at(&self, place: usize) -> Option<&str> {
        self.0.get(place).map(String::as_str)
    }

    /// The same with one word in place of `took` from `at` on.
    pub(crate) fn replaced(&self, at: usize, took: usize, word: &str) -> Self {
        let before = self.0.iter().take(at).cloned();
        let after = self.0.iter().skip(at + took).cloned();
        Self(before.chain([word.to_owned()]).chain(after).collect())
    }

    /// The place of a phrase of words, each whole.
    pub(crate) fn find(&self, phrase: &str) -> Option<usize> {
        let length = phrase.split(' ').count();
        self.0
            .windows(length)
            .position(|window| window.iter().map(String::as_str).eq(phrase.split(' ')))
    }

    pub(crate) fn has(&self, phrase: &str) -> bool {
        self.find(phrase).is_some()
    }

    pub(crate) fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.has(phrase))
    }

    /// Whether the utterance is this phrase, but for words that mean nothing.
    pub(crate) fn is_only(&self, phrases: &[&str]) -> bool {
        let bare: Vec<&str> =
            self.0.iter().map(String::as_str).filter(|word| !FILLERS.contains(word)).collect();
        let bare = bare.join(" ");
        phrases.contains(&bare.as_str())
    }
}

/// Words that carry nothing by themselves.
const FILLERS: [&str; 18] = [
    "um", "uh", "uhm", "er", "erm", "ah", "well", "so", "please", "then", "just", "like", "oh",
    "hmm", "hm", "mm", "now", "plays",
];

/// Attention without a word, as it is written here.
const NOD: &str = "mhm";

/// One way of writing for what comes in several, and for what is misheard beyond doubt: no second meaning
/// that a caller of a front desk could have had. Longer patterns first.
const REWRITES: [(&str, &str); 60] = [
    ("next to the in the", "next tuesday in the"),
    ("next to thee", "next tuesday"),
    ("next to the afternoon", "next tuesday afternoon"),
    ("next to the morning", "next tuesday morning"),
    ("next to say", "next tuesday"),
    ("m m h m", NOD),
    ("m m hm", NOD),
    ("no can't you", "no thank you"),
    ("no thanks you", "no thank you"),
    ("know that's all", "no that's all"),
    ("know that all", "no that's all"),
    ("no that all", "no that's all"),
    ("know thank you", "no thank you"),
    ("nor thank you", "no thank you"),
    ("know thanks", "no thanks"),
    ("thirst one", "first one"),
    ("asked her lunch", "after lunch"),
    ("after her lunch", "after lunch"),
    ("sat her day", "saturday"),
    ("time of clock", "oclock"),
    ("to morrow", "tomorrow"),
    ("too morrow", "tomorrow"),
    ("two morrow", "tomorrow"),
    ("to day", "today"),
    ("good bye", "goodbye"),
    ("good by", "goodbye"),
    ("bye bye", "goodbye"),
    ("re schedule", "reschedule"),
    ("o'clock", "oclock"),
    ("of clock", "oclock"),
    ("o clock", "oclock"),
    ("a clock", "oclock"),
    ("mon day", "monday"),
    ("mun day", "monday"),
    ("tues day", "tuesday"),
    ("choose day", "tuesday"),
    ("chews day", "tuesday"),
    ("twos day", "tuesday"),
    ("to's day", "tuesday"),
    ("wens day", "wednesday"),
    ("wednes day", "wednesday"),
    ("when's day", "wednesday"),
    ("wins day", "wednesday"),
    ("thurs day", "thursday"),
    ("thirst day", "thursday"),
    ("thurs they", "thursday"),
    ("fri day", "friday"),
    ("fry day", "friday"),
    ("fried day", "friday"),
    ("satur day", "saturday"),
    ("satter day", "saturday"),
    ("sun day", "sunday"),
    ("a m", "am"),
    ("p m", "pm"),
    ("dr", "doctor"),
    ("ok", "okay"),
    ("goodby", "goodbye"),
    ("noone", "noon"),
    ("check ups", "check up"),
    ("check up's", "check up"),
];

fn rewrite(words: &[String]) -> Vec<String> {
    let mut rest = words;
    let mut out = Vec::with_capacity(words.len());
    while let [first, tail @ ..] = rest {
        let spelled = out.last().is_some_and(|last: &String| is_letter(last));
        let hit = REWRITES.iter().find(|(from, to)| {
            // Most begin otherwise, and this is asked of every word.
            if !from.starts_with(first.as_str()) {
                return false;
            }
            let length = from.split(' ').count();
            let here = rest
                .get(..length)
                .is_some_and(|head| head.iter().map(String::as_str).eq(from.split(' ')));
            // `W I L L I A M S` has no morning in it.
            let letters = || from.split(' ').all(is_letter);
            // No name ends in a nod, which may follow the last letter of one.
            let follows = spelled && *to != NOD;
            let among = || follows || rest.get(length).is_some_and(|next| is_letter(next));
            here && !(letters() && among())
        });
        match hit {
            Some((from, to)) => {
                out.extend(to.split(' ').map(str::to_owned));
                rest = rest.get(from.split(' ').count()..).unwrap_or_default();
            }
            None => {
                out.push(first.clone());
                rest = tail;
            }
        }
    }
    out
}

fn is_letter(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_of_writing() {
        for (text, words) in [
            ("The twenty-fourth, at 3.30 p.m.!", "the twenty fourth at 3:30 pm"),
            ("3pm or 15:30", "3 pm or 15:30"),
            ("the 24th at ten o'clock", "the 24th at ten oclock"),
            ("To-morrow morning.", "tomorrow morning"),
            ("Good-by.", "goodbye"),
            ("I\u{2019}d like a check-up", "i'd like a check up"),
            ("Choose day", "tuesday"),
            ("555-212-3456", "555 212 3456"),
            ("3/24", "3/24"),
            ("M. I. L. L. E. R.", "m i l l e r"),
            ("M. M. H. M. Yes.", "mhm yes"),
            ("W I L L I A M S", "w i l l i a m s"),
            ("10 A. M. or 9 p m", "10 am or 9 pm"),
            ("...", ""),
        ] {
            assert_eq!(Words::new(text).as_slice().join(" "), words, "{text}");
        }
    }

    #[test]
    fn a_flood_of_words_is_cut() {
        assert_eq!(Words::new(&"word ".repeat(100_000)).len(), WORDS_MAX);
    }

    #[test]
    fn phrases_are_found_by_whole_words() {
        let words = Words::new("I want a cleaning, please.");
        assert!(words.has("a cleaning"));
        assert!(!words.has("clean"));
        assert!(words.is_only(&["i want a cleaning"]));
    }
}
