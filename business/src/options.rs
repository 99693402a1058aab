//! What the program that runs the business decides: where the data lies, what time it is.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use callwright_contract::Pii;
use jiff::Timestamp;

use crate::moment::BusinessMoment;

/// Tells the time, and lets it pass. The server passes the machine's clock, a test its own.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Is over when `time` has passed: on tokio's clock, unless this one has another.
    fn pass(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            // Nothing happens, so that the time it is given is the time it takes.
            let _over = tokio::time::timeout(time, std::future::pending::<()>()).await;
        })
    }
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// How to open a [`Business`](crate::Business).
#[derive(Clone)]
pub struct BusinessOptions {
    /// The SQLite file, made when it is not there, its folder as well.
    pub database: PathBuf,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// A key that is to be an administrator's (`CALLWRIGHT_ADMIN_KEY`); without one the first run makes one.
    pub admin_key: Option<Pii<String>>,
    /// Nobody's feelings are judged, whatever tenants have decided.
    pub forbids_emotion: bool,
    /// Changes to the agents' documents, a YAML mapping of what is to be otherwise.
    pub agent_changes: Option<String>,
    /// What an empty file is filled with, in place of the sample tenant.
    pub rebuilt: Option<BusinessMoment>,
    /// What a simulation has instead of the file.
    #[cfg(feature = "simulation")]
    pub(crate) model: Option<crate::simulation::StoreModel>,
}

impl BusinessOptions {
    /// The business kept in the file `database`, by the time of `clock`.
    pub fn new(database: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            database: database.into(),
            clock,
            admin_key: None,
            agent_changes: None,
            rebuilt: None,
            forbids_emotion: false,
            #[cfg(feature = "simulation")]
            model: None,
        }
    }

    /// The business kept in a model of the file, for a simulation.
    #[cfg(feature = "simulation")]
    pub fn simulated(model: crate::simulation::StoreModel, clock: Arc<dyn Clock>) -> Self {
        Self { model: Some(model), ..Self::new(PathBuf::new(), clock) }
    }

    /// In an empty file, as it was at this moment, with `agent_changes` made to the agents' documents.
    #[must_use]
    pub fn rebuilt(mut self, moment: BusinessMoment, agent_changes: Option<String>) -> Self {
        self.rebuilt = Some(moment);
        self.agent_changes = agent_changes;
        self
    }

    /// With this administrator's key, in addition to those already known. Empty text counts as none.
    #[must_use]
    pub fn admin_key(mut self, key: Option<String>) -> Self {
        self.admin_key = key.filter(|key| !key.trim().is_empty()).map(Pii::new);
        self
    }
}

impl BusinessOptions {
    /// Whether it is forbidden to judge how callers come across.
    #[must_use]
    pub const fn forbids_emotion(mut self, forbids: bool) -> Self {
        self.forbids_emotion = forbids;
        self
    }
}

impl fmt::Debug for BusinessOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessOptions").field("database", &self.database).finish_non_exhaustive()
    }
}
