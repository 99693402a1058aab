//! Opening the business: what the last run left behind is put right before the first call.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::{Mutex, broadcast, mpsc};

use crate::agents::{AgentDocumentError, shipped};
use crate::business::{Business, Inner, Opened, Tasks};
use crate::feed::LIVE_ITEMS;
use crate::ingest::{self, INTAKE_ITEMS, LOG_ITEMS, Outlets};
use crate::keys::{self, ApiKey, KeyRing, NoRandomness};
use crate::log_writer::{self, LogState};
use crate::options::BusinessOptions;
use crate::storage::{SqliteFile, Storage, StorageOpenError, StoredKey};
use crate::tenants::{Directory, Scope, seed};

/// The business could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageOpenError),
    /// What is in it cannot be used: restore a copy, or change the tenant.
    #[error("the database holds a tenant or a line that cannot be used: {0}")]
    Content(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An agent's document that comes with the program is wrong: a defect of ours.
    #[error("an agent's document: {0}")]
    Agent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No key can be made.
    #[error(transparent)]
    Key(#[from] NoRandomness),
}

impl From<AgentDocumentError> for OpenError {
    fn from(error: AgentDocumentError) -> Self {
        Self::Agent(error.into())
    }
}

impl From<crate::tenants::DirectoryError> for OpenError {
    fn from(error: crate::tenants::DirectoryError) -> Self {
        Self::Content(error.into())
    }
}

pub(crate) async fn open(options: BusinessOptions) -> Result<Opened, OpenError> {
    let agents = shipped(options.agent_changes.as_deref())?;
    let storage = storage_of(&options).await?;
    // From here on the file is known to open; what fails now is named like what failed before.
    let why = |error| StorageOpenError::of(&options.database, error);
    let now = options.clock.now();
    let holds_left = storage.release_all().await.map_err(why)?;
    if storage.tenants().await.map_err(why)?.is_empty() {
        match &options.rebuilt {
            None => {
                let (tenant, lines) = seed()?;
                storage.add_tenant(&tenant, &lines, now).await.map_err(why)?;
            }
            Some(moment) => moment.put_into(&storage, now).await.map_err(why)?,
        }
    }
    let tenants = storage.tenants().await.map_err(why)?;
    let mut directory = Directory::new(tenants, storage.lines().await.map_err(why)?)?;
    if options.forbids_emotion {
        directory.forbid_emotion();
    }
    let calls_left_open = storage.end_calls_left_open(now).await.map_err(why)?;
    let new_admin_key = match &options.admin_key {
        Some(given) => {
            let key = admin_key(given.reveal(), "CALLWRIGHT_ADMIN_KEY");
            storage.add_key(&key, now).await.map_err(why)?;
            None
        }
        None if storage.keys().await.map_err(why)?.is_empty() => {
            let key = ApiKey::generate()?;
            storage.add_key(&admin_key(key.reveal(), "first run"), now).await.map_err(why)?;
            Some(key)
        }
        None => None,
    };
    let keys = KeyRing::new(storage.keys().await.map_err(why)?);
    let state = Arc::new(LogState::new(storage.newest_seq().await.map_err(why)?));

    let (intake, taken_in) = mpsc::channel(INTAKE_ITEMS);
    let (log, to_write) = mpsc::channel(LOG_ITEMS);
    let to_be_written = log.downgrade();
    let (published, _) = broadcast::channel(LIVE_ITEMS);
    // The router ends with the last conversation; drain waits for it through its answer.
    tokio::spawn(ingest::route(taken_in, Outlets { log, published: published.clone() }));
    let (log_state, clock) = (Arc::clone(&state), Arc::clone(&options.clock));
    let writer = tokio::spawn(log_writer::write(to_write, storage.clone(), log_state, clock));
    let tail =
        tokio::spawn(log_writer::tail(storage.clone(), Arc::clone(&state), published.clone()));
    let business = Business {
        inner: Arc::new(Inner {
            storage,
            state,
            directory,
            agents,
            keys,
            clock: options.clock,
            intake,
            to_be_written,
            subscribe: published.downgrade(),
            published: Mutex::new(Some(published)),
            draining: AtomicBool::new(false),
            tasks: Mutex::new(Some(Tasks { writer, tail })),
        }),
    };
    Ok(Opened { business, new_admin_key, calls_left_open, holds_left })
}

async fn storage_of(options: &BusinessOptions) -> Result<Storage, OpenError> {
    #[cfg(feature = "simulation")]
    if let Some(model) = &options.model {
        return Ok(Storage::Model(model.clone()));
    }
    Ok(Storage::File(SqliteFile::open(&options.database).await?))
}

fn admin_key(key: &str, name: &str) -> StoredKey {
    StoredKey { hash: keys::hash(key), name: name.to_owned(), scope: Scope::Platform }
}
