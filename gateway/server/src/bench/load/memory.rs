//! `callwright bench memory`: what each call takes, and whether it is given back.

#![expect(clippy::disallowed_methods, reason = "this is the bench's driver: it waits in real time")]

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::crowd::crowd;
use super::echo::blocking;
use super::frames::Counter;
use super::process::{Holding, Process};
use super::ringing::{Rung, ring};
use super::{AGENT_LINE, json};
use crate::bench::conversation::OwnServer;
use crate::bench::{BenchError, progress, say};
use crate::simulate::line::hold;
use crate::simulate::server::Server;
use crate::simulate::twilio::Identity;

/// Measures the memory of a server with and without calls.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Calls of the echo line to hold at once
    #[arg(long, value_name = "CALLS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    echo: u16,
    /// Calls of an agent to hold at once; the server may take fewer
    #[arg(long, value_name = "CALLS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    agent: u16,
    /// The server's models [default: where the launcher installs them]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Look {
    when: String,
    calls: usize,
    #[serde(flatten)]
    holding: Holding,
}

const RAMP: Duration = Duration::from_secs(2);
const HELD: Duration = Duration::from_secs(6);
/// When all have rung and the caches are as large as they become.
const LOOK_AT: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_secs(2);

/// Looks at a server before, during and after calls, and prints what it saw.
///
/// # Errors
/// [`BenchError`] when there is no server.
pub(in crate::bench) async fn measure(args: Args) -> Result<(), BenchError> {
    let bar = progress(6, "{spinner} {bar:30} {pos}/{len} looks", args.json);
    let models = args.models.clone();
    let most = (args.echo + 8).to_string();
    let own =
        blocking(move || Ok(OwnServer::start_with(models.as_deref(), &["--calls-max", &most])?))
            .await?;
    let server = Server::new(own.base(), own.key())?;
    let process = Process(own.id());
    let mut looks = Vec::new();
    let mut look = |when: &str, calls: usize| {
        let holding = process.holding().unwrap_or_default();
        looks.push(Look { when: when.to_owned(), calls, holding });
        bar.inc(1);
    };
    look("just started", 0);
    // The first calls pay for what all later ones share.
    crowd(&server, 10, REST, HELD / 2).await;
    sleep(REST).await;
    look("after ten calls", 0);
    let (echo, ()) = tokio::join!(crowd(&server, usize::from(args.echo), RAMP, HELD), async {
        sleep(LOOK_AT).await;
        look("echo calls held", usize::from(args.echo));
    });
    sleep(REST).await;
    look("echo calls ended", 0);
    let (talked, ()) = tokio::join!(agents(&server, args.agent), async {
        sleep(LOOK_AT).await;
        look("agent's calls held", usize::from(args.agent));
    });
    sleep(REST).await;
    look("agent's calls ended", 0);
    bar.finish_and_clear();
    let taken = [("echo calls held", echo.taken), ("agent's calls held", talked)];
    for look in &mut looks {
        let taken = taken.iter().find(|(when, _)| *when == look.when);
        look.calls = taken.map_or(look.calls, |(_, taken)| *taken);
    }
    if args.json {
        say(json(&looks));
        return Ok(());
    }
    say(format_args!(
        "{:20} {:>6} {:>11} {:>12} {:>8} {:>7}",
        "", "calls", "resident kB", "kB per call", "threads", "files"
    ));
    let mut before = 0;
    for Look { when, calls, holding } in &looks {
        let per = match calls {
            0 => "-".to_owned(),
            _ => (holding.resident_kb.saturating_sub(before) / *calls as u64).to_string(),
        };
        say(format_args!(
            "{when:20} {calls:>6} {:>11} {per:>12} {:>8} {:>7}",
            holding.resident_kb, holding.threads, holding.files
        ));
        before = holding.resident_kb;
    }
    Ok(())
}

/// Rings the agent with so many callers, who listen and hang up together. Gives how many were taken.
async fn agents(server: &Server, callers: u16) -> usize {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for index in 0..callers {
        let server = server.clone();
        tasks.spawn(async move {
            sleep(RAMP.mul_f64(f64::from(index) / f64::from(callers.max(1)))).await;
            let who = Identity::random();
            let Rung::Taken(taken) = ring(&server, &who, AGENT_LINE).await else { return false };
            let (socket, target) = *taken;
            let opened = Instant::now();
            let lasts = (begun + HELD).saturating_duration_since(opened);
            let mut counter = Counter::new(who, &target.parameters, lasts, true);
            let (_, mut events) = tokio::sync::mpsc::channel(1);
            let broke = hold(opened, socket, &mut counter, &mut events).await;
            broke.is_none() && counter.finish().hung_up
        });
    }
    tasks.join_all().await.into_iter().filter(|taken| *taken).count()
}
