//! Bringing models into the models folder: fetched with resume, checked against their published hash, and given their
//! names only then.
//!
//! > A file of the models folder is either whole and checked, or not there. Whatever fails leaves at most a part of a
//! > download below [`PARTS`], which the next attempt goes on with.
//!
//! Knows no network: whoever pulls brings a [`Fetch`].

mod archive;
mod digest;
mod receive;
mod record;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub use archive::ArchiveError;
pub use digest::{Digest, Digests};
pub use receive::{Body, Fetch, FetchError};
pub use record::{PulledFile, Record};

use crate::catalog::{Content, Download, DownloadFile};

/// How far a pull has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// Octets of this file that are there.
    pub done: u64,
    /// Octets of the whole file; about, until the server says.
    pub whole: u64,
}

/// How to pull.
#[derive(Clone, Debug, Default)]
pub struct PullOptions {
    /// Places that have the same files, asked before the model's home, each an address that the file's name is added to.
    pub mirrors: Vec<String>,
    /// Take a file that has no published hash, and hold it to what it is today from then on.
    pub trust_on_first_use: bool,
}

/// A model was not pulled. Nothing of it is installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// Nobody published a hash of it that is known here.
    #[error(
        "no hash of {file} is known, so nothing can tell a true copy from another; --trust-on-first-use takes it as it comes"
    )]
    NoHash {
        /// Which file.
        file: String,
    },
    /// Another pull is at work in the folder.
    #[error("another pull is at work in {}; wait for it", folder.display())]
    Busy {
        /// The models folder.
        folder: PathBuf,
    },
    /// Nobody could be reached who has the file.
    #[error("{url} cannot be fetched: {why}")]
    Fetch {
        /// From where, the last that was tried.
        url: String,
        /// Why not.
        why: FetchError,
    },
    /// The connection ended early; what came is kept.
    #[error(
        "the download of {file} was cut after {done} of {whole} octets; the same command goes on from there"
    )]
    Cut {
        /// Which file.
        file: String,
        /// What has come.
        done: u64,
        /// What should have.
        whole: u64,
    },
    /// More came than the file has.
    #[error("{url} sent more than it said; nothing of it is kept")]
    TooLong {
        /// From where.
        url: String,
    },
    /// What came is not what was published.
    #[error(
        "what {url} sent is not the file that was published: its {kind} is {found} and should be {wanted}; nothing of it is kept"
    )]
    WrongHash {
        /// From where.
        url: String,
        /// Which hash.
        kind: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// There is not room enough, before anything was fetched.
    #[error("{} has room for {free} octets and {needed} are needed", folder.display())]
    NoRoom {
        /// The models folder.
        folder: PathBuf,
        /// What is free.
        free: u64,
        /// What is needed.
        needed: u64,
    },
    /// The disk is full; what had come was deleted, so that there is room again.
    #[error("the disk of {} is full; nothing of the download is kept", folder.display())]
    Full {
        /// The models folder.
        folder: PathBuf,
    },
    /// The archive is not what it should be.
    #[error("{file} cannot be unpacked: {why}; nothing of it is kept")]
    Archive {
        /// Which archive.
        file: String,
        /// What is wrong.
        why: ArchiveError,
    },
    /// The folder cannot be written or read.
    #[error("{}: {source}", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Whoever pulls did not want to go on; what came is kept.
    #[error("stopped; the same command goes on from there")]
    Stopped,
}

/// Brings `download` into the folder `models`. What is there and whole is left as it is.
///
/// `progress` is told now and then and says whether to go on.
///
/// # Errors
/// [`PullError`].
pub fn pull(
    models: &Path,
    download: &Download,
    options: &PullOptions,
    fetch: &mut dyn Fetch,
    progress: &mut dyn FnMut(PullProgress) -> bool,
) -> Result<(), PullError> {
    let parts = models.join(PARTS);
    fs::create_dir_all(&parts).map_err(at(&parts))?;
    let _lock = lock(models, &parts)?;
    for file in &download.files {
        if is_there(models, file)? {
            continue;
        }
        if file.digest.is_none() && !options.trust_on_first_use {
            return Err(PullError::NoHash { file: file.fetch.clone() });
        }
        make_room(models, &parts, file)?;
        let part = parts.join(format!("{}--{}", download.name, flat(&file.fetch)));
        let job = receive::Job { file, home: &download.home, options, part: &part, models };
        let received = job.receive(fetch, progress)?;
        let installed = install(models, &parts, &part, file, received);
        // Once it was checked, it is either in its place or of no use.
        let _gone_already = fs::remove_file(&part);
        record::add(models, installed?)?;
    }
    Ok(())
}

