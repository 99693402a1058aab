//! `callwright bench echo`: frames there and back, over Twilio's streams and over RTP within this process.

#![expect(clippy::disallowed_methods, reason = "this is the bench's driver: it waits in real time")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::crowd::{Crowd, crowd};
use super::inside::EchoCalls;
use super::json;
use super::process::{Instructions, Process};
use super::profile::{self, Share};
use crate::bench::conversation::OwnServer;
use crate::bench::{BenchError, progress, say};
use crate::simulate::server::Server;

/// Measures the echo line.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Calls at a time, one row for each
    #[arg(long, value_name = "CALLS", value_delimiter = ',', default_value = "1,50,200")]
    calls: Vec<u16>,
    /// How long each row is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    seconds: u64,
    /// The server's models [default: where the launcher installs them]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Show which threads of the server the time went to
    #[arg(long)]
    profile: bool,
    /// Print one JSON document instead of a table
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  callwright bench echo                          1, 50 and 200 calls, 10 s each
  callwright bench echo --calls 1000 --seconds 30 --profile
                                                 a thousand, and where the time goes

A frame's time is from its WebSocket message leaving the caller to its return, on this machine, which callers and
server share. Instructions are counted by perf, if it is there and may look (kernel.perf_event_paranoid), and do not
depend on what else runs.";

#[derive(Clone, Debug, Serialize)]
struct Row {
    /// `twilio` over sockets, `rtp` within this process.
    line: &'static str,
    calls: u16,
    crowd: Option<Crowd>,
    /// Processor time of the server for a frame in and out, in microseconds.
    cpu_us_per_frame: f64,
    user_instructions_per_frame: Option<u64>,
    kernel_instructions_per_frame: Option<u64>,
    threads: Vec<Share>,
}

/// Callers ring over so long, and some time passes before they are looked at.
const RAMP: Duration = Duration::from_secs(3);
const SETTLE: Duration = Duration::from_secs(1);
/// Frames a second of one call.
const FRAMES: u64 = 50;

