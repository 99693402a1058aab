//! What `callwright simulate` does: finds the scenarios and the server, makes the calls, shows them, judges.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use futures_util::StreamExt as _;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::args::Args;
use super::placing::{Caller, SimulateError, Target};
use super::report::CallReport;
use super::scenario::Scenario;
use super::server::Server;
use super::shipped::{SHIPPED, find};
use crate::config::Config;
use crate::serve::Running;

/// Runs the command.
///
/// Exit status: 0 when all expectations hold, 1 when one does not, 2 when no call could be made.
pub fn run(args: Args) -> ExitCode {
    if args.list {
        return list();
    }
    // Two threads, so that a call's frames leave in time while another call is being made ready.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = runtime
        .map_err(SimulateError::Runtime)
        .and_then(|runtime| runtime.block_on(simulate(&args)));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// What is printed goes to a pipe that may be closed: then there is nobody left to tell.
fn say(line: impl std::fmt::Display) {
    let _nobody_listens = writeln!(std::io::stdout().lock(), "{line}");
}

fn complain(error: &dyn std::error::Error) {
    let _nobody_listens = writeln!(std::io::stderr().lock(), "callwright simulate: {error}");
}

fn list() -> ExitCode {
    for shipped in SHIPPED {
        let name = shipped.read().map_or_else(|error| error.to_string(), |scenario| scenario.name);
        say(format_args!("{:20} {name}", shipped.name));
    }
    ExitCode::SUCCESS
}

async fn simulate(args: &Args) -> Result<bool, SimulateError> {
    let scenarios = scenarios(args)?;
    let (own, target) = target(args).await?;
    let outcome = call_all(args, &scenarios, target).await;
    if let Some((running, home)) = own {
        running.shutdown().await;
        // What remains of a home that is not removed lies in the system's temporary folder.
        let _removed = std::fs::remove_dir_all(home);
    }
    let reports = outcome?;
    let passed = reports.iter().all(|report| report.passed);
    if args.json {
        say(Document { passed, calls: &reports }.text());
    } else if scenarios.len() > 1 {
        say(table(&reports));
    }
    Ok(passed)
}

fn scenarios(args: &Args) -> Result<Vec<Scenario>, SimulateError> {
    let mut scenarios = Vec::new();
    if args.all {
        for shipped in SHIPPED {
            scenarios.push(shipped.read()?);
        }
    }
    for named in args.scenarios.iter().chain(&args.named) {
        scenarios.push(find(named)?);
    }
    if scenarios.is_empty()
        && let Some(first) = SHIPPED.first()
    {
        scenarios.push(first.read()?);
    }
    Ok(scenarios)
}

/// The server to call; and, with `--serve`, the server itself and its home.
async fn target(args: &Args) -> Result<(Option<(Running, PathBuf)>, Target), SimulateError> {
    let (own, base, key) = if args.serve {
        let (running, home) = serve(args).await?;
        let base = format!("http://{}", running.addr());
        let key =
            running.admin_key().ok_or_else(|| SimulateError::Serve("it has no key".into()))?;
        (Some((running, home)), base, key)
    } else {
        let base = args.base();
        let key = match args.key.clone().filter(|key| !key.is_empty()) {
            Some(key) => key,
            None => read_key(&args.home, &base).await?,
        };
        (None, base, key)
    };
    let mut target = Target::new(&base, &key)?;
    // A server of one's own is known by its address alone.
    if own.is_none() {
        if let Some(public_url) = args.public_url.as_ref().filter(|url| !url.is_empty()) {
            target = target.known_as(public_url);
        }
        if let Some(token) = args.twilio_auth_token.as_ref().filter(|token| !token.is_empty()) {
            target = target.signing(token.clone());
        }
    }
    Ok((own, target))
}

async fn serve(args: &Args) -> Result<(Running, PathBuf), SimulateError> {
    let name = format!("callwright-simulate-{:016x}", rand::random::<u64>());
    let home = std::env::temp_dir().join(name);
    let models = args.models.clone().unwrap_or_else(Config::default_models);
    let started = crate::serve::start(Config::local(&home, models)).await;
    Ok((started.map_err(|error| SimulateError::Serve(error.to_string()))?, home))
}

async fn read_key(home: &Path, base: &str) -> Result<String, SimulateError> {
    let path = home.join("admin.key");
    if let Ok(key) = std::fs::read_to_string(&path) {
        return Ok(key.trim().to_owned());
    }
    // Who has not started a server yet has no key either, and needs the server first; one that is just starting
    // answers once it is up, and has written its key by then.
    Server::new(base, "")?.answers().await?;
    let key = std::fs::read_to_string(&path);
    key.map(|key| key.trim().to_owned()).map_err(|why| SimulateError::NoKey { path, why })
}

async fn call_all(
    args: &Args,
    scenarios: &[Scenario],
    target: Target,
) -> Result<Vec<CallReport>, SimulateError> {
    let caller = Caller::new(target)?;
    let alone = scenarios.len() == 1;
    let progress = MultiProgress::new();
    if args.json || alone || !std::io::stderr().is_terminal() {
        progress.set_draw_target(ProgressDrawTarget::hidden());
    }
    let calls = scenarios.iter().map(|scenario| {
        let (caller, progress) = (&caller, &progress);
        async move { call_one(args, scenario, caller, progress, alone).await }
    });
    // In the order in which they were named, however long each takes.
    let mut calls = futures_util::stream::iter(calls).buffered(usize::from(args.at_a_time));
    let mut reports = Vec::new();
    while let Some(report) = calls.next().await {
        reports.push(report?);
    }
    Ok(reports)
}

async fn call_one(
    args: &Args,
    scenario: &Scenario,
    caller: &Caller,
    progress: &MultiProgress,
    alone: bool,
) -> Result<CallReport, SimulateError> {
    let speaks = alone && !args.json;
    if speaks {
        say(format_args!("{}: {} calls {}\n", scenario.name, scenario.caller, scenario.line));
    }
    let bar = progress.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:34!} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(scenario.name.clone());
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut watch = |entry: &super::log::Entry| {
        bar.set_message(entry.to_string().trim().to_owned());
        if speaks {
            say(entry);
        }
    };
    let report = caller.call_watched(scenario, &mut watch).await;
    bar.finish_and_clear();
    let report = report?;
    if let Some(path) = &args.record {
        let path = if alone { path.clone() } else { beside(path, &scenario.name) };
        let written = report.recording.write(&path);
        written.map_err(|why| SimulateError::Record { path: path.clone(), why })?;
    }
    if !args.json {
        progress.suspend(|| {
            if !alone && !report.passed {
                say(report.conversation());
            }
            say(format_args!("{report}\n"));
        });
    }
    Ok(report)
}

