//! The words of one turn, as they come in pieces and change while they do.

use callwright_contract::{CallFact, Pii, TurnId};
use callwright_models::contract::Recognition;

use crate::partials::Partials;

/// The words of the turn that is under way: pieces that are settled, and the one that may still change.
#[derive(Debug, Default)]
pub(crate) struct TurnWords {
    settled: String,
    /// Confidences of the settled pieces times their lengths, and the lengths.
    weighed: (f32, f32),
    current: Partials,
    current_confidence: f32,
}

impl TurnWords {
    /// Begins a new turn.
    pub(crate) fn clear(&mut self) {
        self.settled.clear();
        self.weighed = (0.0, 0.0);
        self.current.clear();
        self.current_confidence = 0.0;
    }

    /// The current piece is heard so. Returns the event, if anything that is shown changed.
    pub(crate) fn hear(&mut self, turn: TurnId, heard: Recognition) -> Option<CallFact> {
        self.current_confidence = heard.confidence;
        self.current.run(heard.text, heard.agreed).then(|| self.partial(turn))
    }

    /// The current piece is `text` for good; a new piece begins.
    pub(crate) fn settle(&mut self, turn: TurnId, text: &str, confidence: f32) -> CallFact {
        join(&mut self.settled, text);
        let weight = text.len() as f32;
        self.weighed = (self.weighed.0 + confidence * weight, self.weighed.1 + weight);
        self.current.clear();
        self.current_confidence = 0.0;
        self.partial(turn)
    }

    /// All words so far.
    pub(crate) fn text(&self) -> String {
        let mut words = self.settled.clone();
        join(&mut words, self.current.text());
        words
    }

    /// Confidence in the words, 0-1: the mean of the pieces, weighted by length.
    pub(crate) fn confidence(&self) -> f32 {
        let length = self.current.text().len() as f32;
        let weight = self.weighed.1 + length;
        if weight > 0.0 {
            (self.weighed.0 + self.current_confidence * length) / weight
        } else {
            0.0
        }
    }

    fn partial(&self, turn: TurnId) -> CallFact {
        let text = self.text();
        let changing = self.current.text().len() - self.current.stable();
        CallFact::Partial { turn, stable: text.len() - changing, text: Pii::from(text) }
    }
}

fn join(words: &mut String, more: &str) {
    if !words.is_empty() && !more.is_empty() {
        words.push(' ');
    }
    words.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str, confidence: f32) -> Recognition {
        Recognition { text: text.to_owned(), confidence, ..Recognition::default() }
    }

    #[test]
    fn settled_pieces_are_stable_and_weigh_by_length() {
        let mut words = TurnWords::default();
        let turn = TurnId(0);
        assert!(words.hear(turn, heard("one two", 0.5)).is_some());
        words.settle(turn, "one two three.", 0.8);
        let Some(CallFact::Partial { text, stable, .. }) = words.hear(turn, heard("Four", 0.2))
        else {
            panic!("a new word is shown")
        };
        assert_eq!((text.reveal().as_str(), stable), ("one two three. Four", 15));
        assert!((words.confidence() - (0.8 * 14.0 + 0.2 * 4.0) / 18.0).abs() < 1e-6);
        words.clear();
        assert_eq!((words.text(), words.confidence()), (String::new(), 0.0));
    }
}