/// Measures every row and prints it.
///
/// # Errors
/// [`BenchError`] when nothing could be measured.
pub(in crate::bench) async fn measure(args: Args) -> Result<(), BenchError> {
    let rows = args.calls.len() as u64 * 2;
    let bar = progress(rows, "{spinner} {bar:30} {pos}/{len} rows  {msg}", args.json);
    bar.set_message("a server starts");
    let most = args.calls.iter().copied().max().unwrap_or(1);
    let models = args.models.clone();
    let own = blocking(move || {
        let most = (most + 8).to_string();
        Ok(OwnServer::start_with(models.as_deref(), &["--calls-max", &most])?)
    })
    .await?;
    let server = Server::new(own.base(), own.key())?;
    let lasts = Duration::from_secs(args.seconds.max(1));
    let mut rows = Vec::new();
    for &calls in &args.calls {
        bar.set_message(format!("{calls} calls over sockets"));
        let row = twilio(&server, Process(own.id()), calls, lasts).await;
        show(&args, &row, &bar, rows.is_empty());
        rows.push(row);
        bar.inc(1);
    }
    for &calls in &args.calls {
        bar.set_message(format!("{calls} calls of RTP within this process"));
        let row = blocking(move || rtp(calls, lasts)).await?;
        show(&args, &row, &bar, rows.is_empty());
        rows.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    if args.json {
        say(json(&rows));
    }
    Ok(())
}

async fn twilio(server: &Server, process: Process, calls: u16, lasts: Duration) -> Row {
    let whole = RAMP + SETTLE + lasts + SETTLE;
    let looking = async {
        tokio::time::sleep(RAMP + SETTLE).await;
        let before = process.threads();
        let counting = tokio::task::spawn_blocking(move || process.instructions(lasts));
        let begun = Instant::now();
        tokio::time::sleep(lasts).await;
        let (took, after) = (begun.elapsed(), process.threads());
        (took, profile::shares(&before, &after), counting.await.ok().flatten())
    };
    let calling = crowd(server, usize::from(calls), RAMP, whole);
    let (crowd, (took, threads, counted)) = tokio::join!(calling, looking);
    row("twilio", calls, Some(crowd), took, threads, counted.map(|counted| (counted, lasts)))
}

/// The path of a packet through receiver, leg and call core, for as long as `lasts`, as fast as it goes.
fn rtp(calls: u16, lasts: Duration) -> Result<Row, BenchError> {
    let mut echo = EchoCalls::place(calls).map_err(BenchError::Inside)?;
    let process = Process::this();
    let counting = std::thread::scope(|scope| {
        // It counts the whole process, in which nothing else is busy meanwhile.
        let counting = scope.spawn(move || process.instructions(lasts));
        let (begun, before) = (Instant::now(), echo.frames());
        while begun.elapsed() < lasts {
            echo.frame();
        }
        let (took, frames) = (begun.elapsed(), echo.frames() - before);
        (took, frames, counting.join().ok().flatten())
    });
    let (took, frames, counted) = counting;
    let per = |count: u64| Some(count / frames.max(1));
    Ok(Row {
        line: "rtp",
        calls,
        crowd: None,
        cpu_us_per_frame: took.as_secs_f64() * 1e6 / frames.max(1) as f64,
        user_instructions_per_frame: counted.and_then(|counted| per(counted.user)),
        kernel_instructions_per_frame: counted.and_then(|counted| per(counted.kernel)),
        threads: Vec::new(),
    })
}

fn row(
    line: &'static str,
    calls: u16,
    crowd: Option<Crowd>,
    took: Duration,
    threads: Vec<Share>,
    counted: Option<(Instructions, Duration)>,
) -> Row {
    let taken = crowd.as_ref().map_or(0, |crowd| crowd.taken) as f64;
    let frames = |over: Duration| (taken * FRAMES as f64 * over.as_secs_f64()).max(1.0);
    let cpu_us = threads.iter().map(|share| share.cpu_ms * 1_000.0).sum::<f64>();
    // `as` from float saturates.
    let per = |count: u64, over: Duration| (count as f64 / frames(over)) as u64;
    Row {
        line,
        calls,
        crowd,
        cpu_us_per_frame: cpu_us / frames(took),
        user_instructions_per_frame: counted.map(|(counted, over)| per(counted.user, over)),
        kernel_instructions_per_frame: counted.map(|(counted, over)| per(counted.kernel, over)),
        threads,
    }
}

fn show(args: &Args, row: &Row, bar: &indicatif::ProgressBar, first: bool) {
    if args.json {
        return;
    }
    bar.suspend(|| {
        if first {
            say(format_args!(
                "{:8} {:>6} {:>6} {:>8} {:>6} {:>9} {:>9} {:>9} {:>9} {:>10} {:>10}",
                "line",
                "calls",
                "taken",
                "frames",
                "lost",
                "p50 ms",
                "p99 ms",
                "max ms",
                "cpu us",
                "user ins",
                "kernel ins"
            ));
        }
        let crowd = row.crowd.clone().unwrap_or_default();
        let ms = |us: Option<u32>| {
            us.map_or_else(|| "-".to_owned(), |us| format!("{:.2}", f64::from(us) / 1_000.0))
        };
        let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |n| n.to_string());
        say(format_args!(
            "{:8} {:>6} {:>6} {:>8} {:>6} {:>9} {:>9} {:>9} {:>9.2} {:>10} {:>10}",
            row.line,
            row.calls,
            crowd.taken,
            crowd.frames,
            crowd.lost,
            ms(crowd.p50_us),
            ms(crowd.p99_us),
            ms(crowd.max_us),
            row.cpu_us_per_frame,
            count(row.user_instructions_per_frame),
            count(row.kernel_instructions_per_frame),
        ));
        if let Some(why) = &crowd.first_failure {
            say(format_args!("  {} calls failed; the first: {why}", crowd.failed));
        }
        if args.profile && !row.threads.is_empty() {
            say(profile::table(&row.threads));
        }
    });
}

/// Work that blocks, off the runtime's threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BenchError> + Send + 'static,
) -> Result<T, BenchError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
