//! From what a call hears, 16 kHz, to the telephone band at 8 kHz: a low-pass of 63 taps, then every other sample.
//!
//! The filter is that of `models/emotion/features.py`: a sinc that ends at 3.8 kHz under a Hamming window, of unit gain.

use std::f64::consts::PI;

/// The low-pass.
#[derive(Debug)]
pub(super) struct FrontEnd {
    taps: [f64; TAPS],
    /// The utterance at full scale 1 with half a filter of silence at both ends.
    padded: Vec<f64>,
}

impl FrontEnd {
    pub(super) fn new() -> Self {
        let mut taps = [0.0; TAPS];
        for (i, tap) in taps.iter_mut().enumerate() {
            let hamming = 0.54 - 0.46 * (2.0 * PI * i as f64 / (TAPS - 1) as f64).cos();
            *tap = sinc(2.0 * CUT_HZ / 16_000.0 * (i as f64 - HALF as f64)) * hamming;
        }
        let sum: f64 = taps.iter().sum();
        for tap in &mut taps {
            *tap /= sum;
        }
        Self { taps, padded: Vec::new() }
    }

    /// Writes `utterance` (mono, 16 kHz) at 8 kHz and full scale 1 into `out`; sample `i` is centred on sample `2 i`.
    pub(super) fn decimate(&mut self, utterance: &[i16], out: &mut Vec<f64>) {
        self.padded.clear();
        self.padded.resize(HALF, 0.0);
        self.padded.extend(utterance.iter().map(|&sample| f64::from(sample) / FULL_SCALE));
        self.padded.resize(utterance.len() + 2 * HALF, 0.0);
        out.clear();
        out.extend(self.padded.windows(TAPS).step_by(2).map(|window| {
            // The filter is symmetric, so that its order does not matter.
            window.iter().zip(&self.taps).map(|(sample, tap)| sample * tap).sum::<f64>()
        }));
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

const TAPS: usize = 63;
const HALF: usize = (TAPS - 1) / 2;
const CUT_HZ: f64 = 3_800.0;
const FULL_SCALE: f64 = 32_768.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// Root mean square at 8 kHz of a tone of full scale at 16 kHz, without the filter's edges.
    fn passed(hz: f64) -> f64 {
        let tone: Vec<i16> = (0..3_200)
            .map(|i| ((2.0 * PI * hz * f64::from(i) / 16_000.0).sin() * 32_000.0) as i16)
            .collect();
        let mut out = Vec::new();
        FrontEnd::new().decimate(&tone, &mut out);
        assert_eq!(out.len(), 1_600);
        let inner = &out[100..1_500];
        (inner.iter().map(|x| x * x).sum::<f64>() / inner.len() as f64).sqrt()
    }

    #[test]
    fn the_telephone_band_passes_and_what_would_fold_into_it_does_not() {
        let whole = 32_000.0 / FULL_SCALE / 2.0_f64.sqrt();
        for hz in [100.0, 1_000.0, 3_000.0, 3_400.0] {
            assert!((passed(hz) / whole - 1.0).abs() < 0.03, "{hz}: {}", passed(hz) / whole);
        }
        for hz in [4_600.0, 5_000.0, 7_500.0] {
            assert!(passed(hz) / whole < 0.01, "{hz}: {}", passed(hz) / whole);
        }
    }
}
