//! `callwright models`: what is installed, and whether it is whole.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use callwright_models::catalog;

use crate::config::Config;
use crate::doctor::installed::{files, megabytes, verify};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Name the models, what each does, and under which licence
    List(FolderArgs),
    /// Compare every installed file with the catalog, to the last octet
    Verify(FolderArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct FolderArgs {
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
}

impl FolderArgs {
    fn folder(self) -> PathBuf {
        self.models.unwrap_or_else(Config::default_models)
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match command {
        Command::List(folder) => list(&mut out, &folder.folder()),
        Command::Verify(folder) => verify_all(&mut out, &folder.folder()),
    }
}

fn list(out: &mut impl Write, folder: &Path) -> anyhow::Result<ExitCode> {
    writeln!(out, "In {}:\n", folder.display())?;
    for artefact in catalog::artefacts() {
        let size = megabytes(files(artefact).map(|file| file.size).sum());
        let there = files(artefact).all(|file| folder.join(&file.path).is_file());
        let state = if there { "" } else { "  (not installed)" };
        writeln!(
            out,
            "{:<18} {:<17} {:>8}  {}, {}{state}",
            artefact.name, artefact.task, size, artefact.title, artefact.licence
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn verify_all(out: &mut impl Write, folder: &Path) -> anyhow::Result<ExitCode> {
    let mut whole = true;
    for artefact in catalog::artefacts() {
        match verify(folder, artefact) {
            Ok(()) => writeln!(out, "✓ {}", artefact.name)?,
            Err(flaw) => {
                whole = false;
                writeln!(out, "✗ {}: {flaw}", artefact.name)?;
            }
        }
        out.flush()?;
    }
    if whole {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "\n`./callwright up` installs what is missing and replaces what is damaged.")?;
    Ok(ExitCode::FAILURE)
}
