//! Leaning the decoder towards number words where digits were asked for.
//!
//! Their values are raised a little before the likeliest token is chosen, so that they win where the model wavers and
//! nowhere else. Nothing is ruled out, and the end of the sentence and its marks are never leaned against: that would
//! make up digits where the speaker has stopped.
//!
//! Of sixteen numbers spoken by two voices through a telephone 7 come out right without this, 10 with it
//! (`tests/real/hints.rs`). The same for the next token of an expected phrase was tried and gained nothing over
//! correcting what was written.

use super::tokens::{ChosenToken, Vocabulary};
use crate::contract::AnswerForm;

/// What is leaned towards.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bias<'a> {
    tokens: &'a [u32],
}

impl<'a> Bias<'a> {
    pub(super) fn new(form: AnswerForm, vocabulary: &'a Vocabulary) -> Self {
        let tokens = match form {
            AnswerForm::Digits => vocabulary.numbers(),
            AnswerForm::Open | AnswerForm::Spelling => &[],
        };
        Self { tokens }
    }

    /// The token to choose where `best` is what the model likes best.
    pub(super) fn choose(self, logits: &[f32], best: ChosenToken) -> ChosenToken {
        let value = |token: usize| logits.get(token).copied().unwrap_or(f32::MIN);
        let (mut chosen, mut greatest) = (best.token, value(best.token));
        for token in self.tokens.iter().map(|token| *token as usize) {
            if value(token) + NUMBER > greatest {
                (chosen, greatest) = (token, value(token) + NUMBER);
            }
        }
        let behind = value(best.token) - value(chosen);
        ChosenToken { token: chosen, log_probability: best.log_probability - behind }
    }
}

/// How much number words are raised, as a natural logarithm: what is seven times likelier still wins. With 3, "I don't
/// know" begins to come out as numbers.
const NUMBER: f32 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_wins_only_where_the_model_wavers_and_with_its_own_probability() {
        let bias = Bias { tokens: &[3] };
        let best = ChosenToken { token: 1, log_probability: -0.1 };
        for (number, token, log_probability) in [(3.0, 3, -1.1), (1.5, 1, -0.1)] {
            let chosen = bias.choose(&[0.0, 4.0, 0.0, number], best);
            assert_eq!(chosen.token, token);
            assert!((chosen.log_probability - log_probability).abs() < 1e-6, "{chosen:?}");
        }
    }
}
