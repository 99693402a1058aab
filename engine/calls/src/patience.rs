//! How long a pause may last before the turn is over.

use std::time::Duration;

use callwright_contract::Expectation;

use crate::question::{asks, is_whole_question};
use crate::tuning::PatienceTuning;
use crate::turn_end::{Pace, PauseEvidence};

/// What is known of a pause once the words are in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause<'a> {
    /// What the agent asked for last.
    pub(crate) expects: Expectation,
    /// What the judges heard.
    pub(crate) evidence: PauseEvidence,
    /// The words of the turn so far.
    pub(crate) words: &'a str,
    /// How soon open answers are taken to be over.
    pub(crate) pace: Pace,
    /// How long to wait where that does not say it.
    pub(crate) tuning: PatienceTuning,
}

impl Pause<'_> {
    /// Silence, counted from the caller's last sound, after which the turn is over.
    pub(crate) fn patience(self) -> Duration {
        let PatienceTuning { little, short_answer, no_judge, groups, .. } = self.tuning;
        let words = words_of(self.words);
        let finished = self.evidence.finished.or_else(|| mark(self.words));
        let evidence = PauseEvidence { finished, ..self.evidence };
        let whole = is_whole_question(&words);
        let sooner = if whole { WHOLE_QUESTION } else { 0.0 };
        let pace = Pace { sure: self.pace.sure - sooner, ..self.pace };
        let weighed = if evidence.judged.is_empty() { no_judge } else { evidence.patience(pace) };
        let base = match self.expects {
            Expectation::YesNo if words.first().is_some_and(|word| answers_yes_no(word)) => AT_ONCE,
            Expectation::Digits => match digits_in(&words) {
                TELEPHONE_MIN..=TELEPHONE_MAX | CARD.. => weighed.min(little),
                _ => groups,
            },
            Expectation::Spelling if spells_address(self.words) => little,
            Expectation::Spelling => groups,
            Expectation::Name if spells(&words) && !spelled_out(&words) => groups,
            Expectation::Name | Expectation::YesNo => weighed.min(short_answer),
            Expectation::Anything | Expectation::DateTime | _ if whole => weighed.min(little),
            Expectation::Anything | Expectation::DateTime | _ => weighed,
        };
        let promised = self.promise(&words, whole);
        base.max(promised)
    }

    /// The silence that the last words ask for.
    fn promise(&self, words: &[String], whole: bool) -> Duration {
        let asked = self.words.trim_end().ends_with('?') || whole;
        let open = matches!(self.expects, Expectation::Anything | Expectation::DateTime);
        if asks_for_time(words) {
            self.tuning.asked_for_time
        } else if trails_off(words, asked) {
            self.tuning.trailing
        } else if open && !asked && self.evidence.complete.is_some_and(|c| c < HARDLY) {
            self.tuning.open
        } else {
            Duration::ZERO
        }
    }
}

/// What a whole question adds to the log-odds of an end, besides what the words are weighed at.
const WHOLE_QUESTION: f32 = 1.0;

/// Words that are less likely to be all than this are hardly ever all.
const HARDLY: f32 = 0.05;

/// Nothing is waited for but the pause itself.
const AT_ONCE: Duration = Duration::ZERO;
/// Digits of a telephone number without and with the country code (North American Numbering Plan).
const TELEPHONE_MIN: usize = 10;
const TELEPHONE_MAX: usize = 11;
/// Digits of a payment card's number (ISO/IEC 7812, as most issuers have it); what is between a telephone number and
/// it is a card being read.
const CARD: usize = 16;

/// The belief that a sentence ends, of a recogniser that shows it by its marks alone. `None` for no words.
fn mark(words: &str) -> Option<f32> {
    let last = words.trim_end_matches(['"', '\'', ' ']).chars().next_back()?;
    Some(match last {
        '.' | '?' | '!' => 0.95,
        _ => 0.3,
    })
}

/// The caller has said that the answer takes a moment: "let me check", "hold on", "one second".
fn asks_for_time(words: &[String]) -> bool {
    const ASKS: [&[&str]; 22] = [
        &["let", "me", "check"],
        &["let", "me", "see"],
        &["let", "me", "look"],
        &["let", "me", "think"],
        &["let", "me", "find"],
        &["let", "me", "find", "it"],
        &["let", "me", "get", "it"],
        &["let", "me", "get", "my", "calendar"],
        &["let", "me", "check", "my", "calendar"],
        &["let", "me", "look", "it", "up"],
        &["hold", "on"],
        &["hang", "on"],
        &["bear", "with", "me"],
        &["one", "moment"],
        &["just", "a", "moment"],
        &["one", "second"],
        &["just", "a", "second"],
        &["one", "sec"],
        &["just", "a", "sec"],
        &["give", "me", "a", "second"],
        &["give", "me", "a", "moment"],
        &["wait"],
    ];
    let said: Vec<&str> = words.iter().map(String::as_str).collect();
    ASKS.iter().any(|asks| said.ends_with(asks))
}

