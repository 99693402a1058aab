//! What is behind the business: the file, or a model of it.

use std::ops::Range;

use callwright_contract::{CallId, Pii};
use jiff::Timestamp;

use super::{
    CancelError, ConfirmError, Confirmation, Entry, EventPage, Held, HoldError, HoldRequest,
    SqliteFile, StoredKey, StoredLine, StoredTenant, TakenTime,
};
use crate::feed::LoggedEvent;
use crate::records::{CallPage, CallSummary};
use crate::scheduling::{Appointment, AppointmentId, Taken};
use crate::tenants::{Scope, Tenant, TenantId};

/// The business's memory.
#[derive(Clone, Debug)]
pub(crate) enum Storage {
    /// A file on disk.
    File(SqliteFile),
    /// What a simulation has instead.
    #[cfg(feature = "simulation")]
    Model(super::model::StoreModel),
}

/// Asks whichever it is.
macro_rules! ask {
    ($self:ident.$question:ident($($with:expr),*)) => {
        match $self {
            Self::File(file) => file.$question($($with),*).await,
            #[cfg(feature = "simulation")]
            Self::Model(model) => model.$question($($with),*).await,
        }
    };
}

impl Storage {
    /// Ends writing: waits for the write under way, then leaves the file to whoever opens it next.
    pub(crate) async fn close_writer(&self) {
        match self {
            Self::File(file) => file.close_writer().await,
            #[cfg(feature = "simulation")]
            Self::Model(_) => {}
        }
    }

    /// Holds a slot for a call, which lets go of the one it held before.
    pub(crate) async fn hold(
        &self,
        tenant: &Tenant,
        request: &HoldRequest,
        now: Timestamp,
    ) -> Result<Held, HoldError> {
        ask!(self.hold(tenant, request, now))
    }

    /// Books a held slot; with `moving`, in place of that appointment. The log's entry is in the same commit.
    pub(crate) async fn confirm(
        &self,
        tenant: &Tenant,
        confirmation: &Confirmation,
        now: Timestamp,
    ) -> Result<Appointment, ConfirmError> {
        ask!(self.confirm(tenant, confirmation, now))
    }

    /// Calls an appointment off. The log's entry is in the same commit.
    pub(crate) async fn cancel(
        &self,
        tenant: &TenantId,
        appointment: AppointmentId,
        call: CallId,
        now: Timestamp,
    ) -> Result<Appointment, CancelError> {
        ask!(self.cancel(tenant, appointment, call, now))
    }

    /// Lets go of what a call holds.
    pub(crate) async fn release(&self, tenant: &TenantId, call: CallId) -> Result<(), sqlx::Error> {
        ask!(self.release(tenant, call))
    }

    /// Lets go of everything held: for the start, when no call is live. Spans tenants on purpose.
    pub(crate) async fn release_all(&self) -> Result<u64, sqlx::Error> {
        ask!(self.release_all())
    }

    /// What is taken of a tenant's time within `within`, but for what `call` itself holds and for the appointment that
    /// it is about to move.
    pub(crate) async fn taken(
        &self,
        tenant: &TenantId,
        within: (Timestamp, Timestamp),
        call: CallId,
        moving: Option<AppointmentId>,
        now: Timestamp,
    ) -> Result<Vec<Taken>, sqlx::Error> {
        ask!(self.taken(tenant, within, call, moving, now))
    }

    /// Appointments of `tenant` that stand, have not begun, and were booked under this number.
    pub(crate) async fn upcoming(
        &self,
        tenant: &TenantId,
        phone: &Pii<String>,
        now: Timestamp,
    ) -> Result<Vec<Appointment>, sqlx::Error> {
        ask!(self.upcoming(tenant, phone, now))
    }

    /// Appointments within `scope` that begin within a range.
    pub(crate) async fn appointments(
        &self,
        scope: &Scope,
        range: &Range<Timestamp>,
    ) -> Result<Vec<Appointment>, sqlx::Error> {
        ask!(self.appointments(scope, range))
    }

