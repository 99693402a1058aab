//! Playing a packet a little faster or slower without changing its pitch.
//!
//! One pitch period is left out, or comes twice, with a cross-fade between its ends (the method of WSOLA:
//! Verhelst and Roelands, ICASSP 1993). Where there is no pitch to keep, in silence, any length goes.

use crate::SampleRate;
use crate::level::{Dbov, level_dbov};

/// Below this nobody hears a cut. Speech on a telephone is at -15 to -40 dBov; the noise of a line is lower.
const QUIET: Dbov = Dbov(-50.0);
/// How alike two periods must be to be laid over each other: voiced speech reaches 0.8 and more.
const ALIKE: f32 = 0.6;
/// Pitch periods of 400 to 80 Hz, in 1/8000 s.
const PERIODS: std::ops::RangeInclusive<usize> = 20..=100;
/// The shortest cross-fade, in 1/8000 s: 2.5 ms.
const FADE_MIN: usize = 20;

/// Shortens and lengthens decoded packets of one rate. Adds no delay and holds no state.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Samples in 1/8000 s.
    step: usize,
}

impl Stretch {
    /// For sound of `rate`.
    pub const fn new(rate: SampleRate) -> Self {
        Self { step: rate.frame_samples() / SampleRate::Hz8000.frame_samples() }
    }

    /// Takes up to `most` samples out of the sound in `samples` and returns how many are left, at the front. A
    /// packet of less than 10 ms, or in which no period repeats, stays as it is.
    ///
    /// *Real time:* no allocation; tens of microseconds for 20 ms of speech, when the delay is corrected.
    pub fn shorten(self, samples: &mut [i16], most: usize) -> usize {
        let len = samples.len();
        let cut = if level_dbov(samples) < QUIET {
            most.min(len.saturating_sub(FADE_MIN * self.step))
        } else {
            self.period(samples).filter(|&period| period <= most).unwrap_or(0)
        };
        if cut == 0 {
            return len;
        }
        let fade = cut.min(len - cut);
        for at in 0..fade {
            samples[at] = mix(samples[at], samples[at + cut], at, fade);
        }
        samples.copy_within(fade + cut.., fade);
        len - cut
    }

    /// Makes the first `len` samples of `samples` longer, by at most `most` and at most as far as there is
    /// room, and returns their new number. What stays as it is: see [`shorten`](Self::shorten).
    ///
    /// *Real time:* no allocation; tens of microseconds for 20 ms of speech, when the delay is corrected.
    pub fn lengthen(self, samples: &mut [i16], len: usize, most: usize) -> usize {
        let len = len.min(samples.len());
        let most = most.min(samples.len() - len);
        let sound = &samples[..len];
        let add = if level_dbov(sound) < QUIET {
            most.min(len / 2)
        } else {
            self.period(sound).filter(|&period| period <= most && period * 2 <= len).unwrap_or(0)
        };
        if add < FADE_MIN * self.step {
            return len;
        }
        // The first period, then a fade from the second back to the first, then on from the second.
        samples.copy_within(add..len, 2 * add);
        for at in 0..add {
            // The second period was moved out of the way, to where it will be heard after the fade.
            samples[add + at] = mix(samples[2 * add + at], samples[at], at, add);
        }
        len + add
    }

    /// The distance in samples at which the sound is most like itself, if it is alike enough. Looks at one
    /// sample in 1/8000 s, then around the best.
    fn period(self, samples: &[i16]) -> Option<usize> {
        let longest = samples.len().checked_sub(FADE_MIN * 2 * self.step)?;
        let lags = PERIODS.map(|lag| lag * self.step).take_while(|&lag| lag <= longest);
        let best = |lags: &mut dyn Iterator<Item = usize>| {
            lags.map(|lag| (lag, self.likeness(samples, lag)))
                .max_by(|(_, a), (_, b)| a.total_cmp(b))
        };
        let (coarse, _) = best(&mut lags.into_iter())?;
        let mut near = coarse.saturating_sub(self.step - 1)..coarse + self.step;
        let (period, likeness) = best(&mut near)?;
        (likeness >= ALIKE).then_some(period)
    }