/// `call.wav` for a scenario "Books a visit" is `call-books-a-visit.wav`.
fn beside(path: &Path, name: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    let words = super::phrase::words(name).join("-");
    path.with_file_name(format!("{stem}-{words}")).with_extension(ending)
}

fn table(reports: &[CallReport]) -> String {
    let shown = |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
    let mut text = format!(
        "{:6}  {:44} {:>7} {:>8} {:>8} {:>9}\n",
        "", "scenario", "call s", "p50 ms", "p95 ms", "cut-in ms"
    );
    for report in reports {
        let cut_in = report.interruptions.iter().map(|cut| cut.last_sound_ms).max();
        text.push_str(&format!(
            "{:6}  {:44} {:>7.1} {:>8} {:>8} {:>9}\n",
            if report.passed { "passed" } else { "FAILED" },
            report.scenario,
            report.lasted_ms as f64 / 1_000.0,
            shown(report.reply_p50_ms),
            shown(report.reply_p95_ms),
            shown(cut_in),
        ));
    }
    let passed = reports.iter().filter(|report| report.passed).count();
    text.push_str(&format!("{passed} of {} passed", reports.len()));
    text
}

#[derive(Serialize)]
struct Document<'a> {
    passed: bool,
    calls: &'a [CallReport],
}

impl Document<'_> {
    fn text(&self) -> String {
        // Only maps with other keys than strings and failing writers make this fail, and there are none.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_of_several_scenarios_lie_beside_each_other() {
        let beside = beside(Path::new("/tmp/call.wav"), "Books a cleaning, then hangs up");
        assert_eq!(beside, Path::new("/tmp/call-books-a-cleaning-then-hangs-up.wav"));
    }

    #[test]
    fn the_table_counts_what_passed() {
        assert!(table(&[]).ends_with("0 of 0 passed"));
    }
}
