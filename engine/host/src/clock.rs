//! The clock of the shards.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the clock for every shard"
)]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use callwright_calls::Moment;

/// Tells all shards the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    beginning: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { beginning: Instant::now() }
    }

    pub(crate) fn now(self) -> Moment {
        Moment::new(self.beginning.elapsed())
    }
}

/// Milliseconds since 1970, for the names of calls.
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
