//! The pitch of each frame: the lag of the autocorrelation's best peak, corrected for the window.
//!
//! After P. Boersma, "Accurate short-term analysis of the fundamental frequency ..." (IFA Proceedings 17, 1993), with
//! one candidate a frame and a second look within reach of the voice's own middle instead of a path through all.

use std::ops::RangeInclusive;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};

use super::VOICED_MIN;
use super::frames::{BINS, FFT, Frames, POWER_FLOOR, RATE_HZ, hann};
use super::statistics::{marked, percentile};

/// Finds the pitch.
pub(super) struct Pitch {
    inverse: Arc<dyn ComplexToReal<f64>>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    output: Vec<f64>,
    /// Autocorrelation of the window alone, 1 at lag 0.
    window: Vec<f64>,
    /// `[frame][lag]`, 1 at lag 0.
    correlation: Vec<f64>,
}

impl std::fmt::Debug for Pitch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pitch").finish_non_exhaustive()
    }
}

/// The voice of one piece.
#[derive(Debug)]
pub(super) struct Voice {
    /// Of each frame, in semitones above 100 Hz; means something where there is a voice.
    pub(super) semitones: Vec<f64>,
    /// Of each frame, how periodic it is: about 1 for a pure tone.
    pub(super) height: Vec<f64>,
    /// Of each frame, whether it has a voice.
    pub(super) flags: Vec<bool>,
    /// How many have.
    pub(super) count: usize,
}

/// The best lag of a frame.
struct Peak {
    height: f64,
    lag: f64,
}

impl Pitch {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(FFT);
        let inverse = planner.plan_fft_inverse(FFT);
        let mut pitch = Self {
            spectrum: inverse.make_input_vec(),
            scratch: inverse.make_scratch_vec(),
            output: inverse.make_output_vec(),
            inverse,
            window: Vec::new(),
            correlation: Vec::new(),
        };
        let mut curve = hann();
        curve.resize(FFT, 0.0);
        let mut spectrum = forward.make_output_vec();
        // The buffers were made by this transform, so their lengths are right and it cannot fail.
        let done = forward.process(&mut curve, &mut spectrum);
        debug_assert!(done.is_ok());
        let power: Vec<f64> = spectrum.iter().map(Complex::norm_sqr).collect();
        pitch.correlate(&power, 0..=BINS - 1);
        let whole = pitch.output.first().copied().unwrap_or(1.0);
        pitch.window = pitch.output.iter().take(LAGS).map(|value| value / whole).collect();
        pitch
    }

    /// The voice in `frames`, among those that `speech` marks. `None` when there is too little.
    pub(super) fn follow(&mut self, frames: &Frames, speech: &[bool]) -> Option<Voice> {
        self.correlation.clear();
        for power in frames.iter() {
            self.correlate(power, FIRST_BIN..=LAST_BIN);
            let whole = self.output.first().copied().unwrap_or(0.0).max(POWER_FLOOR * 1e-3);
            let lags = self.output.iter().zip(&self.window);
            self.correlation.extend(lags.map(|(value, window)| value / whole / window));
        }
        let peaks = self.peaks(LAG_MIN, LAG_MAX);
        let flags = voiced(&peaks, speech)?;
        let lags: Vec<f64> = peaks.iter().map(|peak| peak.lag).collect();
        // Again, within reach of the voice's own middle: an octave astray is the commonest error.
        let middle = percentile(marked(&lags, &flags), 0.5);
        let shortest = LAG_MIN.max((middle / 2.2) as usize);
        let longest = LAG_MAX.min((middle * 1.7) as usize + 1);
        let peaks = self.peaks(shortest, longest);
        let flags = voiced(&peaks, speech)?;
        let count = flags.iter().filter(|voiced| **voiced).count();
        let spoken = speech.iter().filter(|spoken| **spoken).count();
        (count as f64 >= VOICED_SHARE * spoken as f64).then(|| Voice {
            semitones: peaks.iter().map(|p| 12.0 * (RATE_HZ / p.lag / 100.0).log2()).collect(),
            height: peaks.iter().map(|peak| peak.height).collect(),
            flags,
            count,
        })
    }

    /// Autocorrelation of what has this power in `bins` and none elsewhere, into `output`; its scale is of no account.
    fn correlate(&mut self, power: &[f64], bins: RangeInclusive<usize>) {
        for (bin, (place, &power)) in self.spectrum.iter_mut().zip(power).enumerate() {
            *place = Complex::new(if bins.contains(&bin) { power / FFT as f64 } else { 0.0 }, 0.0);
        }
        // The buffers were made by this transform and the spectrum is real, so that it cannot fail.
        let done = self.inverse.process_with_scratch(
            &mut self.spectrum,
            &mut self.output,
            &mut self.scratch,
        );
        debug_assert!(done.is_ok());
    }

    fn peaks(&self, shortest: usize, longest: usize) -> Vec<Peak> {
        let cost = |lag: usize| OCTAVE_COST * (lag as f64 / LAG_MIN as f64).log2();
        let costs: Vec<f64> = (shortest..=longest).map(cost).collect();
        let frames = self.correlation.chunks_exact(LAGS);
        frames.map(|correlation| peak(correlation, shortest, &costs)).collect()
    }
}

fn peak(correlation: &[f64], shortest: usize, costs: &[f64]) -> Peak {
    let mut best = (shortest, f64::MIN);
    let reach = correlation.get(shortest..).unwrap_or_default();
    for (place, (height, cost)) in reach.iter().zip(costs).enumerate() {
        if height - cost > best.1 {
            best = (shortest + place, height - cost);
        }
    }
    let lag = best.0;
    let around = lag.checked_sub(1).and_then(|first| correlation.get(first..first + 3));
    let &[before, height, after] = around.unwrap_or_default() else {
        return Peak { height: 0.0, lag: lag as f64 };
    };
    let bend = before - 2.0 * height + after;
    let shift = if bend < -1e-12 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    Peak { height, lag: lag as f64 + shift }
}

fn voiced(peaks: &[Peak], speech: &[bool]) -> Option<Vec<bool>> {
    let flags: Vec<bool> =
        peaks.iter().zip(speech).map(|(peak, speech)| *speech && peak.height > VOICED).collect();
    (flags.iter().filter(|voiced| **voiced).count() >= VOICED_MIN).then_some(flags)
}

/// 500 Hz.
const LAG_MIN: usize = 16;
/// 70 Hz.
const LAG_MAX: usize = 114;
/// Lags that are kept: one more than can be a period, for the parabola.
const LAGS: usize = LAG_MAX + 2;
/// 78 Hz; below is hum.
const FIRST_BIN: usize = 5;
/// 1,000 Hz; above are the voice's resonances rather than its periods.
const LAST_BIN: usize = 64;
/// Height of the peak above which a frame has a voice.
const VOICED: f64 = 0.5;
/// Of the speech, that must have a voice: hiss alone has a fifteenth by chance, the noisiest voice more than a sixth.
const VOICED_SHARE: f64 = 0.15;
/// For each octave downwards, so that a multiple of the period does not win by a hair.
const OCTAVE_COST: f64 = 0.02;
