//! The way in: everything heard goes to the call's agent at once, and to the log's writer.
//!
//! ```text
//! hear, take_call ──intake──▶ router ──inbox per call──▶ conversation
//!                               │ └──────published──────▶ feeds (partials, not kept)
//!                               └─log──▶ writer ─commit─▶ tail ─published─▶ feeds
//! ```
//!
//! Agents never wait for the log: a disk that stalls stops the writer alone. Every queue is bounded; each
//! says below what it sheds, and counts it in `callwright_business_lost_total{queue=…}`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use callwright_contract::{CallEvent, CallFact, CallId, CommandSink};
use jiff::Timestamp;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::conversation::{Conversation, Heard, Ways};
use crate::feed::{Happening, LiveEvent, Published};
use crate::storage::Entry;
use crate::tenants::TenantId;

/// What waits for the router. Full: the newest is refused (a call is not taken, an event is lost). The router
/// waits for nothing, so that this fills only when the machine does not run it for seconds.
pub(crate) const INTAKE_ITEMS: usize = 8192;
/// What waits for an agent. Full (the agent waits for the calendar): the newest is lost; a call's end is not,
/// since the closed inbox says it too.
const INBOX_ITEMS: usize = 64;
/// What waits for the log's writer. Full (the disk stalls or fails): the newest is lost to the log and its
/// feeds, the agents have it.
pub(crate) const LOG_ITEMS: usize = 8192;

/// Calls whose events may come before they are taken, and how many of each: a server gets the way to a call
/// only when the call has begun. Full: the oldest call is forgotten, the newest event lost.
const EARLY_CALLS: usize = 256;
const EARLY_EVENTS: usize = 32;

/// What goes to the router.
pub(crate) enum Intake {
    /// A call begins.
    Take {
        call: CallId,
        tenant: TenantId,
        agent: Option<Box<Conversation>>,
        commands: Arc<dyn CommandSink>,
    },
    /// Something happened in it.
    Heard { event: CallEvent, at: Timestamp },
    /// No call begins any more; answered when the last one is over.
    Drain(oneshot::Sender<()>),
}

/// A call that the router knows.
struct Live {
    tenant: TenantId,
    inbox: Option<mpsc::Sender<Heard>>,
}

/// Where the router's findings go.
#[derive(Clone)]
pub(crate) struct Outlets {
    pub log: mpsc::Sender<Entry>,
    pub published: broadcast::Sender<Published>,
}

/// Runs until told to drain and the last call is over, or until nobody can tell it anything.
pub(crate) async fn route(mut intake: mpsc::Receiver<Intake>, outlets: Outlets) {
    let mut router = Router {
        live: BTreeMap::new(),
        early: VecDeque::new(),
        talking: JoinSet::new(),
        outlets,
        drained: None,
    };
    loop {
        if router.drained.is_some() && router.live.is_empty() {
            break;
        }
        tokio::select! {
            // In a set order, so that the same things heard are the same things done.
            biased;
            Some(ended) = router.talking.join_next() => count_panic(&ended),
            item = intake.recv() => match item {
                Some(item) => router.take_in(item),
                None => break,
            },
        }
    }
    router.live.clear();
    while let Some(ended) = router.talking.join_next().await {
        count_panic(&ended);
    }
    if let Some(drained) = router.drained
        && drained.send(()).is_err()
    {
        tracing::debug!("nobody waits for the drain any more");
    }
}

struct Router {
    live: BTreeMap<CallId, Live>,
    early: VecDeque<(CallId, Vec<Heard>)>,
    talking: JoinSet<()>,
    outlets: Outlets,
    drained: Option<oneshot::Sender<()>>,
}

impl Router {
    fn take_in(&mut self, item: Intake) {
        match item {
            Intake::Take { call, tenant, agent, commands } => {
                let inbox = agent.map(|conversation| {
                    let (inbox, heard) = mpsc::channel(INBOX_ITEMS);
                    let ways = Ways { commands, log: self.outlets.log.clone() };
                    self.talking.spawn(conversation.run(heard, ways));
                    inbox
                });
                self.live.insert(call, Live { tenant, inbox });
                if let Some(place) = self.early.iter().position(|(early, _)| *early == call)
                    && let Some((_, events)) = self.early.remove(place)
                {
                    events.into_iter().for_each(|Heard { event, at }| self.hear(event, at));
                }
            }
            Intake::Heard { event, at } => self.hear(event, at),
            Intake::Drain(drained) => self.drained = Some(drained),
        }
    }

    fn hear(&mut self, event: CallEvent, at: Timestamp) {
        let Some(live) = self.live.get(&event.call) else {
            self.keep_early(event, at);
            return;
        };
        if let CallFact::Partial { .. } = event.fact {
            let partial = LiveEvent { tenant: live.tenant.clone(), at, event };
            // No subscriber: nobody to tell.
            drop(self.outlets.published.send(Published::Live(Arc::new(partial))));
            return;
        }
        let over = matches!(event.fact, CallFact::Ended { .. });
        let guess = matches!(event.fact, CallFact::TurnLikely(_));
        let tenant = live.tenant.clone();
        if let Some(inbox) = &live.inbox
            && matches!(
                inbox.try_send(Heard { event: event.clone(), at }),
                Err(mpsc::error::TrySendError::Full(_))
            )
        {
            lost("inbox");
        }
        if guess {
            // Between the call and its agent.
            return;
        }
        if over {
            self.live.remove(&event.call);
        }
        log(&self.outlets.log, Entry { tenant, at, what: Happening::Call(event) });
    }
}

impl Router {
    fn keep_early(&mut self, event: CallEvent, at: Timestamp) {
        let call = event.call;
        let place = self.early.iter().position(|(early, _)| *early == call);
        let known = place.and_then(|place| self.early.get_mut(place));
        match known {
            Some((_, events)) if events.len() >= EARLY_EVENTS => lost("early"),
            Some((_, events)) => events.push(Heard { event, at }),
            None => {
                if self.early.len() >= EARLY_CALLS {
                    self.early.pop_front();
                    lost("early");
                }
                self.early.push_back((call, vec![Heard { event, at }]));
            }
        }
    }
}

/// Hands an entry to the log's writer, or counts it.
pub(crate) fn log(queue: &mpsc::Sender<Entry>, entry: Entry) {
    if queue.try_send(entry).is_err() {
        lost("log");
    }
}

/// Counts what a queue has shed.
pub(crate) fn lost(queue: &'static str) {
    metrics::counter!("callwright_business_lost_total", "queue" => queue).increment(1);
}

fn count_panic(ended: &Result<(), tokio::task::JoinError>) {
    if ended.as_ref().is_err_and(tokio::task::JoinError::is_panic) {
        metrics::counter!("callwright_business_panics_total").increment(1);
        tracing::error!("a conversation panicked; its call goes on without an agent");
    }
}
