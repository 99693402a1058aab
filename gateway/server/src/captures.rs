//! `callwright captures`: what captured calls are kept, and how to be rid of them.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use callwright_contract::CallId;
use callwright_host::kept;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::HOME_DEFAULT;

/// What to do with captures.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the captured calls, the oldest first
    #[command(after_help = "Examples:
  callwright captures list
  callwright captures list --json")]
    List {
        /// Where they are.
        #[command(flatten)]
        place: PlaceArgs,
        /// Write one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Remove the captures of calls
    #[command(after_help = "Examples:
  callwright captures remove call_0123456789abc
  callwright captures remove --all")]
    Remove {
        /// Names of calls
        #[arg(value_name = "CALL", required_unless_present = "all")]
        calls: Vec<CallId>,
        /// Every one
        #[arg(long, conflicts_with = "calls")]
        all: bool,
        /// Where they are.
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Where captures are.
#[derive(Clone, Debug, Args)]
pub struct PlaceArgs {
    /// Folder of the server's data; captures are in `captures` in it
    #[arg(long, env = "CALLWRIGHT_HOME", value_name = "FOLDER", default_value = HOME_DEFAULT)]
    pub(crate) home: PathBuf,
}

impl PlaceArgs {
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.join("captures")
    }
}

/// Does it.
///
/// # Errors
/// The folder cannot be read, or a capture is not there.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match command {
        Command::List { place, json } => {
            let folder = place.folder();
            let captures = kept(&folder)
                .with_context(|| format!("the folder {} cannot be read", folder.display()))?;
            if json {
                let all = captures.iter().map(
                    |capture| json!({ "call": capture.call.to_string(), "octets": capture.octets }),
                );
                writeln!(out, "{}", json!({ "captures": all.collect::<Vec<_>>() }))?;
                return Ok(ExitCode::SUCCESS);
            }
            for capture in &captures {
                let began = i64::try_from(capture.call.unix_ms()).unwrap_or_default();
                let began = jiff::Timestamp::from_millisecond(began).unwrap_or_default();
                let kilobytes = capture.octets.div_ceil(1_000);
                writeln!(out, "{}  {began:.0}  {kilobytes:>7} kB", capture.call)?;
            }
            if captures.is_empty() {
                writeln!(
                    out,
                    "No call is captured in {}; docs/replay.md says how.",
                    folder.display()
                )?;
            }
        }
        Command::Remove { calls, all, place } => {
            let folder = place.folder();
            let captures = kept(&folder)
                .with_context(|| format!("the folder {} cannot be read", folder.display()))?;
            for call in &calls {
                if !captures.iter().any(|capture| capture.call == *call) {
                    bail!("{call} is not captured in {}", folder.display());
                }
            }
            let chosen = captures.iter().filter(|capture| all || calls.contains(&capture.call));
            for capture in chosen {
                std::fs::remove_file(&capture.path)
                    .with_context(|| format!("{} cannot be removed", capture.path.display()))?;
                writeln!(out, "{} is removed", capture.call)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
