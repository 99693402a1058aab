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
    /// It is a part of this program, or of the system.
    BuiltIn(&'static BuiltIn),
    /// An operator may pull it.
    Pulled(&'a Download),
}

/// What needs no file of the models folder.
#[derive(Debug)]
pub(super) struct BuiltIn {
    name: &'static str,
    task: &'static str,
    title: &'static str,
    languages: &'static str,
    licence: &'static str,
    /// Octets within this program.
    size: u64,
}

const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "emotion",
        task: "emotion",
        title: "How roused a voice is, a part of this program",
        languages: "any",
        licence: OWN,
        size: 200_000,
    },
    BuiltIn {
        name: "answering",
        task: "answering",
        title: "Answering machine or person, a part of this program",
        languages: "any",
        licence: OWN,
        size: 0,
    },
    BuiltIn {
        name: "flite",
        task: "speech",
        title: "Flite's voices, which the system brings",
        languages: "en",
        licence: "BSD-like",
        size: 0,
    },
];
const OWN: &str = env!("CARGO_PKG_LICENSE");

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
    let built_in = BUILT_IN.iter().map(Model::BuiltIn);
    defaults.chain(built_in).chain(downloads.iter().map(Model::Pulled)).collect()
}

impl Model<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.name,
            Self::BuiltIn(own) => own.name,
            Self::Pulled(download) => &download.name,
        }
    }

    pub(super) fn task(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.task,
            Self::BuiltIn(own) => own.task,
            Self::Pulled(download) => &download.task,
        }
    }

    pub(super) fn title(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.title,
            Self::BuiltIn(own) => own.title,
            Self::Pulled(download) => &download.title,
        }
    }

    pub(super) fn licence(&self) -> &str {
        match self {
            Self::Default(artefact) => &artefact.licence,
            Self::BuiltIn(own) => own.licence,
            Self::Pulled(download) => &download.licence,
        }
    }

    /// The language it knows, `many`, or `any` for what knows nothing of languages.
    pub(super) fn languages(&self) -> &str {
        match self {
            Self::Default(artefact) if artefact.task == "recognition" => "en",
            Self::Default(_) => "any",
            Self::BuiltIn(own) => own.languages,
            Self::Pulled(download) => &download.languages,
        }
    }

    /// Octets, about.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Default(artefact) => files(artefact).map(|file| file.size).sum(),
            Self::BuiltIn(own) => own.size,
            Self::Pulled(download) => download.size_about(),
        }
    }

    pub(super) fn is_installed(&self, folder: &Path) -> bool {
        match self {
            Self::Default(artefact) => {
                files(artefact).all(|file| folder.join(&file.path).is_file())
            }
            // Whether the system has Flite's library is `doctor`'s to say.
            Self::BuiltIn(_) => true,
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
            Self::BuiltIn(_) => None,
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
