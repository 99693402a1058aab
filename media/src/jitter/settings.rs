//! What one jitter buffer is told once.

use std::time::Duration;

/// Bounds and sizes of a jitter buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JitterSettings {
    /// Ticks of the stream's RTP clock in a second: 8,000 for G.711 and, though it samples at 16 kHz, for
    /// G.722; 48,000 for Opus.
    pub clock_hz: u32,
    /// The delay before anything is known of the network.
    pub delay_start: Duration,
    /// The least delay that the buffer aims at. On a perfect network this is what it adds.
    pub delay_min: Duration,
    /// The most delay: what would be played later than this after the fastest packets is skipped, as soon as
    /// something newer has come.
    pub delay_max: Duration,
    /// Packets that can wait; a power of two. When one more comes, the oldest go.
    pub packets_max: usize,
    /// Octets that a payload may have; longer ones are refused.
    pub payload_max: usize,
}

impl JitterSettings {
    /// What suits a telephone call: 40 ms at the start, then 10-200 ms, 64 packets of at most 320 octets (40 ms
    /// of G.711), in 23 kB.
    pub const fn telephone(clock_hz: u32) -> Self {
        Self {
            clock_hz,
            delay_start: Duration::from_millis(40),
            delay_min: Duration::from_millis(10),
            delay_max: Duration::from_millis(200),
            packets_max: 64,
            payload_max: crate::PAYLOAD_MAX_BYTES,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if !(1_000..=192_000).contains(&self.clock_hz) {
            return Err(SettingsError::Clock);
        }
        let ordered = self.delay_min <= self.delay_start && self.delay_start <= self.delay_max;
        if !ordered || self.delay_max > DELAY_MAX {
            return Err(SettingsError::Delay);
        }
        if !self.packets_max.is_power_of_two() || !(4..=1_024).contains(&self.packets_max) {
            return Err(SettingsError::Packets);
        }
        if !(1..=4_096).contains(&self.payload_max) {
            return Err(SettingsError::Payload);
        }
        Ok(())
    }
}

/// What the estimate's histogram spans. Beyond half a second nobody talks any more; they take turns.
pub(crate) const DELAY_MAX: Duration = Duration::from_millis(500);

/// Why settings cannot be used: each is the configuration's mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The clock is not within 1-192 kHz.
    #[error("an RTP clock outside of 1-192 kHz")]
    Clock,
    /// Not least <= start <= most <= 500 ms.
    #[error("delays out of order, or above 500 ms")]
    Delay,
    /// Not a power of two within 4..=1024.
    #[error("a number of packets that is no power of two within 4-1024")]
    Packets,
    /// Not within 1..=4096 octets.
    #[error("a payload size outside of 1-4096 octets")]
    Payload,
}
