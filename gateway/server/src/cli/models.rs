//! `callwright models`: what is installed, whether it is whole, and what else there is.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use crate::config::Config;
use crate::doctor::installed::megabytes;

mod fetching;
mod http;
mod shelf;
mod speed;
mod trial;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Name the models, what each does, in which languages, and under which licence
    List {
        #[command(flatten)]
        place: FolderArgs,
        /// Write one JSON document instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Fetch models that are not installed, each held to its published hash
    #[command(after_help = PULL_EXAMPLES)]
    Pull(fetching::PullArgs),
    /// Compare every installed file with what it has to be, to the last octet
    Verify(FolderArgs),
    /// Delete models that were pulled
    Remove(fetching::RemoveArgs),
    /// Measure how fast each installed model is on this machine, and how much memory it takes
    Bench {
        #[command(flatten)]
        place: FolderArgs,
        /// Measure one model alone, within this process, and write what was found as JSON
        #[arg(long, value_name = "NAME", hide = true)]
        only: Option<String>,
        /// Write one JSON document instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Let a model hear sound files, and print what it makes of each
    Try(trial::TrialArgs),
}

const PULL_EXAMPLES: &str = "Examples:
  callwright models pull whisper-base
  callwright models pull whisper-base --mirror https://files.example.com/models
      fetches https://files.example.com/models/ggml-base.bin

A pull that was cut goes on where it stopped. See docs/models.md.";

#[derive(Debug, clap::Args)]
pub(super) struct FolderArgs {
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// More models that may be pulled: a file like `models/catalog.json`
    #[arg(long, env = "CALLWRIGHT_MODELS_CATALOG", value_name = "FILE")]
    catalog: Option<PathBuf>,
}

impl FolderArgs {
    fn folder(&self) -> PathBuf {
        self.models.clone().unwrap_or_else(Config::default_models)
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match command {
        Command::List { place, json } => list(&mut out, &place, json),
        Command::Pull(args) => fetching::pull(&mut out, args),
        Command::Verify(place) => verify_all(&mut out, &place),
        Command::Remove(args) => fetching::remove(&mut out, args),
        Command::Bench { place, json, only } => speed::run(&mut out, &place, json, only.as_deref()),
        Command::Try(args) => trial::run(&mut out, args),
    }
}

fn list(out: &mut impl Write, place: &FolderArgs, json: bool) -> anyhow::Result<ExitCode> {
    let folder = place.folder();
    let downloads = shelf::downloads(place.catalog.as_ref())?;
    let models = shelf::all(&downloads);
    let speeds = speed::known(&folder);
    if json {
        let all: Vec<_> = models
            .iter()
            .map(|model| described(model, &folder, speeds.get(model.name())))
            .collect();
        writeln!(out, "{}", json!({ "folder": folder.display().to_string(), "models": all }))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "In {}:\n", folder.display())?;
    writeln!(
        out,
        "  {:<29} {:<17} {:<5} {:>8} {:>9} {:>8}  what, licence",
        "name", "task", "lang.", "size", "real-time", "memory"
    )?;
    for model in &models {
        let there = if model.is_installed(&folder) { "✓" } else { " " };
        let speed = speeds.get(model.name());
        let memory = speed.and_then(|speed| speed.memory).map(megabytes).unwrap_or_default();
        let speed = speed.map(|speed| format!("{:.4}", speed.real_time_factor)).unwrap_or_default();
        writeln!(
            out,
            "{there} {:<29} {:<17} {:<5} {:>8} {speed:>9} {memory:>8}  {}, {}",
            model.name(),
            model.task(),
            model.languages(),
            megabytes(model.size()),
            model.title(),
            model.licence(),
        )?;
    }
    writeln!(out, "\n✓ is installed; `callwright models pull NAME` fetches what is not.")?;
    if !speeds.is_empty() {
        writeln!(
            out,
            "Real-time: seconds of one core for a second of sound; that and memory as `callwright models bench` measured \
             them here."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn described(
    model: &shelf::Model<'_>,
    folder: &Path,
    speed: Option<&speed::Speed>,
) -> serde_json::Value {
    json!({
        "name": model.name(),
        "task": model.task(),
        "title": model.title(),
        "languages": model.languages(),
        "licence": model.licence(),
        "size": model.size(),
        "installed": model.is_installed(folder),
        "speed": speed,
    })
}

fn verify_all(out: &mut impl Write, place: &FolderArgs) -> anyhow::Result<ExitCode> {
    let folder = place.folder();
    let downloads = shelf::downloads(place.catalog.as_ref())?;
    let (mut whole, mut again) = (true, None);
    for model in shelf::all(&downloads) {
        match model.verify(&folder) {
            None => continue,
            Some(Ok(())) => writeln!(out, "✓ {}", model.name())?,
            Some(Err(flaw)) => {
                whole = false;
                if matches!(model, shelf::Model::Pulled(_)) {
                    again = Some(model.name().to_owned());
                }
                writeln!(out, "✗ {}: {flaw}", model.name())?;
            }
        }
        out.flush()?;
    }
    if whole {
        return Ok(ExitCode::SUCCESS);
    }
    match again {
        Some(name) => writeln!(
            out,
            "\n`callwright models remove {name}` and `callwright models pull {name}` replace it."
        )?,
        None => writeln!(
            out,
            "\n`./callwright up` installs what is missing and replaces what is damaged."
        )?,
    }
    Ok(ExitCode::FAILURE)
}
