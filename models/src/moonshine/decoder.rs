//! Moonshine's decoder: chooses the likeliest token again and again, and keeps what it has computed in a cache.

use std::path::Path;

use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor, TensorRef};

use super::MODEL;
use super::bias::Bias;
use super::tokens::ChosenToken;
use crate::contract::ModelError;
use crate::runtime::session::{Signature, failed, floats};
use crate::runtime::{LoadError, OnnxSession};

/// The decoder, and what each of its inputs is.
#[derive(Debug)]
pub(super) struct Decoder {
    session: OnnxSession,
    /// In the order of the model's inputs.
    inputs: Vec<Input>,
    /// For each part of the cache, in the order of the inputs, its name among the outputs.
    cache: Vec<CachePart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Tokens,
    States,
    Mask,
    UseCache,
    Cache(usize),
}

#[derive(Debug)]
struct CachePart {
    output: String,
    /// Of what was heard, which the first step computes for good; otherwise of what was written.
    of_heard: bool,
}

/// What the encoder made of an utterance.
pub(super) struct Sound<'a> {
    /// `[1][frame][288]`.
    pub(super) states: DynValue,
    /// `[1][sample]`, all ones: the model strides over it by itself.
    pub(super) mask: &'a [i64],
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
    /// Octets that the runtime holds for it.
    pub(super) fn memory(&self) -> Option<u64> {
        self.session.memory()
    }

    pub(super) fn load(models: &Path) -> Result<Self, LoadError> {
        let parts: Vec<String> = (0..LAYERS)
            .flat_map(|layer| {
                ["decoder.key", "decoder.value", "encoder.key", "encoder.value"]
                    .map(|part| format!("{layer}.{part}"))
            })
            .collect();
        let past: Vec<String> = parts.iter().map(|p| format!("past_key_values.{p}")).collect();
        let present: Vec<String> = parts.iter().map(|p| format!("present.{p}")).collect();
        let mut inputs = vec![INPUT_TOKENS, INPUT_STATES, INPUT_MASK, INPUT_USE_CACHE];
        inputs.extend(past.iter().map(String::as_str));
        let mut outputs = vec!["logits"];
        outputs.extend(present.iter().map(String::as_str));
        let signature = Signature { inputs: &inputs, outputs: &outputs };
        let session = OnnxSession::load(models, MODEL, FILE, signature)?;
        let order = session
            .input_names()
            .map(|name| match name {
                INPUT_STATES => Input::States,
                INPUT_MASK => Input::Mask,
                INPUT_USE_CACHE => Input::UseCache,
                _ => past.iter().position(|past| past == name).map_or(Input::Tokens, Input::Cache),
            })
            .collect();
        let cache = present
            .into_iter()
            .map(|output| CachePart { of_heard: output.contains("encoder"), output })
            .collect();
        Ok(Self { session, inputs: order, cache })
    }

    /// Writes at most `tokens_max` tokens.
    ///
    /// What `guess` holds is not decoded token by token: the model takes it in at one step and says at each place
    /// what it would have written there. What it agrees with is kept, and decoding goes on from the first place
    /// where it does not, with what remains of the guess as the next guess. So the result is what decoding token by
    /// token gives (but for the rounding of 8-bit arithmetic), and costs the steps at which the guess was wrong.
    pub(super) fn decode(
        &mut self,
        heard: &Sound<'_>,
        guess: Guess<'_>,
        bias: Bias<'_>,
        tokens_max: usize,
    ) -> Result<Written, ModelError> {
        let mut written: Vec<ChosenToken> = Vec::new();
        let mut finished = None;
        let mut cache = Cache::empty(self.cache.len())?;
        let mut draft = Draft { rest: guess.tokens, misses: 0 };
        let mut ids = vec![START];
        while written.len() < tokens_max {
            ids.truncate(1);
            ids.extend(draft.next().iter().map(|token| i64::from(*token)));
            let logits = self.step(heard, &ids, &mut cache)?;
            let (places, guessed) = (logits.chunks_exact(VOCABULARY), ids.iter().skip(1));
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
        heard: &Sound<'_>,
        drafted: usize,
        written: usize,
    ) -> Result<(), ModelError> {
        let mut cache = Cache::empty(self.cache.len())?;
        let mut ids = vec![START; drafted + 1];
        for _ in 0..=written {
            self.step(heard, &ids, &mut cache)?;
            cache.truncate(cache.length + ids.len())?;
            ids.truncate(1);
        }
        Ok(())
    }

    /// Takes in `ids` after those in the cache, and gives the values of every token at each of their places.
    /// The cache then holds them all; [`Cache::length`] is left to the caller, who knows how many of them stay.
    fn step(
        &mut self,
        heard: &Sound<'_>,
        ids: &[i64],
        cache: &mut Cache,
    ) -> Result<Vec<f32>, ModelError> {
        let mask = TensorRef::from_array_view(([1, heard.mask.len()], heard.mask));
        let mask: SessionInputValue<'_> = mask.map_err(refused)?.into();
        let tokens = TensorRef::from_array_view(([1, ids.len()], ids));
        let tokens: SessionInputValue<'_> = tokens.map_err(refused)?.into();
        let first = cache.length == 0;
        let use_cache = [!first];
        let use_cache = TensorRef::from_array_view(([1], use_cache.as_slice()));
        let use_cache: SessionInputValue<'_> = use_cache.map_err(refused)?.into();
        let inputs: Vec<SessionInputValue<'_>> = self
            .inputs
            .iter()
            .map(|input| match input {
                Input::Tokens => SessionInputValue::View(tokens.view()),
                Input::States => SessionInputValue::View(heard.states.view()),
                Input::Mask => SessionInputValue::View(mask.view()),
                Input::UseCache => SessionInputValue::View(use_cache.view()),
                Input::Cache(part) => SessionInputValue::View(cache.parts[*part].view()),
            })
            .collect();
        let mut outputs = self.session.run_in_order(&inputs)?;
        drop(inputs);
        let logits = floats(MODEL, outputs.get("logits"), "logits", ids.len() * VOCABULARY)?;
        let logits = logits.to_vec();
        // What was heard is computed by the first step and kept from there.
        for (part, kept) in self.cache.iter().zip(&mut cache.parts) {
            if first || !part.of_heard {
                *kept = outputs
                    .remove(&part.output)
                    .ok_or(ModelError::Shape { model: MODEL, what: "the cache" })?;
            }
        }
        cache.of_heard = self.cache.iter().map(|part| part.of_heard).collect();
        Ok(logits)
    }
}

