//! Numbers that wrap on the line, counted on without end.

/// Follows a counter of `BITS` bits past its roll-over, by taking each value for the nearest one to the last
/// (as RFC 3711 section 3.3.1 does for sequence numbers): 16 for sequence numbers, 32 for timestamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unwrapper<const BITS: u32> {
    last: Option<i64>,
}

impl<const BITS: u32> Unwrapper<BITS> {
    /// One that has seen nothing; its first value comes out as it is.
    pub const fn new() -> Self {
        const { assert!(BITS > 0 && BITS <= 32) };
        Self { last: None }
    }

    /// The whole number that `value` (its low `BITS` bits) stands for, which may be lower than the last, and
    /// negative where the first value was small and an older one comes after it.
    ///
    /// *Real time:* a few operations.
    pub const fn unwrap(&mut self, value: u32) -> i64 {
        let whole = self.near(value);
        self.last = Some(whole);
        whole
    }

    /// The same, without moving: what `value` would be.
    pub const fn near(&self, value: u32) -> i64 {
        let span = 1_i64 << BITS;
        let value = value as i64 & (span - 1);
        match self.last {
            None => value,
            Some(last) => {
                // How far ahead of the last, modulo the span; more than half of it ahead is behind.
                let ahead = value.wrapping_sub(last) & (span - 1);
                let step = if ahead >= span / 2 { ahead - span } else { ahead };
                last.saturating_add(step)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_on_over_both_ends() {
        let mut sequence = Unwrapper::<16>::new();
        let whole: Vec<i64> =
            [65_534, 65_535, 1, 0, 65_535, 2].map(|value| sequence.unwrap(value)).into();
        assert_eq!(whole, [65_534, 65_535, 65_537, 65_536, 65_535, 65_538]);
        let mut fresh = Unwrapper::<16>::new();
        assert_eq!((fresh.unwrap(1), fresh.unwrap(65_535)), (1, -1));
    }

    #[test]
    fn a_timestamp_wraps_every_thirty_hours_at_48_khz() {
        let mut timestamp = Unwrapper::<32>::new();
        let mut expected = i64::from(u32::MAX) - 2_000;
        for _ in 0..10 {
            let low = u32::try_from(expected & 0xFFFF_FFFF).unwrap();
            assert_eq!(timestamp.unwrap(low), expected);
            expected += 960;
        }
    }
}