/// A spelled electronic address that has come to its end: "j o at example dot com", "jo@example.com".
fn spells_address(text: &str) -> bool {
    const ENDINGS: [&str; 10] = ["com", "org", "net", "edu", "gov", "io", "uk", "de", "ca", "info"];
    let words = words_of(text);
    let Some((ending, before)) = words.split_last() else { return false };
    let at = text.contains('@') || before.iter().any(|word| word == "at");
    let dot = before.last().is_some_and(|word| word == "dot")
        || text
            .trim_end_matches(['.', '?', '!', ' '])
            .to_lowercase()
            .ends_with(&format!(".{ending}"));
    at && dot && ENDINGS.contains(&ending.as_str())
}

/// The last word is a letter, or a letter is explained: the next may follow.
fn spells(words: &[String]) -> bool {
    let letter = |word: &String| is_letter(word);
    match words {
        [.., before, like, within, _] if like == "as" && within == "in" => letter(before),
        [.., last] => letter(last),
        [] => false,
    }
}

/// The letters at the end are those of the word before them: `Johnson, J O H N S O N`.
fn spelled_out(words: &[String]) -> bool {
    let letters = words.iter().rev().take_while(|word| is_letter(word)).count();
    let (before, letters) = words.split_at(words.len() - letters);
    before.last().is_some_and(|word| *word == letters.concat())
}

