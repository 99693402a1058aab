//! How Moonshine's decoder computes: once what it will look at of an utterance, then a step for each token or more at once.
//!
//! The publisher's own file of weights is used as it lies, but not the graph in it, which spends half a step on walking 900
//! small operators. `models/moonshine/heard.onnx` and `step.onnx` are part of this program, name each tensor by its place in
//! that file, and give the same numbers to the last bit. Which token is taken is [`super::decoder`]'s affair.

use std::path::Path;

use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor, TensorRef};

use super::MODEL;
use crate::contract::ModelError;
use crate::runtime::session::{Signature, failed, floats, weights_folder};
use crate::runtime::{LoadError, OnnxSession};

/// Both graphs.
#[derive(Debug)]
pub(super) struct Network {
    heard: OnnxSession,
    step: OnnxSession,
    /// Names of [`Sound`]'s parts and, among what a step gives, of [`Cache`]'s.
    heard_parts: Vec<String>,
    cache_parts: Vec<String>,
}

/// What the decoder looks at of an utterance: keys and values of each layer, `[1][HEADS][frame][HEAD_WIDTH]`.
pub(super) struct Sound {
    parts: Vec<DynValue>,
}

/// What the network has computed of the tokens so far, so that a step takes in new ones only.
pub(super) struct Cache {
    /// Keys and values of each layer, `[1][HEADS][token][HEAD_WIDTH]`.
    parts: Vec<DynValue>,
    /// Tokens that count.
    pub(super) length: usize,
}

/// The values of every token at each place of a step.
pub(super) struct Logits {
    values: DynValue,
    places: usize,
}

impl Network {
    pub(super) fn load(models: &Path) -> Result<Self, LoadError> {
        let folder = &weights_folder(models, FILE, KIND)?;
        let parts = |of: &str| -> Vec<String> {
            let layers = (0..LAYERS).flat_map(|layer| [(layer, "key"), (layer, "value")]);
            layers.map(|(layer, part)| format!("{of}.{layer}.{part}")).collect()
        };
        let (heard_parts, cache_parts, past) = (parts("heard"), parts("present"), parts("past"));
        let outputs: Vec<&str> = heard_parts.iter().map(String::as_str).collect();
        let signature = Signature { inputs: &["states"], outputs: &outputs };
        let heard = OnnxSession::embedded_beside(models, MODEL, HEARD, folder, signature)?;
        let (mut inputs, mut outputs) = (vec!["ids"], vec!["logits"]);
        inputs.extend(heard_parts.iter().chain(&past).map(String::as_str));
        outputs.extend(cache_parts.iter().map(String::as_str));
        let signature = Signature { inputs: &inputs, outputs: &outputs };
        let step = OnnxSession::embedded_beside(models, MODEL, STEP, folder, signature)?;
        Ok(Self { heard, step, heard_parts, cache_parts })
    }

    /// Octets that the runtime holds for it.
    pub(super) fn memory(&self) -> Option<u64> {
        Some(self.heard.memory()? + self.step.memory()?)
    }

    /// Takes in what the encoder made of an utterance, `[1][frame][288]`.
    pub(super) fn hear(&mut self, states: &DynValue) -> Result<Sound, ModelError> {
        let mut outputs = self.heard.run([("states", SessionInputValue::View(states.view()))])?;
        let parts: Option<Vec<_>> =
            self.heard_parts.iter().map(|part| outputs.remove(part)).collect();
        let parts = parts.ok_or(ModelError::Shape { model: MODEL, what: "what was heard" })?;
        Ok(Sound { parts })
    }

    /// Takes in `ids` after those in the cache, and gives the values of every token at each of their places.
    /// The cache then holds them all; [`Cache::length`] is left to the caller, who knows how many of them stay.
    ///
    /// # Errors
    /// [`ModelError`]; also for more than 512 tokens with those in the cache, which is more than anybody says in 20 s.
    pub(super) fn step(
        &mut self,
        heard: &Sound,
        ids: &[i64],
        cache: &mut Cache,
    ) -> Result<Logits, ModelError> {
        let tokens = TensorRef::from_array_view(([1, ids.len()], ids)).map_err(refused)?;
        // In the order in which the graph has them.
        let parts = heard.parts.iter().chain(&cache.parts);
        let inputs: Vec<SessionInputValue<'_>> = std::iter::once(tokens.into())
            .chain(parts.map(|part| SessionInputValue::View(part.view())))
            .collect();
        let mut outputs = self.step.run_in_order(&inputs)?;
        drop(inputs);
        for (part, kept) in self.cache_parts.iter().zip(&mut cache.parts) {
            *kept = outputs.remove(part).ok_or(CACHE_BROKEN)?;
        }
        let values = outputs.remove("logits");
        floats(MODEL, values.as_ref(), "logits", ids.len() * VOCABULARY)?;
        let values = values.ok_or(ModelError::Shape { model: MODEL, what: "logits" })?;
        Ok(Logits { values, places: ids.len() })
    }
}

impl Logits {
    /// The values of every token, place after place.
    pub(super) fn by_place(&self) -> Result<impl Iterator<Item = &[f32]>, ModelError> {
        let values = floats(MODEL, Some(&self.values), "logits", self.places * VOCABULARY)?;
        Ok(values.chunks_exact(VOCABULARY))
    }
}

impl Cache {
    pub(super) fn empty() -> Result<Self, ModelError> {
        let empty = || Tensor::from_array(([1, HEADS, 0, HEAD_WIDTH], Vec::<f32>::new()));
        let parts: Result<Vec<_>, _> =
            (0..2 * LAYERS).map(|_| empty().map(Tensor::into_dyn)).collect();
        Ok(Self { parts: parts.map_err(refused)?, length: 0 })
    }

    /// Forgets all tokens after the first `length`.
    pub(super) fn truncate(&mut self, length: usize) -> Result<(), ModelError> {
        self.length = length;
        for part in &mut self.parts {
            let (shape, values) = part.try_extract_tensor::<f32>().map_err(refused)?;
            let held = shape.get(2).and_then(|held| usize::try_from(*held).ok());
            let held = held.ok_or(CACHE_BROKEN)?;
            if held == length {
                continue;
            }
            if held < length || values.len() != HEADS * held * HEAD_WIDTH {
                return Err(CACHE_BROKEN);
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

fn refused(error: ort::Error) -> ModelError {
    failed(MODEL, &error)
}

const FILE: &str = "moonshine-tiny-en/decoder_model_merged.ort";
/// What such a file has after the place of its first table (`ort.fbs`).
const KIND: (usize, &[u8]) = (4, b"ORTM");
const HEARD: &[u8] = include_bytes!("../../moonshine/heard.onnx");
const STEP: &[u8] = include_bytes!("../../moonshine/step.onnx");
const CACHE_BROKEN: ModelError = ModelError::Shape { model: MODEL, what: "the cache" };

/// Numbers of the model's shape.
const LAYERS: usize = 6;
const HEADS: usize = 8;
const HEAD_WIDTH: usize = 36;
pub(super) const VOCABULARY: usize = 32_768;
