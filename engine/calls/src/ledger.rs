//! What the caller has heard of a reply, to the word.

use callwright_contract::Pii;
use callwright_models::contract::SpokenWord;

/// The words of one reply and when each has been spoken, in samples of the reply's own sound.
#[derive(Debug)]
pub(crate) struct Ledger {
    text: Pii<String>,
    words: Vec<SpokenWord>,
}

impl Ledger {
    pub(crate) const fn new(text: Pii<String>) -> Self {
        Self { text, words: Vec::new() }
    }

    /// The synthesiser says when these words end.
    pub(crate) fn spoken(&mut self, words: &[SpokenWord]) {
        self.words.extend_from_slice(words);
    }

    /// The whole reply.
    pub(crate) const fn text(&self) -> &Pii<String> {
        &self.text
    }

    /// The part of the reply whose words ended within its first `samples` samples.
    pub(crate) fn heard(&self, samples: u64) -> Pii<String> {
        let text = self.text.reveal();
        let last = self.words.iter().take_while(|word| word.sample_end <= samples).last();
        let end = last.map_or(0, |word| word.text_end);
        // A voice that gives an offset inside a character loses that word, not the call.
        Pii::from(text.get(..end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_once_all_of_it_was_played() {
        let mut ledger = Ledger::new(Pii::from("One, two."));
        ledger.spoken(&[
            SpokenWord { text_end: 3, sample_end: 100 },
            SpokenWord { text_end: 8, sample_end: 250 },
        ]);
        for (samples, heard) in [(0, ""), (99, ""), (100, "One"), (249, "One"), (250, "One, two")] {
            assert_eq!(ledger.heard(samples).reveal(), heard, "{samples}");
        }
    }

    #[test]
    fn an_offset_inside_a_character_is_harmless() {
        let mut ledger = Ledger::new(Pii::from("é"));
        ledger.spoken(&[SpokenWord { text_end: 1, sample_end: 1 }]);
        assert_eq!(ledger.heard(5).reveal(), "");
    }
}
