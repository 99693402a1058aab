//! Making tones, sample by sample.

use std::f64::consts::TAU;

use arrayvec::ArrayVec;

use super::{Digit, Region, Signal, TonePlan};
use crate::SampleRate;

/// Most digits that one player plays.
pub const DIGITS_MAX: usize = 64;

/// How long each key sounds and how long the line is silent after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitTiming {
    /// Milliseconds of tone. ITU-T Q.24: receivers take 40 ms.
    pub on_ms: u32,
    /// Milliseconds of silence.
    pub off_ms: u32,
}

impl Default for DigitTiming {
    /// 100 ms of each, which the slowest receivers take.
    fn default() -> Self {
        Self { on_ms: 100, off_ms: 100 }
    }
}

/// More than [`DIGITS_MAX`] digits were given; none will be played. Play them in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {DIGITS_MAX} digits at once")]
pub struct TooManyDigits;

/// Plays one signal or one row of digits. Every tone begins and ends within 2.5 ms, without a click.
#[derive(Clone, Debug)]
pub struct TonePlayer {
    rate: SampleRate,
    source: Source,
    /// Which step is next.
    next: usize,
    sounding: Option<Sounding>,
}

#[derive(Clone, Debug)]
enum Source {
    Plan(TonePlan),
    Digits { digits: ArrayVec<Digit, DIGITS_MAX>, timing: DigitTiming },
}

/// A step that is being played.
#[derive(Clone, Debug)]
struct Sounding {
    voices: [Voice; 2],
    done: u64,
    /// `None`: without end.
    samples: Option<u64>,
}

/// Peak of a sine of 0 dBm0 on a 16-bit scale: a full-scale sine is +3.17 dBm0 in mu-law (ITU-T G.711).
pub(super) const PEAK_0_DBM0: f64 = 22_748.0;
/// Strengths of the two tones of a key, in dBm0: the higher frequency 2 dB stronger, because lines dampen
/// it more (ETSI ES 201 235-2 section 4.2.3).
const KEY_DBM0: [f64; 2] = [-9.0, -7.0];
/// How long a tone takes to its full strength, in seconds.
const EDGE_S: f64 = 0.002_5;

impl TonePlayer {
    /// Plays `signal` as it sounds in `region`, until it ends or the player is dropped.
    pub fn signal(signal: Signal, region: Region, rate: SampleRate) -> Self {
        Self::new(Source::Plan(signal.plan(region)), rate)
    }

    /// Plays `plan`.
    pub fn plan(plan: TonePlan, rate: SampleRate) -> Self {
        Self::new(Source::Plan(plan), rate)
    }

    /// Presses the keys `digits`, one after another.
    ///
    /// # Errors
    /// [`TooManyDigits`]: play them in parts.
    pub fn digits(
        digits: &[Digit],
        timing: DigitTiming,
        rate: SampleRate,
    ) -> Result<Self, TooManyDigits> {
        let digits = digits.try_into().map_err(|_why| TooManyDigits)?;
        Ok(Self::new(Source::Digits { digits, timing }, rate))
    }

    fn new(source: Source, rate: SampleRate) -> Self {
        Self { rate, source, next: 0, sounding: None }
    }

    /// Fills `out` with the next samples and returns how many were made: fewer than there is room for only at
    /// the end, and the rest is silence.
    ///
    /// *Real time:* no allocation; about 1.3 us for 20 ms at 8 kHz.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let mut made = 0;
        while let Some(rest) = out.get_mut(made..).filter(|rest| !rest.is_empty()) {
            let Some(sounding) = &mut self.sounding else {
                self.sounding = self.step();
                if self.sounding.is_some() {
                    continue;
                }
                rest.fill(0);
                break;
            };
            made += sounding.fill(rest, self.rate);
            if sounding.is_over() {
                self.sounding = None;
            }
        }
        made
    }

    /// Takes the next step, if there is one.
    fn step(&mut self) -> Option<Sounding> {
        let place = self.next;
        self.next += 1;
        match &self.source {
            Source::Plan(plan) => {
                let place = if plan.repeats { place.checked_rem(plan.steps.len())? } else { place };
                // Keeps a signal that never ends from counting without end.
                self.next = place + 1;
                let step = plan.steps.get(place)?;
                Some(Sounding::new(step.hz, [step.level_dbm0; 2], step.ms, self.rate))
            }
            Source::Digits { digits, timing } => {
                let digit = digits.get(place / 2)?;
                let (low, high) = digit.frequencies_hz();
                let (hz, ms) = if place.is_multiple_of(2) {
                    ([low, high], timing.on_ms)
                } else {
                    ([0.0, 0.0], timing.off_ms)
                };
                // A step of no length would sound without end.
                Some(Sounding::new(hz, KEY_DBM0, ms.max(1), self.rate))
            }
        }
    }
}

impl Sounding {
    fn new(hz: [f64; 2], level_dbm0: [f64; 2], ms: u32, rate: SampleRate) -> Self {
        let [low, high] = hz;
        let [low_dbm0, high_dbm0] = level_dbm0;
        let samples = (ms > 0).then(|| u64::from(ms) * u64::from(rate.hz()) / 1_000);
        Self {
            voices: [Voice::new(low, low_dbm0, rate), Voice::new(high, high_dbm0, rate)],
            done: 0,
            samples,
        }
    }