/// Whether `file` is installed as it was pulled: all of it is there, of the size that it had.
///
/// # Errors
/// [`PullError::Folder`].
pub fn is_there(models: &Path, file: &DownloadFile) -> Result<bool, PullError> {
    let record = Record::read(models);
    Ok(file.paths().all(|path| {
        let length = fs::metadata(models.join(path)).map(|found| found.len()).ok();
        length.is_some() && record.of(path).is_some_and(|pulled| Some(pulled.size) == length)
    }))
}

/// Takes the files of `download` away again. Returns how many there were.
///
/// # Errors
/// [`PullError::Folder`].
pub fn remove(models: &Path, download: &Download) -> Result<usize, PullError> {
    let mut removed = 0;
    for path in download.files.iter().flat_map(DownloadFile::paths) {
        let file = models.join(path);
        match fs::remove_file(&file) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(PullError::Folder { path: file, source }),
        }
        record::forget(models, path)?;
        // The folder stays while there is something else in it.
        let _not_empty = file.parent().map(fs::remove_dir);
    }
    Ok(removed)
}

fn install(
    models: &Path,
    parts: &Path,
    part: &Path,
    file: &DownloadFile,
    received: Digests,
) -> Result<Vec<PulledFile>, PullError> {
    match &file.content {
        Content::File(path) => {
            let size = fs::metadata(part).map_err(at(part))?.len();
            place(part, &models.join(path.as_str()))?;
            Ok(vec![PulledFile { path: path.to_string(), size, sha256: received.sha256 }])
        }
        Content::Zip(members) => {
            let folder = parts.join(format!("{}.unpacked", flat(&file.fetch)));
            let unpacked = archive::unpack(part, &folder, members).map_err(|why| match why {
                ArchiveError::Disk(source) if is_full(&source) => {
                    PullError::Full { folder: models.to_owned() }
                }
                why => PullError::Archive { file: file.fetch.clone(), why },
            });
            let placed = unpacked.and_then(|found| {
                for (from, pulled) in &found {
                    place(from, &models.join(&pulled.path))?;
                }
                Ok(found.into_iter().map(|(_, pulled)| pulled).collect())
            });
            let _nothing_unpacked = fs::remove_dir_all(&folder);
            placed
        }
    }
}

/// Gives a file that was checked its name, once it is on the disk.
fn place(from: &Path, to: &Path) -> Result<(), PullError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    File::open(from).and_then(|file| file.sync_all()).map_err(at(from))?;
    fs::rename(from, to).map_err(at(to))
}

fn make_room(models: &Path, parts: &Path, file: &DownloadFile) -> Result<(), PullError> {
    let system = rustix::fs::statvfs(parts).map_err(|error| at(parts)(error.into()))?;
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let needed = file.room().saturating_add(SPARE_OCTETS);
    if free < needed {
        return Err(PullError::NoRoom { folder: models.to_owned(), free, needed });
    }
    Ok(())
}

/// Held while a pull is at work; the system lets go of it when the file is closed.
fn lock(models: &Path, parts: &Path) -> Result<File, PullError> {
    let path = parts.join("lock");
    let file = File::create(&path).map_err(at(&path))?;
    file.try_lock().map_err(|why| match why {
        fs::TryLockError::WouldBlock => PullError::Busy { folder: models.to_owned() },
        fs::TryLockError::Error(source) => PullError::Folder { path, source },
    })?;
    Ok(file)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PullError {
    let path = path.to_owned();
    move |source| PullError::Folder { path, source }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// A name for one file from an address that may have folders.
fn flat(fetch: &str) -> String {
    fetch.replace('/', "-")
}

/// Folder in the models folder in which downloads are put together.
pub const PARTS: &str = ".pull";
/// Room for what a file system adds to the files themselves.
const SPARE_OCTETS: u64 = 16 << 20;
