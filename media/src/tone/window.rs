//! What a window of sound holds at the eight frequencies of the keys: Hann's window over two hops, so that every
//! hop is measured once and serves two windows.

use std::f64::consts::TAU;
use std::sync::OnceLock;

use super::digit::{COLUMNS_HZ, ROWS_HZ};

/// Samples between windows; a window is two hops, 102 samples, long enough to tell the
/// frequencies apart and short enough that a tone of 40 ms holds four windows.
pub(super) const HOP: usize = 51;
const RATE_HZ: f64 = 8_000.0;
const TONES: usize = 8;
/// Cosines and sines, each for both halves of a window.
const WAVES: usize = 4 * TONES;
/// The weighted energy of a sine by the square of its weighted sum: with Hann's window of `n` samples, twice
/// 3/8 `n` over the square of 1/2 `n`.
const ENERGY_OF_SUM: f32 = 2.0 * 0.375 / (0.25 * 2.0 * HOP as f32);
/// One hop, weighted as the first half of a window and as the second half of the one before: complex sums at the
/// eight frequencies, referred to the hop's first sample, and powers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hop {
    rising: Half,
    falling: Half,
}

#[derive(Clone, Copy, Debug, Default)]
struct Half {
    re: [f32; TONES],
    im: [f32; TONES],
    energy: f32,
}

/// The two strongest tones of a window.
pub(super) struct Strongest {
    /// Which row, from the top.
    pub(super) row: usize,
    /// Which column, from the left.
    pub(super) column: usize,
    /// The phases of both, in radians, at the window's first sample.
    pub(super) phases: [f32; 2],
    /// The energies of both over the window.
    pub(super) powers: [f32; 2],
    /// The energy of all there is.
    pub(super) energy: f32,
}

impl Hop {
    /// Measures one hop.
    ///
    /// *Real time:* 32 products a sample.
    pub(super) fn measure(samples: &[f32; HOP]) -> Self {
        let mut sums = [0.0_f32; WAVES];
        let (mut rising, mut falling) = (0.0, 0.0);
        for (sample, (weights, waves)) in samples.iter().zip(table()) {
            let power = sample * sample;
            rising += power * weights[0];
            falling += power * weights[1];
            for (sum, wave) in sums.iter_mut().zip(waves) {
                *sum += sample * wave;
            }
        }
        let half = |first: usize, energy: f32| {
            let mut half = Half { energy, ..Half::default() };
            half.re.copy_from_slice(&sums[first..first + TONES]);
            half.im.copy_from_slice(&sums[first + TONES..first + 2 * TONES]);
            half
        };
        Self { rising: half(0, rising), falling: half(2 * TONES, falling) }
    }
}

/// The strongest row and column of the window that two hops make.
pub(super) fn strongest(first: &Hop, second: &Hop) -> Strongest {
    let (first, second) = (&first.rising, &second.falling);
    let mut powers = [0.0_f32; TONES];
    let mut sums = [(0.0_f32, 0.0_f32); TONES];
    for (tone, &(cos, sin)) in turns().iter().enumerate() {
        // The second hop's sums, referred to the first sample of the first.
        let re = first.re[tone] + second.re[tone] * cos + second.im[tone] * sin;
        let im = first.im[tone] + second.im[tone] * cos - second.re[tone] * sin;
        sums[tone] = (re, im);
        powers[tone] = ENERGY_OF_SUM * (re * re + im * im);
    }
    let largest = |range: std::ops::Range<usize>| {
        range.max_by(|&a, &b| powers[a].total_cmp(&powers[b])).unwrap_or(0)
    };
    let (row, column) = (largest(0..4), largest(4..TONES));
    let phase = |tone: usize| sums[tone].1.atan2(sums[tone].0);
    Strongest {
        row,
        column: column - 4,
        phases: [phase(row), phase(column)],
        powers: [powers[row], powers[column]],
        energy: first.energy + second.energy,
    }
}

/// How far a tone is off `hz`, in Hz, when its phase advanced by `step` radians from one window to the next.
pub(super) fn error_hz(step: f32, hz: f64) -> f32 {
    let expected = TAU * hz * HOP as f64 / RATE_HZ;
    let turns = (f64::from(step) - expected) / TAU;
    // `as` only takes precision away. Errors of more than 78 Hz would look like smaller ones; such a tone
    // does not get through the window.
    ((turns - turns.round()) * RATE_HZ / HOP as f64) as f32
}

/// The share of a tone's power that is left in its window's sum when it is `off_hz` off: the main lobe of
/// Hann's window. At most 78 Hz, one bin, can be measured; never below a half, so that what is not a tone is
/// not made into one.
pub(super) fn remaining(off_hz: f32) -> f32 {
    let bins = off_hz * 2.0 * HOP as f32 / RATE_HZ as f32;
    let x = std::f32::consts::PI * bins;
    if x.abs() < 0.01 { 1.0 } else { (x.sin() / x / (1.0 - bins * bins)).powi(2).clamp(0.5, 1.0) }
}

/// Makes the tables, so that no frame has to.
pub(super) fn prepare() {
    table();
    turns();
}

/// For each sample of a hop: the squared weights, rising and falling; then the weighted cosines of the eight
/// frequencies and their negative sines, rising, and the same falling.
fn table() -> &'static [([f32; 2], [f32; WAVES]); HOP] {
    static TABLE: OnceLock<[([f32; 2], [f32; WAVES]); HOP]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = [([0.0; 2], [0.0; WAVES]); HOP];
        for (n, (squares, waves)) in table.iter_mut().enumerate() {
            // Hann's window: its side lobes are so low that the stronger tone does not disturb the other.
            let weights =
                [n, n + HOP].map(|n| 0.5 - 0.5 * (TAU * (n as f64 + 0.5) / (2 * HOP) as f64).cos());
            *squares = weights.map(|weight| (weight * weight) as f32);
            for (tone, hz) in ROWS_HZ.into_iter().chain(COLUMNS_HZ).enumerate() {
                let (sin, cos) = (TAU * hz * n as f64 / RATE_HZ).sin_cos();
                for (half, weight) in weights.into_iter().enumerate() {
                    waves[2 * half * TONES + tone] = (weight * cos) as f32;
                    waves[(2 * half + 1) * TONES + tone] = (-weight * sin) as f32;
                }
            }
        }
        table
    })
}

/// The cosine and sine of how far each frequency turns in one hop.
fn turns() -> &'static [(f32, f32); TONES] {
    static TURNS: OnceLock<[(f32, f32); TONES]> = OnceLock::new();
    TURNS.get_or_init(|| {
        let mut turns = [(0.0, 0.0); TONES];
        for (turn, hz) in turns.iter_mut().zip(ROWS_HZ.into_iter().chain(COLUMNS_HZ)) {
            let (sin, cos) = (TAU * hz * HOP as f64 / RATE_HZ).sin_cos();
            *turn = (cos as f32, sin as f32);
        }
        turns
    })
}
