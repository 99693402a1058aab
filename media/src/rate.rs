//! How many samples a second has.

use std::time::Duration;

/// Samples per second of mono sound, one of the rates a voice call uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SampleRate {
    /// 8 kHz, the telephone's.
    Hz8000,
    /// 12 kHz, which Opus has between the telephone and wideband.
    Hz12000,
    /// 16 kHz, the models'.
    Hz16000,
    /// 24 kHz, of many voices.
    Hz24000,
    /// 48 kHz, Opus and browsers.
    Hz48000,
}

impl SampleRate {
    /// Samples per second.
    pub const fn hz(self) -> u32 {
        match self {
            Self::Hz8000 => 8_000,
            Self::Hz12000 => 12_000,
            Self::Hz16000 => 16_000,
            Self::Hz24000 => 24_000,
            Self::Hz48000 => 48_000,
        }
    }

    /// The rate of so many samples per second, if it is one of these.
    pub const fn from_hz(hz: u32) -> Option<Self> {
        match hz {
            8_000 => Some(Self::Hz8000),
            12_000 => Some(Self::Hz12000),
            16_000 => Some(Self::Hz16000),
            24_000 => Some(Self::Hz24000),
            48_000 => Some(Self::Hz48000),
            _ => None,
        }
    }

    /// Samples of one 20 ms frame.
    pub const fn frame_samples(self) -> usize {
        self.hz() as usize / 50
    }

    /// How long `samples` samples last.
    pub const fn duration(self, samples: u64) -> Duration {
        let hz = self.hz() as u64;
        let rest_ns = (samples % hz) * 1_000_000_000 / hz;
        // `rest_ns` is below 10^9 by the remainder above.
        Duration::new(samples / hz, rest_ns as u32)
    }

    /// Samples that have begun once `elapsed` has passed.
    pub const fn samples(self, elapsed: Duration) -> u64 {
        let hz = self.hz() as u64;
        elapsed.as_secs() * hz + elapsed.subsec_nanos() as u64 * hz / 1_000_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_durations_agree() {
        for rate in [
            SampleRate::Hz8000,
            SampleRate::Hz12000,
            SampleRate::Hz16000,
            SampleRate::Hz24000,
            SampleRate::Hz48000,
        ] {
            assert_eq!(SampleRate::from_hz(rate.hz()), Some(rate));
            assert_eq!(rate.duration(rate.frame_samples() as u64), Duration::from_millis(20));
            assert_eq!(
                rate.samples(Duration::from_millis(60_020)),
                u64::from(rate.hz()) * 3001 / 50
            );
        }
        assert_eq!(SampleRate::from_hz(44_100), None);
    }
}
