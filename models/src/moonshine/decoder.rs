//! Moonshine's decoder: chooses the likeliest token again and again, and keeps what it has computed in a cache.

use std::path::Path;

use ort::session::{SessionInputValue, SessionOutputs};
use ort::value::{DynValue, Tensor, TensorRef};

use super::MODEL;
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

/// What the encoder made of some utterances of one length.
pub(super) struct Heard<'a> {
    /// How many.
    pub(super) batch: usize,
    /// Samples of each.
    pub(super) length: usize,
    /// `[batch][frame][288]`.
    pub(super) states: DynValue,
    /// `[batch][length]`, all ones: the model strides over it by itself.
    pub(super) mask: &'a [i64],
}

impl Decoder {
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

    /// Writes at most `tokens_max` tokens for each utterance.
    pub(super) fn decode(
        &mut self,
        heard: Heard<'_>,
        tokens_max: usize,
    ) -> Result<Vec<Vec<ChosenToken>>, ModelError> {
        let refused = |error: ort::Error| failed(MODEL, &error);
        let batch = heard.batch;
        let mask = TensorRef::from_array_view(([batch, heard.length], heard.mask));
        let mask: SessionInputValue<'_> = mask.map_err(refused)?.into();
        let mut cache = Vec::with_capacity(self.cache.len());
        for _ in &self.cache {
            let empty = Tensor::from_array(([batch, HEADS, 0, HEAD_WIDTH], Vec::<f32>::new()));
            cache.push(empty.map_err(refused)?.into_dyn());
        }
        let mut sentences: Vec<Vec<ChosenToken>> = vec![Vec::new(); batch];
        let mut next = vec![START; batch];
        let mut done = vec![false; batch];
        for step in 0..tokens_max {
            let tokens = TensorRef::from_array_view(([batch, 1], next.as_slice()));
            let tokens: SessionInputValue<'_> = tokens.map_err(refused)?.into();
            let use_cache = [step > 0];
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
                    Input::Cache(part) => SessionInputValue::View(cache[*part].view()),
                })
                .collect();
            let mut outputs = self.session.run_in_order(&inputs)?;
            drop(inputs);
            let logits = floats(MODEL, outputs.get("logits"), "logits", batch * VOCABULARY)?;
            for (place, logits) in logits.chunks_exact(VOCABULARY).enumerate() {
                let chosen = likeliest(logits);
                done[place] |= chosen.token == END;
                if !done[place] {
                    sentences[place].push(chosen);
                }
                next[place] = chosen.token as i64;
            }
            if done.iter().all(|done| *done) {
                break;
            }
            keep(&mut outputs, &self.cache, step == 0, &mut cache)?;
        }
        Ok(sentences)
    }
}

/// Takes the cache out of a step's outputs. What was heard is computed by the first step and kept from there.
fn keep(
    outputs: &mut SessionOutputs<'_>,
    parts: &[CachePart],
    first: bool,
    cache: &mut [DynValue],
) -> Result<(), ModelError> {
    for (part, kept) in parts.iter().zip(cache) {
        if first || !part.of_heard {
            *kept = outputs
                .remove(&part.output)
                .ok_or(ModelError::Shape { model: MODEL, what: "the cache" })?;
        }
    }
    Ok(())
}

/// The token with the greatest value, and its probability among all.
fn likeliest(logits: &[f32]) -> ChosenToken {
    let greatest = logits.iter().copied().fold(f32::MIN, f32::max);
    let token = logits.iter().position(|&value| value == greatest).unwrap_or(0);
    // What is e^-15 as likely adds less than 1 % even if all the others are.
    let rest = logits.iter().map(|value| value - greatest).filter(|&value| value > -15.0);
    ChosenToken { token, log_probability: -rest.map(f32::exp).sum::<f32>().ln() }
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

/// Begins every sentence.
const START: i64 = 1;
/// Ends it.
const END: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_token_comes_with_its_share_of_all() {
        let chosen = likeliest(&[0.0, 2.0_f32.ln(), 0.0, -100.0]);
        assert_eq!(chosen.token, 1);
        assert!((chosen.log_probability.exp() - 0.5).abs() < 1e-6);
        assert_eq!(likeliest(&[f32::NAN; 4]).token, 0, "a broken step chooses something");
    }
}
