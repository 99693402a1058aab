//! From time to ticks of an RTP clock and back.

use std::time::Duration;

/// Ticks of `clock_hz` that have begun once `elapsed` has passed.
pub(crate) const fn ticks_of(elapsed: Duration, clock_hz: u32) -> i64 {
    let hz = clock_hz as u64;
    let whole = elapsed.as_secs().saturating_mul(hz);
    let ticks = whole.saturating_add(elapsed.subsec_nanos() as u64 * hz / 1_000_000_000);
    // A clock that has run for millions of years stands still rather than turning negative.
    if ticks > i64::MAX as u64 { i64::MAX } else { ticks as i64 }
}

/// How long `ticks` last; none at all if they are negative.
pub(crate) const fn duration_of(ticks: i64, clock_hz: u32) -> Duration {
    if ticks <= 0 || clock_hz == 0 {
        return Duration::ZERO;
    }
    let (ticks, hz) = (ticks as u64, clock_hz as u64);
    // The remainder is below 2^32 and so is the rate: the product fits, and the quotient is below 10^9.
    Duration::new(ticks / hz, ((ticks % hz) * 1_000_000_000 / hz) as u32)
}