/// What the model has computed of the tokens so far, so that a step takes in new ones only.
struct Cache {
    /// `[1][HEADS][token][HEAD_WIDTH]` each; of what was heard, `[1][HEADS][frame][HEAD_WIDTH]`.
    parts: Vec<DynValue>,
    /// For each part, whether it is of what was heard.
    of_heard: Vec<bool>,
    /// Tokens that count.
    length: usize,
}

impl Cache {
    fn empty(parts: usize) -> Result<Self, ModelError> {
        let empty = || Tensor::from_array(([1, HEADS, 0, HEAD_WIDTH], Vec::<f32>::new()));
        let parts: Result<Vec<_>, _> = (0..parts).map(|_| empty().map(Tensor::into_dyn)).collect();
        Ok(Self { parts: parts.map_err(refused)?, of_heard: Vec::new(), length: 0 })
    }

    /// Forgets all tokens after the first `length`.
    fn truncate(&mut self, length: usize) -> Result<(), ModelError> {
        const WHAT: ModelError = ModelError::Shape { model: MODEL, what: "the cache" };
        self.length = length;
        for (part, of_heard) in self.parts.iter_mut().zip(&self.of_heard) {
            let (shape, values) = part.try_extract_tensor::<f32>().map_err(refused)?;
            let held = shape.get(2).and_then(|held| usize::try_from(*held).ok()).ok_or(WHAT)?;
            if *of_heard || held == length {
                continue;
            }
            if held < length || values.len() != HEADS * held * HEAD_WIDTH {
                return Err(WHAT);
            }
            let heads = values.chunks_exact(held * HEAD_WIDTH);
            let kept: Vec<f32> =
                heads.flat_map(|head| head.iter().take(length * HEAD_WIDTH)).copied().collect();
            let kept = Tensor::from_array(([1, HEADS, length, HEAD_WIDTH], kept));
            *part = kept.map_err(refused)?.into_dyn();
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

fn refused(error: ort::Error) -> ModelError {
    failed(MODEL, &error)
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

const FILE: &str = "moonshine-tiny-en/decoder_model_merged.ort";
const INPUT_TOKENS: &str = "input_ids";
const INPUT_STATES: &str = "encoder_hidden_states";
const INPUT_MASK: &str = "encoder_attention_mask";
const INPUT_USE_CACHE: &str = "use_cache_branch";

/// Numbers of the model's shape.
const LAYERS: usize = 6;
const HEADS: usize = 8;
const HEAD_WIDTH: usize = 36;
const VOCABULARY: usize = 32_768;

/// How much less likely than the best one a held token may have become: 20 times, as a natural logarithm.
const HELD_MARGIN: f32 = 3.0;
/// Tokens of a guess that are tried at once after it was wrong: eight cost half as much again as one.
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
