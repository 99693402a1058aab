//! The one handle that a server holds on the business.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use callwright_contract::{CallEvent, CallId, CommandSink, Pii};
use jiff::Timestamp;
use tokio::sync::{Mutex, broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::agents::{Agent, AgentDocument};
use crate::conversation::{Conversation, Progress};
use crate::desk::Desk;
use crate::feed::{EventFeed, Published};
use crate::ingest::{Intake, lost};
use crate::keys::{ApiKey, KeyRing, Principal};
use crate::log_writer::LogState;
use crate::options::{BusinessOptions, Clock};
use crate::records::{CallPage, CallRecord, CallSummary};
use crate::scheduling::Appointment;
use crate::storage::{Entry, Storage};
use crate::tenants::{AgentName, Directory, LineRoute, Scope, TenantSummary};
use crate::{BusinessMoment, OpenError, open, records};

/// Tenants, agents, calendar and log of one server. Cheap to clone; clones are the same business.
#[derive(Clone)]
pub struct Business {
    pub(crate) inner: Arc<Inner>,
}

/// What all clones share.
pub(crate) struct Inner {
    pub storage: Storage,
    pub state: Arc<LogState>,
    pub directory: Directory,
    pub agents: Vec<(AgentName, Arc<AgentDocument>)>,
    pub keys: KeyRing,
    pub clock: Arc<dyn Clock>,
    pub intake: mpsc::Sender<Intake>,
    /// For a look at how much waits; whoever writes to the log holds it.
    pub to_be_written: mpsc::WeakSender<Entry>,
    /// Kept for new subscribers; taken away at the end, so that feeds end.
    pub published: Mutex<Option<broadcast::Sender<Published>>>,
    pub subscribe: broadcast::WeakSender<Published>,
    pub draining: AtomicBool,
    pub tasks: Mutex<Option<Tasks>>,
}

/// What runs until the business has drained.
pub(crate) struct Tasks {
    pub writer: JoinHandle<()>,
    pub tail: JoinHandle<()>,
}

/// What [`Business::open`] gives.
#[derive(Debug)]
pub struct Opened {
    /// The business.
    pub business: Business,
    /// The administrator's key that the first run made: show it now, it is kept nowhere.
    pub new_admin_key: Option<ApiKey>,
    /// Calls that a killed server left open, now marked as ended by it.
    pub calls_left_open: u64,
    /// Slots that a killed server had held for callers, now free again.
    pub holds_left: u64,
}

impl fmt::Debug for Business {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Business").finish_non_exhaustive()
    }
}

/// A call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TakeCallError {
    /// More events are waiting than the business may hold: refuse the call as at capacity.
    #[error("the business has too much waiting")]
    Busy,
    /// The business is draining: refuse the call.
    #[error("the business is stopping")]
    Draining,
    /// The route's tenant or agent is not there; a route comes from [`Business::route`] alone.
    #[error("the route leads to nobody")]
    NoSuchAgent,
}

