//! Smart Turn 3.2: is the turn over? Hears the last 4 s and answers with a probability; 9 MB, int8.
//!
//! The publisher's own file is used as it lies; how it is computed is `models/smart_turn/graph.onnx`, which is part of
//! this program and names each tensor by its place in that file. It hears 4 s where the publisher's graph hears 8, tells ends
//! from pauses as well, and costs half (docs/turns.md).

mod features;

use std::path::Path;

use ort::value::TensorRef;

use crate::contract::{BLOCK_SAMPLES, ModelError, TurnJudge};
use crate::runtime::session::{Signature, failed, floats, weights_folder};
use crate::runtime::{LoadError, OnnxSession};
use features::{FRAMES, LogMel, MELS};

/// The model and its front end.
#[derive(Debug)]
pub struct SmartTurn {
    session: OnnxSession,
    log_mel: LogMel,
    /// `[turn][mel][frame]`.
    features: Vec<f32>,
}

impl SmartTurn {
    /// Loads the model from the models folder and runs it once.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(models: &Path) -> Result<Self, LoadError> {
        let signature = Signature { inputs: &["input_features"], outputs: &["logits"] };
        let folder = weights_folder(models, FILE, KIND)?;
        let session = OnnxSession::embedded_beside(models, MODEL, GRAPH, &folder, signature)?;
        let mut judge = Self { session, log_mel: LogMel::new(), features: Vec::new() };
        judge.judge(&[&[0; BLOCK_SAMPLES]], &mut [0.0])?;
        Ok(judge)
    }

    /// Octets that the runtime holds for it.
    pub fn memory(&self) -> Option<u64> {
        self.session.memory()
    }
}

impl TurnJudge for SmartTurn {
    fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
        let batch = turns.len();
        if batch == 0 {
            return Ok(());
        }
        self.features.resize(batch * MELS * FRAMES, 0.0);
        for (turn, features) in turns.iter().zip(self.features.chunks_exact_mut(MELS * FRAMES)) {
            self.log_mel.features(turn, features);
        }
        let input = TensorRef::from_array_view(([batch, MELS, FRAMES], self.features.as_slice()))
            .map_err(|error| failed(MODEL, &error))?;
        let outputs = self.session.run([("input_features", input.into())])?;
        // The model ends in a sigmoid, whatever its output is called.
        over.copy_from_slice(floats(MODEL, outputs.get("logits"), "logits", batch)?);
        Ok(())
    }

    fn rehearse(&mut self) -> Result<(), ModelError> {
        self.judge(&[&vec![0; 3 * 16_000]], &mut [0.0])
    }
}

const MODEL: &str = "smart-turn-v3.2";
/// An ONNX file begins with its first field, a number.
const KIND: (usize, &[u8]) = (0, b"\x08");
const GRAPH: &[u8] = include_bytes!("../../smart_turn/graph.onnx");
const FILE: &str = "smart-turn-v3.2/smart-turn-v3.2-cpu.onnx";
