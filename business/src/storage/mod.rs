//! The business's memory: one SQLite file, written through one connection, read through a few.
//!
//! [`Storage`] is that file or, in a simulation, a model of it. All SQL of the program is in this folder. Every query that reads or changes a tenant's rows binds the
//! tenant; the ones that span tenants say why.

mod booking;
mod calendar;
mod calls;
mod event_body;
mod event_log;
mod keys;
mod moments;
mod open;
mod tenants;

mod either;
#[cfg(feature = "simulation")]
pub(crate) mod model;

pub(crate) use either::Storage;

pub(crate) use booking::{
    CancelError, ConfirmError, Confirmation, Held, HoldError, HoldId, HoldRequest,
};
pub(crate) use event_log::{Entry, EventPage};
pub(crate) use keys::StoredKey;
pub(crate) use moments::TakenTime;
pub use open::StorageOpenError;
pub(crate) use tenants::{StoredLine, StoredTenant};

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use sqlx::SqlitePool;

/// The open file.
#[derive(Clone, Debug)]
pub(crate) struct SqliteFile {
    /// One connection, so that the order of commits is the order of sequence numbers.
    writer: SqlitePool,
    reader: SqlitePool,
    /// Held while the file is written; a second server is refused.
    lock: Arc<Mutex<Option<File>>>,
}

impl SqliteFile {
    /// Opens or makes the file, and brings its tables up to date.
    pub(crate) async fn open(path: &Path) -> Result<Self, StorageOpenError> {
        open::open(path).await
    }

    /// Ends writing: waits for the write under way, then leaves the file to whoever opens it next.
    pub(crate) async fn close_writer(&self) {
        self.writer.close().await;
        // Readers may go on: another server may write from here on.
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// SQLite's primary result code of an error (<https://www.sqlite.org/rescode.html>), the low byte of the whole.
///
/// Safe to be logged: a message may quote a row, a code does not.
pub(crate) fn code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// How a time is stored: microseconds since 1970.
fn stored(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A stored time. Rows are written by [`stored`] alone, so only a damaged file has one out of range.
fn restored(at: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(at).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A stored word that must be one of a type's own.
fn word<T: std::str::FromStr>(text: &str) -> Result<T, sqlx::Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error: T::Err| sqlx::Error::Decode(error.into()))
}

/// A row that does not hold what this program writes: the file was changed by someone else.
#[derive(Debug, thiserror::Error)]
#[error("the stored {what} is none that this program knows")]
struct Unknown {
    what: &'static str,
}

fn unknown(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(Unknown { what }.into())
}

#[cfg(test)]
mod tests;
