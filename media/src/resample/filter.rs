//! The low-pass filters of the resampler: Kaiser-windowed sincs, split into phases, in 16-bit integers.
//!
//! Linear phase, so that the delay is the same for every frequency and an exact number of samples. Integers
//! because eight products of 16 bits fit one instruction of any 64-bit machine, and because the result is then
//! the same bit for bit on all of them.

use std::f64::consts::PI;
use std::sync::OnceLock;

use crate::SampleRate;

/// One filter of a pair of rates, shared by all streams that need it.
#[derive(Debug)]
pub(super) struct Filter {
    /// Samples out for every `down` samples in.
    pub(super) up: usize,
    /// Samples in for every `up` samples out.
    pub(super) down: usize,
    /// Samples that one output is made of.
    pub(super) taps: usize,
    /// A coefficient of 1.0 is `1 << shift`.
    pub(super) shift: u32,
    /// For each of `up` outputs in a row, how many samples further its first one lies.
    pub(super) offsets: Vec<usize>,
    /// `[output][tap]` for the same outputs, the tap of the oldest sample first.
    pub(super) coefficients: Vec<i16>,
}

impl Filter {
    /// The filter between two rates, made at its first use and kept for the life of the program; `None` for
    /// equal rates.
    pub(super) fn between(from: SampleRate, to: SampleRate) -> Option<&'static Self> {
        static FILTERS: [[OnceLock<Filter>; RATES]; RATES] =
            [const { [const { OnceLock::new() }; RATES] }; RATES];
        let place = FILTERS.get(place(from))?.get(place(to))?;
        (from != to).then(|| place.get_or_init(|| Self::design(from, to)))
    }

    fn design(from: SampleRate, to: SampleRate) -> Self {
        let common = gcd(from.hz(), to.hz());
        let (up, down) = ((to.hz() / common) as usize, (from.hz() / common) as usize);
        let working_hz = from.hz() as usize * up;
        let narrow_hz = from.hz().min(to.hz());
        let delay = working_hz * delay_us(from, to) as usize / 1_000_000;
        // The sinc crosses zero at both ends of the window, so one end is left out.
        let length = 2 * delay;
        let taps = length / up;
        let beta = 0.1102 * (ATTENUATION_DB - 8.7);
        let prototype = |k: usize| {
            let offset = k as f64 - delay as f64;
            let cutoff = f64::from(narrow_hz) / working_hz as f64;
            let place = offset / delay as f64;
            let window = bessel_i0(beta * (1.0 - place * place).max(0.0).sqrt()) / bessel_i0(beta);
            cutoff * sinc(cutoff * offset) * window
        };
        let phases: Vec<Vec<f64>> = (0..up)
            .map(|phase| {
                let taps: Vec<f64> = (0..taps).rev().map(|j| prototype(phase + up * j)).collect();
                // Every phase passes a constant unchanged: no ripple at the rate of the phases.
                let sum: f64 = taps.iter().sum();
                taps.iter().map(|tap| tap / sum).collect()
            })
            .collect();
        let shift = phases.iter().map(|phase| shift_of(phase)).min().unwrap_or(0);
        // Output `n` lies `n * down` ticks of the working rate after the first: that many phases on, and a
        // sample further for every `up` of them.
        let offsets = (0..up).map(|n| n * down / up).collect();
        let coefficients = (0..up)
            .filter_map(|n| phases.get(n * down % up))
            .flat_map(|phase| in_integers(phase, shift))
            .collect();
        Self { up, down, taps, shift, offsets, coefficients }
    }
}

/// How long a stream is held back between two rates, in microseconds: half the length of the filter.
///
/// The telephone's band ends at 3.4 kHz and its rate allows 4 kHz: 2 ms make a filter steep enough. Above
/// that the step from the wideband telephone's 7 kHz (ITU-T G.722) to 8 kHz is wider, and 1 ms is enough.
pub(super) const fn delay_us(from: SampleRate, to: SampleRate) -> u32 {
    let (from, to) = (from.hz(), to.hz());
    let lower = if from < to { from } else { to };
    match lower {
        _ if from == to => 0,
        0..16_000 => 2_000,
        _ => 1_000,
    }
}

/// How many rates there are.
const RATES: usize = 5;

/// The place of a rate's filters in the table.
const fn place(rate: SampleRate) -> usize {
    match rate {
        SampleRate::Hz8000 => 0,
        SampleRate::Hz12000 => 1,
        SampleRate::Hz16000 => 2,
        SampleRate::Hz24000 => 3,
        SampleRate::Hz48000 => 4,
    }
}

/// What the window is made for. More takes the steepness out of the filter, and 16-bit coefficients give no
/// more than about 75 dB.
const ATTENUATION_DB: f64 = 68.0;

/// The greatest common divisor.
pub(super) const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The modified Bessel function of the first kind, order zero, by its power series; good to double precision
/// for the arguments of a window (below 20).
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..64 {
        let ratio = x / (2.0 * f64::from(n));
        term *= ratio * ratio;
        sum += term;
    }
    sum
}

/// The most bits behind the point with which every coefficient fits 16 bits, and the loudest input that there
/// is cannot overflow 32 bits.
fn shift_of(phase: &[f64]) -> u32 {
    let largest = phase.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
    let gain: f64 = phase.iter().map(|c| c.abs()).sum();
    (0..16)
        .rev()
        .find(|&shift| {
            let one = f64::from(1_u32 << shift);
            largest * one < 32_766.0 && gain * one * 32_768.0 < 2_147_000_000.0
        })
        .unwrap_or(0)
}

/// The coefficients of one phase in integers, the largest made such that they add up to exactly 1.0.
fn in_integers(phase: &[f64], shift: u32) -> Vec<i16> {
    let one = 1_i32 << shift;
    // `as` cannot cut: the shift was chosen so that every coefficient fits.
    let mut rounded: Vec<i16> = phase.iter().map(|c| (c * f64::from(one)).round() as i16).collect();
    let missing = one - rounded.iter().map(|&c| i32::from(c)).sum::<i32>();
    if let Some(largest) = rounded.iter_mut().max_by_key(|c| c.unsigned_abs()) {
        *largest = largest.saturating_add(i16::try_from(missing).unwrap_or(0));
    }
    rounded
}
