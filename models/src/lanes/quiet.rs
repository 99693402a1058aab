//! A lane whose thread runs behind all others: for work that no conversation waits for.

use std::thread;

use super::LaneSize;
use super::desk::Desk;
use super::port::RingLengths;
use super::worker::{self, LaneError, Started};

/// Starts a lane like [`worker::start`], on a thread of the lowest ordinary priority.
pub(super) fn start<D: Desk + 'static>(
    name: &'static str,
    size: LaneSize,
    rings: RingLengths,
    desk: D,
) -> Result<Started<D>, LaneError>
where
    D::Request: 'static,
    D::Answer: 'static,
{
    thread::scope(|scope| {
        // On Linux the nice value belongs to a thread and is handed on to the threads that it starts, so that one that
        // lives for this only leaves the caller's as it is. Being less nice is no reason not to start.
        let starter = thread::Builder::new().name(format!("{name}-starter"));
        let started = starter
            .spawn_scoped(scope, move || {
                if let Err(error) = rustix::process::nice(NICEST) {
                    tracing::warn!(lane = name, %error, "the lane runs at the priority of all others");
                }
                worker::start(name, size, rings, desk)
            })
            .map_err(|source| LaneError::Thread { lane: name, source })?;
        started.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The system's last place.
const NICEST: i32 = 19;
