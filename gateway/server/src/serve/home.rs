//! The data folder: made when it is not there, and used by one server at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder, held as long as this lives.
#[derive(Debug)]
pub(super) struct Home {
    /// Locked; the system unlocks it when the process ends, however it ends.
    _lock: File,
}

const LOCK_FILE: &str = "serving.lock";

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    /// It could not be made or written.
    #[error(
        "the data folder {} cannot be written: {cause}. Give this user the right to, or choose another folder \
         with --home or CALLWRIGHT_HOME.",
        path.display()
    )]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Another server uses it.
    #[error(
        "another server uses the data folder {}. Stop that one first, or choose another folder with --home or \
         CALLWRIGHT_HOME.",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

impl Home {
    /// Makes the folder where it is missing, for this user's eyes only, and takes hold of it.
    pub(super) fn take(path: &Path) -> Result<Self, HomeError> {
        let not_writable = |cause| HomeError::NotWritable { path: path.to_owned(), cause };
        make(path).map_err(not_writable)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK_FILE))
            .map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(HomeError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(not_writable(cause)),
        }
    }
}

/// Whether a server could use the folder now. Leaves nothing behind.
///
/// # Errors
/// [`HomeError`]: why it could not.
pub fn try_home(path: &Path) -> Result<(), HomeError> {
    let there = path.exists();
    let lock_there = path.join(LOCK_FILE).exists();
    drop(Home::take(path)?);
    // What was made for the trial is ours to remove; that others have put something there since is fine.
    if !lock_there {
        drop(fs::remove_file(path.join(LOCK_FILE)));
    }
    if !there {
        drop(fs::remove_dir(path));
    }
    Ok(())
}

/// What callers said is in there: nobody else's business.
#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time_uses_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = Home::take(&path).unwrap();
        assert!(matches!(Home::take(&path), Err(HomeError::InUse { .. })));
        drop(first);
        assert!(Home::take(&path).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Home::take(&file.path().join("data")).unwrap_err().to_string();
        assert!(error.contains("data folder") && error.contains("CALLWRIGHT_HOME"), "{error}");
    }
}
