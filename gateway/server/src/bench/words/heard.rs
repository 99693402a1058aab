//! What a listener sees of one recording, sans-IO: the words as they are shown, when they are final, how many change.

use std::time::Duration;

use callwright_contract::CallFact;

use crate::bench::wer::{changes, words};

/// What was shown so far. Times are since the recording's first sample was spoken.
#[derive(Debug, Default)]
pub(super) struct Heard {
    first_words: Option<Duration>,
    /// Texts of the turns that are over.
    turns: Vec<String>,
    turn: Turn,
    /// The caller has been heard speaking since the last turn was over.
    open: bool,
    /// Of the last turn that is over: from when on its words were shown, and when they were declared final.
    last: Option<(Duration, Duration)>,
    stable: Changes,
    all: Changes,
}

/// The turn that is under way.
#[derive(Debug, Default)]
struct Turn {
    /// The words shown last, and since when.
    shown: Vec<String>,
    since: Duration,
    stable: Words,
    all: Words,
}

/// Words that are on the screen.
#[derive(Debug, Default)]
struct Words(Vec<String>);

/// How many words were shown, and how many of them changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) shown: usize,
    pub(super) changed: usize,
}

/// What came of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// All words of all turns.
    pub(super) text: String,
    /// When the first word was shown.
    pub(super) first_words: Option<Duration>,
    /// From when on the words of the last turn were shown as they stayed.
    pub(super) final_words: Option<Duration>,
    /// When the last turn was over.
    pub(super) turn_over: Option<Duration>,
    /// Turns that the recording was taken for.
    pub(super) turns: usize,
    /// The call ended in the middle of a turn: its words are lost.
    pub(super) unfinished: bool,
    /// Of the words that were shown as stable.
    pub(super) stable: Changes,
    /// Of all words that were shown.
    pub(super) all: Changes,
}

impl Heard {
    /// Something happened in the call.
    pub(super) fn event(&mut self, at: Duration, fact: &CallFact) {
        match fact {
            CallFact::SpeechStarted => self.open = true,
            CallFact::Partial { text, stable, .. } => {
                let text = text.reveal();
                if !text.trim().is_empty() {
                    self.first_words.get_or_insert(at);
                }
                self.show(at, text, *stable);
            }
            CallFact::TurnOver(over) => {
                let text = over.text.reveal();
                if !text.trim().is_empty() {
                    self.first_words.get_or_insert(at);
                }
                self.show(at, text, text.len());
                let turn = std::mem::take(&mut self.turn);
                self.last = Some((turn.since, at));
                self.turns.push(text.clone());
                self.open = false;
            }
            _ => {}
        }
    }

    fn show(&mut self, at: Duration, text: &str, stable: usize) {
        let now = words(text);
        if now != self.turn.shown {
            self.turn.shown.clone_from(&now);
            self.turn.since = at;
        }
        let stable = words(text.get(..stable).unwrap_or(text)).len();
        self.turn.stable.show(&now, stable, &mut self.stable);
        self.turn.all.show(&now, now.len(), &mut self.all);
    }

    /// A turn is under way.
    pub(super) const fn open(&self) -> bool {
        self.open
    }

    /// What there is to know once the call is over.
    pub(super) fn finish(self) -> Outcome {
        Outcome {
            text: self.turns.join(" "),
            first_words: self.first_words,
            final_words: self.last.map(|(words, _)| words),
            turn_over: self.last.map(|(_, over)| over),
            turns: self.turns.len(),
            unfinished: self.open,
            stable: self.stable,
            all: self.all,
        }
    }
}

impl Words {
    /// The turn's words are `now`, of which the first `shown` are on the screen; what is there already stays.
    fn show(&mut self, now: &[String], shown: usize, count: &mut Changes) {
        let (changed, place) = changes(&self.0, now);
        let to = shown.max(place);
        count.changed += changed;
        count.shown += to - place;
        self.0 = now.get(..to).unwrap_or(now).to_vec();
    }
}

impl Changes {
    /// Both together.
    pub(super) const fn and(self, other: Self) -> Self {
        Self { shown: self.shown + other.shown, changed: self.changed + other.changed }
    }
}

#[cfg(test)]
mod tests {
    use callwright_contract::{Pii, TurnId, TurnOver, TurnReason};

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn partial(text: &str, stable: &str) -> CallFact {
        assert!(text.starts_with(stable));
        CallFact::Partial {
            turn: TurnId(0),
            text: Pii::from(text.to_owned()),
            stable: stable.len(),
        }
    }

    fn over(text: &str) -> CallFact {
        CallFact::TurnOver(TurnOver {
            turn: TurnId(0),
            text: Pii::from(text.to_owned()),
            confidence: 0.9,
            reason: TurnReason::Patience,
            prepared: None,
        })
    }

    fn heard(events: &[(u64, CallFact)]) -> Outcome {
        let mut heard = Heard::default();
        for (at, fact) in events {
            heard.event(ms(*at), fact);
        }
        heard.finish()
    }

    #[test]
    fn words_are_final_from_when_they_stay() {
        let outcome = heard(&[
            (100, CallFact::SpeechStarted),
            (500, partial("", "")),
            (600, partial("It was", "")),
            (1_100, partial("It was the best of", "It was")),
            (1_700, partial("It was the best of times.", "It was the best of")),
            (1_900, partial("It was the best of times", "It was the best of times")),
            (2_900, over("It was the best of times.")),
        ]);
        assert_eq!(outcome.text, "It was the best of times.");
        assert_eq!((outcome.first_words, outcome.final_words), (Some(ms(600)), Some(ms(1_700))));
        assert_eq!((outcome.turn_over, outcome.turns), (Some(ms(2_900)), 1));
        assert_eq!(outcome.stable, Changes { shown: 6, changed: 0 });
        assert!(!outcome.unfinished);
    }

    #[test]
    fn what_changes_after_it_was_shown_is_counted_once() {
        let outcome = heard(&[
            (1, partial("the bust", "the bust")),
            (2, partial("the best of tines", "the best")),
            (3, over("the best of times")),
        ]);
        // Shown: the, bust, (best in its place), of, times; changed: bust. With the tail, tines too.
        assert_eq!(outcome.stable, Changes { shown: 4, changed: 1 });
        assert_eq!(outcome.all, Changes { shown: 4, changed: 2 });
    }

    #[test]
    fn turns_are_joined_and_one_that_does_not_end_is_told() {
        let outcome = heard(&[
            (1, CallFact::SpeechStarted),
            (2, over("one two")),
            (3, CallFact::SpeechStarted),
            (4, over("three")),
            (5, CallFact::SpeechStarted),
            (6, partial("four", "")),
        ]);
        assert_eq!((outcome.text.as_str(), outcome.turns), ("one two three", 2));
        assert!(outcome.unfinished);
        assert_eq!(heard(&[]), Outcome::default());
    }
}
