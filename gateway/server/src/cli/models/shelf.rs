//! What `callwright models` knows of each model: those of every server, and those that were or may be pulled.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use callwright_models::catalog::{self, Artefact, Download};
use callwright_models::pull::{self, Digests, Record};

use crate::doctor::installed::{self, files};

/// A model of the catalog.
#[derive(Clone, Copy, Debug)]
pub(super) enum Model<'a> {
    /// Every server needs it; the launcher installs it.
    Default(&'a Artefact),
    /// An operator may pull it.
    Pulled(&'a Download),
}

/// All of them: our own, then those of an operator's catalog, which replace ours of the same name.
pub(super) fn downloads(catalog: Option<&PathBuf>) -> anyhow::Result<Vec<Download>> {
    let mut all = catalog::downloads().to_vec();
    if let Some(path) = catalog {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the catalog {}", path.display()))?;
        let own = Download::parse_all(&text)
            .with_context(|| format!("{} is no catalog of models", path.display()))?;
        all.retain(|ours| own.iter().all(|theirs| theirs.name != ours.name));
        all.extend(own);
    }
    Ok(all)
}

/// Every model, those of every server first.
pub(super) fn all(downloads: &[Download]) -> Vec<Model<'_>> {
    let defaults = catalog::artefacts().iter().map(Model::Default);
    defaults.chain(downloads.iter().map(Model::Pulled)).collect()
}

impl Model<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.name,
            Self::Pulled(download) => &download.name,
        }
    }

    pub(super) fn task(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.task,
            Self::Pulled(download) => &download.task,
        }
    }

    pub(super) fn title(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.title,
            Self::Pulled(download) => &download.title,
        }
    }

    pub(super) fn licence(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.licence,
            Self::Pulled(download) => &download.licence,
        }
    }

    /// The language it knows, `many`, or `any` for what knows nothing of languages.
    pub(super) fn languages(&self) -> &str {
        match self {
            Self::Default(artefact) if artefact.task == "recognition" => "en",
            Self::Default(_) => "any",
            Self::Pulled(download) => &download.languages,
        }
    }

    /// Octets, about.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Default(artefact) => files(artefact).map(|file| file.size).sum(),
            Self::Pulled(download) => download.size_about(),
        }
    }

    pub(super) fn is_installed(&self, folder: &Path) -> bool {
        match self {
            Self::Default(artefact) => {
                files(artefact).all(|file| folder.join(&file.path).is_file())
            }
            Self::Pulled(download) => {
                download.files.iter().all(|file| pull::is_there(folder, file).unwrap_or(false))
            }
        }
    }

    /// Compares its files with what they have to be, to the last octet. `None` when it may be missing and is.
    pub(super) fn verify(&self, folder: &Path) -> Option<Result<(), String>> {
        match self {
            Self::Default(artefact) => {
                Some(installed::verify(folder, artefact).map_err(|flaw| flaw.to_string()))
            }
            Self::Pulled(download) => verify_pulled(folder, download),
        }
    }
}

/// A file that was pulled was checked then: it has to be what it was.
fn verify_pulled(folder: &Path, download: &Download) -> Option<Result<(), String>> {
    let record = Record::read(folder);
    let known: Vec<_> = download
        .files
        .iter()
        .flat_map(|file| file.paths().map(|path| (path, record.of(path))))
        .collect();
    if known.iter().all(|(_, pulled)| pulled.is_none()) {
        return None;
    }
    Some(known.into_iter().try_for_each(|(path, pulled)| {
        let pulled = pulled.ok_or_else(|| format!("{path} was not pulled"))?;
        let found = Digests::of(&folder.join(path))
            .map_err(|why| format!("{path} cannot be read: {why}"))?;
        if found.sha256 == pulled.sha256 {
            Ok(())
        } else {
            Err(format!("{path} is not the file that was pulled: its SHA-256 is {}", found.sha256))
        }
    }))
}
