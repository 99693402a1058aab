//! The whole of a call but its sockets: the call core, the lanes, and the business with the agent that ships.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callwright_business::{Business, BusinessOptions};
use callwright_contract::{
    AfterCall, CallCommand, CallEvent, CallFact, CommandRefused, CommandSink, Pii, ReplyOutcome,
};
use callwright_host::InlineLanes;
use callwright_media::ring::Writer;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::room::{LINE, Room, SILENCE};

/// One call to the front desk of the sample tenant.
pub(super) struct FrontDesk {
    pub(super) room: Room,
    runtime: Runtime,
    business: Business,
    commands: Arc<Commands>,
    /// Everything that happened.
    pub(super) events: Vec<CallEvent>,
    _folder: tempfile::TempDir,
}

/// The way of the business's commands to the call.
struct Commands {
    writer: Mutex<Writer<CallCommand>>,
    /// Replies that came.
    says: AtomicUsize,
    /// And what was prepared.
    prepares: AtomicUsize,
    came: Notify,
}

impl Commands {
    fn count(&self, prepared: bool) -> usize {
        let count = if prepared { &self.prepares } else { &self.says };
        count.load(Ordering::Acquire)
    }

    async fn more_than(&self, before: usize, prepared: bool) {
        while self.count(prepared) == before {
            self.came.notified().await;
        }
    }
}

impl CommandSink for Commands {
    fn send(&self, command: CallCommand) -> Result<(), CommandRefused> {
        let say = matches!(command, CallCommand::Say(_));
        let prepare = matches!(command, CallCommand::Prepare { .. });
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.push(command).map_err(|_given_back| CommandRefused::Full)?;
        self.says.fetch_add(usize::from(say), Ordering::AcqRel);
        self.prepares.fetch_add(usize::from(prepare), Ordering::AcqRel);
        self.came.notify_one();
        Ok(())
    }
}

/// Longest that the business takes on a busy machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a guess may be thought about; an answer that comes later is given when the turn is over.
const THOUGHT: Duration = Duration::from_millis(50);

fn now() -> Timestamp {
    "2026-11-20T15:00:00Z".parse().unwrap()
}

impl FrontDesk {
    /// A call comes in, and the greeting has been heard when this returns.
    pub(super) fn called(lanes: InlineLanes) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options = BusinessOptions::new(folder.path().join("desk.db"), Arc::new(now));
        let business = runtime.block_on(Business::open(options)).unwrap().business;
        let (room, writer) = Room::call(lanes, 0);
        let commands = Arc::new(Commands {
            writer: Mutex::new(writer),
            says: AtomicUsize::new(0),
            prepares: AtomicUsize::new(0),
            came: Notify::new(),
        });
        let route = business.route(&Pii::from(LINE)).unwrap();
        assert!(route.hears_emotion, "the sample tenant has switched it on");
        let sink = Arc::clone(&commands) as Arc<dyn CommandSink>;
        business.take_call(Room::id(), &route, sink).unwrap();
        let events = Vec::new();
        let mut desk = Self { room, runtime, business, commands, events, _folder: folder };
        desk.until_answered(0);
        desk
    }

    /// The caller's sound comes, and what the agent says to it is heard. Gives that.
    pub(super) fn says(&mut self, sound: &[[u8; 160]]) -> String {
        let before = self.replies().len();
        for frame in sound {
            self.frame(frame);
        }
        self.until_answered(before);
        self.replies().pop().unwrap_or_default()
    }

    /// What the agent has said, as far as it was heard.
    fn replies(&self) -> Vec<String> {
        let heard = self.events.iter().filter_map(|event| match &event.fact {
            CallFact::ReplyEnded { outcome: ReplyOutcome::Finished, heard, .. } => {
                Some(heard.reveal().clone())
            }
            _ => None,
        });
        heard.collect()
    }

    fn until_answered(&mut self, before: usize) {
        let begun = self.room.elapsed_ms();
        while self.replies().len() == before && self.closed().is_none() {
            assert!(self.room.elapsed_ms() < begun + 60_000, "no answer: {:#?}", self.events);
            self.frame(&SILENCE);
        }
    }

    /// Where the caller went.
    pub(super) const fn closed(&self) -> Option<&AfterCall> {
        self.room.closed.as_ref()
    }

    fn frame(&mut self, octets: &[u8; 160]) {
        self.room.frame(octets);
        for event in std::mem::take(&mut self.room.events) {
            let at = SignedDuration::try_from(event.at).unwrap();
            let wait = match &event.fact {
                CallFact::Started(_) => Some(PATIENCE),
                CallFact::TurnOver(over) if over.prepared.is_none() => Some(PATIENCE),
                CallFact::TurnLikely(_) => Some(THOUGHT),
                _ => None,
            };
            self.events.push(event.clone());
            let guess = wait == Some(THOUGHT);
            let before = self.commands.count(guess);
            self.business.hear(event, now().checked_add(at).unwrap());
            if let Some(wait) = wait {
                let commands = Arc::clone(&self.commands);
                let came = async move { timeout(wait, commands.more_than(before, guess)).await };
                let came = self.runtime.block_on(came).is_ok();
                assert!(came || guess, "the business says nothing");
            }
        }
    }
}
