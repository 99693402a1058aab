//! From what was typed to captures: names of calls, files, folders.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use callwright_calls::capture::{Capture, CaptureError};
use callwright_contract::CallId;
use callwright_host::{CAPTURE_EXTENSION, CaptureOptions};

/// A capture's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What it is called in reports.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
}

/// What was typed leads to no capture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    /// Neither a file, nor a folder, nor a call that is captured.
    #[error(
        "{} is no file, no folder and no captured call in {}; `callwright captures list` shows those that are",
        typed.display(), folder.display()
    )]
    Nothing { typed: PathBuf, folder: PathBuf },
    /// A folder that cannot be looked into.
    #[error("the folder {} cannot be read: {cause}", folder.display())]
    Folder { folder: PathBuf, cause: io::Error },
    /// There is no capture in it.
    #[error("no call is captured in {}; docs/replay.md says how calls are", folder.display())]
    Empty { folder: PathBuf },
}

/// Finds the captures that were meant, in the order they were named; those of a folder by name.
///
/// # Errors
/// [`FindError`]
pub(super) fn find(typed: &[PathBuf], all: bool, captures: &Path) -> Result<Vec<Found>, FindError> {
    let mut found = Vec::new();
    if all {
        found.extend(in_folder(captures)?);
    }
    for typed in typed {
        if typed.is_dir() {
            found.extend(in_folder(typed)?);
        } else if typed.is_file() {
            found.push(of(typed.clone()));
        } else {
            let call = typed.to_str().and_then(|name| name.parse::<CallId>().ok());
            let path = call.map(|call| CaptureOptions::file(captures, call));
            let nothing =
                || FindError::Nothing { typed: typed.clone(), folder: captures.to_owned() };
            found.push(of(path.filter(|path| path.is_file()).ok_or_else(nothing)?));
        }
    }
    Ok(found)
}

fn in_folder(folder: &Path) -> Result<Vec<Found>, FindError> {
    let wrong = |cause| FindError::Folder { folder: folder.to_owned(), cause };
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).map_err(wrong)? {
        let path = file.map_err(wrong)?.path();
        if path.extension().is_some_and(|extension| extension == CAPTURE_EXTENSION) {
            found.push(of(path));
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    if found.is_empty() {
        return Err(FindError::Empty { folder: folder.to_owned() });
    }
    Ok(found)
}

fn of(path: PathBuf) -> Found {
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Found { name, path }
}

/// A file that cannot be played.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadCaptureError {
    /// The system does not give it.
    #[error("{} cannot be read: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    /// It is no capture.
    #[error("{}: {cause}", path.display())]
    Capture { path: PathBuf, cause: CaptureError },
}

/// No capture's file is larger; what is, is something else.
const FILE_MAX: u64 = 1 << 30;

/// Reads a capture.
///
/// # Errors
/// [`ReadCaptureError`]
pub(crate) fn read(path: &Path) -> Result<Capture, ReadCaptureError> {
    let wrong = |cause| ReadCaptureError::File { path: path.to_owned(), cause };
    let mut octets = Vec::new();
    File::open(path).map_err(wrong)?.take(FILE_MAX).read_to_end(&mut octets).map_err(wrong)?;
    Capture::read(&octets)
        .map_err(|cause| ReadCaptureError::Capture { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_files_and_folders_are_found_and_the_rest_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let captures = folder.path();
        assert!(matches!(find(&[], true, captures), Err(FindError::Empty { .. })));
        let call = CallId::new(1_000, 1);
        let file = CaptureOptions::file(captures, call);
        std::fs::write(&file, b"none").unwrap();
        std::fs::write(captures.join("notes.txt"), b"none").unwrap();
        let expected = vec![Found { name: call.to_string(), path: file.clone() }];
        assert_eq!(find(&[], true, captures).unwrap(), expected);
        assert_eq!(find(&[call.to_string().into()], false, captures).unwrap(), expected);
        assert_eq!(find(std::slice::from_ref(&file), false, captures).unwrap(), expected);
        assert_eq!(find(&[captures.to_owned()], false, Path::new("/none")).unwrap(), expected);
        let other = CallId::new(2_000, 1).to_string();
        let error = find(&[other.clone().into()], false, captures).unwrap_err().to_string();
        assert!(error.contains(&other) && error.contains("captures list"), "{error}");
        let error = read(&file).unwrap_err().to_string();
        assert!(error.contains("this is no capture of a call"), "{error}");
    }
}