    fn is_over(&self) -> bool {
        self.samples.is_some_and(|samples| self.done >= samples)
    }

    fn fill(&mut self, out: &mut [i16], rate: SampleRate) -> usize {
        let edge = (EDGE_S * f64::from(rate.hz())).ceil();
        let left = self.samples.map(|samples| samples - self.done);
        let count = left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
        let count = count.min(out.len());
        for sample in out.iter_mut().take(count) {
            let behind = self.done as f64 + 1.0;
            let ahead = self.samples.map_or(edge, |samples| (samples - self.done) as f64);
            let strength = (behind.min(ahead) / edge).min(1.0);
            let sum: f64 = self.voices.iter_mut().map(Voice::next).sum();
            // `as` saturates.
            *sample = (sum * strength).round() as i16;
            self.done += 1;
        }
        count
    }
}

/// A sine wave by rotation: one complex multiplication a sample.
#[derive(Clone, Debug)]
struct Voice {
    at: (f64, f64),
    turn: (f64, f64),
}

impl Voice {
    fn new(hz: f64, level_dbm0: f64, rate: SampleRate) -> Self {
        let peak = if hz > 0.0 { PEAK_0_DBM0 * 10.0_f64.powf(level_dbm0 / 20.0) } else { 0.0 };
        let (sin, cos) = (TAU * hz / f64::from(rate.hz())).sin_cos();
        Self { at: (peak, 0.0), turn: (cos, sin) }
    }

    fn next(&mut self) -> f64 {
        let ((x, y), (cos, sin)) = (self.at, self.turn);
        // In double precision the radius drifts by less than 1e-9 within an hour.
        self.at = (x * cos - y * sin, x * sin + y * cos);
        y
    }
}

/// A key pressed with exact strengths and frequencies, for the tests of the detector.
#[cfg(test)]
pub(super) fn pair(hz: [f64; 2], level_dbm0: [f64; 2], ms: u32) -> Vec<i16> {
    let mut sounding = Sounding::new(hz, level_dbm0, ms, SampleRate::Hz8000);
    let mut out = vec![0; ms as usize * 8];
    sounding.fill(&mut out, SampleRate::Hz8000);
    out
}

/// One step of a plan, for tests that make plans of their own.
#[cfg(test)]
pub(super) fn tone(hz: f64, level_dbm0: f64, ms: u32) -> Vec<i16> {
    pair([hz, 0.0], [level_dbm0; 2], ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_tone_has_its_cadence_and_no_end() {
        let mut player = TonePlayer::signal(Signal::Busy, Region::NorthAmerica, SampleRate::Hz8000);
        let mut second = [0; 8_000];
        for _ in 0..3 {
            assert_eq!(player.fill(&mut second), 8_000);
            assert!(second[..4_000].iter().any(|s| s.unsigned_abs() > 8_000));
            assert!(second[4_000..].iter().all(|&s| s == 0));
        }
    }

    #[test]
    fn a_beep_ends_and_silence_follows() {
        let mut player =
            TonePlayer::signal(Signal::Beep, Region::NorthAmerica, SampleRate::Hz16000);
        let mut out = [7; 8_000];
        assert_eq!(player.fill(&mut out), 6_400);
        assert!(out[6_400..].iter().all(|&s| s == 0));
        assert_eq!(player.fill(&mut out), 0);
        let peak = out.iter().map(|s| s.unsigned_abs()).max();
        assert_eq!(peak, Some(0));
    }

    #[test]
    fn levels_are_those_of_the_telephone() {
        let sound = tone(1_000.0, 0.0, 1_000);
        let middle = &sound[800..7_200];
        // A sine of 0 dBm0 is 3.17 dB below a full-scale sine, which is 3.01 dB below 0 dBov.
        assert!((crate::level_dbov(middle).0 + 6.18).abs() < 0.01);
    }

    #[test]
    fn pieces_of_any_length_join_without_a_seam() {
        let digits: Vec<Digit> = "159#".chars().filter_map(Digit::from_char).collect();
        let make = |piece: usize| {
            let mut player =
                TonePlayer::digits(&digits, DigitTiming::default(), SampleRate::Hz8000).unwrap();
            let mut all = Vec::new();
            loop {
                let mut out = vec![0; piece];
                let made = player.fill(&mut out);
                all.extend_from_slice(&out[..made]);
                if made < piece {
                    return all;
                }
            }
        };
        assert_eq!(make(160), make(1_000_000));
        assert_eq!(make(7).len(), 4 * 1_600);
        let many = [digits[0]; DIGITS_MAX + 1];
        let refused = TonePlayer::digits(&many, DigitTiming::default(), SampleRate::Hz8000);
        assert_eq!(refused.err(), Some(TooManyDigits));
    }

    #[test]
    fn playing_allocates_nothing() {
        let mut player =
            TonePlayer::signal(Signal::Ringback, Region::UnitedKingdom, SampleRate::Hz8000);
        let mut out = [0; 160];
        let counted = allocation_counter::measure(|| {
            for _ in 0..100 {
                player.fill(&mut out);
            }
        });
        assert_eq!(counted.count_total, 0);
    }
}
