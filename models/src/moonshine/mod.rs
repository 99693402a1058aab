//! Moonshine Tiny, English: what was said? An encoder and a decoder of 44 MB together, int8.
//!
//! The encoder runs as its publisher wrote it; of the decoder the weights do, and how it computes is a part of this program.

mod bias;
mod decoder;
mod network;
mod plausible;
mod tokens;

use std::path::Path;

use ort::value::{DynValue, TensorRef};

use crate::contract::{
    Draft, Heard, Hints, ModelError, Recognition, Recognizer, RecognizerPurpose, UTTERANCE_MAX,
    Utterance,
};
use crate::runtime::session::{Signature, failed};
use crate::runtime::{LoadError, OnnxSession};
use crate::transcript::audible::audible;
use bias::Bias;
use decoder::{Decoder, Guess, Written};
use tokens::Vocabulary;

/// The model.
#[derive(Debug)]
pub struct Moonshine {
    encoder: OnnxSession,
    decoder: Decoder,
    vocabulary: Vocabulary,
}

impl Moonshine {
    /// Loads the model from the models folder and runs it once.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(models: &Path) -> Result<Self, LoadError> {
        let signature = Signature {
            inputs: &["input_values", "attention_mask"],
            outputs: &["last_hidden_state"],
        };
        // The two load side by side: most of what a start costs is this.
        let (encoder, decoder) = std::thread::scope(|scope| {
            let decoder = scope.spawn(|| Decoder::load(models));
            let encoder = OnnxSession::load(models, MODEL, ENCODER_FILE, signature);
            (encoder, decoder.join())
        });
        let vocabulary = Vocabulary::load(models, VOCABULARY_FILE)?;
        let decoder = decoder.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let mut model = Self { encoder: encoder?, decoder, vocabulary };
        model.recognize(&[&[0; 16_000]])?;
        Ok(model)
    }

    /// Octets that the runtime holds for it.
    pub fn memory(&self) -> Option<u64> {
        Some(self.encoder.memory()? + self.decoder.memory()?)
    }

    /// What the encoder makes of some sound.
    fn encode(&mut self, samples: &[i16]) -> Result<DynValue, ModelError> {
        let wave: Vec<f32> = samples.iter().map(|&sample| f32::from(sample) / FULL_SCALE).collect();
        let mask = vec![1_i64; wave.len()];
        let refused = |error: ort::Error| failed(MODEL, &error);
        let input = TensorRef::from_array_view(([1, wave.len()], wave.as_slice()));
        let heard_mask = TensorRef::from_array_view(([1, mask.len()], mask.as_slice()));
        let mut outputs = self.encoder.run([
            ("input_values", input.map_err(refused)?.into()),
            ("attention_mask", heard_mask.map_err(refused)?.into()),
        ])?;
        outputs
            .remove("last_hidden_state")
            .ok_or(ModelError::Shape { model: MODEL, what: "last_hidden_state" })
    }
}

impl Recognizer for Moonshine {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let (hints, draft) = (Hints::default(), Draft::default());
        let purpose = RecognizerPurpose::Final;
        let alone = |samples: &&[i16]| {
            let utterance = Utterance { samples, purpose, hints: &hints, draft: &draft };
            self.hear(utterance).map(|heard| heard.recognition)
        };
        utterances.iter().map(alone).collect()
    }

    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        let Utterance { samples, purpose, hints, draft } = utterance;
        if samples.len() > UTTERANCE_MAX {
            return Err(ModelError::Shape { model: MODEL, what: "an utterance that is too long" });
        }
        if samples.len() < SHORTEST || !audible(samples) {
            return Ok(Heard::default());
        }
        let states = self.encode(samples)?;
        let tokens_max = TOKENS_SPARE + samples.len() * TOKENS_PER_10_S / (10 * 16_000);
        // Final words are what the model likes best; shown words that it likes nearly as well stay.
        let held = if purpose == RecognizerPurpose::Partial { draft.agreed } else { 0 };
        let guess = Guess { tokens: &draft.tokens, held };
        let bias = Bias::new(hints.form, &self.vocabulary);
        let Written { tokens, finished } = self.decoder.decode(&states, guess, bias, tokens_max)?;
        let recognition = Recognition { finished, ..self.vocabulary.write(&tokens) };
        let plausible = plausible::plausible(&recognition, samples.len());
        let recognition = if plausible { recognition } else { Recognition::default() };
        let recognition = plausible::said_once(recognition, samples.len());
        let tokens: Box<[u32]> =
            tokens.iter().filter_map(|chosen| u32::try_from(chosen.token).ok()).collect();
        let agreed = self.vocabulary.agreed(&draft.tokens, &tokens);
        Ok(Heard { recognition, draft: Draft { tokens, agreed, language: None } })
    }

    fn rehearse(&mut self, purpose: RecognizerPurpose) -> Result<(), ModelError> {
        // 3 s with ten tokens. A partial run finds the last two words new; a final one has the words of the partial
        // runs before it, and perhaps a mark.
        let states = self.encode(&vec![0; 3 * 16_000])?;
        let written = if purpose == RecognizerPurpose::Partial { 3 } else { 2 };
        self.decoder.rehearse(&states, 10 - written, written)
    }
}

const MODEL: &str = "moonshine-tiny-en";
const ENCODER_FILE: &str = "moonshine-tiny-en/encoder_model.ort";
const VOCABULARY_FILE: &str = "moonshine-tiny-en/tokenizer.bin";

/// The encoder's first convolutions need 56 ms; nothing that short is a word.
const SHORTEST: usize = 1_600;
/// People do not say more than 6.5 tokens a second; a decoder that repeats itself is stopped there.
const TOKENS_PER_10_S: usize = 65;
/// Short words begin with several tokens.
const TOKENS_SPARE: usize = 5;
const FULL_SCALE: f32 = 32_768.0;
