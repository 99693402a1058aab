//! The clock of the shards.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the clock for every shard"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use callwright_calls::Moment;

/// Tells all shards the same time: the machine's, or what the owner of a simulation says it is.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    beginning: Instant,
    virtually: Option<VirtualClock>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { beginning: Instant::now(), virtually: None }
    }

    pub(crate) fn stepped(clock: VirtualClock) -> Self {
        Self { beginning: clock.beginning, virtually: Some(clock) }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::new(match &self.virtually {
            None => self.beginning.elapsed(),
            Some(clock) => clock.elapsed(),
        })
    }

    pub(crate) fn instant(&self) -> Instant {
        match &self.virtually {
            None => Instant::now(),
            Some(clock) => clock.instant(),
        }
    }
}

/// The clock of a simulation: it moves when it is told to. Copies tell the same time.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    /// Something to count from; what it is tells nothing.
    beginning: Instant,
    elapsed_ns: Arc<AtomicU64>,
}

impl VirtualClock {
    /// A clock at its beginning.
    #[expect(clippy::new_without_default, reason = "two clocks are never equal")]
    pub fn new() -> Self {
        Self { beginning: Instant::now(), elapsed_ns: Arc::default() }
    }

    /// It is now `elapsed` after the beginning, which is never earlier than before.
    pub fn set(&self, elapsed: Duration) {
        let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        self.elapsed_ns.fetch_max(nanos, Ordering::Relaxed);
    }

    /// Time since the beginning.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed_ns.load(Ordering::Relaxed))
    }

    /// The time as those count it who know nothing of simulations.
    pub fn instant(&self) -> Instant {
        self.beginning + self.elapsed()
    }
}

/// Milliseconds since 1970, for the names of calls.
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
