//! `callwright bench load`: three callers for every call that the server takes, and what those hear who are taken.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::crowd::{Crowd, crowd};
use super::echo::blocking;
use super::json;
use super::process::{Holding, Process};
use crate::bench::conversation::OwnServer;
use crate::bench::{BenchError, progress, say};
use crate::simulate::server::Server;

/// Measures a server that is rung by more callers than it takes.
///
/// The echo line, so that the limit is the one that is set. For conversations, whose limit the models set:
/// `callwright bench conversation --calls 20,60`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Calls that the server takes at most
    #[arg(long, value_name = "CALLS", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    calls: u16,
    /// How many times as many callers ring
    #[arg(long, value_name = "TIMES", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=20))]
    times: u16,
    /// How long each part lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(5..))]
    seconds: u64,
    /// The server's models [default: where the launcher installs them]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Part {
    when: &'static str,
    crowd: Crowd,
    holding: Option<Holding>,
}

/// Rings with as many callers as are taken, then with many times as many, and prints both.
///
/// # Errors
/// [`BenchError`] when there is no server, or calls that were taken did not stay whole.
pub(in crate::bench) async fn measure(args: Args) -> Result<(), BenchError> {
    let bar = progress(2, "{spinner} {bar:30} {pos}/{len} parts  {msg}", args.json);
    let (models, most) = (args.models.clone(), args.calls.to_string());
    let own =
        blocking(move || Ok(OwnServer::start_with(models.as_deref(), &["--calls-max", &most])?))
            .await?;
    let server = Server::new(own.base(), own.key())?;
    let lasts = Duration::from_secs(args.seconds);
    let ramp = lasts / 4;
    let mut parts = Vec::new();
    for (when, times) in [("as many as it takes", 1), ("more than it takes", args.times)] {
        bar.set_message(when);
        let callers = usize::from(args.calls) * usize::from(times);
        let crowd = crowd(&server, callers, ramp, lasts).await;
        parts.push(Part { when, crowd, holding: Process(own.id()).holding() });
        bar.inc(1);
    }
    bar.finish_and_clear();
    if args.json {
        say(json(&parts));
    } else {
        say(format_args!(
            "{:22} {:>6} {:>6} {:>8} {:>7} {:>8} {:>6} {:>8} {:>8} {:>8}",
            "",
            "rang",
            "taken",
            "refused",
            "failed",
            "frames",
            "lost",
            "p50 ms",
            "p99 ms",
            "max ms"
        ));
        parts.iter().for_each(show);
    }
    // Callers are refused at the door, so that whoever is taken stays whole.
    let broken = parts.iter().find(|part| part.crowd.failed > 0);
    match broken {
        None => Ok(()),
        Some(Part { crowd, .. }) => Err(BenchError::LeftBehind(format!(
            "{} calls that were taken did not stay whole; the first: {}",
            crowd.failed,
            crowd.first_failure.as_deref().unwrap_or("")
        ))),
    }
}

fn show(part: &Part) {
    let crowd = &part.crowd;
    let ms = |us: Option<u32>| {
        us.map_or_else(|| "-".to_owned(), |us| format!("{:.2}", f64::from(us) / 1_000.0))
    };
    say(format_args!(
        "{:22} {:>6} {:>6} {:>8} {:>7} {:>8} {:>6} {:>8} {:>8} {:>8}",
        part.when,
        crowd.rang,
        crowd.taken,
        crowd.refused,
        crowd.failed,
        crowd.frames,
        crowd.lost,
        ms(crowd.p50_us),
        ms(crowd.p99_us),
        ms(crowd.max_us),
    ));
}
