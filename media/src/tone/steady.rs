//! What steady tone, if any, a stretch of 25 ms of sound holds: one of any frequency, or one of the pairs
//! that telephone networks use.

use std::f64::consts::TAU;
use std::sync::OnceLock;

use crate::level_dbov;

/// Samples of a stretch: 25 ms at 8 kHz.
pub(super) const STRETCH: usize = 200;
const RATE_HZ: f64 = 8_000.0;

/// A stretch of sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stretch {
    /// What it holds.
    pub(super) content: Content,
    /// How loud it is, in dBov.
    pub(super) level_dbov: f32,
}

/// What a stretch holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    /// Nothing that can be heard.
    Silence,
    /// One steady tone and hardly anything else.
    Single {
        /// Its frequency, to about 2 Hz in a quiet line.
        hz: f32,
    },
    /// Two steady tones of a network and hardly anything else.
    Pair(Pair),
    /// Speech, music, noise, or the edge of a tone.
    Other,
}

/// The pairs of tones that networks use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// 350 and 440 Hz: dial.
    Dial,
    /// 440 and 480 Hz: ringing in North America.
    Ringing,
    /// 480 and 620 Hz: busy in North America.
    Busy,
    /// 400 and 450 Hz: ringing in the United Kingdom.
    BritishRinging,
}

/// The frequencies of the pairs, in Hz, and where each pair's two are among them.
const TONES_HZ: [f64; 6] = [350.0, 400.0, 440.0, 450.0, 480.0, 620.0];
const PAIRS: [(Pair, usize, usize); 4] =
    [(Pair::Dial, 0, 2), (Pair::Ringing, 2, 4), (Pair::Busy, 4, 5), (Pair::BritishRinging, 1, 3)];

/// What is quieter is silence: far below any tone of a network (ITU-T E.180: -43 dBm0 or more).
const SILENCE_DBOV: f32 = -52.0;
/// The share of the power that a tone must hold. Codecs, echo and 10 dB of noise below it leave 0.9; the steadiest
/// vowel's strongest partial holds less.
const SINGLE_SHARE: f64 = 0.9;
const PAIR_SHARE: f64 = 0.85;
/// Each tone of a pair holds at least this share: 13 dB below the other.
const PARTNER_SHARE: f64 = 0.05;

/// Looks at a stream, stretch by stretch.
#[derive(Clone, Debug)]
pub(super) struct Analyser {
    /// The stretch before, for the pairs: two tones 40 Hz apart take 50 ms to tell apart.
    last: Sums,
}

/// Complex sums over one stretch at the frequencies of the pairs, referred to its first sample.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    at: [(f64, f64); TONES_HZ.len()],
    energy: f64,
}

impl Analyser {
    pub(super) fn new() -> Self {
        table();
        Self { last: Sums::default() }
    }

    /// What the next stretch holds.
    ///
    /// *Real time:* no allocation, about 2 us.
    pub(super) fn look(&mut self, samples: &[i16; STRETCH]) -> Stretch {
        let level_dbov = level_dbov(samples).0;
        let sums = Sums::measure(samples);
        let last = std::mem::replace(&mut self.last, sums);
        let content = if level_dbov < SILENCE_DBOV {
            Content::Silence
        } else if let Some(hz) = single(samples) {
            Content::Single { hz }
        } else {
            pair(&last, &sums).map_or(Content::Other, Content::Pair)
        };
        Stretch { content, level_dbov }
    }
}

impl Sums {
    fn measure(samples: &[i16; STRETCH]) -> Self {
        let mut sums = [0.0_f32; 2 * TONES_HZ.len()];
        let mut energy = 0.0;
        for (&sample, waves) in samples.iter().zip(table()) {
            let sample = f32::from(sample);
            energy += f64::from(sample * sample);
            for (sum, wave) in sums.iter_mut().zip(waves) {
                *sum += sample * wave;
            }
        }
        let mut at = [(0.0, 0.0); TONES_HZ.len()];
        for (tone, place) in at.iter_mut().enumerate() {
            *place = (f64::from(sums[tone]), f64::from(sums[TONES_HZ.len() + tone]));
        }
        Self { at, energy }
    }
}

/// The pair that two stretches hold, if they hold one.
fn pair(first: &Sums, second: &Sums) -> Option<Pair> {
    let energy = first.energy + second.energy;
    let power = |tone: usize| {
        let (sin, cos) = (TAU * TONES_HZ[tone] * STRETCH as f64 / RATE_HZ).sin_cos();
        let ((a, b), (c, d)) = (first.at[tone], second.at[tone]);
        let (re, im) = (a + c * cos + d * sin, b + d * cos - c * sin);
        // The energy of a sine with this sum over both stretches.
        2.0 * (re * re + im * im) / (2 * STRETCH) as f64
    };
    PAIRS.into_iter().find_map(|(pair, low, high)| {
        let (low, high) = (power(low), power(high));
        let holds = low + high > PAIR_SHARE * energy
            && low > PARTNER_SHARE * energy
            && high > PARTNER_SHARE * energy;
        holds.then_some(pair)
    })
}