/// Something could not be read from storage: answer 503, try again later.
#[derive(Debug, thiserror::Error)]
#[error("storage cannot be read: {0}")]
pub struct ReadError(#[from] sqlx::Error);

impl Business {
    /// Opens the business: makes or migrates the file, adds the sample tenant on the first run, marks calls
    /// that a killed server left open, releases what they held. To be called inside a tokio runtime, which
    /// from then on runs its tasks.
    ///
    /// # Errors
    /// See [`OpenError`]; each says what to do. The server should not start.
    pub async fn open(options: BusinessOptions) -> Result<Opened, OpenError> {
        open::open(options).await
    }

    /// Where a call to `line` goes: in memory, never waits. Unknown lines go to the default tenant's agent;
    /// `None` only if there is no default tenant.
    pub fn route(&self, line: &Pii<String>) -> Option<LineRoute> {
        self.inner.directory.route(line)
    }

    /// Begins a call's conversation. To be called once per call, before its first event is given to
    /// [`hear`](Self::hear) or soon after: events of calls not taken yet are kept for a moment (32 of each of
    /// 256 calls) and told in order once they are. From any thread; never waits.
    ///
    /// # Errors
    /// See [`TakeCallError`]: do not take the call.
    pub fn take_call(
        &self,
        call: CallId,
        route: &LineRoute,
        commands: Arc<dyn CommandSink>,
    ) -> Result<(), TakeCallError> {
        self.take(call, route, commands, None)
    }

    /// The same, and tells how far the conversation has come.
    ///
    /// # Errors
    /// See [`TakeCallError`].
    pub fn take_call_followed(
        &self,
        call: CallId,
        route: &LineRoute,
        commands: Arc<dyn CommandSink>,
    ) -> Result<Progress, TakeCallError> {
        let (progress, followed) = watch::channel(0);
        self.take(call, route, commands, Some(progress))?;
        Ok(Progress(followed))
    }

    fn take(
        &self,
        call: CallId,
        route: &LineRoute,
        commands: Arc<dyn CommandSink>,
        progress: Option<watch::Sender<u64>>,
    ) -> Result<(), TakeCallError> {
        if self.inner.draining.load(Ordering::Acquire) {
            return Err(TakeCallError::Draining);
        }
        let agent = match &route.agent {
            Some(name) => {
                let conversation = self.conversation(call, route, name)?;
                Some(Box::new(Conversation { progress, ..conversation }))
            }
            None => None,
        };
        let take = Intake::Take { call, tenant: route.tenant.clone(), agent, commands };
        self.inner.intake.try_send(take).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => TakeCallError::Busy,
            mpsc::error::TrySendError::Closed(_) => TakeCallError::Draining,
        })
    }

    fn conversation(
        &self,
        call: CallId,
        route: &LineRoute,
        name: &AgentName,
    ) -> Result<Conversation, TakeCallError> {
        let inner = &self.inner;
        let tenant = inner.directory.tenant(&route.tenant).ok_or(TakeCallError::NoSuchAgent)?;
        let document =
            inner.agents.iter().find(|(known, _)| known == name).map(|(_, document)| document);
        let document = document.ok_or(TakeCallError::NoSuchAgent)?;
        Ok(Conversation {
            call,
            tenant: tenant.id.clone(),
            agent: Agent::new(Arc::clone(document), Arc::clone(tenant)),
            desk: Desk {
                storage: inner.storage.clone(),
                state: Arc::clone(&inner.state),
                tenant: Arc::clone(tenant),
                call,
                hold: document.hold,
            },
            clock: Arc::clone(&inner.clock),
            fallback: route.fallback.clone(),
            progress: None,
        })
    }

    /// Takes note of what happened in a call at `at`; the call's agent gets it at once, the log with the next
    /// commit. From any thread; never waits. When more is waiting than may, the event is lost and counted in
    /// `callwright_business_lost_total{queue="intake"}`.
    pub fn hear(&self, event: CallEvent, at: Timestamp) {
        if self.inner.intake.try_send(Intake::Heard { event, at }).is_err() {
            lost("intake");
        }
    }

    /// Follows what happens within `scope`: the log after `from`, then live. Without `from`, live only.
    pub fn subscribe(&self, scope: Scope, from: Option<u64>) -> EventFeed {
        let live = match self.inner.subscribe.upgrade() {
            Some(published) => published.subscribe(),
            // Drained: the sender made here is gone at once, so that the feed ends when it has caught up.
            None => broadcast::channel(1).1,
        };
        let start = match from {
            Some(after) => (after, true),
            None => (self.inner.state.published.load(Ordering::Acquire), false),
        };
        EventFeed::new(self.inner.storage.clone(), scope, live, start)
    }

    /// Calls within `scope`, newest first, live ones included.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn calls(
        &self,
        scope: &Scope,
        page: CallPage,
    ) -> Result<Vec<CallSummary>, ReadError> {
        Ok(self.inner.storage.calls(scope, page).await?)
    }

    /// One call with its transcript and latencies; `None` when there is none within `scope`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn call(&self, scope: &Scope, id: CallId) -> Result<Option<CallRecord>, ReadError> {
        let Some(summary) = self.inner.storage.call(scope, id).await? else { return Ok(None) };
        let events = self.inner.storage.events_of_call(&summary.tenant, id).await?;
        Ok(Some(records::tell(summary, events)))
    }

    /// Appointments within `scope` that begin within `range`, in order of time, whatever has become of them.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn appointments(
        &self,
        scope: &Scope,
        range: Range<Timestamp>,
    ) -> Result<Vec<Appointment>, ReadError> {
        Ok(self.inner.storage.appointments(scope, &range).await?)
    }

    /// What a call to `line` by `caller` may find here: kept with the call, it can be run again from that. Of
    /// appointments only those of the caller are kept with names.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn moment(
        &self,
        line: &Pii<String>,
        caller: Option<&Pii<String>>,
    ) -> Result<Option<BusinessMoment>, ReadError> {
        let Some(route) = self.route(line) else { return Ok(None) };
        let now = self.inner.clock.now();
        Ok(BusinessMoment::of(&self.inner.storage, &route, (line, caller), now).await?)
    }

    /// Tenants within `scope`, by id: in memory, never waits.
    pub fn tenants(&self, scope: &Scope) -> Vec<TenantSummary> {
        self.inner.directory.summaries(scope)
    }

    /// Whose key this is: in memory, in constant time over all keys, never waits.
    pub fn authenticate(&self, key: &str) -> Option<Principal> {
        self.inner.keys.authenticate(key)
    }

    /// Whether the last write to storage went well, for `/readyz`.
    pub fn storage_is_writable(&self) -> bool {
        self.inner.state.writable.load(Ordering::Relaxed)
    }

    /// Whether an agent waits for the calendar: for a driver with a clock of its own, whose time must not pass meanwhile.
    pub fn waits_for_storage(&self) -> bool {
        self.inner.state.is_asked()
    }

    /// Entries of the log that wait to be written; more than some thousands are lost. For a driver that makes calls
    /// faster than they happen.
    pub fn waiting_to_be_written(&self) -> usize {
        let queue = self.inner.to_be_written.upgrade();
        queue.map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    /// Takes no more calls, waits until conversations are over and everything heard is on disk, and closes the
    /// file. The caller bounds the time. Feeds end after their last entry.
    pub async fn drain(&self) {
        let inner = &self.inner;
        inner.draining.store(true, Ordering::Release);
        // Whoever drains second waits here for the first.
        let mut tasks = inner.tasks.lock().await;
        let Some(Tasks { writer, tail }) = tasks.as_mut() else { return };
        let (drained, done) = oneshot::channel();
        if inner.intake.send(Intake::Drain(drained)).await.is_ok() {
            // An error means that the router is gone, and with it every conversation.
            drop(done.await);
        }
        // The writer ends when the router and the conversations have let go of its queue.
        ended(writer.await);
        inner.state.closed.store(true, Ordering::Release);
        inner.state.committed.notify_one();
        ended(tail.await);
        *tasks = None;
        inner.published.lock().await.take();
        inner.storage.close_writer().await;
    }
}

fn ended(task: Result<(), tokio::task::JoinError>) {
    if let Err(error) = task {
        tracing::error!(%error, "a task of the business did not end well");
    }
}
