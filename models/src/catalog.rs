//! What the installer puts into the models folder: `catalog.json`, the manifest that it and this program share; and the
//! models that an operator may pull besides.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

mod download;
pub use download::{CatalogError, Content, Download, DownloadFile, Member, SafePath};

use crate::runtime::LoadError;

/// One thing that is installed: a model, the runtime, or recordings to try them with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Artefact {
    /// Its name here.
    pub name: String,
    /// What it does.
    pub task: String,
    /// Its name elsewhere, with its version.
    pub title: String,
    /// SPDX expression of its licence.
    pub licence: String,
    /// What it consists of.
    pub files: Vec<ArtefactFile>,
}

/// One installed file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ArtefactFile {
    /// Where it lies, relative to the models folder.
    pub path: String,
    /// Its size in octets.
    pub size: u64,
    /// The SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// The processor it is for, as [`std::env::consts::ARCH`] names it; `None` for all.
    #[serde(default)]
    pub machine: Option<String>,
}

impl ArtefactFile {
    /// Whether it belongs on a machine with this processor.
    pub fn is_for_this_machine(&self) -> bool {
        self.machine.as_ref().is_none_or(|machine| machine == std::env::consts::ARCH)
    }
}

/// All artefacts, in the order of the catalog.
pub fn artefacts() -> &'static [Artefact] {
    &CATALOG.artefacts
}

/// The models folder that the launcher installs into: `$CALLWRIGHT_MODELS`, or else `callwright/models` in the
/// user's cache folder. `None` when the system names no home.
pub fn folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CALLWRIGHT_MODELS").or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
        Some(cache.join("callwright/models"))
    })
}

/// Where `path`, a path of the catalog, lies in the models folder `models`, once it is sure that it lies there
/// whole: its size is the catalog's. Its content was checked by the installer and is not read here.
///
/// # Errors
/// [`LoadError::Missing`], [`LoadError::Damaged`] or [`LoadError::NotInCatalog`].
pub fn installed(models: &Path, path: &'static str) -> Result<PathBuf, LoadError> {
    let file = artefacts()
        .iter()
        .flat_map(|artefact| &artefact.files)
        .find(|file| file.path == path && file.is_for_this_machine())
        .ok_or(LoadError::NotInCatalog { path })?;
    let at = models.join(path);
    let found = std::fs::metadata(&at)
        .map_err(|source| LoadError::Missing { path: at.clone(), source })?
        .len();
    if found == file.size {
        Ok(at)
    } else {
        Err(LoadError::Damaged { path: at, found, size: file.size })
    }
}

/// All models that may be pulled, in the order of the catalog.
pub fn downloads() -> &'static [Download] {
    &CATALOG.downloads
}

#[derive(Deserialize)]
struct Catalog {
    artefacts: Vec<Artefact>,
    downloads: Vec<Download>,
}

#[expect(clippy::expect_used, reason = "the catalog is part of this program, and a test reads it")]
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../catalog.json")).expect("catalog.json is well-formed")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_names_each_task_once() {
        let tasks: Vec<&str> = artefacts().iter().map(|artefact| artefact.task.as_str()).collect();
        for task in ["runtime", "speech-detection", "end-of-turn", "recognition"] {
            assert_eq!(tasks.iter().filter(|t| **t == task).count(), 1, "{task}");
        }
    }

    #[test]
    fn what_is_not_there_is_missing_and_what_is_cut_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = "silero-vad/silero_vad.onnx";
        let error = installed(folder.path(), path).unwrap_err();
        assert!(matches!(error, LoadError::Missing { .. }), "{error}");
        std::fs::create_dir(folder.path().join("silero-vad")).unwrap();
        std::fs::write(folder.path().join(path), b"half").unwrap();
        let error = installed(folder.path(), path).unwrap_err();
        assert!(matches!(error, LoadError::Damaged { found: 4, .. }), "{error}");
        let error = installed(folder.path(), "no/such.onnx").unwrap_err();
        assert!(matches!(error, LoadError::NotInCatalog { .. }), "{error}");
    }
}
