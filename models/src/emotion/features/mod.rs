//! The 80 numbers of a piece of speech that the emotion model hears. None grows with the piece's length.
//!
//! The same arithmetic, in the same order, is in `models/emotion/features.py`, by which the model was trained; a golden
//! test holds the two together to 1e-3. It is in 64 bits, because choosing the lag of a pitch period is a choice that
//! rounding must not make.

mod frames;
mod gather;
mod pitch;
mod statistics;

use frames::Frames;
use gather::Gathered;

/// How many numbers.
pub(super) const FEATURES: usize = 80;

/// One piece's features.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// The numbers, in the order of `features.py`.
    pub(super) values: [f64; FEATURES],
    /// Frames of 10 ms with a voice.
    pub(super) voiced: usize,
}

/// Measures utterances; keeps the room that it needs.
#[derive(Debug)]
pub(super) struct Features {
    frames: Frames,
    pitch: pitch::Pitch,
}

impl Features {
    pub(super) fn new() -> Self {
        Self { frames: Frames::new(), pitch: pitch::Pitch::new() }
    }

    /// Features of an utterance (8 kHz, full scale 1): the mean of those of its pieces, of equal length and at most
    /// 4 s each, weighted by how much voice is in them. `None` when there is too little voice.
    pub(super) fn of(&mut self, utterance: &[f64]) -> Option<Measured> {
        let count = utterance.len().div_ceil(PIECE_MAX).max(1);
        let bound = |i: usize| utterance.len() * i / count;
        let mut whole = Measured { values: [0.0; FEATURES], voiced: 0 };
        for i in 0..count {
            let piece = utterance.get(bound(i)..bound(i + 1)).unwrap_or_default();
            let Some(measured) = self.of_piece(piece) else { continue };
            whole.voiced += measured.voiced;
            for (sum, value) in whole.values.iter_mut().zip(measured.values) {
                *sum += value * measured.voiced as f64;
            }
        }
        if whole.voiced == 0 {
            return None;
        }
        for value in &mut whole.values {
            *value /= whole.voiced as f64;
        }
        Some(whole)
    }

    fn of_piece(&mut self, piece: &[f64]) -> Option<Measured> {
        self.frames.transform(piece);
        let speech = self.frames.speech()?;
        let voice = self.pitch.follow(&self.frames, &speech.flags)?;
        let mut out = Gathered::default();
        gather::pitch(&voice, &mut out);
        gather::level(&speech, &voice, &mut out);
        gather::shape(&self.frames, &speech, &voice, &mut out);
        gather::tempo(&speech, &voice, &mut out);
        out.finish().map(|values| Measured { values, voiced: voice.count })
    }
}

/// Samples at 8 kHz: 4 s.
const PIECE_MAX: usize = 32_000;

/// Frames with a voice, of 10 ms; a piece with less tells nothing.
const VOICED_MIN: usize = 15;
