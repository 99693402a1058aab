//! How loud sound is: the level of a frame, its form on the line (RFC 6464), and a meter over a stream.

/// A level in decibels relative to the overload point of 16-bit sound, from 0 (as loud as can be) to -127
/// (silence), as RFC 6464 has it on the line.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Dbov(pub f32);

impl Dbov {
    /// The level of digital silence.
    pub const SILENCE: Self = Self(-127.0);

    /// The octet of the client-to-mixer level extension (RFC 6464 section 3): the level without its sign in
    /// the low seven bits, whole decibels; the top bit says that the frame has `voice` in it.
    ///
    /// *Real time.*
    pub fn to_rfc6464(self, voice: bool) -> u8 {
        // `as` saturates at both ends of the byte, and turns what is not a number into 0.
        let level = (-self.0).round().clamp(0.0, 127.0) as u8;
        if voice { level | VOICE } else { level }
    }

    /// The level and the voice flag in an octet of that extension; every octet has a meaning.
    ///
    /// *Real time.*
    pub fn from_rfc6464(octet: u8) -> (Self, bool) {
        (Self(-f32::from(octet & !VOICE)), octet & VOICE != 0)
    }
}

/// The V bit of RFC 6464 section 3.
const VOICE: u8 = 0x80;

/// The root-mean-square level of `samples`.
///
/// *Real time:* one pass.
pub fn level_dbov(samples: &[i16]) -> Dbov {
    if samples.is_empty() {
        return Dbov::SILENCE;
    }
    let sum: u64 = samples.iter().map(|&s| u64::from(s.unsigned_abs()).pow(2)).sum();
    dbov_of_power(sum as f32 / samples.len() as f32)
}

/// The level of a mean square of 16-bit samples.
fn dbov_of_power(mean: f32) -> Dbov {
    // 0 dBov is the power of a full-scale square wave (RFC 6464 section 3), 32768 squared.
    let full_scale = 32_768.0_f32 * 32_768.0;
    Dbov((10.0 * (mean / full_scale).log10()).clamp(Dbov::SILENCE.0, 0.0))
}

/// The level of a stream as a needle shows it: smoothed over 300 ms, with the highest sample and the number of
/// clipped ones since they were last asked for.
#[derive(Clone, Debug)]
pub struct LevelMeter {
    /// Share of the new sample in the smoothed power.
    share: f32,
    mean: f32,
    peak: u16,
    clipped: u64,
}

/// The needle's time constant, that of the volume unit meter (IEC 60268-17).
const NEEDLE_S: f32 = 0.3;

impl LevelMeter {
    /// A meter at rest for sound of `rate`.
    pub fn new(rate: crate::SampleRate) -> Self {
        let share = 1.0 / (NEEDLE_S * rate.hz() as f32);
        Self { share, mean: 0.0, peak: 0, clipped: 0 }
    }

    /// Takes in the next samples of the stream, any number.
    ///
    /// *Real time:* one pass, no allocation.
    pub fn feed(&mut self, samples: &[i16]) {
        let sum: u64 = samples.iter().map(|&s| u64::from(s.unsigned_abs()).pow(2)).sum();
        let count = samples.len() as f32;
        if count > 0.0 {
            // The smoothing of `count` steps at once, with their mean in place of each.
            let keep = (1.0 - self.share).powf(count);
            self.mean = keep * self.mean + (1.0 - keep) * (sum as f32 / count);
        }
        for sample in samples {
            let height = sample.unsigned_abs();
            self.peak = self.peak.max(height);
            self.clipped += u64::from(height >= i16::MAX.unsigned_abs());
        }
    }

    /// Where the needle stands.
    pub fn level(&self) -> Dbov {
        dbov_of_power(self.mean)
    }

    /// The highest sample (0 to 32768) and the number of clipped samples since the last call.
    pub fn take_peak(&mut self) -> (u16, u64) {
        (std::mem::take(&mut self.peak), std::mem::take(&mut self.clipped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleRate;

    #[test]
    fn levels_of_known_sounds() {
        assert_eq!(level_dbov(&[]), Dbov::SILENCE);
        assert_eq!(level_dbov(&[0; 160]), Dbov::SILENCE);
        assert!(level_dbov(&[i16::MIN; 160]).0.abs() < 0.001);
        // Half the amplitude is 6.02 dB down.
        assert!((level_dbov(&[16_384; 160]).0 + 6.02).abs() < 0.01);
    }

    #[test]
    fn the_octet_on_the_line_is_that_of_rfc_6464() {
        assert_eq!(Dbov(0.0).to_rfc6464(true), 0x80);
        assert_eq!(Dbov(-30.4).to_rfc6464(false), 30);
        assert_eq!(Dbov::SILENCE.to_rfc6464(false), 127);
        assert_eq!(Dbov(f32::NEG_INFINITY).to_rfc6464(false), 127);
        for octet in 0..=u8::MAX {
            let (level, voice) = Dbov::from_rfc6464(octet);
            assert_eq!(level.to_rfc6464(voice), octet);
        }
    }

    #[test]
    fn the_needle_moves_as_fast_as_a_volume_meters_and_counts_what_clips() {
        let mut meter = LevelMeter::new(SampleRate::Hz8000);
        for _ in 0..15 {
            meter.feed(&[16_384; 160]);
        }
        // One time constant: 63 % of the power, 2 dB below.
        assert!((meter.level().0 + 6.02 + 1.99).abs() < 0.05, "{:?}", meter.level());
        for _ in 0..200 {
            meter.feed(&[16_384; 160]);
        }
        assert!((meter.level().0 + 6.02).abs() < 0.01);
        assert_eq!(meter.take_peak(), (16_384, 0));
        meter.feed(&[i16::MIN, i16::MAX, 5]);
        assert_eq!(meter.take_peak(), (32_768, 2));
        assert_eq!(meter.take_peak(), (0, 0));
    }

    #[test]
    fn metering_allocates_nothing() {
        let mut meter = LevelMeter::new(SampleRate::Hz8000);
        let counted = allocation_counter::measure(|| {
            meter.feed(&[77; 160]);
            let level = level_dbov(&[77; 160]);
            assert!(level.to_rfc6464(true) > 0x80);
            assert!(meter.level() > Dbov::SILENCE);
        });
        assert_eq!(counted.count_total, 0);
    }
}
