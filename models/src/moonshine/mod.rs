//! Moonshine Tiny, English: what was said? An encoder and a decoder of 44 MB together, int8.

mod decoder;
mod tokens;

use std::path::Path;

use ort::value::TensorRef;

use crate::contract::{ModelError, Recognition, Recognizer, RecognizerPurpose, UTTERANCE_MAX};
use crate::runtime::session::{Signature, failed};
use crate::runtime::{LoadError, OnnxSession};
use decoder::{Decoder, Heard};
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
        model.transcribe(&[&[0; 16_000]])?;
        Ok(model)
    }

    /// Transcribes utterances of one length together.
    fn transcribe(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let (batch, length) = (utterances.len(), utterances.first().map_or(0, |u| u.len()));
        if batch == 0 || length < SHORTEST {
            return Ok(vec![Recognition::default(); batch]);
        }
        let wave: Vec<f32> = utterances
            .iter()
            .flat_map(|utterance| utterance.iter().map(|&sample| f32::from(sample) / FULL_SCALE))
            .collect();
        let mask = vec![1_i64; batch * length];
        let refused = |error: ort::Error| failed(MODEL, &error);
        let input = TensorRef::from_array_view(([batch, length], wave.as_slice()));
        let heard_mask = TensorRef::from_array_view(([batch, length], mask.as_slice()));
        let mut outputs = self.encoder.run([
            ("input_values", input.map_err(refused)?.into()),
            ("attention_mask", heard_mask.map_err(refused)?.into()),
        ])?;
        let states = outputs
            .remove("last_hidden_state")
            .ok_or(ModelError::Shape { model: MODEL, what: "last_hidden_state" })?;
        let tokens_max = TOKENS_SPARE + length * TOKENS_PER_10_S / (10 * 16_000);
        let sentences =
            self.decoder.decode(Heard { batch, length, states, mask: &mask }, tokens_max)?;
        Ok(sentences.iter().map(|tokens| self.vocabulary.write(tokens)).collect())
    }
}

impl Recognizer for Moonshine {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let mut found = Vec::with_capacity(utterances.len());
        // Padding to a common length would change what is heard; utterances that happen to be equally long go
        // together, the others one by one.
        for alike in utterances.chunk_by(|a, b| a.len() == b.len()) {
            if alike.iter().any(|utterance| utterance.len() > UTTERANCE_MAX) {
                return Err(ModelError::Shape {
                    model: MODEL,
                    what: "an utterance that is too long",
                });
            }
            found.extend(self.transcribe(alike)?);
        }
        Ok(found)
    }

    fn rehearse(&mut self, _: RecognizerPurpose) -> Result<(), ModelError> {
        self.transcribe(&[&vec![0; 3 * 16_000]]).map(drop)
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
