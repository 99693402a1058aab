//! Opening the file, with an error for each thing that can be wrong with it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::SqliteFile;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Longest wait for another program's lock on the file (a backup, say) before a write is given up.
const BUSY: Duration = Duration::from_secs(5);
/// Connections that read: pages of calls, feeds catching up, an agent looking for a free slot.
const READERS: u32 = 4;

/// The file cannot be used. The server should not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageOpenError {
    /// The folder cannot be made or entered.
    #[error("the folder {} cannot be made ({source}): give another by CALLWRIGHT_HOME", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another server uses the file.
    #[error("{} is in use by another server: stop it, or give another folder by CALLWRIGHT_HOME", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened or made.
    #[error("{} cannot be opened: check that it is a file this user may read and write", path.display())]
    NotOpened {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file can be read, not written.
    #[error("{} cannot be written: check its owner, its permissions and the disk", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The disk is full.
    #[error("there is no room on the disk of {}", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The file is no database, or a damaged one.
    #[error("{} is no database or is damaged: restore a copy, or move it away to begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// A newer version of the program wrote the file.
    #[error("{} was written by a newer version (its schema is {schema}): update this program", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The newest schema in it.
        schema: i64,
    },
    /// Its tables cannot be brought up to date.
    #[error("the tables of {} cannot be brought up to date: {source}", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// Why.
        source: MigrateError,
    },
}

pub(super) async fn open(path: &Path) -> Result<SqliteFile, StorageOpenError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| StorageOpenError::Folder { folder: folder.to_owned(), source })?;
    }
    let lock = lock(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: a commit that was answered survives the machine's loss of power, not only the program's.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY)
        .connect_with(options.clone())
        .await
        .map_err(|error| why(path, error))?;
    MIGRATIONS.run(&writer).await.map_err(|error| match error {
        MigrateError::VersionMissing(schema) => {
            StorageOpenError::TooNew { path: path.to_owned(), schema }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => why(path, error),
        source => StorageOpenError::Migration { path: path.to_owned(), source },
    })?;
    let reader = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        .connect_with(options.read_only(true).create_if_missing(false))
        .await
        .map_err(|error| why(path, error))?;
    Ok(SqliteFile { writer, reader, lock: Arc::new(Mutex::new(Some(lock))) })
}

/// The lock lies beside the file: SQLite has locks of its own on the file itself.
fn lock(path: &Path) -> Result<File, StorageOpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(name))
        .map_err(|error| StorageOpenError::NotOpened {
        path: path.to_owned(),
        source: error.into(),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageOpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => {
            Err(StorageOpenError::NotOpened { path: path.to_owned(), source: error.into() })
        }
    }
}

impl StorageOpenError {
    /// What is wrong with a file that could be opened, but not be read or written at the start.
    pub(crate) fn of(path: &Path, source: sqlx::Error) -> Self {
        why(path, source)
    }
}

fn why(path: &Path, source: sqlx::Error) -> StorageOpenError {
    let path = path.to_owned();
    match super::code(&source) {
        Some(8) => StorageOpenError::NotWritable { path, source },
        Some(11 | 26) => StorageOpenError::Damaged { path, source },
        Some(13) => StorageOpenError::DiskFull { path, source },
        Some(5) => StorageOpenError::InUse { path },
        _ => StorageOpenError::NotOpened { path, source: source.into() },
    }
}