fn is_letter(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn answers_yes_no(word: &str) -> bool {
    matches!(
        word,
        "yes"
            | "yeah"
            | "yep"
            | "yup"
            | "sure"
            | "correct"
            | "right"
            | "okay"
            | "ok"
            | "no"
            | "nope"
            | "nah"
    )
}

/// Digits that the words hold, spoken or written.
fn digits_in(words: &[String]) -> usize {
    const SPOKEN: [&str; 11] =
        ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    words
        .iter()
        .map(|word| {
            if SPOKEN.contains(&word.as_str()) {
                1
            } else {
                word.chars().filter(char::is_ascii_digit).count()
            }
        })
        .sum()
}

/// Words after which English speech goes on, whatever mark the recogniser put behind them.
fn trails_off(words: &[String], question: bool) -> bool {
    const OPEN: [&str; 26] = [
        "a", "an", "and", "because", "but", "i", "i'd", "i'll", "i'm", "if", "my", "or", "our",
        "so", "than", "that's", "the", "then", "um", "uh", "when", "whether", "which", "your",
        "erm", "hmm",
    ];
    /// These end questions as well: "What is it for?", "Where do you come from?"
    const OPEN_UNLESS_ASKED: [&str; 16] = [
        "at", "by", "can", "for", "from", "have", "in", "is", "like", "of", "on", "to", "with",
        "about", "how", "what",
    ];
    /// These want an object clause: "Could you tell me ... what it costs?"
    const WANTS_CLAUSE: [&[&str]; 14] = [
        &["tell", "me"],
        &["let", "me", "know"],
        &["to", "know"],
        &["do", "you", "know"],
        &["to", "ask"],
        &["to", "ask", "you"],
        &["wondering"],
        &["wondered"],
        &["i", "think"],
        &["i", "guess"],
        &["i", "mean"],
        &["i", "was", "thinking"],
        &["thinking", "about"],
        &["calling", "about"],
    ];
    let wants_clause = |said: &[&str]| WANTS_CLAUSE.iter().any(|wants| said.ends_with(wants));
    let said: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(last) = said.last() else { return false };
    let alone = said.len() == 1 && matches!(*last, "when" | "which");
    OPEN.contains(last) && !alone
        || OPEN_UNLESS_ASKED.contains(last) && !question
        || wants_clause(&said)
        // "Could you tell me where", whatever mark is behind it.
        || said.split_last().is_some_and(|(last, before)| asks(last) && wants_clause(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn_end::Readings;

    fn patience(expects: Expectation, judged: Option<f32>, words: &str) -> u128 {
        let mut readings = Readings::default();
        judged.into_iter().for_each(|over| readings.add(over));
        let evidence = PauseEvidence { judged: readings, ..PauseEvidence::default() };
        let (pace, tuning) = (Pace::default(), PatienceTuning::default());
        Pause { expects, evidence, words, pace, tuning }.patience().as_millis()
    }

    #[test]
    fn a_finished_sentence_is_answered_at_once() {
        assert!(patience(Expectation::Anything, Some(0.95), "I'd like to book a cleaning.") < 250);
        assert_eq!(patience(Expectation::YesNo, Some(0.1), "Yes."), 0);
        assert!(patience(Expectation::DateTime, Some(0.95), "Next Tuesday.") < 250);
    }

    #[test]
    fn an_unfinished_one_is_waited_for() {
        let and = "I'd like to book a cleaning and";
        assert!(patience(Expectation::Anything, Some(0.9), and) >= 1_300);
        let longest = Pace::default().longest.as_millis();
        assert_eq!(patience(Expectation::Anything, Some(0.05), "I need it"), longest);
        assert_eq!(patience(Expectation::Anything, None, "I need it"), 800);
        assert!(patience(Expectation::Name, Some(0.01), "Anna") <= 700);
    }

    #[test]
    fn words_that_can_hardly_be_all_are_waited_for_unless_a_short_answer_was_asked_for() {
        let weighed = |expects, complete, words| {
            let mut judged = Readings::default();
            judged.add(0.99);
            let finished = Some(0.9);
            let evidence = PauseEvidence { judged, finished, complete: Some(complete) };
            let (pace, tuning) = (Pace::default(), PatienceTuning::default());
            Pause { expects, evidence, words, pace, tuning }.patience().as_millis()
        };
        let like = "My car makes a strange noise.";
        assert_eq!(weighed(Expectation::Anything, 0.02, like), 1_000);
        assert!(weighed(Expectation::Anything, 0.1, like) < 800);
        assert!(weighed(Expectation::Anything, 0.7, like) < 200);
        assert!(weighed(Expectation::Name, 0.02, "Anna") <= 700);
        assert!(weighed(Expectation::Anything, 0.02, "Where can I park?") < 800);
    }

    #[test]
    fn a_whole_question_is_not_waited_for_long_however_it_sounds() {
        let unsure = |words| patience(Expectation::Anything, Some(0.05), words);
        assert_eq!(unsure("so could you tell me what your address is,"), 450);
        let longest = Pace::default().longest.as_millis();
        assert_eq!(unsure("so could you tell me what your address"), longest);
    }

    #[test]
    fn a_clause_that_is_wanted_is_waited_for_and_a_question_may_end_in_a_preposition() {
        for words in [
            "Could you tell me?",
            "I was wondering.",
            "And now I would like to know.",
            "Could you tell me what",
            "Can you tell me where?",
            "I wanted to ask you whether?",
            "I'd like to come in",
        ] {
            assert!(patience(Expectation::Anything, Some(0.99), words) >= 1_300, "{words}");
        }
        for words in ["What is it for?", "Can you tell me what your address is?", "When?"] {
            assert!(patience(Expectation::Anything, Some(0.99), words) < 250, "{words}");
        }
    }

    #[test]
    fn who_asks_for_time_gets_it() {
        for words in ["Let me check.", "Um, hold on", "Okay, just a second.", "Wait."] {
            assert_eq!(patience(Expectation::DateTime, Some(0.99), words), 4_000, "{words}");
        }
        assert!(patience(Expectation::DateTime, Some(0.99), "I can't wait for it.") < 250);
    }

    #[test]
    fn a_name_that_is_spelled_is_waited_for_until_it_is() {
        for (words, ms) in [
            ("J O H", 1_600),
            ("Mary, M A", 1_600),
            ("J as in John", 1_600),
            ("Johnson, J O H N S O N", 700),
            ("Mary Johnson", 700),
        ] {
            assert_eq!(patience(Expectation::Name, Some(0.01), words), ms, "{words}");
        }
    }

    #[test]
    fn numbers_and_letters_come_in_groups() {
        assert_eq!(patience(Expectation::Digits, Some(0.9), "five five five"), 1_600);
        assert!(patience(Expectation::Digits, Some(0.9), "555 212 3456") <= 450);
        assert_eq!(patience(Expectation::Digits, Some(0.9), "4000 1234 5678"), 1_600);
        assert!(patience(Expectation::Digits, Some(0.9), "4000 1234 5678 9010") <= 450);
        assert_eq!(patience(Expectation::Spelling, Some(0.9), "M I L"), 1_600);
        for address in ["J O at example dot com", "jo@example.com.", "jo at example.co.uk"] {
            assert_eq!(patience(Expectation::Spelling, Some(0.9), address), 450, "{address}");
        }
        assert_eq!(patience(Expectation::Spelling, Some(0.9), "J O at example dot"), 1_600);
    }
}
