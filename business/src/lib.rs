//! What a call is for: tenants and their lines, the agents that answer, the calendar they book into, the
//! log of everything that happened, and the storage of it all.
//!
//! This room sees only `callwright-contract`: it hears [`CallEvent`](callwright_contract::CallEvent)s and
//! gives [`CallCommand`](callwright_contract::CallCommand)s, and knows nothing of sound, sockets or models.
//!
//! # How a server uses it
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use callwright_business::{Business, BusinessOptions, Scope, TakeCallError};
//! # use callwright_contract::{CallEvent, CallId, CommandSink, Pii};
//! # async fn server(
//! #     clock: Arc<dyn callwright_business::Clock>,
//! #     call: CallId,
//! #     commands: Arc<dyn CommandSink>,
//! #     event: CallEvent,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! // At start, inside a tokio runtime.
//! let opened = Business::open(BusinessOptions::new("var/callwright.db", Arc::clone(&clock))).await?;
//! let business = opened.business;
//! if let Some(key) = opened.new_admin_key {
//!     // Printed once; only its hash is kept.
//!     # let _ = key;
//! }
//!
//! // A call comes in: which tenant's, and what for?
//! if let Some(route) = business.route(&Pii::from("+15005550100")) {
//!     business.take_call(call, &route, commands)?;
//! }
//! // Everything that happens in it, with the time it was heard of. Never waits.
//! business.hear(event, clock.now());
//!
//! // Whoever wants to follow: the log after sequence 41, then live.
//! let mut feed = business.subscribe(Scope::Platform, Some(41));
//! while let Some(item) = feed.next().await {
//!     # let _ = item; break;
//! }
//!
//! // At the end: everything heard is on disk when this returns.
//! business.drain().await;
//! # Ok(()) }
//! ```
//!
//! # What is counted
//!
//! | `callwright_business_…` | |
//! |---|---|
//! | `conversations` | calls that an agent talks in just now |
//! | `events_logged_total` | entries of the log that were committed |
//! | `lost_total{queue}` | what a full queue shed: `intake`, `early`, `inbox`, `commands`, `log`, `batch` (see `ingest`) |
//! | `write_failures_total`, `read_failures_total` | attempts at storage that failed |
//! | `unreadable_entries_total` | entries of the log that this version cannot read |
//! | `feed_lagged_total` | times that a subscriber was too slow for the live feed |
//! | `panics_total` | conversations that a defect of ours ended |
//!
//! **Invariants.** Every row and every query carries the tenant. One function decides what is offered and
//! what may be booked. "You're booked" is said only in answer to a commit. Whatever identifies or quotes a
//! person is inside [`Pii`](callwright_contract::Pii) and never reaches the program's log.

mod business;
mod open;
mod options;

mod changes;
mod moment;

mod conversation;
mod desk;
mod ingest;
mod log_writer;

mod agents;
mod language;
mod scheduling;
mod tenants;
mod voice;

mod feed;
mod keys;
mod records;
mod storage;

/// What a simulation of the whole system puts in place of the database.
#[cfg(feature = "simulation")]
pub mod simulation {
    pub use crate::storage::model::{Fate, Operation, Outcome, StoreModel, Weather};
}

pub use business::{Business, Opened, ReadError, TakeCallError};
pub use conversation::Progress;
pub use feed::{
    AgentSaid, AppointmentChange, CallBackWanted, ChangeKind, EventFeed, FeedItem, Happening,
    LiveEvent, LoggedEvent,
};
pub use keys::{ApiKey, NoRandomness, Principal};
pub use moment::{BusinessMoment, MomentError};
pub use open::OpenError;
pub use options::{BusinessOptions, Clock};
pub use records::{
    CallPage, CallRecord, CallSummary, Speaker, TranscriptLine, TurnEmotion, TurnLatency,
};
pub use scheduling::{Appointment, AppointmentId, AppointmentState};
pub use storage::StorageOpenError;
pub use tenants::{
    AgentName, InvalidId, LinePurpose, LineRoute, ProviderId, Scope, ServiceId, TenantId,
    TenantSummary, Tongue,
};
