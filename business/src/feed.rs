//! Following what happens: the log after a sequence number, then live, without a gap.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use callwright_contract::{CallEvent, CallId, Pii, ReplyId, TurnId};
use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::scheduling::{Appointment, AppointmentId};
use crate::storage::{EventPage, Storage};
use crate::tenants::{Scope, TenantId};

/// One entry of the event log.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedEvent {
    /// Its place in the log, unique over all tenants and rising; gaps mean nothing.
    pub seq: u64,
    /// Whose it is.
    pub tenant: TenantId,
    /// When it was heard of.
    pub at: Timestamp,
    /// What happened.
    pub what: Happening,
}

/// What an entry of the log tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// Something in a call. [`CallFact::Partial`](callwright_contract::CallFact::Partial) is never among
    /// these: it is only given live.
    Call(CallEvent),
    /// An agent decided to say something.
    Said(AgentSaid),
    /// The calendar changed.
    Appointment(AppointmentChange),
    /// The caller would like to be called back.
    CallBackWanted(CallBackWanted),
}

impl Happening {
    /// The call it belongs to.
    pub fn call(&self) -> CallId {
        match self {
            Self::Call(event) => event.call,
            Self::Said(said) => said.call,
            Self::Appointment(change) => change.call,
            Self::CallBackWanted(wanted) => wanted.call,
        }
    }
}

/// Words that an agent handed to a call. What the caller heard of them comes with `ReplyEnded`.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSaid {
    /// The call.
    pub call: CallId,
    /// The reply.
    pub reply: ReplyId,
    /// The turn it answers.
    pub answers: Option<TurnId>,
    /// The words.
    pub text: Pii<String>,
}

/// A caller would like to be called back, and was told that this is noted.
#[derive(Clone, Debug, PartialEq)]
pub struct CallBackWanted {
    /// The call.
    pub call: CallId,
    /// The number, E.164.
    pub phone: Pii<String>,
    /// The name, if it was given.
    pub name: Option<Pii<String>>,
}

/// A change of the calendar, committed together with this entry of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AppointmentChange {
    /// The call it was made in.
    pub call: CallId,
    /// What kind of change.
    pub kind: ChangeKind,
    /// The appointment as it is after the change.
    pub appointment: Appointment,
}

/// What was done to an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It is new.
    Booked,
    /// It is new and takes the place of this one.
    MovedFrom(AppointmentId),
    /// It was called off.
    Cancelled,
}

/// Something that is shown while it happens and not kept: the words of a turn that is not over yet.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveEvent {
    /// Whose it is.
    pub tenant: TenantId,
    /// When it was heard of.
    pub at: Timestamp,
    /// The event; its fact is a `Partial`.
    pub event: CallEvent,
}

/// What a feed yields.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FeedItem {
    /// The next entry of the log.
    Logged(Arc<LoggedEvent>),
    /// Something that is not kept, as it happens.
    Live(Arc<LiveEvent>),
    /// The reader was too slow for the live feed. Nothing of the log is lost, the entries after `after`
    /// follow; live items in between are.
    Lagged {
        /// The last entry that was yielded; 0 when there was none.
        after: u64,
    },
    /// The log cannot be read just now. The feed goes on from the same place when it is polled again.
    Unreadable,
}

/// A resumable feed of one subscriber; see [`Business::subscribe`](crate::Business::subscribe).
///
/// It reads the log in pages until it has caught up, then follows what is published after each commit. A
/// subscriber who falls 1,024 items behind goes back to the log by itself.
pub struct EventFeed {
    storage: Storage,
    scope: Scope,
    live: broadcast::Receiver<Published>,
    /// Number of the last entry yielded or skipped.
    after: u64,
    page: VecDeque<LoggedEvent>,
    catching_up: bool,
}

/// Something that just happened, as feeds are told of it.
#[derive(Clone, Debug)]
pub(crate) enum Published {
    Logged(Arc<LoggedEvent>),
    Live(Arc<LiveEvent>),
}

/// Items that the live part holds for its slowest subscriber, about half a minute of ten calls; when it is
/// full the oldest is shed and that subscriber is told.
pub(crate) const LIVE_ITEMS: usize = 1024;
/// Entries that one look into the log brings.
const PAGE: u32 = 256;

impl EventFeed {
    pub(crate) fn new(
        storage: Storage,
        scope: Scope,
        live: broadcast::Receiver<Published>,
        (after, catching_up): (u64, bool),
    ) -> Self {
        Self { storage, scope, live, after, page: VecDeque::new(), catching_up }
    }

    /// The next item; waits for one. `None` once the business has drained and everything was yielded.
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<FeedItem> {
        loop {
            if let Some(event) = self.page.pop_front() {
                self.after = event.seq;
                return Some(FeedItem::Logged(Arc::new(event)));
            }
            if self.catching_up {
                let page = EventPage { after: self.after, limit: PAGE };
                match self.storage.events(&self.scope, page).await {
                    // Whatever was committed after this look is published after it.
                    Ok(page) if page.is_empty() => self.catching_up = false,
                    Ok(page) => self.page = page.into(),
                    Err(_) => return Some(FeedItem::Unreadable),
                }
                continue;
            }
            match self.live.recv().await {
                Ok(Published::Logged(event)) => {
                    if event.seq > self.after {
                        self.after = event.seq;
                        if self.scope.covers(&event.tenant) {
                            return Some(FeedItem::Logged(event));
                        }
                    }
                }
                Ok(Published::Live(event)) if self.scope.covers(&event.tenant) => {
                    return Some(FeedItem::Live(event));
                }
                Ok(Published::Live(_)) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    self.catching_up = true;
                    metrics::counter!("callwright_business_feed_lagged_total").increment(1);
                    return Some(FeedItem::Lagged { after: self.after });
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl fmt::Debug for EventFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFeed")
            .field("scope", &self.scope)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
