//! What the server cannot start with is said in a paragraph, with what to do, and status 2.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::program::{models, refused};

/// Starts a server that must not start, and whose complaint must contain all of `says`.
fn check(home: &Path, models: &Path, says: &[&str]) {
    let (status, complaint) = refused(home, models);
    assert_eq!(status.code(), Some(2), "{complaint}");
    for text in says {
        assert!(complaint.contains(text), "{text:?} is missing in: {complaint}");
    }
    for text in ["panicked", "RUST_BACKTRACE"] {
        assert!(!complaint.contains(text), "{complaint}");
    }
}

/// A models folder like the installed one, but for one file, which holds `instead`, or is not there.
fn folder_without(file: &str, instead: Option<&[u8]>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in std::fs::read_dir(models()).unwrap().map(Result::unwrap) {
        if !part.file_type().unwrap().is_dir() {
            continue;
        }
        let own = folder.path().join(part.file_name());
        std::fs::create_dir(&own).unwrap();
        for installed in std::fs::read_dir(part.path()).unwrap().map(Result::unwrap) {
            symlink(installed.path(), own.join(installed.file_name())).unwrap();
        }
    }
    let path = folder.path().join(file);
    std::fs::remove_file(&path).unwrap();
    if let Some(octets) = instead {
        std::fs::write(&path, octets).unwrap();
    }
    folder
}

#[test]
fn a_database_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Even an administrator, who may write everywhere, cannot write a folder as a file.
    std::fs::create_dir_all(folder.path().join("callwright.db/in the way")).unwrap();
    check(folder.path(), &models(), &["callwright.db"]);
}

#[test]
fn a_home_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    check(&file.path().join("home"), &models(), &["cannot be written", "CALLWRIGHT_HOME"]);
}

#[test]
fn a_model_that_is_cut_short_or_missing_is_named() {
    let home = tempfile::tempdir().unwrap();
    for file in ["moonshine-tiny-en/decoder_model_merged.ort", "onnxruntime/libonnxruntime.so"] {
        for instead in [Some(&b"half a file"[..]), None] {
            let folder = folder_without(file, instead);
            let name = file.rsplit('/').next().unwrap();
            check(home.path(), folder.path(), &[name, "./callwright up"]);
        }
    }
}
