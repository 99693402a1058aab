//! Very many calls over real sockets, in and out of good order, and what the server holds afterwards.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the callers' driver: it begins and ends calls in real time"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use callwright_business::{Business, BusinessOptions};
use callwright_media::impair::Chance;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;

use super::echo::blocking;
use super::frames::Counter;
use super::process::{Holding, Process};
use super::ringing::{Rung, ring};
use super::{AGENT_LINE, ECHO_LINE};
use crate::bench::BenchError;
use crate::bench::conversation::OwnServer;
use crate::simulate::line::hold;
use crate::simulate::server::Server;
use crate::simulate::twilio::Identity;

/// What became of very many calls over sockets.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Sockets {
    /// Calls that rang.
    pub(super) made: u64,
    /// Of those, who got a busy tone.
    pub(super) refused: u64,
    /// Whose call did not work, and why the first did not.
    pub(super) failed: u64,
    pub(super) first_failure: Option<String>,
    /// What the server held after the first of them, and after the last, once all was quiet.
    pub(super) before: Holding,
    pub(super) after: Holding,
    /// Gauges of the server that are not 0 again, with their values.
    pub(super) gauges: Vec<(String, f64)>,
    /// Calls of the store that have no end, and slots of the calendar still held.
    pub(super) rows_open: u64,
    pub(super) holds: u64,
    /// Files in the server's folder of data.
    pub(super) data_files: usize,
}

impl Sockets {
    /// What was left behind or went wrong, if anything was.
    pub(super) fn left_behind(&self) -> Option<String> {
        let grown = |what: &str, before: u64, after: u64| {
            (after > before).then(|| format!("{} {what} more", after - before))
        };
        let mut left: Vec<String> = [
            grown("threads", self.before.threads, self.after.threads),
            grown("files", self.before.files, self.after.files),
            grown("sockets", self.before.sockets, self.after.sockets),
            (self.failed > 0).then(|| format!("{} calls failed", self.failed)),
            (self.rows_open > 0).then(|| format!("{} open rows", self.rows_open)),
            (self.holds > 0).then(|| format!("{} held slots", self.holds)),
        ]
        .into_iter()
        .flatten()
        .collect();
        left.extend(self.gauges.iter().map(|(name, value)| format!("{name} is {value}")));
        (!left.is_empty()).then(|| left.join(", "))
    }
}

/// Gauges of things that calls take and must give back.
const GAUGES: [&str; 4] = [
    "callwright_calls_live",
    "callwright_business_conversations",
    "callwright_twilio_streams",
    "callwright_api_streams",
];
/// The first of the calls warm up what all share: after those memory is looked at for the first time.
const WARM_UP: u64 = 10;
/// How long the server may take to have everything back.
const QUIET_MAX: Duration = Duration::from_secs(20);

