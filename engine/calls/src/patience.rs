//! How long a pause may last before the turn is over.

use std::time::Duration;

use callwright_contract::Expectation;

/// What is known of a pause once the words are in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause<'a> {
    /// What the agent asked for last.
    pub(crate) expects: Expectation,
    /// The audio judge's probability that the turn is over, if it answered.
    pub(crate) judged: Option<f32>,
    /// The words of the turn so far.
    pub(crate) words: &'a str,
}

impl Pause<'_> {
    /// Silence, counted from the caller's last sound, after which the turn is over. Zero: it is over already.
    pub(crate) fn patience(self) -> Duration {
        let words = words_of(self.words);
        let finished = self.judged.is_some_and(|over| over >= OVER);
        let base = match self.expects {
            Expectation::YesNo if words.first().is_some_and(|word| answers_yes_no(word)) => {
                Duration::ZERO
            }
            Expectation::Digits => match digits_in(&words) {
                COMPLETE_NUMBER.. => LITTLE,
                _ => GROUPS,
            },
            Expectation::Spelling => GROUPS,
            _ if finished => Duration::ZERO,
            Expectation::Name | Expectation::YesNo => SHORT_ANSWER,
            // The recogniser writes a question mark only where the words make a whole question.
            _ if self.words.trim_end().ends_with('?') => LITTLE,
            Expectation::Anything | Expectation::DateTime | _ => match self.judged {
                // The less the judge believes in an end, the longer the wait.
                Some(over) => LITTLE + (OPEN_ANSWER - LITTLE).mul_f32(1.0 - (over / OVER).min(1.0)),
                None => NO_JUDGE,
            },
        };
        if words.last().is_some_and(|word| trails_off(word)) { base.max(TRAILING) } else { base }
    }
}

/// The judge's own threshold (Smart Turn v3: above 0.5 the turn is over).
pub(crate) const OVER: f32 = 0.5;
/// A short wait, for an answer that is complete but for a word.
const LITTLE: Duration = Duration::from_millis(450);
/// A yes, a no or a name that the judge thinks unfinished.
const SHORT_ANSWER: Duration = Duration::from_millis(700);
/// An open answer that the judge is sure is unfinished.
const OPEN_ANSWER: Duration = Duration::from_millis(1_500);
/// No judgement came: the usual compromise of engines that have none.
const NO_JUDGE: Duration = Duration::from_millis(800);
/// Between the groups of a number that is read off a card, or the letters of a spelled word.
const GROUPS: Duration = Duration::from_millis(1_600);
/// After a word that promises another.
const TRAILING: Duration = Duration::from_millis(1_300);
/// Digits of a telephone number without the country code (North American Numbering Plan).
const COMPLETE_NUMBER: usize = 10;

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

/// Words after which English speech goes on.
fn trails_off(word: &str) -> bool {
    const OPEN: [&str; 34] = [
        "a", "an", "and", "at", "because", "but", "by", "can", "for", "from", "have", "i", "i'd",
        "i'll", "i'm", "in", "is", "like", "my", "of", "on", "or", "our", "so", "that's", "the",
        "then", "to", "um", "uh", "with", "your", "erm", "hmm",
    ];
    OPEN.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(expects: Expectation, judged: Option<f32>, words: &str) -> u128 {
        Pause { expects, judged, words }.patience().as_millis()
    }

    #[test]
    fn a_finished_sentence_is_answered_at_once() {
        assert_eq!(patience(Expectation::Anything, Some(0.9), "I'd like to book a cleaning."), 0);
        assert_eq!(patience(Expectation::YesNo, Some(0.1), "Yes."), 0);
        assert_eq!(patience(Expectation::DateTime, Some(0.7), "Next Tuesday"), 0);
    }

    #[test]
    fn an_unfinished_one_is_waited_for() {
        assert!(
            patience(Expectation::Anything, Some(0.9), "I'd like to book a cleaning and") >= 1_300
        );
        assert!(patience(Expectation::Anything, Some(0.05), "I need") > 1_200);
        assert!(patience(Expectation::Anything, Some(0.45), "I need it") < 700);
        assert_eq!(patience(Expectation::DateTime, Some(0.05), "Can we make it Friday?"), 450);
        assert_eq!(patience(Expectation::Anything, None, "I need it"), 800);
    }

    #[test]
    fn numbers_and_letters_come_in_groups() {
        assert_eq!(patience(Expectation::Digits, Some(0.9), "five five five"), 1_600);
        assert_eq!(patience(Expectation::Digits, Some(0.9), "555 212 3456"), 450);
        assert_eq!(patience(Expectation::Spelling, Some(0.9), "M I L"), 1_600);
    }
}
