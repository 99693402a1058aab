//! How loud a frame is.

/// A level in decibels relative to the overload point of 16-bit sound, from 0 (as loud as can be) to -127
/// (silence), as RFC 6464 has it on the line.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Dbov(pub f32);

impl Dbov {
    /// The level of digital silence.
    pub const SILENCE: Self = Self(-127.0);
}

/// The root-mean-square level of `samples`.
///
/// *Real time:* one pass.
pub fn level_dbov(samples: &[i16]) -> Dbov {
    if samples.is_empty() {
        return Dbov::SILENCE;
    }
    let sum: u64 = samples.iter().map(|&s| u64::from(s.unsigned_abs()).pow(2)).sum();
    let mean = sum as f32 / samples.len() as f32;
    // 0 dBov is the power of a full-scale square wave (RFC 6464 section 3), 32768 squared.
    let full_scale = 32_768.0_f32 * 32_768.0;
    Dbov((10.0 * (mean / full_scale).log10()).clamp(Dbov::SILENCE.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_known_sounds() {
        assert_eq!(level_dbov(&[]), Dbov::SILENCE);
        assert_eq!(level_dbov(&[0; 160]), Dbov::SILENCE);
        assert!(level_dbov(&[i16::MIN; 160]).0.abs() < 0.001);
        // Half the amplitude is 6.02 dB down.
        assert!((level_dbov(&[16_384; 160]).0 + 6.02).abs() < 0.01);
    }
}
