//! Wall-clock time as RTCP carries it, and the round trip that two reports make.

use std::time::Duration;

/// Seconds since 1900 in 32.32 fixed point (RFC 3550 section 4). Whoever owns the clock makes it; any origin
/// will do where only differences are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// The time `since_origin` after the origin, which wraps after 136 years as the protocol's does.
    pub const fn new(since_origin: Duration) -> Self {
        let fraction = ((since_origin.subsec_nanos() as u64) << 32) / 1_000_000_000;
        Self(since_origin.as_secs() << 32 | fraction)
    }

    /// The middle 32 bits, 16.16 seconds: how a report names the sender report that it answers.
    pub const fn middle(self) -> u32 {
        (self.0 >> 16 & 0xFFFF_FFFF) as u32
    }
}

/// So many units of 1/65,536 s.
pub(crate) const fn duration_of_middle(units: u32) -> Duration {
    // Nanoseconds of at most 65,536 s: below 2^46.
    Duration::from_nanos((units as u64 * 1_000_000_000) >> 16)
}

/// Units of 1/65,536 s in `duration`, as many as the field holds.
pub(crate) fn middle_of_duration(duration: Duration) -> u32 {
    let units = (duration.as_nanos() << 16) / 1_000_000_000;
    u32::try_from(units).unwrap_or(u32::MAX)
}
