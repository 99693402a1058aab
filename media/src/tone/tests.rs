//! The promises of the detectors, on tones that are made here: every key at every limit of ITU-T Q.24, in noise,
//! with speech-like sound, after mu-law and A-law; every signal of every region.

use super::player::{pair, tone};
use super::*;
use crate::g711;

mod keys;
mod signals;

/// Through mu-law and back, as a telephone line carries it.
fn over_mu_law(sound: &[i16]) -> Vec<i16> {
    sound.iter().map(|&sample| g711::ulaw_decode(g711::ulaw_encode(sample))).collect()
}

/// White noise of `level_dbov`, from a seed.
fn noise(samples: usize, level_dbov: f64, seed: u32) -> Vec<i16> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    // Uniform between -1 and 1 has a power of one third.
    let peak = 32_768.0 * 10.0_f64.powf(level_dbov / 20.0) * 3.0_f64.sqrt();
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (peak * (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0)) as i16
        })
        .collect()
}

fn add(sound: &mut [i16], other: &[i16]) {
    for (sample, other) in sound.iter_mut().zip(other) {
        *sample = sample.saturating_add(*other);
    }
}

fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 8]
}
