//! Whisper's log-mel spectrogram of the last 8 s, as Smart Turn was trained on it.
//!
//! 80 mel bands (Slaney's scale and area norm, 0-8 kHz), windows of 25 ms (periodic Hann) every 10 ms, centred,
//! with the ends reflected. What is shorter than 8 s gets silence in front; the whole 8 s, silence included, are
//! brought to zero mean and unit variance first. Values: `log10` of the power, at least 10^-10, not more than
//! 8 below the greatest, then `(x + 4) / 4`. Source: `WhisperFeatureExtractor(chunk_length=8)` of Hugging Face
//! transformers, as vendored by Pipecat 1.14 for this model.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::contract::JUDGE_SPAN;

/// Mel bands.
pub(super) const MELS: usize = 80;
/// Frames: 8 s of 10 ms.
pub(super) const FRAMES: usize = JUDGE_SPAN / HOP;

/// Everything that is computed once, and the room that is used each time.
pub(super) struct LogMel {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    bands: Vec<Band>,
    /// The normalised 8 s with [`MARGIN`] reflected samples at each end.
    wave: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl std::fmt::Debug for LogMel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogMel").finish_non_exhaustive()
    }
}

/// One triangular filter: the weights of the bins from `first` on.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl LogMel {
    pub(super) fn new() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(WINDOW);
        Self {
            window: (0..WINDOW)
                .map(|i| (0.5 - 0.5 * (2.0 * PI * i as f64 / WINDOW as f64).cos()) as f32)
                .collect(),
            bands: bands(),
            wave: vec![0.0; JUDGE_SPAN + 2 * MARGIN],
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; BINS],
            fft,
        }
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
            let copy_of = (2..alike).contains(&frame).then_some(1);
            if copy_of.is_none() {
                self.transform(frame * HOP);
            }
            for (band, row) in self.bands.iter().zip(features.chunks_exact_mut(FRAMES)) {
                row[frame] = match copy_of {
                    Some(earlier) => row[earlier],
                    None => band.energy(&self.power).max(FLOOR).log10(),
                };
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

    /// Power spectrum of the window that begins at `start` of the padded wave.
    fn transform(&mut self, start: usize) {
        let samples = &self.wave[start..start + WINDOW];
        for ((place, &sample), &weight) in self.frame.iter_mut().zip(samples).zip(&self.window) {
            *place = sample * weight;
        }
        // The three buffers were made by this transform, so their lengths are right and it cannot fail.
        let done =
            self.fft.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch);
        debug_assert!(done.is_ok());
        for (power, bin) in self.power.iter_mut().zip(&self.spectrum) {
            *power = bin.norm_sqr();
        }
    }
}

impl Band {
    fn energy(&self, power: &[f32]) -> f32 {
        self.weights.iter().zip(&power[self.first..]).map(|(weight, power)| weight * power).sum()
    }
}

fn bands() -> Vec<Band> {
    let top = mel_from_hz(RATE_HZ / 2.0);
    let edges: Vec<f64> =
        (0..MELS + 2).map(|i| hz_from_mel(top * i as f64 / (MELS + 1) as f64)).collect();
    edges
        .windows(3)
        .map(|edge| {
            let weight = |bin: usize| {
                let hz = RATE_HZ * bin as f64 / WINDOW as f64;
                let rising = (hz - edge[0]) / (edge[1] - edge[0]);
                let falling = (edge[2] - hz) / (edge[2] - edge[1]);
                (rising.min(falling).max(0.0) * 2.0 / (edge[2] - edge[0])) as f32
            };
            let inside = |bin: &usize| weight(*bin) > 0.0;
            let first = (0..BINS).find(inside).unwrap_or(0);
            Band { first, weights: (first..BINS).take_while(inside).map(weight).collect() }
        })
        .collect()
}

/// Slaney's scale: linear up to 1 kHz, then logarithmic.
fn mel_from_hz(hz: f64) -> f64 {
    if hz < 1_000.0 { 3.0 * hz / 200.0 } else { 15.0 + (hz / 1_000.0).ln() * 27.0 / 6.4_f64.ln() }
}

fn hz_from_mel(mel: f64) -> f64 {
    if mel < 15.0 {
        200.0 * mel / 3.0
    } else {
        1_000.0 * ((mel - 15.0) * 6.4_f64.ln() / 27.0).exp()
    }
}

const RATE_HZ: f64 = 16_000.0;
/// 25 ms.
const WINDOW: usize = 400;
/// 10 ms.
const HOP: usize = 160;
/// Windows are centred, so half of one lies outside at each end.
const MARGIN: usize = WINDOW / 2;
const BINS: usize = WINDOW / 2 + 1;
const FLOOR: f32 = 1e-10;
const VARIANCE_FLOOR: f64 = 1e-7;
const FULL_SCALE: f32 = 32_768.0;
