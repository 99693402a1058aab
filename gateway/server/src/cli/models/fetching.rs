//! `callwright models pull` and `remove`.

use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use callwright_models::catalog;
use callwright_models::pull::{self, PullOptions, PullProgress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::http::Http;
use super::{FolderArgs, shelf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PullArgs {
    /// Which models, as `models list` names them
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Addresses that have the same files, asked before the models' own homes
    #[arg(
        long = "mirror",
        env = "CALLWRIGHT_MODELS_MIRRORS",
        value_name = "URL",
        value_delimiter = ','
    )]
    mirrors: Vec<String>,
    /// Take files of which no hash is published, and hold them to what they are today
    #[arg(long)]
    trust_on_first_use: bool,
    #[command(flatten)]
    place: FolderArgs,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RemoveArgs {
    /// Which models, as `models list` names them
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    place: FolderArgs,
}

pub(super) fn pull(out: &mut impl Write, args: PullArgs) -> anyhow::Result<ExitCode> {
    let downloads = shelf::downloads(args.place.catalog.as_ref())?;
    let folder = args.place.folder();
    let options =
        PullOptions { mirrors: args.mirrors, trust_on_first_use: args.trust_on_first_use };
    let mut http = Http::new();
    for name in &args.names {
        if is_default(name) {
            bail!("{name} belongs to every server; `./callwright up` installs it");
        }
        let download = downloads.iter().find(|download| download.name == *name);
        let download = download.with_context(|| unknown(name))?;
        let bar = bar(name);
        let mut progress = |told: PullProgress| {
            bar.set_length(told.whole);
            bar.set_position(told.done);
            true
        };
        let pulled = pull::pull(&folder, download, &options, &mut http, &mut progress);
        bar.finish_and_clear();
        pulled.with_context(|| format!("{name} was not installed"))?;
        writeln!(out, "✓ {name} is installed in {}", folder.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn remove(out: &mut impl Write, args: RemoveArgs) -> anyhow::Result<ExitCode> {
    let downloads = shelf::downloads(args.place.catalog.as_ref())?;
    let folder = args.place.folder();
    for name in &args.names {
        if is_default(name) {
            bail!(
                "no server runs without {name}; delete its files by hand if that is what you want"
            );
        }
        let download = downloads.iter().find(|download| download.name == *name);
        let download = download.with_context(|| unknown(name))?;
        let removed = remove_one(&folder, download)?;
        let said = if removed == 0 { "was not installed" } else { "is removed" };
        writeln!(out, "{name} {said}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn remove_one(folder: &Path, download: &catalog::Download) -> anyhow::Result<usize> {
    pull::remove(folder, download).with_context(|| format!("{} cannot be removed", download.name))
}

fn is_default(name: &str) -> bool {
    catalog::artefacts().iter().any(|artefact| artefact.name == name)
}

fn unknown(name: &str) -> String {
    format!("there is no model {name:?}; `callwright models list` names them")
}

/// A bar on the standard error, if that is a terminal.
fn bar(name: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let template = "{prefix} {bar:30} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar
}
