//! What was pulled into a models folder: `.pulled.json`, by which a file is held to what it was when it was checked.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{PullError, at};

/// A file that was pulled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PulledFile {
    /// Where it lies in the models folder.
    pub path: String,
    /// Octets.
    pub size: u64,
    /// What it was, in lower-case hexadecimal.
    pub sha256: String,
}

/// All of them, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record(BTreeMap<String, PulledFile>);

impl Record {
    /// Reads the record of a models folder. One that is lost or damaged knows of nothing: the files are pulled again.
    pub fn read(models: &Path) -> Self {
        let text = fs::read_to_string(models.join(RECORD)).unwrap_or_default();
        let files: Vec<PulledFile> = serde_json::from_str(&text).unwrap_or_default();
        Self(files.into_iter().map(|file| (file.path.clone(), file)).collect())
    }

    /// What is known of a file.
    pub fn of(&self, path: &str) -> Option<&PulledFile> {
        self.0.get(path)
    }

    fn write(&self, models: &Path) -> Result<(), PullError> {
        let path = models.join(RECORD);
        let fresh = models.join(format!("{RECORD}.new"));
        let files: Vec<&PulledFile> = self.0.values().collect();
        let text = serde_json::to_string_pretty(&files).unwrap_or_default();
        fs::write(&fresh, text).map_err(at(&fresh))?;
        fs::rename(&fresh, &path).map_err(at(&path))
    }
}

pub(super) fn add(models: &Path, files: Vec<PulledFile>) -> Result<(), PullError> {
    let mut record = Record::read(models);
    record.0.extend(files.into_iter().map(|file| (file.path.clone(), file)));
    record.write(models)
}

pub(super) fn forget(models: &Path, path: &str) -> Result<(), PullError> {
    let mut record = Record::read(models);
    if record.0.remove(path).is_some() { record.write(models) } else { Ok(()) }
}

const RECORD: &str = ".pulled.json";
