//! Where voice-prints are kept: a file for each caller of each tenant, which its owner alone may read.
//!
//! A file's name is a hash of tenant and number, so that a listing of the folder names nobody.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use callwright_contract::Pii;
use sha2::{Digest as _, Sha256};

use super::print::{PrintError, VoicePrint};

/// The folder.
#[derive(Debug)]
pub(super) struct Shelf(PathBuf);

/// A voice-print cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShelfError {
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("{}: {cause}", path.display())]
    Print { path: PathBuf, cause: PrintError },
}

impl Shelf {
    /// Of the server whose data lies in `home`.
    pub(super) fn of(home: &Path) -> Self {
        Self(home.join("voiceprints"))
    }

    /// Keeps `print` in place of what was kept of this caller.
    pub(super) fn keep(&self, print: &VoicePrint) -> Result<(), ShelfError> {
        let path = self.path(&print.tenant, &print.caller);
        let at = |path: &Path| wrong(path.to_owned());
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(at(&self.0))?;
        let text =
            print.to_text().map_err(|cause| ShelfError::Print { path: path.clone(), cause })?;
        // Whole or not there: a name is given to what is on the disk.
        let fresh = path.with_extension("new");
        let _none_left = fs::remove_file(&fresh);
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&fresh);
        file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(at(&fresh))?;
        fs::rename(&fresh, &path).map_err(at(&path))
    }

    /// What is kept of a caller.
    pub(super) fn find(
        &self,
        tenant: &str,
        caller: &Pii<String>,
    ) -> Result<Option<VoicePrint>, ShelfError> {
        let path = self.path(tenant, caller);
        match fs::read_to_string(&path) {
            Ok(text) => VoicePrint::from_text(&text)
                .map(Some)
                .map_err(|cause| ShelfError::Print { path, cause }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(ShelfError::File { path, cause }),
        }
    }

    /// All of them, by tenant, the oldest first; and those that cannot be read.
    pub(super) fn all(&self) -> Result<(Vec<VoicePrint>, Vec<ShelfError>), ShelfError> {
        let (mut prints, mut unreadable) = (Vec::new(), Vec::new());
        for path in self.files()? {
            let text = fs::read_to_string(&path).map_err(wrong(path.clone()))?;
            match VoicePrint::from_text(&text) {
                Ok(print) => prints.push(print),
                Err(cause) => unreadable.push(ShelfError::Print { path, cause }),
            }
        }
        prints.sort_by(|one, other| (&one.tenant, one.made).cmp(&(&other.tenant, other.made)));
        Ok((prints, unreadable))
    }

    /// Forgets a caller. Whether there was anything to forget.
    pub(super) fn forget(&self, tenant: &str, caller: &Pii<String>) -> Result<bool, ShelfError> {
        remove(&self.path(tenant, caller))
    }

    /// Forgets everybody, those whose files cannot be read as well. Returns how many.
    pub(super) fn forget_all(&self) -> Result<usize, ShelfError> {
        let mut forgotten = 0;
        for path in self.files()? {
            forgotten += usize::from(remove(&path)?);
        }
        Ok(forgotten)
    }

    fn files(&self) -> Result<Vec<PathBuf>, ShelfError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(ShelfError::File { path: self.0.clone(), cause }),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(wrong(self.0.clone()))?.path();
            if path.extension().is_some_and(|ending| ending == EXTENSION) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn path(&self, tenant: &str, caller: &Pii<String>) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(tenant.as_bytes());
        // No id has it, so that no other tenant and number make the same.
        hash.update([0]);
        hash.update(caller.reveal().as_bytes());
        let name: String = hash.finalize().iter().map(|octet| format!("{octet:02x}")).collect();
        self.0.join(name).with_extension(EXTENSION)
    }
}

fn wrong(path: PathBuf) -> impl FnOnce(io::Error) -> ShelfError {
    move |cause| ShelfError::File { path, cause }
}

fn remove(path: &Path) -> Result<bool, ShelfError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(ShelfError::File { path: path.to_owned(), cause }),
    }
}

const EXTENSION: &str = "voiceprint";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use callwright_models::speaker::{DIMENSIONS, VoiceEmbedding};
    use jiff::Timestamp;

    use super::super::print::Consent;
    use super::*;

    fn print(tenant: &str, caller: &str, number: usize) -> VoicePrint {
        let mut values = [0.0; DIMENSIONS];
        values[number] = 1.0;
        VoicePrint {
            tenant: tenant.to_owned(),
            caller: Pii::from(caller),
            voice: VoiceEmbedding::of(&values).unwrap(),
            seconds: 12.0,
            consent: Consent { how: "signed form".to_owned(), on: jiff::civil::date(2026, 11, 2) },
            made: Timestamp::from_second(1_795_000_000).unwrap(),
        }
    }

    #[test]
    fn what_is_kept_is_found_by_its_tenant_alone_and_forgotten_for_good() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(home.path());
        let caller = Pii::from("+15552123456");
        assert!(shelf.find("one", &caller).unwrap().is_none());
        shelf.keep(&print("one", caller.reveal(), 3)).unwrap();
        shelf.keep(&print("one", "+15552000000", 4)).unwrap();
        let found = shelf.find("one", &caller).unwrap().unwrap();
        assert!(found.voice == print("one", "", 3).voice && found.caller == caller);
        assert!(shelf.find("other", &caller).unwrap().is_none());
        // A new one replaces it.
        shelf.keep(&print("one", caller.reveal(), 5)).unwrap();
        assert_eq!(shelf.all().unwrap().0.len(), 2);
        assert!(shelf.forget("one", &caller).unwrap());
        assert!(!shelf.forget("one", &caller).unwrap());
        assert_eq!(shelf.forget_all().unwrap(), 1);
        assert!(shelf.all().unwrap().0.is_empty());
    }

    #[test]
    fn nobody_else_may_read_it_and_no_name_tells_who_it_is() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(home.path());
        shelf.keep(&print("one", "+15552123456", 3)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let file = shelf.files().unwrap().pop().unwrap();
        assert_eq!((mode(&file), mode(&shelf.0)), (0o600, 0o700));
        let shown = format!("{} {:?}", file.display(), print("one", "+15552123456", 3));
        assert!(!shown.contains("5552123456"), "{shown}");
    }

    #[test]
    fn what_another_model_made_or_nobody_did_is_named_and_can_be_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(home.path());
        let caller = Pii::from("+15552123456");
        shelf.keep(&print("one", caller.reveal(), 3)).unwrap();
        let file = shelf.files().unwrap().pop().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        for (written, said) in [
            (text.replace("resemblyzer", "another"), "enrol the caller again"),
            ("{".into(), "no voice-print"),
        ] {
            fs::write(&file, written).unwrap();
            let error = shelf.find("one", &caller).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(shelf.all().unwrap().1.len(), 1);
        }
        assert_eq!(shelf.forget_all().unwrap(), 1);
    }
}
