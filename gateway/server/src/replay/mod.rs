//! `callwright replay`: a captured call is run again, faster than it was.
//!
//! The call core gets exactly what it got then, at the same moments: what its lanes answered, what the line brought,
//! what the business wished. It must do what it did, event for event and octet for octet; where it does not, the first
//! difference is shown. With `--models` the models hear the caller anew and the agent talks again; with `--with` that is
//! done twice, and what a change of thresholds, agent or models makes otherwise is shown.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use callwright_calls::replay;
use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressStyle};

use crate::captures::PlaceArgs;
use crate::config::Config;

mod change;
pub mod context;
mod far_end;
mod find;
mod report;
mod rerun;
mod rerunning;
#[cfg(test)]
pub(crate) mod tests;
mod told;

pub(crate) use find::{ReadCaptureError, read as read_capture};

use change::Change;
use find::{FindError, Found, find};
use report::{Outcome, Report};
use rerunning::Rerunner;

/// Runs captured calls again.
#[derive(Clone, Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Names of captured calls, capture files, or folders of them
    #[arg(value_name = "CAPTURE", required_unless_present = "all")]
    captures: Vec<PathBuf>,
    /// Every captured call of the server's data folder
    #[arg(long, conflicts_with = "captures")]
    all: bool,
    #[command(flatten)]
    place: PlaceArgs,
    /// Run the call core on what it got then; the default
    #[arg(long, conflicts_with_all = ["models", "with"])]
    exact: bool,
    /// Let the models hear the caller anew, and the agent talk again
    #[arg(long)]
    models: bool,
    /// Do that without and with the changes of this YAML file, and show what they make otherwise
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models_folder: Option<PathBuf>,
    /// Print what happened in the call, event by event, with what was said
    #[arg(long, conflicts_with_all = ["models", "with"])]
    events: bool,
    /// Write one JSON document instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  callwright replay call_0123456789abc
      does the call do today what it did then?
  callwright replay call_0123456789abc --events
      what happened in it
  callwright replay call_0123456789abc --models
      what do the models make of it today?
  callwright replay call_0123456789abc --with fix.yaml
      what would have been otherwise? docs/replay.md says what may be changed
  callwright replay --all
      every captured call of ./var/captures: a regression test over real calls

Ends with 0 when everything is as it was, 1 when something is not, 2 when a capture cannot be read.";

/// Something was not as it had been.
const EXIT_DIFFERENT: u8 = 1;
/// A capture cannot be read.
const EXIT_FAILED: u8 = 2;

/// Does what the command line asks for.
///
/// # Errors
/// A name that leads to no capture.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let found = find(&args.captures, args.all, &args.place.folder())?;
    let change = args.with.as_deref().map(Change::read).transpose()?;
    let anew = !args.exact && (args.models || change.is_some());
    let mut rerunner = if anew {
        let folder = args.models_folder.unwrap_or_else(Config::default_models);
        Some(Rerunner::load(&folder, change)?)
    } else {
        None
    };
    let progress = progress(found.len(), args.json);
    let mut reports = Vec::with_capacity(found.len());
    for Found { name, path } in found {
        progress.set_message(name.clone());
        let outcome = match &mut rerunner {
            None => exactly(&path),
            Some(rerunner) => had_again(&path, rerunner, |heard| {
                progress.set_message(format!("{name}  {} s", heard.as_secs()));
            }),
        };
        reports.push(Report { name, outcome });
        progress.inc(1);
    }
    progress.finish_and_clear();
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", report::json(&reports, args.events))?;
    } else {
        out.write_all(report::text(&reports, args.events).as_bytes())?;
    }
    Ok(match reports.iter().map(|report| report.outcome.severity()).max() {
        None | Some(0) => ExitCode::SUCCESS,
        Some(1) => ExitCode::from(EXIT_DIFFERENT),
        Some(_) => ExitCode::from(EXIT_FAILED),
    })
}

/// The files of captures that were named as [`Args`] takes them.
///
/// # Errors
/// [`FindError`]: one leads to no capture.
pub(crate) fn found_captures(
    typed: &[PathBuf],
    captures: &Path,
) -> Result<Vec<PathBuf>, FindError> {
    Ok(find(typed, false, captures)?.into_iter().map(|found| found.path).collect())
}

/// Runs one capture again on what it holds.
fn exactly(path: &Path) -> Outcome {
    let capture = match find::read(path) {
        Ok(capture) => capture,
        Err(error) => return Outcome::Unreadable(error.to_string()),
    };
    match replay(&capture) {
        Ok(replayed) => {
            Outcome::Replayed { end: capture.end, version: capture.header.version, replayed }
        }
        Err(error) => Outcome::Unreadable(error.to_string()),
    }
}

/// Has one call again.
fn had_again(path: &Path, rerunner: &mut Rerunner, mut heard: impl FnMut(Duration)) -> Outcome {
    let capture = match find::read(path) {
        Ok(capture) => capture,
        Err(error) => return Outcome::Unreadable(error.to_string()),
    };
    let mut shown = Duration::MAX;
    let told = |now: Duration| {
        if now.as_secs() != shown.as_secs() {
            shown = now;
            heard(now);
        }
    };
    match rerunner.run(&capture, told) {
        Ok(reran) => Outcome::Reran(reran),
        Err(error) => Outcome::Unreadable(error.to_string()),
    }
}

/// Shown where somebody looks.
fn progress(captures: usize, json: bool) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    ProgressBar::new(captures as u64)
        .with_style(style.unwrap_or_else(|_wrong| ProgressStyle::default_bar()))
}