/// The frequency of the one tone that a stretch holds, if it holds one.
///
/// A sine is the only signal whose neighbours' sum is a constant multiple of it: `x[n-1] + x[n+1] = 2 cos w
/// x[n]`. The best such multiple gives a first guess, which noise pulls towards the middle of the band; the
/// turning of the phase from half to half makes it exact; what that sine leaves over decides.
fn single(samples: &[i16; STRETCH]) -> Option<f32> {
    let (mut product, mut square, mut sum_square) = (0.0_f64, 0.0_f64, 0.0_f64);
    for three in samples.windows(3) {
        let [before, here, after] = [0, 1, 2].map(|n| f64::from(three[n]));
        product += here * (before + after);
        square += here * here;
        sum_square += (before + after) * (before + after);
    }
    // White noise leaves 2 of its power here, a sine 10 dB above noise 0.6.
    if square <= 0.0 || sum_square - product * product / square > 0.6 * square {
        return None;
    }
    let mut hz = (product / square / 2.0).clamp(-1.0, 1.0).acos() / TAU * RATE_HZ;
    let (first, second) = samples.split_at(STRETCH / 2);
    let mut whole = (0.0, 0.0);
    for _ in 0..REFINEMENTS {
        let ((a, b), (c, d)) = (sum_at(first, hz), sum_at(second, hz));
        let turned = (TAU * hz * (STRETCH / 2) as f64 / RATE_HZ).sin_cos();
        let (re, im) = (c * turned.1 + d * turned.0, d * turned.1 - c * turned.0);
        whole = (a + re, b + im);
        // The angle between the two halves, referred to the same moment.
        let angle = (im * a - re * b).atan2(re * a + im * b);
        let step = angle / TAU * RATE_HZ / (STRETCH / 2) as f64;
        if step.abs() < 0.5 {
            break;
        }
        hz += step;
    }
    let energy: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
    let share = 2.0 * (whole.0 * whole.0 + whole.1 * whole.1) / STRETCH as f64 / energy;
    // `as` only takes precision away.
    (share > SINGLE_SHARE && BAND_HZ.contains(&hz)).then_some(hz as f32)
}

/// Steps from the first guess to the frequency; each leaves a small share of the error.
const REFINEMENTS: usize = 4;
/// Tones outside of the telephone's band are none.
const BAND_HZ: std::ops::Range<f64> = 250.0..3_500.0;

/// The complex sum of `samples` at `hz`, referred to the first.
fn sum_at(samples: &[i16], hz: f64) -> (f64, f64) {
    let (sin, cos) = (TAU * hz / RATE_HZ).sin_cos();
    let (mut x, mut y) = (1.0_f64, 0.0_f64);
    let (mut re, mut im) = (0.0, 0.0);
    for &sample in samples {
        let sample = f64::from(sample);
        re += sample * x;
        im -= sample * y;
        (x, y) = (x * cos - y * sin, x * sin + y * cos);
    }
    (re, im)
}

/// `[sample][tone]`: cosines, then negative sines, of the pairs' frequencies over one stretch.
fn table() -> &'static [[f32; 2 * TONES_HZ.len()]; STRETCH] {
    static TABLE: OnceLock<[[f32; 2 * TONES_HZ.len()]; STRETCH]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = [[0.0; 2 * TONES_HZ.len()]; STRETCH];
        for (n, waves) in table.iter_mut().enumerate() {
            for (tone, hz) in TONES_HZ.into_iter().enumerate() {
                let (sin, cos) = (TAU * hz * n as f64 / RATE_HZ).sin_cos();
                waves[tone] = cos as f32;
                waves[TONES_HZ.len() + tone] = -sin as f32;
            }
        }
        table
    })
}

#[cfg(test)]
mod tests {
    use super::super::player::{pair, tone};
    use super::*;

    fn contents(sound: &[i16]) -> Vec<Content> {
        let mut analyser = Analyser::new();
        sound.as_chunks().0.iter().map(|stretch| analyser.look(stretch).content).collect()
    }

    #[test]
    fn a_single_tone_is_measured_to_two_hertz() {
        for hz in [300.0, 425.0, 440.0, 950.0, 1_000.0, 1_399.5, 2_100.0, 3_300.0] {
            for content in &contents(&tone(hz, -20.0, 300))[1..11] {
                let Content::Single { hz: found } = content else { panic!("{hz}: {content:?}") };
                assert!((f64::from(*found) - hz).abs() < 2.0, "{hz}: {found}");
            }
        }
    }

    #[test]
    fn each_pair_is_told_from_the_others() {
        for (wanted, low, high) in PAIRS {
            let sound = pair([TONES_HZ[low], TONES_HZ[high]], [-19.0, -19.0], 500);
            for content in &contents(&sound)[2..19] {
                assert_eq!(*content, Content::Pair(wanted));
            }
        }
    }

    #[test]
    fn silence_and_noise_hold_no_tone() {
        assert!(contents(&[0; 2_000]).iter().all(|c| *c == Content::Silence));
        let mut state = 5_u32;
        let noise: Vec<i16> = (0..80_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 18) as i16
            })
            .collect();
        let centred: Vec<i16> = noise.iter().map(|s| s - 8_192).collect();
        assert!(contents(&centred).iter().all(|c| *c == Content::Other));
    }
}
