//! The power of a short window in mel bands, as models of speech hear it: 25 ms at 16 kHz under a periodic Hann window,
//! triangular bands on Slaney's scale with his area norm, 0-8 kHz. It is `librosa.filters.mel` with its defaults.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples of a window: 25 ms.
pub(crate) const WINDOW: usize = 400;
/// Samples from one window to the next, where a model asks for nothing else: 10 ms.
pub(crate) const HOP: usize = 160;

/// Everything that is computed once, and the room that is used each time.
pub(crate) struct MelPower {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    bands: Vec<Band>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl std::fmt::Debug for MelPower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MelPower").field("bands", &self.bands.len()).finish_non_exhaustive()
    }
}

/// One triangular filter: the weights of the bins from `first` on.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl MelPower {
    /// With so many bands.
    pub(crate) fn new(bands: usize) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(WINDOW);
        Self {
            window: (0..WINDOW)
                .map(|i| (0.5 - 0.5 * (2.0 * PI * i as f64 / WINDOW as f64).cos()) as f32)
                .collect(),
            bands: self::bands(bands),
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; BINS],
            fft,
        }
    }

    /// The power in each band of [`WINDOW`] samples, the lowest first. What is missing of them is silence.
    pub(crate) fn of(&mut self, samples: &[f32]) -> impl Iterator<Item = f32> {
        self.frame.fill(0.0);
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
        self.bands.iter().map(|band| band.of(&self.power))
    }
}

impl Band {
    fn of(&self, power: &[f32]) -> f32 {
        let own = power.get(self.first..).unwrap_or_default();
        self.weights.iter().zip(own).map(|(weight, power)| weight * power).sum()
    }
}

fn bands(count: usize) -> Vec<Band> {
    let top = mel_from_hz(RATE_HZ / 2.0);
    let edges: Vec<f64> =
        (0..count + 2).map(|i| hz_from_mel(top * i as f64 / (count + 1) as f64)).collect();
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
const BINS: usize = WINDOW / 2 + 1;
