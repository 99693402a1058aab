//! all-MiniLM-L6-v2: what a sentence means, as a direction in 384 dimensions. English; 91 MB that an operator pulls.
//!
//! The publisher's own file of weights is used as it lies; how the model computes is `models/minilm/graph.onnx`, which is part
//! of this program and names each tensor by its place in that file. Two sentences mean about the same when their
//! [`cosine`] is near 1.

mod wordpiece;

use std::path::Path;

use ort::value::TensorRef;

use crate::contract::ModelError;
use crate::runtime::session::{Signature, failed, floats};
use crate::runtime::{LoadError, OnnxSession};
use wordpiece::WordPiece;

/// Numbers in a vector.
pub const DIMENSIONS: usize = 384;

/// A sentence's meaning: a vector of length 1.
pub type Meaning = [f32; DIMENSIONS];

/// The model and its vocabulary.
#[derive(Debug)]
pub struct MiniLm {
    session: OnnxSession,
    words: WordPiece,
}

impl MiniLm {
    /// Loads the model from the models folder and runs it once.
    ///
    /// # Errors
    /// [`LoadError`]; [`LoadError::NotPulled`] when it is not there.
    pub fn load(models: &Path) -> Result<Self, LoadError> {
        let folder = models.join(MODEL);
        let weights = folder.join("model.safetensors");
        let vocabulary = folder.join("vocab.txt");
        let absent = |path| LoadError::NotPulled { path, name: MODEL };
        let size = std::fs::metadata(&weights).map_err(|_absent| absent(weights.clone()))?.len();
        if size != WEIGHTS_SIZE {
            // Places in a file of another size would be other tensors.
            return Err(LoadError::DamagedPull {
                path: weights,
                found: size,
                size: WEIGHTS_SIZE,
                name: MODEL,
            });
        }
        let text =
            std::fs::read_to_string(&vocabulary).map_err(|_absent| absent(vocabulary.clone()))?;
        let words = WordPiece::parse(&text)
            .map_err(|what| LoadError::Unexpected { path: vocabulary, what: what.to_owned() })?;
        let signature = Signature { inputs: &["ids", "mask"], outputs: &["vector"] };
        let session = OnnxSession::embedded_beside(models, MODEL, GRAPH, &folder, signature)?;
        let mut model = Self { session, words };
        model.meanings(&["hello"])?;
        Ok(model)
    }

    /// What each of `texts` means. A longer text than 256 pieces of words is heard as far as that.
    ///
    /// One after the other: texts of unlike lengths would pay for each other's in a batch.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn meanings(&mut self, texts: &[&str]) -> Result<Vec<Meaning>, ModelError> {
        texts.iter().map(|text| self.meaning(text)).collect()
    }

    /// Octets that the runtime holds for it.
    pub fn memory(&self) -> Option<u64> {
        self.session.memory()
    }

    fn meaning(&mut self, text: &str) -> Result<Meaning, ModelError> {
        let ids = self.words.ids(text, PIECES_MAX);
        let mask = vec![1_i64; ids.len()];
        let refused = |error: ort::Error| failed(MODEL, &error);
        let tokens = TensorRef::from_array_view(([1, ids.len()], ids.as_slice()));
        let shown = TensorRef::from_array_view(([1, mask.len()], mask.as_slice()));
        let outputs = self.session.run([
            ("ids", tokens.map_err(refused)?.into()),
            ("mask", shown.map_err(refused)?.into()),
        ])?;
        let values = floats(MODEL, outputs.get("vector"), "vector", DIMENSIONS)?;
        let mut meaning = [0.0; DIMENSIONS];
        meaning.copy_from_slice(values);
        if meaning.iter().all(|value| value.is_finite()) {
            Ok(meaning)
        } else {
            Err(ModelError::Shape { model: MODEL, what: "a vector that is no number" })
        }
    }
}

/// How alike two meanings are: 1 for the same, near 0 for nothing in common.
pub fn cosine(one: &Meaning, other: &Meaning) -> f32 {
    // Both have length 1.
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

const MODEL: &str = "all-minilm-l6-v2";
const GRAPH: &[u8] = include_bytes!("../../minilm/graph.onnx");
/// Octets of the one file that the graph's places are of.
const WEIGHTS_SIZE: u64 = 90_868_376;
/// What sentence-transformers hears of a text.
const PIECES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_says_how_to_have_it_and_what_is_cut_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let why = MiniLm::load(folder.path()).unwrap_err().to_string();
        assert!(why.contains("callwright models pull all-minilm-l6-v2"), "{why}");
        let own = folder.path().join(MODEL);
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("model.safetensors"), b"cut").unwrap();
        let why = MiniLm::load(folder.path()).unwrap_err();
        assert!(matches!(why, LoadError::DamagedPull { found: 3, .. }), "{why}");
    }

    #[test]
    fn the_same_direction_is_the_same_meaning() {
        let mut one = [0.0; DIMENSIONS];
        one[3] = 1.0;
        let mut other = one;
        assert_eq!(cosine(&one, &other), 1.0);
        other.swap(3, 4);
        assert_eq!(cosine(&one, &other), 0.0);
    }
}