    /// The normalised correlation of the sound with itself `lag` later, over the fade that such a cut would
    /// have.
    fn likeness(self, samples: &[i16], lag: usize) -> f32 {
        let fade = lag.min(samples.len().saturating_sub(lag));
        let pairs = samples.iter().zip(samples.iter().skip(lag)).take(fade).step_by(self.step);
        let (mut cross, mut first, mut second) = (0.0_f32, 1.0_f32, 1.0_f32);
        for (&a, &b) in pairs {
            let (a, b) = (f32::from(a), f32::from(b));
            cross += a * b;
            first += a * a;
            second += b * b;
        }
        cross / (first * second).sqrt()
    }
}

/// From `out` to `into`, at step `at` of `steps`.
fn mix(out: i16, into: i16, at: usize, steps: usize) -> i16 {
    // At most some thousand steps: all of this fits, and the result lies between the two.
    let (at, steps) = (at as i64, steps as i64);
    ((i64::from(out) * (steps - at) + i64::from(into) * at) / steps) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 200 Hz with a third harmonic.
    fn voice(len: usize, rate: SampleRate) -> Vec<i16> {
        let step = std::f32::consts::TAU * 200.0 / rate.hz() as f32;
        (0..len)
            .map(|i| {
                let phase = i as f32 * step;
                (6_000.0 * phase.sin() + 3_000.0 * (3.0 * phase).sin()) as i16
            })
            .collect()
    }

    /// The largest step between neighbours, which a click would raise.
    fn roughest(samples: &[i16]) -> i32 {
        samples.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap()
    }

    /// The largest difference of two sounds.
    fn furthest(a: &[i16], b: &[i16]) -> i32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(&a, &b)| (i32::from(a) - i32::from(b)).abs()).max().unwrap()
    }

    #[test]
    fn whole_periods_go_and_nothing_clicks() {
        for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
            let period = rate.hz() as usize / 200;
            let stretch = Stretch::new(rate);
            let mut samples = voice(rate.frame_samples(), rate);
            let smooth = roughest(&samples);

            let left = stretch.shorten(&mut samples, usize::MAX);
            let gone = rate.frame_samples() - left;
            assert!(gone > 0 && gone.is_multiple_of(period), "{gone} at {rate:?}");
            assert!(roughest(&samples[..left]) <= smooth + smooth / 8);
            assert!(furthest(&samples[..left], &voice(left, rate)) <= 2);

            let mut samples = voice(rate.frame_samples(), rate);
            samples.resize(2 * rate.frame_samples(), 0);
            let long = stretch.lengthen(&mut samples, rate.frame_samples(), usize::MAX);
            let more = long - rate.frame_samples();
            assert!(more > 0 && more.is_multiple_of(period), "{more} at {rate:?}");
            assert!(furthest(&samples[..long], &voice(long, rate)) <= 2);
        }
    }

    #[test]
    fn silence_goes_as_far_as_is_asked() {
        let stretch = Stretch::new(SampleRate::Hz8000);
        assert_eq!(stretch.shorten(&mut [3; 160], 77), 83);
        assert_eq!(stretch.shorten(&mut [3; 160], 1_000), 20);
        assert_eq!(stretch.lengthen(&mut [3; 320], 160, 60), 220);
        assert_eq!(stretch.lengthen(&mut [3; 170], 160, 60), 160);
    }

    #[test]
    fn noise_keeps_its_length() {
        let mut state = 1_u32;
        let mut noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 17) as i16
        })
        .map(|v| v - 16_384);
        let stretch = Stretch::new(SampleRate::Hz8000);
        let kept = (0..100)
            .filter(|_| {
                let mut samples: Vec<i16> = noise.by_ref().take(160).collect();
                stretch.shorten(&mut samples, 160) == 160
            })
            .count();
        assert!(kept >= 80, "{kept} of 100 frames of noise were left alone");
    }

    #[test]
    fn a_few_samples_are_left_alone() {
        let stretch = Stretch::new(SampleRate::Hz48000);
        for len in 0..100 {
            let mut samples = voice(len, SampleRate::Hz48000);
            assert_eq!(stretch.shorten(&mut samples, 50), len);
            assert_eq!(stretch.lengthen(&mut samples, len, 50), len);
        }
    }
}