    /// Calls within `scope`, newest first.
    pub(crate) async fn calls(
        &self,
        scope: &Scope,
        page: CallPage,
    ) -> Result<Vec<CallSummary>, sqlx::Error> {
        ask!(self.calls(scope, page))
    }

    /// One call, if it is within `scope`.
    pub(crate) async fn call(
        &self,
        scope: &Scope,
        id: CallId,
    ) -> Result<Option<CallSummary>, sqlx::Error> {
        ask!(self.call(scope, id))
    }

    /// Marks every call without an end as ended by the server's death. Answers how many there were.
    pub(crate) async fn end_calls_left_open(&self, now: Timestamp) -> Result<u64, sqlx::Error> {
        ask!(self.end_calls_left_open(now))
    }

    /// Writes entries in one commit; answers how many could not be written down and were left out.
    pub(crate) async fn append(&self, entries: &[Entry]) -> Result<u64, sqlx::Error> {
        ask!(self.append(entries))
    }

    /// The next page of the log within `scope`, in order.
    pub(crate) async fn events(
        &self,
        scope: &Scope,
        page: EventPage,
    ) -> Result<Vec<LoggedEvent>, sqlx::Error> {
        ask!(self.events(scope, page))
    }

    /// Everything logged of one call of `tenant`, in order.
    pub(crate) async fn events_of_call(
        &self,
        tenant: &TenantId,
        call: CallId,
    ) -> Result<Vec<LoggedEvent>, sqlx::Error> {
        ask!(self.events_of_call(tenant, call))
    }

    /// The newest number of the log; 0 when it is empty.
    pub(crate) async fn newest_seq(&self) -> Result<u64, sqlx::Error> {
        ask!(self.newest_seq())
    }

    /// Every key of every tenant: whose a key is shows only once it is found.
    pub(crate) async fn keys(&self) -> Result<Vec<StoredKey>, sqlx::Error> {
        ask!(self.keys())
    }

    /// Adds a key; one that is there already stays as it is.
    pub(crate) async fn add_key(&self, key: &StoredKey, now: Timestamp) -> Result<(), sqlx::Error> {
        ask!(self.add_key(key, now))
    }

    /// Every tenant, by id: read once, when the server starts.
    pub(crate) async fn tenants(&self) -> Result<Vec<StoredTenant>, sqlx::Error> {
        ask!(self.tenants())
    }

    /// Every line, by address: read once, when the server starts.
    pub(crate) async fn lines(&self) -> Result<Vec<StoredLine>, sqlx::Error> {
        ask!(self.lines())
    }

    /// Adds a tenant with its lines, all or nothing.
    pub(crate) async fn add_tenant(
        &self,
        tenant: &StoredTenant,
        lines: &[StoredLine],
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        ask!(self.add_tenant(tenant, lines, now))
    }

    /// A tenant's document. A model tells none: simulated calls are not captured, they have their seed.
    pub(crate) async fn document(&self, tenant: &TenantId) -> Result<Option<String>, sqlx::Error> {
        match self {
            Self::File(file) => file.document(tenant).await,
            #[cfg(feature = "simulation")]
            Self::Model(_) => Ok(None),
        }
    }

    /// What is booked or held of a tenant's time that ends after `since`; of a model nothing, as for
    /// [`Self::document`].
    pub(crate) async fn taken_times(
        &self,
        tenant: &TenantId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<TakenTime>, sqlx::Error> {
        match self {
            Self::File(file) => file.taken_times(tenant, since, now).await,
            #[cfg(feature = "simulation")]
            Self::Model(_) => Ok(Vec::new()),
        }
    }

    /// Puts taken time back into an empty calendar, all or nothing. Calls are had again over a file alone.
    pub(crate) async fn add_taken(
        &self,
        tenant: &str,
        times: &[TakenTime],
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::File(file) => file.add_taken(tenant, times, now).await,
            #[cfg(feature = "simulation")]
            Self::Model(_) => Err(sqlx::Error::RowNotFound),
        }
    }
}
