//! Moonshine's decoder: chooses the likeliest token again and again.

use std::path::Path;

use ort::value::DynValue;

use super::bias::Bias;
use super::network::{Cache, Network};
use super::tokens::ChosenToken;
use crate::contract::ModelError;
use crate::runtime::LoadError;

/// The decoder.
#[derive(Debug)]
pub(super) struct Decoder {
    network: Network,
}

/// What was decoded.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) tokens: Vec<ChosenToken>,
    /// The belief that a sentence ends with the last word, 0-1; `None` when decoding was cut short in mid-word.
    pub(super) finished: Option<f32>,
}

/// What is believed of the tokens before they are decoded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Guess<'a> {
    /// What was written when less of the utterance was known, and so is likely.
    pub(super) tokens: &'a [u32],
    /// Of these, how many at the beginning stay even when others have become somewhat likelier.
    pub(super) held: usize,
}

impl Decoder {
    pub(super) fn load(models: &Path) -> Result<Self, LoadError> {
        Ok(Self { network: Network::load(models)? })
    }

    /// Octets that the runtime holds for it.
    pub(super) fn memory(&self) -> Option<u64> {
        self.network.memory()
    }

    /// Writes at most `tokens_max` tokens of what the encoder made of an utterance, `[1][frame][288]`.
    ///
    /// What `guess` holds is not decoded token by token: the model takes it in at one step and says at each place
    /// what it would have written there. What it agrees with is kept, and decoding goes on from the first place
    /// where it does not, with what remains of the guess as the next guess. So the result is what decoding token by
    /// token gives (but for the rounding of 8-bit arithmetic), and costs the steps at which the guess was wrong.
    pub(super) fn decode(
        &mut self,
        states: &DynValue,
        guess: Guess<'_>,
        bias: Bias<'_>,
        tokens_max: usize,
    ) -> Result<Written, ModelError> {
        let mut written: Vec<ChosenToken> = Vec::new();
        let mut finished = None;
        let heard = self.network.hear(states)?;
        let mut cache = Cache::empty()?;
        // More than may be written is no help, and the network has places for a few hundred tokens.
        let likely = guess.tokens.get(..tokens_max).unwrap_or(guess.tokens);
        let mut draft = Draft { rest: likely, misses: 0 };
        let mut ids = vec![START];
        while written.len() < tokens_max {
            ids.truncate(1);
            ids.extend(draft.next().iter().map(|token| i64::from(*token)));
            let logits = self.network.step(&heard, &ids, &mut cache)?;
            let (places, guessed) = (logits.by_place()?, ids.iter().skip(1));
            let mut taken = 0;
            let mut next = None;
            for (logits, guessed) in places.zip(guessed.map(Some).chain([None])) {
                let best = likeliest(logits);
                let is_held = draft.misses == 0 && written.len() < guess.held;
                let held = guessed.filter(|_| is_held);
                let chosen = if best.token == END || MARKS.contains(&best.token) {
                    best
                } else {
                    bias.choose(logits, best)
                };
                let chosen = held.and_then(|id| nearly(logits, *id, best)).unwrap_or(chosen);
                taken += 1;
                // Where the last mark was written, or where none was before the end.
                if MARKS.contains(&chosen.token) || (chosen.token == END && finished.is_none()) {
                    finished = Some(ends_sentence(logits));
                } else if chosen.token != END {
                    finished = None;
                }
                let agreed = guessed.is_some_and(|id| *id == chosen.token as i64);
                if chosen.token == END || written.len() == tokens_max {
                    return Ok(Written { tokens: written, finished });
                }
                written.push(chosen);
                if !agreed {
                    next = Some((chosen.token, guessed.is_some()));
                    break;
                }
            }
            let Some((token, missed)) = next else { break };
            cache.truncate(cache.length + taken)?;
            draft.advance(taken - 1, missed.then_some(token));
            ids[0] = token as i64;
        }
        Ok(Written { tokens: written, finished })
    }

    /// Takes the steps of a decoding in which `drafted` tokens of a guess are right and `written` follow, whatever they
    /// would be.
    pub(super) fn rehearse(
        &mut self,
        states: &DynValue,
        drafted: usize,
        written: usize,
    ) -> Result<(), ModelError> {
        let heard = self.network.hear(states)?;
        let mut cache = Cache::empty()?;
        let mut ids = vec![START; drafted + 1];
        for _ in 0..=written {
            self.network.step(&heard, &ids, &mut cache)?;
            cache.truncate(cache.length + ids.len())?;
            ids.truncate(1);
        }
        Ok(())
    }
}

/// What remains of a guess.
struct Draft<'a> {
    rest: &'a [u32],
    /// Times that it was wrong.
    misses: usize,
}

