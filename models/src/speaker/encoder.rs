//! The model: passages of one voice each, to what that voice sounds like.

use std::ops::Range;
use std::path::Path;

use ort::value::TensorRef;

use super::embedding::{DIMENSIONS, VoiceEmbedding};
use super::front_end::{FrontEnd, MELS, frame_count, gain};
use super::passages::{joined, passages};
use crate::contract::ModelError;
use crate::runtime::session::{Signature, failed, floats};
use crate::runtime::{LoadError, OnnxSession};

/// Its name in the catalog.
pub const MODEL: &str = "resemblyzer";
/// The longest passage that is heard at once: 1.6 s, what the model was trained on.
pub const PASSAGE_MAX: usize = 25_600;

/// The model and its front end. It runs on the thread that calls it.
#[derive(Debug)]
pub struct SpeakerEncoder {
    session: OnnxSession,
    front_end: FrontEnd,
    /// `[frame][passage][mel]`.
    frames: Vec<f32>,
}

impl SpeakerEncoder {
    /// Loads the model from the models folder and runs it once.
    ///
    /// # Errors
    /// [`LoadError`]; [`LoadError::NotPulled`] when it is not there.
    pub fn load(models: &Path) -> Result<Self, LoadError> {
        let folder = models.join(MODEL);
        let weights = folder.join("pretrained.pt");
        let size = match std::fs::metadata(&weights) {
            Ok(found) => found.len(),
            Err(_absent) => return Err(LoadError::NotPulled { path: weights, name: MODEL }),
        };
        if size != WEIGHTS_SIZE {
            // Places in a file of another size would be other tensors.
            return Err(LoadError::DamagedPull {
                path: weights,
                found: size,
                size: WEIGHTS_SIZE,
                name: MODEL,
            });
        }
        let signature = Signature { inputs: &["frames"], outputs: &["voice"] };
        let session = OnnxSession::embedded_beside(models, MODEL, GRAPH, &folder, signature)?;
        let mut encoder = Self { session, front_end: FrontEnd::new(), frames: Vec::new() };
        encoder.passages(&[0; PASSAGE_MAX], std::slice::from_ref(&(0..PASSAGE_MAX)))?;
        Ok(encoder)
    }

    /// Octets that the runtime holds for it.
    pub fn memory(&self) -> Option<u64> {
        self.session.memory()
    }

    /// The voice of each of `passages` of `sound`: mono at 16 kHz, each of 20 ms to [`PASSAGE_MAX`]; what is longer is heard
    /// as far as that, and what is shorter or lies beyond the sound is silence. They are taken to be one recording, whose
    /// level is one.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn passages(
        &mut self,
        sound: &[i16],
        passages: &[Range<usize>],
    ) -> Result<Vec<VoiceEmbedding>, ModelError> {
        let gain = gain(sound, passages);
        let frames = |place: &usize| {
            let length = passages.get(*place).map_or(0, ExactSizeIterator::len);
            frame_count(length.clamp(FRAMES_MIN_SAMPLES, PASSAGE_MAX))
        };
        // One step hears passages of one length; as most are of the greatest, sorting makes whole batches.
        let mut order: Vec<usize> = (0..passages.len()).collect();
        order.sort_by_key(frames);
        let mut voices: Vec<(usize, VoiceEmbedding)> = Vec::with_capacity(passages.len());
        for alike in order.chunk_by(|one, other| frames(one) == frames(other)) {
            for batch in alike.chunks(BATCH) {
                let starts: Vec<usize> = batch
                    .iter()
                    .filter_map(|&place| passages.get(place))
                    .map(|p| p.start)
                    .collect();
                let heard = self.batch(sound, gain, &starts, alike.first().map_or(0, frames))?;
                voices.extend(batch.iter().copied().zip(heard));
            }
        }
        voices.sort_by_key(|(place, _)| *place);
        Ok(voices.into_iter().map(|(_, voice)| voice).collect())
    }

    /// The voice of one person who speaks in these `regions` of `sound`; `None` when that is less than 0.5 s.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn voice(
        &mut self,
        sound: &[i16],
        regions: &[Range<usize>],
    ) -> Result<Option<VoiceEmbedding>, ModelError> {
        if regions.iter().map(ExactSizeIterator::len).sum::<usize>() < VOICE_MIN {
            return Ok(None);
        }
        let passages = passages(&joined(regions, sound.len()), PASSAGE_MAX / 2);
        let voices = self.passages(sound, &passages)?;
        let weights = passages.iter().map(|passage| passage.len() as f32);
        Ok(VoiceEmbedding::mean(voices.iter().zip(weights)))
    }

    /// Passages of so many frames each that begin at these samples.
    fn batch(
        &mut self,
        sound: &[i16],
        gain: f32,
        starts: &[usize],
        count: usize,
    ) -> Result<Vec<VoiceEmbedding>, ModelError> {
        let batch = starts.len();
        self.frames.clear();
        self.frames.resize(count * batch * MELS, 0.0);
        for (number, moment) in self.frames.chunks_exact_mut(batch * MELS).enumerate() {
            for (frame, &from) in moment.chunks_exact_mut(MELS).zip(starts) {
                self.front_end.frame(sound, gain, from, number, frame);
            }
        }
        let input = TensorRef::from_array_view(([count, batch, MELS], self.frames.as_slice()))
            .map_err(|error| failed(MODEL, &error))?;
        let outputs = self.session.run([("frames", input.into())])?;
        let values = floats(MODEL, outputs.get("voice"), "voice", batch * DIMENSIONS)?;
        let voices = values.chunks_exact(DIMENSIONS).map(VoiceEmbedding::of);
        voices
            .collect::<Option<_>>()
            .ok_or(ModelError::Shape { model: MODEL, what: "a voice that is no number" })
    }
}

const GRAPH: &[u8] = include_bytes!("../../speaker/graph.onnx");
/// Octets of the one file that the graph's places are of.
const WEIGHTS_SIZE: u64 = 17_090_379;
/// Passages in one step: with fewer a step costs nearly as much, with more it takes longer than anybody waits.
const BATCH: usize = 16;
/// 20 ms.
const FRAMES_MIN_SAMPLES: usize = 320;
/// 0.5 s.
const VOICE_MIN: usize = 8_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_says_how_to_have_it_and_what_is_cut_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let why = SpeakerEncoder::load(folder.path()).unwrap_err().to_string();
        assert!(why.contains("callwright models pull resemblyzer"), "{why}");
        let own = folder.path().join(MODEL);
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("pretrained.pt"), b"cut").unwrap();
        let why = SpeakerEncoder::load(folder.path()).unwrap_err();
        assert!(matches!(why, LoadError::DamagedPull { found: 3, .. }), "{why}");
        let why = why.to_string();
        assert!(why.contains("models remove resemblyzer"), "{why}");
    }
}
