//! Whisper's log-mel spectrogram of the last 4 s, as Smart Turn was trained on it.
//!
//! 80 mel bands (Slaney's scale and area norm, 0-8 kHz), windows of 25 ms (periodic Hann) every 10 ms, centred,
//! with the ends reflected. What is shorter than 4 s gets silence in front; the whole 4 s, silence included, are
//! brought to zero mean and unit variance first. Values: `log10` of the power, at least 10^-10, not more than
//! 8 below the greatest, then `(x + 4) / 4`. Source: `WhisperFeatureExtractor` of Hugging Face
//! transformers, as vendored by Pipecat 1.14 for this model, there with `chunk_length=8`.

use crate::contract::JUDGE_SPAN;
use crate::mel::{HOP, MelPower, WINDOW};

/// Mel bands.
pub(super) const MELS: usize = 80;
/// Frames: 4 s of 10 ms.
pub(super) const FRAMES: usize = JUDGE_SPAN / HOP;

/// Everything that is computed once, and the room that is used each time.
#[derive(Debug)]
pub(super) struct LogMel {
    mel: MelPower,
    /// The normalised 4 s with [`MARGIN`] reflected samples at each end.
    wave: Vec<f32>,
}

impl LogMel {
    pub(super) fn new() -> Self {
        Self { mel: MelPower::new(MELS), wave: vec![0.0; JUDGE_SPAN + 2 * MARGIN] }
    }

    /// Writes the features of `turn` (mono at 16 kHz, at most [`JUDGE_SPAN`] samples) as `[mel][frame]`.
    pub(super) fn features(&mut self, turn: &[i16], features: &mut [f32]) {
        let turn = turn.get(turn.len().saturating_sub(JUDGE_SPAN)..).unwrap_or_default();
        let silence = JUDGE_SPAN - turn.len();
        self.normalise(turn, silence);
        // Frames that lie wholly in the silence in front are all the same.
        let alike = (silence.saturating_sub(MARGIN) / HOP).min(FRAMES);
        let mut greatest = f32::MIN;
        for frame in 0..FRAMES {
            let rows = features.chunks_exact_mut(FRAMES);
            if (2..alike).contains(&frame) {
                rows.for_each(|row| row[frame] = row[1]);
                continue;
            }
            let powers = self.mel.of(&self.wave[frame * HOP..frame * HOP + WINDOW]);
            for (row, power) in rows.zip(powers) {
                row[frame] = power.max(FLOOR).log10();
                greatest = greatest.max(row[frame]);
            }
        }
        for value in features {
            *value = (value.max(greatest - 8.0) + 4.0) / 4.0;
        }
    }

    fn normalise(&mut self, turn: &[i16], silence: usize) {
        let count = JUDGE_SPAN as f64;
        let value = |sample: i16| f64::from(sample) / f64::from(FULL_SCALE);
        let mean = turn.iter().map(|&sample| value(sample)).sum::<f64>() / count;
        let spread = turn.iter().map(|&sample| (value(sample) - mean).powi(2)).sum::<f64>();
        let variance = (spread + silence as f64 * mean * mean) / count;
        let scale = 1.0 / (variance + VARIANCE_FLOOR).sqrt();
        let inner = &mut self.wave[MARGIN..MARGIN + JUDGE_SPAN];
        inner[..silence].fill((-mean * scale) as f32);
        for (place, &sample) in inner[silence..].iter_mut().zip(turn) {
            *place = ((value(sample) - mean) * scale) as f32;
        }
        for i in 0..MARGIN {
            self.wave[i] = self.wave[2 * MARGIN - i];
            self.wave[MARGIN + JUDGE_SPAN + i] = self.wave[MARGIN + JUDGE_SPAN - 2 - i];
        }
    }
}

/// Windows are centred, so half of one lies outside at each end.
const MARGIN: usize = WINDOW / 2;
const FLOOR: f32 = 1e-10;
const VARIANCE_FLOOR: f64 = 1e-7;
const FULL_SCALE: f32 = 32_768.0;
