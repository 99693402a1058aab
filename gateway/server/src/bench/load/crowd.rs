//! So many callers of the echo line at a time.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the callers' driver: it begins and ends calls in real time"
)]

use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::ECHO_LINE;
use super::frames::{Counted, Counter};
use super::ringing::{Rung, ring};
use crate::simulate::line::hold;
use crate::simulate::server::Server;
use crate::simulate::twilio::Identity;

/// What came of a crowd.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Crowd {
    /// Callers who rang.
    pub(super) rang: usize,
    /// Of those, with whom the server took the call.
    pub(super) taken: usize,
    /// Who got a busy tone.
    pub(super) refused: usize,
    /// Whose call did not work, or was ended by the server.
    pub(super) failed: usize,
    /// Frames that were sent.
    pub(super) frames: u64,
    /// Frames that did not come back, but for those on their way when the caller hung up.
    pub(super) lost: u64,
    /// What half of the frames took at most, there and back, in microseconds.
    pub(super) p50_us: Option<u32>,
    /// What 99 of 100 took at most.
    pub(super) p99_us: Option<u32>,
    /// The slowest.
    pub(super) max_us: Option<u32>,
    /// Why the first of those who failed did.
    pub(super) first_failure: Option<String>,
}

/// Frames that may be on their way when somebody hangs up: a fifth of a second.
const ON_THEIR_WAY: u64 = 10;

/// What came of one caller.
enum Came {
    Held(Counted),
    Refused,
    Failed(String),
}

/// Rings with `callers`, spread over `ramp`, who all hang up `lasts` after the first rang.
pub(super) async fn crowd(
    server: &Server,
    callers: usize,
    ramp: Duration,
    lasts: Duration,
) -> Crowd {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for index in 0..callers {
        let server = server.clone();
        let dials = ramp.mul_f64(index as f64 / callers.max(1) as f64);
        tasks.spawn(async move {
            sleep_until(begun + dials).await;
            caller(&server, begun + lasts).await
        });
    }
    let mut came = Crowd { rang: callers, ..Crowd::default() };
    let mut took = Vec::new();
    for one in tasks.join_all().await {
        match one {
            Came::Refused => came.refused += 1,
            Came::Failed(why) => {
                came.failed += 1;
                came.first_failure.get_or_insert(why);
            }
            Came::Held(counted) if counted.hung_up => {
                came.taken += 1;
                came.frames += counted.sent;
                let lost = counted.sent - (counted.took_us.len() as u64).min(counted.sent);
                came.lost += lost.saturating_sub(ON_THEIR_WAY);
                took.extend(counted.took_us);
            }
            Came::Held(_) => {
                came.failed += 1;
                came.first_failure.get_or_insert_with(|| "the server ended the call".to_owned());
            }
        }
    }
    took.sort_unstable();
    let rank = |share: f64| {
        // `as` from float saturates.
        let rank = (share * took.len() as f64).ceil() as usize;
        took.get(rank.max(1) - 1).copied()
    };
    (came.p50_us, came.p99_us, came.max_us) = (rank(0.5), rank(0.99), took.last().copied());
    came
}

async fn caller(server: &Server, until: Instant) -> Came {
    let who = Identity::random();
    match ring(server, &who, ECHO_LINE).await {
        Rung::Refused => Came::Refused,
        Rung::Failed(why) => Came::Failed(why),
        Rung::Taken(taken) => {
            let (socket, target) = *taken;
            let begun = Instant::now();
            let lasts = until.saturating_duration_since(begun);
            let mut counter = Counter::new(who, &target.parameters, lasts, true);
            // Nobody sends: what happens in the server is none of a caller's business.
            let (_, mut events) = mpsc::channel(1);
            match hold(begun, socket, &mut counter, &mut events).await {
                Some(broke) => Came::Failed(broke),
                None => Came::Held(counter.finish()),
            }
        }
    }
}
