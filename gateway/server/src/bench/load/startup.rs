//! `callwright bench startup`: from nothing to a server that accepts calls, many times.

#![expect(clippy::disallowed_methods, reason = "this is the bench's driver: it reads the clock")]

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use super::json;
use super::process::Process;
use crate::bench::conversation::OwnServer;
use crate::bench::{BenchError, progress, say};

/// Measures how long a server takes to start.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How often
    #[arg(long, value_name = "TIMES", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    times: u16,
    /// The server's models [default: where the launcher installs them]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Started {
    /// From the process's beginning to its taking calls, in milliseconds, in order of length.
    took_ms: Vec<u64>,
    /// Memory in use right after, in kB, of the last.
    resident_kb: Option<u64>,
    /// Its threads.
    threads: Option<u64>,
}

/// Starts servers, one after the other, and prints what each took.
///
/// # Errors
/// [`BenchError`] when one did not start.
pub(in crate::bench) fn measure(args: &Args) -> Result<(), BenchError> {
    let bar = progress(u64::from(args.times), "{spinner} {bar:30} {pos}/{len} starts", args.json);
    let mut started = Started { took_ms: Vec::new(), resident_kb: None, threads: None };
    for _ in 0..args.times {
        let begun = Instant::now();
        let own = OwnServer::start(args.models.as_deref())?;
        let took = begun.elapsed().as_millis();
        started.took_ms.push(u64::try_from(took).unwrap_or(u64::MAX));
        if let Some(holding) = Process(own.id()).holding() {
            started.resident_kb = Some(holding.resident_kb);
            started.threads = Some(holding.threads);
        }
        drop(own);
        bar.inc(1);
    }
    bar.finish_and_clear();
    started.took_ms.sort_unstable();
    if args.json {
        say(json(&started));
        return Ok(());
    }
    let at = |place: usize| started.took_ms.get(place).copied().unwrap_or(0);
    let last = started.took_ms.len().saturating_sub(1);
    say(format_args!(
        "from start to accepting calls: least {} ms, median {} ms, most {} ms, of {} starts",
        at(0),
        at(last / 2),
        at(last),
        args.times
    ));
    if let (Some(kb), Some(threads)) = (started.resident_kb, started.threads) {
        say(format_args!("memory in use right after: {} MB, {threads} threads", kb / 1_024));
    }
    Ok(())
}
