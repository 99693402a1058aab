//! How long captures are kept: by age, and by how much room they take.
#![expect(
    clippy::disallowed_methods,
    reason = "how old a file is depends on the time of day, which only a driver may read"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use callwright_contract::CallId;

/// How a capture's file name ends.
pub const CAPTURE_EXTENSION: &str = "cwc";

/// What is kept of all captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Captures older than this are removed.
    pub age_max: Duration,
    /// When all together are larger than this, the oldest are removed.
    pub octets_max: u64,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { age_max: Duration::from_secs(14 * 24 * 3_600), octets_max: 2 << 30 }
    }
}

/// A capture that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of which call.
    pub call: CallId,
    /// Its file.
    pub path: PathBuf,
    /// How large the file is.
    pub octets: u64,
    /// When it was last written to.
    pub written: SystemTime,
}

/// The captures in a folder, by the time their calls began. Other files are none of them.
///
/// # Errors
/// The folder cannot be read; a folder that is not there has none.
pub fn kept(folder: &Path) -> io::Result<Vec<Kept>> {
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files?,
    };
    let mut kept = Vec::new();
    for file in files {
        let path = file?.path();
        let call = path.file_stem().and_then(|name| name.to_str()?.parse::<CallId>().ok());
        let capture = path.extension().is_some_and(|extension| extension == CAPTURE_EXTENSION);
        let (Some(call), true) = (call, capture) else { continue };
        // One that was removed meanwhile is none.
        let Ok(facts) = fs::metadata(&path) else { continue };
        let written = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        kept.push(Kept { call, path, octets: facts.len(), written });
    }
    kept.sort_by_key(|capture| capture.call);
    Ok(kept)
}

/// Removes what is too old or too much, the oldest first; returns how many.
///
/// # Errors
/// The folder cannot be read.
pub fn prune(folder: &Path, keeping: Keeping) -> io::Result<u64> {
    let kept = kept(folder)?;
    let now = SystemTime::now();
    let mut octets: u64 = kept.iter().map(|capture| capture.octets).sum();
    let mut removed = 0;
    for capture in kept {
        let age = now.duration_since(capture.written).unwrap_or_default();
        if age <= keeping.age_max && octets <= keeping.octets_max {
            continue;
        }
        // One that cannot be removed is tried again when the next capture ends.
        if fs::remove_file(&capture.path).is_ok() {
            octets -= capture.octets;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |ms: u64| folder.path().join(format!("{}.cwc", CallId::new(ms, 0)));
        for ms in [3, 1, 2] {
            fs::write(path(ms), [0; 100]).unwrap();
        }
        fs::write(folder.path().join("notes.txt"), [0; 1_000]).unwrap();
        let keeping = Keeping { octets_max: 250, ..Keeping::default() };
        assert_eq!(prune(folder.path(), keeping).unwrap(), 1);
        let calls: Vec<u64> =
            kept(folder.path()).unwrap().iter().map(|capture| capture.call.unix_ms()).collect();
        assert_eq!(calls, [2, 3]);
        let old = File::options().write(true).open(path(3)).unwrap();
        old.set_modified(SystemTime::now() - Duration::from_secs(30 * 24 * 3_600)).unwrap();
        assert_eq!(prune(folder.path(), Keeping::default()).unwrap(), 1);
        assert!(path(2).exists() && !path(3).exists());
        assert!(folder.path().join("notes.txt").exists());
        assert_eq!(kept(&folder.path().join("none")).unwrap(), []);
    }

    use std::fs::File;
}
