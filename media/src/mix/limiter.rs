//! Keeping a sum of sounds within 16 bits without clipping it.

/// Turns sums that may be too loud into samples that are not: the gain falls before the loud sample comes, within
/// the frame it is in, and rises again over a tenth of a second.
#[derive(Clone, Debug)]
pub struct Limiter {
    gain: f32,
    /// How much the gain rises with each sample.
    rise: f32,
}

/// How long the gain takes from silence to full.
const RISE_S: f32 = 0.1;

impl Limiter {
    /// A limiter at rest for sound of `rate`.
    pub fn new(rate: crate::SampleRate) -> Self {
        Self { gain: 1.0, rise: 1.0 / (RISE_S * rate.hz() as f32) }
    }

    /// Writes the limited `sums` to `out`; the shorter of the two decides how many. While nothing is too loud,
    /// they come out as they went in.
    ///
    /// *Real time:* two passes, no allocation, no delay.
    pub fn limit(&mut self, sums: &[i32], out: &mut [i16]) {
        let peak = sums.iter().map(|sum| sum.unsigned_abs()).max().unwrap_or(0);
        if self.gain >= 1.0 && peak <= CEILING {
            for (sample, &sum) in out.iter_mut().zip(sums) {
                // `as` cannot cut: the peak is within 16 bits.
                *sample = sum as i16;
            }
            return;
        }
        let allowed = (CEILING as f32 / peak.max(1) as f32).min(1.0);
        // The gain must be down when the first sample comes that it would not hold.
        let step = if allowed < self.gain {
            let held = (CEILING as f32 / self.gain) as u32;
            let first = sums.iter().position(|sum| sum.unsigned_abs() > held).unwrap_or(0);
            (allowed - self.gain) / (first + 1) as f32
        } else {
            self.rise
        };
        for (sample, &sum) in out.iter_mut().zip(sums) {
            self.gain = if step < 0.0 {
                (self.gain + step).max(allowed)
            } else {
                (self.gain + step).min(allowed)
            };
            // `as` saturates.
            *sample = (sum as f32 * self.gain) as i16;
        }
    }
}

/// The highest sample that comes out.
const CEILING: u32 = i16::MAX.unsigned_abs() as u32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleRate;

    #[test]
    fn what_fits_passes_unchanged_and_what_does_not_is_never_clipped() {
        let mut limiter = Limiter::new(SampleRate::Hz8000);
        let quiet: Vec<i32> = (-80..80).map(|n| n * 400).collect();
        let mut out = [0; 160];
        limiter.limit(&quiet, &mut out);
        assert!(out.iter().zip(&quiet).all(|(&o, &q)| i32::from(o) == q));

        // Twice too loud from the middle of the frame on: the form stays, only its height changes.
        let loud: Vec<i32> = (0..1_600)
            .map(|n| ((f64::from(n) / 8.0).sin() * if n < 80 { 20_000.0 } else { 65_000.0 }) as i32)
            .collect();
        let mut limited = vec![0; 1_600];
        for (sums, out) in loud.chunks(160).zip(limited.chunks_mut(160)) {
            limiter.limit(sums, out);
        }
        let flat_tops = limited.windows(3).filter(|w| w[0] == w[1] && w[1] == w[2] && w[0] != 0);
        assert_eq!(flat_tops.count(), 0);
        let peak = limited[160..].iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!((32_000..=32_767).contains(&peak), "{peak}");

        // A tenth of a second after the last loud frame the gain is back.
        for _ in 0..6 {
            limiter.limit(&quiet, &mut out);
        }
        assert!(out.iter().zip(&quiet).all(|(&o, &q)| i32::from(o) == q));
    }

    #[test]
    fn the_largest_sums_there_are_stay_within_bounds() {
        let mut limiter = Limiter::new(SampleRate::Hz8000);
        let mut out = [0; 4];
        limiter.limit(&[i32::MIN, i32::MAX, 0, 1], &mut out);
        assert!(out[0] <= -32_700 && out[1] >= 32_700 && out[2] == 0, "{out:?}");
    }
}