impl<'a> Draft<'a> {
    /// The tokens to try next: all of them at first; after it was wrong, few, because each costs a little.
    fn next(&self) -> &'a [u32] {
        let length = match self.misses {
            0 => self.rest.len(),
            1..=MISSES_MAX => self.rest.len().min(DRAFT_AFTER_MISS),
            _ => 0,
        };
        self.rest.get(..length).unwrap_or_default()
    }

    /// The first `right` tokens were right. After them `instead` was written, if the next one was wrong.
    fn advance(&mut self, right: usize, instead: Option<usize>) {
        self.rest = self.rest.get(right..).unwrap_or_default();
        if let Some(instead) = instead {
            self.misses += 1;
            // A token left out of the utterance, or one replaced; a mark put in is left to the next miss.
            let near = self.rest.iter().take(REALIGN).skip(1);
            let found = near.clone().position(|token| *token as usize == instead);
            let skipped = found.map_or(1, |place| place + 2);
            self.rest = self.rest.get(skipped..).unwrap_or_default();
        }
    }
}

/// The token `id` in place of the `best` one, if it is nearly as likely.
fn nearly(logits: &[f32], id: i64, best: ChosenToken) -> Option<ChosenToken> {
    let token = usize::try_from(id).ok()?;
    let behind = logits.get(best.token)? - logits.get(token)?;
    (behind <= HELD_MARGIN)
        .then_some(ChosenToken { token, log_probability: best.log_probability - behind })
}

/// The token with the greatest value, and its probability among all.
fn likeliest(logits: &[f32]) -> ChosenToken {
    let greatest = logits.iter().copied().fold(f32::MIN, f32::max);
    let token = logits.iter().position(|&value| value == greatest).unwrap_or(0);
    // What is e^-15 as likely adds less than 1 % even if all the others are.
    let rest = logits.iter().map(|value| value - greatest).filter(|&value| value > -15.0);
    ChosenToken { token, log_probability: -rest.map(f32::exp).sum::<f32>().ln() }
}

/// The share of the marks that end a sentence among all tokens.
fn ends_sentence(logits: &[f32]) -> f32 {
    let greatest = logits.iter().copied().fold(f32::MIN, f32::max);
    let share = |values: &mut dyn Iterator<Item = f32>| -> f32 {
        values.map(|value| (value - greatest).exp()).sum()
    };
    let ends = share(&mut SENTENCE_ENDS.iter().filter_map(|&mark| logits.get(mark).copied()));
    ends / share(&mut logits.iter().copied())
}

/// How much less likely than the best one a held token may have become: 20 times, as a natural logarithm.
const HELD_MARGIN: f32 = 3.0;
/// Tokens of a guess that are tried at once after it was wrong: eight cost two thirds as much again as one.
const DRAFT_AFTER_MISS: usize = 8;
/// A guess that was wrong more often than this is no help.
const MISSES_MAX: usize = 4;
/// Tokens of a guess among which the one that was written instead is looked for.
const REALIGN: usize = 4;

/// The full stop, the question mark and the exclamation mark, as tokens of their own.
const SENTENCE_ENDS: [usize; 3] = [29_889, 29_973, 29_991];
/// These and the comma.
const MARKS: [usize; 4] = [29_889, 29_973, 29_991, 29_892];

/// Begins every sentence.
const START: i64 = 1;
/// Ends it.
const END: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moonshine::network::VOCABULARY;

    #[test]
    fn a_draft_goes_on_after_what_was_right_replaced_or_left_out() {
        let tokens = [10, 11, 12, 13, 14, 15];
        for (right, instead, rest) in [
            (6, None, &[][..]),
            (2, None, &[12, 13, 14, 15]),
            (2, Some(99), &[13, 14, 15]),
            (2, Some(13), &[14, 15]),
            (2, Some(15), &[]),
            (6, Some(99), &[]),
        ] {
            let mut draft = Draft { rest: &tokens, misses: 0 };
            draft.advance(right, instead);
            assert_eq!(draft.rest, rest, "{right} {instead:?}");
        }
    }

    #[test]
    fn a_draft_that_is_wrong_again_and_again_is_dropped() {
        let tokens: Vec<u32> = (0..100).collect();
        let mut draft = Draft { rest: &tokens, misses: 0 };
        assert_eq!(draft.next().len(), 100);
        let mut tried = Vec::new();
        for _ in 0..6 {
            draft.advance(0, Some(9_999));
            tried.push(draft.next().len());
        }
        assert_eq!(tried, [8, 8, 8, 8, 0, 0]);
    }

    #[test]
    fn the_likeliest_token_comes_with_its_share_of_all() {
        let chosen = likeliest(&[0.0, 2.0_f32.ln(), 0.0, -100.0]);
        assert_eq!(chosen.token, 1);
        assert!((chosen.log_probability.exp() - 0.5).abs() < 1e-6);
        assert_eq!(likeliest(&[f32::NAN; 4]).token, 0, "a broken step chooses something");
    }

    #[test]
    fn marks_that_end_sentences_are_weighed_against_all_other_tokens() {
        let mut logits = vec![-100.0; VOCABULARY];
        for (token, share) in [(29_889, 0.25_f32), (29_973, 0.25), (29_892, 0.3), (17, 0.2)] {
            logits[token] = share.ln();
        }
        assert!((ends_sentence(&logits) - 0.5).abs() < 1e-5);
    }
}
