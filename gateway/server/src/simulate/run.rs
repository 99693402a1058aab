//! What `callwright simulate` does: finds the scenarios and the server, makes the calls, shows them, judges.

use std::io::{IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use futures_util::StreamExt as _;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::args::Args;
use super::inside::{Inside, InsideCall};
use super::matrix::{Matrix, Named, Outcome};
use super::persona::{self, Persona};
use super::placing::{Caller, SimulateError, Target};
use super::profile::{self, CarrierKind, LineProfile};
use super::report::CallReport;
use super::scenario::{Scenario, ScenarioError};
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
    if args.matrix || args.inside {
        return ended(if args.matrix { matrix(&args) } else { inside(&args) });
    }
    // Two threads, so that a call's frames leave in time while another call is being made ready.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    ended(
        runtime
            .map_err(SimulateError::Runtime)
            .and_then(|runtime| runtime.block_on(simulate(&args))),
    )
}

fn ended(outcome: Result<bool, SimulateError>) -> ExitCode {
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
    say("\nPersonas (--persona):");
    for (name, _) in persona::SHIPPED {
        let what = Persona::named(name).map_or_else(|error| error.to_string(), |who| who.name);
        say(format_args!("{name:20} {what}"));
    }
    say("\nLines (--line):");
    for (name, _) in profile::SHIPPED {
        let what =
            LineProfile::named(name).map_or_else(|error| error.to_string(), |line| line.name);
        say(format_args!("{name:20} {what}"));
    }
    ExitCode::SUCCESS
}

/// Those that were asked for by name, or `otherwise`.
fn named<T>(
    asked: &[String],
    otherwise: &[&str],
    read: impl Fn(&str) -> Result<T, ScenarioError>,
) -> Result<Vec<Named<T>>, SimulateError> {
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let names = if asked.is_empty() { otherwise } else { &asked };
    let each = names.iter().map(|&name| Ok(Named { name: name.to_owned(), what: read(name)? }));
    each.collect()
}

fn models(args: &Args) -> PathBuf {
    args.models.clone().unwrap_or_else(Config::default_models)
}

fn matrix(args: &Args) -> Result<bool, SimulateError> {
    let shipped =
        |all: &[(&'static str, &str)]| all.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let matrix = Matrix {
        scenarios: asked_scenarios(args)?,
        personas: named(&args.persona, &shipped(&persona::SHIPPED), Persona::named)?,
        lines: named(&args.line, &shipped(&profile::SHIPPED), LineProfile::named)?,
        seed: args.seed,
        calls: args.calls.max(1),
        models: models(args),
        at_a_time: args.at_a_time.and_then(|calls| NonZeroUsize::new(usize::from(calls))),
    };
    let bar = ProgressBar::new(matrix.len() as u64);
    if args.json || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos} of {len} calls, {elapsed}, {eta} left")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    let outcome: Outcome = matrix.run(&bar)?;
    bar.finish_and_clear();
    if args.json {
        say(serde_json::to_string_pretty(&outcome).unwrap_or_default());
    } else {
        say(outcome.table());
    }
    Ok(outcome.passed == outcome.calls.len())
}

/// The scenarios within this process, one after the other.
fn inside(args: &Args) -> Result<bool, SimulateError> {
    let mut inside = Inside::load(&models(args))?;
    let scenarios = asked_scenarios(args)?;
    let alone = scenarios.len() == 1;
    let (persona, line) = (persona_of(args)?, line_of(args)?);
    let mut reports = Vec::new();
    for Named { what: scenario, .. } in &scenarios {
        let wanted = InsideCall { scenario, persona: &persona, line: &line, seed: args.seed };
        let speaks = alone && !args.json;
        let mut watch = |entry: &super::log::Entry| {
            if speaks {
                say(entry);
            }
        };
        let report = inside.call(&wanted, &mut watch)?;
        keep(args, scenario, &report, alone)?;
        if !args.json {
            if !alone && !report.passed {
                say(report.conversation());
            }
            say(format_args!("{report}\n"));
        }
        reports.push(report);
    }
    Ok(told(args, &reports))
}

fn persona_of(args: &Args) -> Result<Persona, SimulateError> {
    match args.persona.as_slice() {
        [] => Ok(Persona::named("plain")?),
        [name] => Ok(Persona::named(name)?),
        _ => Err(SimulateError::Several("persona")),
    }
}

fn line_of(args: &Args) -> Result<LineProfile, SimulateError> {
    match args.line.as_slice() {
        [] => Ok(LineProfile::named("clean")?),
        [name] => Ok(LineProfile::named(name)?),
        _ => Err(SimulateError::Several("line")),
    }
}

async fn simulate(args: &Args) -> Result<bool, SimulateError> {
    let persona = persona_of(args)?;
    let scenarios: Vec<Scenario> = asked_scenarios(args)?
        .iter()
        .map(|scenario| persona.play(&scenario.what, args.seed))
        .collect();
    let line = if args.line.is_empty() { None } else { Some(line_of(args)?) };
    if line.as_ref().is_some_and(|line| line.carrier != CarrierKind::Twilio) {
        return Err(SimulateError::NoSocket);
    }
    let (own, target) = target(args).await?;
    let outcome = call_all(args, &scenarios, target, line).await;
    if let Some((running, home)) = own {
        running.shutdown().await;
        // What remains of a home that is not removed lies in the system's temporary folder.
        let _removed = std::fs::remove_dir_all(home);
    }
    Ok(told(args, &outcome?))
}

/// Shows what came of all calls. Gives whether all of it was as expected.
fn told(args: &Args, reports: &[CallReport]) -> bool {
    let passed = reports.iter().all(|report| report.passed);
    if args.json {
        say(Document { passed, calls: reports }.text());
    } else if reports.len() > 1 {
        say(table(reports));
    }
    passed
}

fn asked_scenarios(args: &Args) -> Result<Vec<Named<Scenario>>, SimulateError> {
    let mut names: Vec<String> = Vec::new();
    if args.all {
        names.extend(SHIPPED.iter().map(|shipped| shipped.name.to_owned()));
    }
    names.extend(args.scenarios.iter().chain(&args.named).cloned());
    let first: Vec<&str> = SHIPPED.first().map(|shipped| shipped.name).into_iter().collect();
    named(&names, &first, find)
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
    let started = crate::serve::start(Config::local(&home, models(args))).await;
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
    line: Option<LineProfile>,
) -> Result<Vec<CallReport>, SimulateError> {
    let caller = Caller::new(target)?;
    let caller = match line {
        Some(line) => caller.over(line, args.seed),
        None => caller,
    };
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
    let mut calls = futures_util::stream::iter(calls)
        .buffered(usize::from(args.at_a_time.unwrap_or(AT_A_TIME)));
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
    keep(args, scenario, &report, alone)?;
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

/// Calls at a time to a server.
const AT_A_TIME: u8 = 3;

/// Writes the sound of a call, if that is wanted.
fn keep(
    args: &Args,
    scenario: &Scenario,
    report: &CallReport,
    alone: bool,
) -> Result<(), SimulateError> {
    let Some(path) = &args.record else { return Ok(()) };
    let path = if alone { path.clone() } else { beside(path, &scenario.name) };
    let written = report.recording.write(&path);
    written.map_err(|why| SimulateError::Record { path: path.clone(), why })
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
