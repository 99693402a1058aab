//! Power spectra of 40 ms every 10 ms, and which of these frames somebody speaks in.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::VOICED_MIN;
use super::statistics::percentile;

/// The spectra of one piece.
pub(super) struct Frames {
    fft: Arc<dyn RealToComplex<f64>>,
    window: Vec<f64>,
    input: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    /// `[frame][bin]`.
    power: Vec<f64>,
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}

/// Where somebody speaks: frames within 30 dB of the loud ones.
#[derive(Debug)]
pub(super) struct Speech {
    /// Level of the loud frames: nineteen of twenty are below, in dB of full scale.
    pub(super) loud_db: f64,
    /// Level of each frame against that, at least -[`FLOOR_DB`].
    pub(super) relative_db: Vec<f64>,
    /// Of each frame, whether it is speech.
    pub(super) flags: Vec<bool>,
}

impl Frames {
    pub(super) fn new() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(FFT);
        Self {
            window: hann(),
            input: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: Vec::new(),
            fft,
        }
    }

    /// Takes another piece: 8 kHz, full scale 1.
    pub(super) fn transform(&mut self, piece: &[f64]) {
        self.power.clear();
        for frame in piece.windows(WINDOW).step_by(HOP) {
            self.input.fill(0.0);
            for ((place, sample), weight) in self.input.iter_mut().zip(frame).zip(&self.window) {
                *place = sample * weight;
            }
            // The three buffers were made by this transform, so their lengths are right and it cannot fail.
            let done = self.fft.process_with_scratch(
                &mut self.input,
                &mut self.spectrum,
                &mut self.scratch,
            );
            debug_assert!(done.is_ok());
            self.power.extend(self.spectrum.iter().map(|bin| bin.norm_sqr() / WINDOW as f64));
        }
    }

    /// The power spectrum of each frame, [`BINS`] long.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.power.chunks_exact(BINS)
    }

    /// Where somebody speaks; `None` when the piece is too short to tell.
    pub(super) fn speech(&self) -> Option<Speech> {
        if self.power.len() / BINS < VOICED_MIN {
            return None;
        }
        let level: Vec<f64> =
            self.iter().map(|p| decibel(sum(p, FIRST_BIN, LAST_BIN) + POWER_FLOOR)).collect();
        let loud_db = percentile(level.iter().copied(), 0.95);
        Some(Speech {
            loud_db,
            flags: level.iter().map(|&level| level > loud_db - SPEECH_DB).collect(),
            relative_db: level.iter().map(|&level| (level - loud_db).max(-FLOOR_DB)).collect(),
        })
    }
}

/// Sum of the bins `first` to `last`, both included.
pub(super) fn sum(power: &[f64], first: usize, last: usize) -> f64 {
    power.get(first..=last).unwrap_or_default().iter().sum()
}

/// Ten times the logarithm.
pub(super) fn decibel(power: f64) -> f64 {
    10.0 * power.log10()
}

/// Frequency of a bin, in Hz.
pub(super) fn hz(bin: usize) -> f64 {
    bin as f64 * RATE_HZ / FFT as f64
}

/// The window's periodic Hann curve.
pub(super) fn hann() -> Vec<f64> {
    (0..WINDOW).map(|i| 0.5 - 0.5 * (2.0 * PI * i as f64 / WINDOW as f64).cos()).collect()
}

/// Of the sound that is measured.
pub(super) const RATE_HZ: f64 = 8_000.0;
/// 40 ms: 2.8 periods of the lowest voice.
const WINDOW: usize = 320;
/// 10 ms.
const HOP: usize = 80;
/// Points of the transform; bins are 15.625 Hz wide.
pub(super) const FFT: usize = 512;
pub(super) const BINS: usize = FFT / 2 + 1;
/// 250 Hz: the telephone's lower end.
const FIRST_BIN: usize = 16;
/// 3,500 Hz: its upper end.
const LAST_BIN: usize = 224;
/// Added to powers so that digital silence has a logarithm.
pub(super) const POWER_FLOOR: f64 = 1e-9;
/// What is this far below the loud frames is not speech.
const SPEECH_DB: f64 = 30.0;
/// Nothing further below the loud frames is told apart.
pub(super) const FLOOR_DB: f64 = 50.0;
