//! A point in a shard's time.

use std::time::Duration;

/// A point in time on the clock of whoever drives a shard: monotonic, counted from a beginning of the driver's
/// choice. In tests the driver is the test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The moment `elapsed` after the clock's beginning.
    pub const fn new(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Time from `earlier` to here; zero when it is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `later` after this one.
    #[must_use]
    pub const fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }

    /// The moment `earlier` before this one, at the earliest the clock's beginning.
    #[must_use]
    pub const fn minus(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(earlier))
    }
}