/// Makes `calls` calls of a server of its own, `at_a_time` at once; `tell` hears how many are over.
///
/// # Errors
/// [`BenchError`] when there is no server, or it did not stop well.
pub(super) async fn socket_calls(
    calls: u64,
    at_a_time: u16,
    seed: u64,
    models: Option<&Path>,
    tell: impl Fn(u64) + Send + Sync + 'static,
) -> Result<Sockets, BenchError> {
    let models = models.map(Path::to_owned);
    let most = (u32::from(at_a_time) + 8).to_string();
    let mut own =
        blocking(move || Ok(OwnServer::start_with(models.as_deref(), &["--calls-max", &most])?))
            .await?;
    let server = Server::new(own.base(), own.key())?;
    let process = Process(own.id());
    let tell: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(tell);
    let over = Arc::new(AtomicU64::new(0));
    let mut outcome = Sockets::default();
    let warm_up = (calls / WARM_UP).max(1).min(calls);
    for (from, upto) in [(0, warm_up), (warm_up, calls)] {
        let next = Arc::new(AtomicU64::new(from));
        let mut callers = JoinSet::new();
        for _ in 0..at_a_time {
            let (server, next, over) = (server.clone(), Arc::clone(&next), Arc::clone(&over));
            let tell = Arc::clone(&tell);
            callers.spawn(async move {
                let (mut refused, mut failed, mut first_failure) = (0, 0, None);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= upto {
                        return (refused, failed, first_failure);
                    }
                    match one(&server, Chance::new(seed ^ number)).await {
                        Ok(true) => {}
                        Ok(false) => refused += 1,
                        Err(why) => {
                            failed += 1;
                            first_failure.get_or_insert(why);
                        }
                    }
                    tell(over.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
        for (refused, failed, first_failure) in callers.join_all().await {
            outcome.refused += refused;
            outcome.failed += failed;
            outcome.first_failure = outcome.first_failure.or(first_failure);
        }
        open_readers(&server).await?;
        outcome.gauges = quiet(&server).await?;
        let holding = process.holding().unwrap_or_default();
        if from == 0 {
            outcome.before = holding;
        }
        outcome.after = holding;
    }
    outcome.made = calls;
    let database = own.home().join("callwright.db");
    let stopped = blocking(move || {
        own.stop().map_err(BenchError::System)?;
        Ok(own)
    });
    // Its folder is removed with it.
    let own = stopped.await?;
    outcome.data_files = std::fs::read_dir(own.home()).map_or(0, Iterator::count);
    let options = BusinessOptions::new(database, Arc::new(Timestamp::now));
    let opened = Business::open(options).await;
    let opened = opened.map_err(|error| BenchError::Inside(error.to_string()))?;
    (outcome.rows_open, outcome.holds) = (opened.calls_left_open, opened.holds_left);
    opened.business.drain().await;
    Ok(outcome)
}

/// One call of some kind. Gives whether it was taken.
async fn one(server: &Server, mut chance: Chance) -> Result<bool, String> {
    let who = Identity::random();
    let kind = chance.below(100);
    let line = if kind < 10 { AGENT_LINE } else { ECHO_LINE };
    if kind >= 96 {
        // Rings, and hangs up before there is a stream.
        let webhooks = crate::simulate::webhook::Webhooks {
            server,
            public_url: server.base(),
            auth_token: None,
            who: &who,
            from: "+12025550199",
            to: line,
        };
        return webhooks.incoming().await.map(|_| true).map_err(|offence| offence.to_string());
    }
    let (socket, target) = match ring(server, &who, line).await {
        Rung::Refused => return Ok(false),
        Rung::Failed(why) => return Err(why),
        Rung::Taken(taken) => *taken,
    };
    let lasts = Duration::from_millis(100 + chance.below(700));
    if kind >= 92 {
        // A stream on which nothing is ever said, or something that no Twilio says.
        let mut socket = socket;
        if kind >= 94 {
            let _gone = socket.send(Message::text("{\"event\":\"start\"}")).await.is_err();
        }
        sleep(lasts).await;
        drop(socket);
        return Ok(true);
    }
    let begun = Instant::now();
    // Some break off without a word.
    let in_good_order = kind < 84;
    let mut counter = Counter::new(who, &target.parameters, lasts, in_good_order);
    let (_, mut events) = tokio::sync::mpsc::channel(1);
    if in_good_order {
        return match hold(begun, socket, &mut counter, &mut events).await {
            Some(broke) => Err(broke),
            None => Ok(true),
        };
    }
    let mut socket = socket;
    while let Some(text) = crate::simulate::line::Party::poll_text(&mut counter) {
        let _gone = socket.send(Message::text(text)).await.is_err();
    }
    let _late =
        tokio::time::timeout(lasts, async { while let Some(Ok(_)) = socket.next().await {} })
            .await
            .is_err();
    drop(socket);
    Ok(true)
}

/// Questions at once that make the store open all of the few connections that it reads with, each a thread and two files:
/// it opens one when it needs it, and keeps it.
const QUESTIONS: usize = 32;

/// Asks so much at once that what the store opens on demand is open.
async fn open_readers(server: &Server) -> Result<(), BenchError> {
    let mut asking = JoinSet::new();
    for _ in 0..QUESTIONS {
        let server = server.clone();
        asking.spawn(async move { server.newest_calls(500).await });
    }
    for answer in asking.join_all().await {
        answer?;
    }
    Ok(())
}

/// Waits until nothing is held any more. Gives the gauges that are still not 0.
async fn quiet(server: &Server) -> Result<Vec<(String, f64)>, BenchError> {
    let deadline = Instant::now() + QUIET_MAX;
    loop {
        let held = held(&server.metrics().await?);
        if held.is_empty() || Instant::now() >= deadline {
            return Ok(held);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// The gauges that are not 0.
fn held(metrics: &str) -> Vec<(String, f64)> {
    let lines = metrics.lines().filter_map(|line| line.rsplit_once(' '));
    let known = lines.filter(|(name, _)| GAUGES.contains(name));
    let values = known.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)));
    values.filter(|(_, value): &(String, f64)| *value != 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_read_from_the_metrics() {
        let metrics = "# TYPE callwright_calls_live gauge\ncallwright_calls_live 2\n\
            callwright_twilio_streams 0\ncallwright_other 5\n";
        assert_eq!(held(metrics), [("callwright_calls_live".to_owned(), 2.0)]);
    }

    #[test]
    fn what_has_grown_is_left_behind() {
        let holding = |threads| Holding { threads, files: 5, sockets: 1, resident_kb: 1 };
        let mut sockets = Sockets { before: holding(4), after: holding(4), ..Sockets::default() };
        assert_eq!(sockets.left_behind(), None);
        sockets.after = holding(6);
        sockets.gauges.push(("callwright_calls_live".to_owned(), 1.0));
        let left = sockets.left_behind().unwrap();
        assert_eq!(left, "2 threads more, callwright_calls_live is 1");
    }
}
