//! Whether the models are installed, whole, and can be loaded.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use callwright_models::Models;
use callwright_models::catalog::{self, Artefact, ArtefactFile};
use sha2::{Digest, Sha256};

use super::Finding;

/// What is wrong with an installed file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// It is not there, or cannot be read.
    #[error("{path} cannot be read: {cause}")]
    Unreadable {
        /// The file, relative to the models folder.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// Its size is not the catalog's.
    #[error("{path} has {found} octets and should have {size}")]
    Size {
        /// The file, relative to the models folder.
        path: String,
        /// What it has.
        found: u64,
        /// What it should have.
        size: u64,
    },
    /// Its content is not the catalog's.
    #[error("{path} is not the file that was published: its SHA-256 is {found}")]
    Content {
        /// The file, relative to the models folder.
        path: String,
        /// What it is.
        found: String,
    },
}

/// Compares the files of `artefact` in the folder `models` with the catalog, to the last octet.
///
/// # Errors
/// The first [`Flaw`].
pub fn verify(models: &Path, artefact: &Artefact) -> Result<(), Flaw> {
    files(artefact).try_for_each(|file| verify_file(models, file))
}

/// The files of `artefact` for this machine.
pub fn files(artefact: &Artefact) -> impl Iterator<Item = &ArtefactFile> {
    artefact.files.iter().filter(|file| file.is_for_this_machine())
}

fn verify_file(models: &Path, file: &ArtefactFile) -> Result<(), Flaw> {
    let unreadable = |cause| Flaw::Unreadable { path: file.path.clone(), cause };
    let mut opened = File::open(models.join(&file.path)).map_err(unreadable)?;
    let found = opened.metadata().map_err(unreadable)?.len();
    if found != file.size {
        return Err(Flaw::Size { path: file.path.clone(), found, size: file.size });
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = opened.read(&mut buffer).map_err(unreadable)?;
        let Some(piece @ [_, ..]) = buffer.get(..read) else { break };
        hash.update(piece);
    }
    let found = hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _never = write!(hex, "{byte:02x}");
        hex
    });
    if found == file.sha256 {
        Ok(())
    } else {
        Err(Flaw::Content { path: file.path.clone(), found })
    }
}

/// Octets as people read them.
pub fn megabytes(octets: u64) -> String {
    format!("{}.{} MB", octets / 1_000_000, octets % 1_000_000 / 100_000)
}

const INSTALL: &str =
    "Run `./callwright up`, which installs what is missing and replaces what is damaged.";

pub(super) fn artefacts(models: &Path) -> Vec<Finding> {
    catalog::artefacts()
        .iter()
        .map(|artefact| match verify(models, artefact) {
            Ok(()) => {
                let size = files(artefact).map(|file| file.size).sum();
                Finding::good(&artefact.name, format!("{}, {}", artefact.title, megabytes(size)))
            }
            Err(flaw) => Finding::bad(
                &artefact.name,
                format!("{flaw} (in {})", models.display()),
                Some(INSTALL.to_owned()),
            ),
        })
        .collect()
}

pub(super) fn loading(models: &Path) -> Finding {
    const WHAT: &str = "loading";
    match Models::load(models, 1) {
        Ok(loaded) => {
            let models: Vec<_> = loaded
                .facts
                .iter()
                .map(|fact| format!("{} in {} ms", fact.name, fact.load.as_millis()))
                .collect();
            let voices: Vec<_> = loaded
                .facts
                .iter()
                .flat_map(|fact| fact.voices.iter().map(String::as_str))
                .collect();
            Finding::good(WHAT, format!("{}; voices {}", models.join(", "), voices.join(", ")))
        }
        Err(error) => Finding::bad(WHAT, error.to_string(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &str) -> ArtefactFile {
        let sha256 = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        ArtefactFile { path: path.to_owned(), size: content.len() as u64, sha256, machine: None }
    }

    #[test]
    fn a_file_is_compared_to_the_last_octet() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model"), "whole").unwrap();
        assert!(verify_file(folder.path(), &file("model", "whole")).is_ok());
        let flaw = |content| verify_file(folder.path(), &file("model", content)).unwrap_err();
        assert!(matches!(flaw("whale"), Flaw::Content { .. }));
        assert!(matches!(flaw("wholesome"), Flaw::Size { found: 5, size: 9, .. }));
        let missing = verify_file(folder.path(), &file("other", "whole")).unwrap_err();
        assert!(
            matches!(missing, Flaw::Unreadable { .. }) && missing.to_string().contains("other")
        );
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!(megabytes(29_352_200), "29.3 MB");
        assert_eq!(megabytes(99_999), "0.0 MB");
    }
}
