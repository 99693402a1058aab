//! What words say of how somebody feels: a list of our own, with negation, and the phrases by which callers show
//! that they are frustrated, angry or lost. English; words of other languages say nothing.
//!
//! No corpus stands behind the numbers: they are set by hand, mildly, and only tip what the voice leaves open.

mod lexicon;

use lexicon::{ANGRY, CONFUSED, FRUSTRATED, NEGATIONS, PLEASED, STRONG, WORDS};

/// What the words of one utterance say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct WordMood {
    /// From -1, displeased, to 1, pleased; 0 when they say nothing.
    pub(crate) valence: f32,
    /// How much that rests on, 0-1: none of the words, one mild one, ... a strong phrase.
    pub(crate) evidence: f32,
    /// They say that something is going wrong, again or for too long: "I already told you".
    pub(crate) frustrated: bool,
    /// They are hostile: "this is outrageous", "I want to complain".
    pub(crate) angry: bool,
    /// They say that something was not understood: "what do you mean".
    pub(crate) confused: bool,
}

impl WordMood {
    /// Scores a transcript. Case and punctuation do not matter.
    pub(crate) fn of(transcript: &str) -> Self {
        let words: Vec<String> = transcript
            .split(|c: char| !(c.is_alphanumeric() || is_apostrophe(c)))
            .map(|word| word.chars().filter(|c| !is_apostrophe(*c)).collect::<String>())
            .filter(|word| !word.is_empty())
            .map(|word| word.to_lowercase())
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut sum = Sum::default();
        let (frustrated, angry) = (said(&words, FRUSTRATED), said(&words, ANGRY));
        if frustrated {
            sum.add(-0.8);
        }
        if angry {
            sum.add(-1.0);
        }
        if said(&words, PLEASED) {
            sum.add(0.8);
        }
        for (at, word) in words.iter().enumerate() {
            let Some((_, weight)) = WORDS.iter().find(|(known, _)| known == word) else { continue };
            let before = words.get(at.saturating_sub(3)..at).unwrap_or_default();
            let stronger = before.last().is_some_and(|word| STRONG.contains(word));
            let weight = weight * if stronger { 1.4 } else { 1.0 };
            // "Not bad" is milder than "good".
            // "No" alone is an answer, and turns only the word that it stands before: "no good", "no, that's great".
            let turned = before.iter().any(|word| NEGATIONS.contains(word))
                || before.last().is_some_and(|word| *word == "no");
            sum.add(if turned { -0.6 * weight } else { weight });
        }
        Self {
            valence: sum.valence(),
            evidence: (sum.strength / 1.5).min(1.0),
            frustrated,
            angry,
            confused: said(&words, CONFUSED),
        }
    }
}

impl WordMood {
    /// Whether they bear on a mood at all.
    pub(crate) const fn say_something(&self) -> bool {
        self.evidence > 0.0 || self.frustrated || self.angry || self.confused
    }
}

#[derive(Default)]
struct Sum {
    total: f32,
    strength: f32,
}

impl Sum {
    fn add(&mut self, weight: f32) {
        self.total += weight;
        self.strength += weight.abs();
    }

    /// Many words of one kind approach 1 and do not pass it.
    fn valence(&self) -> f32 {
        self.total / (0.5 + self.total.abs())
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// Whether one of `phrases` (words, parted by single spaces) is said.
fn said(words: &[&str], phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let length = phrase.split(' ').count();
        words.windows(length).any(|part| part.iter().copied().eq(phrase.split(' ')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_which_way_a_caller_feels() {
        for (said, sign) in [
            ("That's great, thank you so much.", 1.0),
            ("Perfect.", 1.0),
            ("This is terrible, I hate it.", -1.0),
            ("I'm not happy with this at all.", -1.0),
            ("That's not bad.", 1.0),
            ("It is not good", -1.0),
            ("That's no good", -1.0),
            ("No, that's great", 1.0),
            ("I'd like an appointment on Tuesday at ten.", 0.0),
            ("", 0.0),
            ("…!?", 0.0),
        ] {
            let mood = WordMood::of(said);
            assert_eq!(mood.valence.signum() * f32::from(mood.valence != 0.0), sign, "{said}");
            assert_eq!(mood.evidence > 0.0, sign != 0.0, "{said}");
        }
    }

    #[test]
    fn what_callers_say_every_day_says_nothing() {
        for said in [
            "Could you come on Tuesday?",
            "Tuesday doesn't work for me.",
            "I'm not working on Friday, so Friday.",
            "What kind of filling is it?",
            "How many times a day do I take it?",
            "My tooth hurts and it is broken.",
            "I'm afraid I can't make it.",
            "Can I speak to a person, please?",
            "Can I come again next week?",
            "Please cancel everything on the third.",
        ] {
            assert_eq!(WordMood::of(said), WordMood::default(), "{said}");
        }
    }

    #[test]
    fn more_words_say_more_and_never_more_than_everything() {
        let mild = WordMood::of("good").valence;
        let strong = WordMood::of("really good").valence;
        let most = WordMood::of(&"wonderful perfect excellent ".repeat(50));
        assert!(0.0 < mild && mild < strong && strong < most.valence && most.valence <= 1.0);
        assert_eq!(most.evidence, 1.0);
    }

    #[test]
    fn phrases_tell_frustration_anger_and_confusion_apart() {
        let of = |said| {
            let mood = WordMood::of(said);
            (mood.frustrated, mood.angry, mood.confused)
        };
        assert_eq!(of("I already told you my number!"), (true, false, false));
        assert_eq!(of("This is RIDICULOUS."), (true, false, false));
        assert_eq!(of("I’ve been waiting for an hour"), (true, false, false));
        assert_eq!(of("I want to speak to your manager"), (false, true, false));
        assert_eq!(of("Sorry, I don't understand."), (false, false, true));
        assert_eq!(of("what do you mean by that"), (false, false, true));
        assert_eq!(of("I understand, thanks"), (false, false, false));
        assert_eq!(of("A filling, please"), (false, false, false));
    }

    #[test]
    fn every_phrase_and_word_is_written_as_it_is_looked_for() {
        let phrases = [ANGRY, CONFUSED, FRUSTRATED, PLEASED].concat();
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
        for phrase in phrases.iter().chain(NEGATIONS).chain(STRONG) {
            assert!(plain(phrase) && !phrase.contains("  "), "{phrase}");
        }
        for (index, (word, weight)) in WORDS.iter().enumerate() {
            assert!(plain(word) && !word.contains(' ') && weight.abs() <= 1.0, "{word}");
            assert!(WORDS[..index].iter().all(|(other, _)| other != word), "{word} is there twice");
        }
    }
}
