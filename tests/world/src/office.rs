//! The business of a simulated world: all of it is real but the file, on a runtime without a clock of its own.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use callwright_business::simulation::{Fate, Operation, Outcome, StoreModel, Weather};
use callwright_business::{
    Business, BusinessOptions, CallPage, Clock, LineRoute, Scope, TakeCallError,
};
use callwright_contract::{CallCommand, CallEvent, CallId, CommandRefused, CommandSink};
use callwright_host::VirtualClock;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

use super::faults::Fault;

/// Friday, November 20th 2026, ten in the morning in New York.
const OPENING: Timestamp = Timestamp::constant(1_795_186_800, 0);

/// The world's clock as the business reads it.
#[derive(Clone, Debug)]
pub(super) struct Wall {
    clock: VirtualClock,
    /// Whoever waits for time to pass.
    waiting: Arc<Mutex<Vec<Waker>>>,
}

impl Wall {
    pub(super) fn new(clock: &VirtualClock) -> Self {
        Self { clock: clock.clone(), waiting: Arc::default() }
    }

    /// Time has passed.
    fn strike(&self) {
        std::mem::take(&mut *self.waiting.lock().unwrap()).into_iter().for_each(Waker::wake);
    }
}

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.clock.elapsed()).unwrap_or_default();
        OPENING.saturating_add(elapsed).unwrap_or(OPENING)
    }

    fn pass(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (wall, due) = (self.clone(), self.clock.elapsed() + time);
        Box::pin(poll_fn(move |cx| {
            if wall.clock.elapsed() >= due {
                return Poll::Ready(());
            }
            wall.waiting.lock().unwrap().push(cx.waker().clone());
            Poll::Pending
        }))
    }
}

/// How the store is doing.
#[derive(Debug)]
pub(super) struct StoreWeather {
    wall: Wall,
    forecast: Mutex<Forecast>,
}

#[derive(Debug, Default)]
struct Forecast {
    fate: Fate,
    fault: Option<Fault>,
    /// How often something was asked in bad weather.
    struck: BTreeMap<Fault, u64>,
    /// A release has failed, so that a hold is left to its time.
    release_failed: bool,
}

impl StoreWeather {
    pub(super) fn new(wall: Wall) -> Self {
        Self { wall, forecast: Mutex::default() }
    }

    pub(super) fn set(&self, fate: Fate, fault: Option<Fault>) {
        let mut forecast = self.forecast.lock().unwrap();
        (forecast.fate, forecast.fault) = (fate, fault);
    }

    pub(super) fn struck(&self) -> BTreeMap<Fault, u64> {
        self.forecast.lock().unwrap().struck.clone()
    }

    pub(super) fn release_failed(&self) -> bool {
        self.forecast.lock().unwrap().release_failed
    }
}

impl Weather for StoreWeather {
    fn fate(&self, operation: Operation) -> Fate {
        let mut forecast = self.forecast.lock().unwrap();
        let mut fate = forecast.fate;
        if fate.outcome == Outcome::SaidAndUndone && operation != Operation::Confirm {
            fate.outcome = Outcome::Done;
        }
        if let Some(fault) = forecast.fault {
            *forecast.struck.entry(fault).or_default() += 1;
        }
        forecast.release_failed |= operation == Operation::Release && fate.outcome != Outcome::Done;
        fate
    }

    fn clock(&self) -> &dyn Clock {
        &self.wall
    }
}

/// What the agents have said, and whether it was true.
#[derive(Debug, Default)]
pub(super) struct SaidBook {
    pub(super) said: BTreeMap<CallId, Vec<String>>,
    /// "You're booked" that was said before anything was.
    pub(super) untrue: Option<(CallId, String)>,
    /// Times that it was said.
    pub(super) bookings_said: u64,
    /// Commands that a call had no room for.
    pub(super) refused: u64,
}

/// The way to a call, listened to.
struct Tap {
    call: CallId,
    way: Arc<dyn CommandSink>,
    book: Arc<Mutex<SaidBook>>,
    store: StoreModel,
}

impl Tap {
    fn listen(&self, command: &CallCommand) {
        match command {
            CallCommand::Say(say) => {
                let text = say.text.reveal().clone();
                let mut book = self.book.lock().unwrap();
                if text.contains("You're booked") || text.contains("Done. You now have") {
                    book.bookings_said += 1;
                    if !self.store.booked().iter().any(|one| one.call == self.call) {
                        book.untrue = Some((self.call, text.clone()));
                    }
                }
                book.said.entry(self.call).or_default().push(text);
            }
            CallCommand::Prepare { commands, .. } => {
                commands.iter().for_each(|command| self.listen(command));
            }
            _ => {}
        }
    }
}

impl CommandSink for Tap {
    fn send(&self, command: CallCommand) -> Result<(), CommandRefused> {
        let sent = self.way.send(command.clone());
        match sent {
            Ok(()) => self.listen(&command),
            Err(CommandRefused::Full) => self.book.lock().unwrap().refused += 1,
            Err(CommandRefused::CallOver) => {}
        }
        sent
    }
}

pub(super) struct Office {
    runtime: Runtime,
    business: Business,
    wall: Wall,
    /// When the tasks ran last.
    at: Duration,
    store: StoreModel,
    pub(super) book: Arc<Mutex<SaidBook>>,
    /// Something was heard since the tasks ran last.
    stirred: bool,
}

/// Rounds of all tasks in one turn: an event goes through router, conversation and store in three.
const ROUNDS: usize = 8;

impl Office {
    /// Opens, or opens again after the server was killed.
    pub(super) fn open(store: &StoreModel, wall: &Wall, book: &Arc<Mutex<SaidBook>>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let options = BusinessOptions::simulated(store.clone(), Arc::new(wall.clone()))
            .admin_key(Some("a key of the simulation".into()));
        let opened = runtime.block_on(Business::open(options)).expect("the business opens");
        Self {
            runtime,
            business: opened.business,
            wall: wall.clone(),
            at: wall.clock.elapsed(),
            store: store.clone(),
            book: Arc::clone(book),
            stirred: true,
        }
    }

    pub(super) fn route(&self, line: &callwright_contract::Pii<String>) -> Option<LineRoute> {
        self.business.route(line)
    }

    pub(super) fn take(
        &mut self,
        call: CallId,
        route: &LineRoute,
        way: Arc<dyn CommandSink>,
    ) -> Result<(), TakeCallError> {
        self.stirred = true;
        let tap = Tap { call, way, book: Arc::clone(&self.book), store: self.store.clone() };
        self.business.take_call(call, route, Arc::new(tap))
    }

    pub(super) fn hear(&mut self, event: CallEvent) {
        self.stirred = true;
        self.business.hear(event, self.wall.now());
    }

    /// Lets the tasks do what they can by now.
    pub(super) fn turn(&mut self) {
        let now = self.wall.clock.elapsed();
        if !self.stirred && now < self.at + QUIET_TURN {
            return;
        }
        (self.stirred, self.at) = (false, now);
        self.wall.strike();
        self.runtime.block_on(async {
            for _ in 0..ROUNDS {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Ends in good order, and says what is left.
    pub(super) fn close(mut self) -> Closed {
        let business = self.business.clone();
        let draining = self.runtime.spawn(async move { business.drain().await });
        for _ in 0..DRAIN_TURNS {
            self.wall.clock.set(self.wall.clock.elapsed() + QUIET_TURN);
            self.turn();
            if draining.is_finished() {
                break;
            }
        }
        let drained = draining.is_finished();
        drop(draining);
        self.turn();
        let page = CallPage { before: None, limit: 500 };
        let calls = self.runtime.block_on(self.business.calls(&Scope::Platform, page));
        let calls = calls.unwrap_or_default();
        let open = calls.iter().filter(|call| call.ended.is_none()).map(|call| call.id).collect();
        Closed { drained, open, tasks: self.runtime.metrics().num_alive_tasks() }
    }
}

/// How often the tasks run when nothing is heard.
const QUIET_TURN: Duration = Duration::from_millis(20);
/// How long a drain may take: a minute.
const DRAIN_TURNS: u32 = 3_000;

/// What is left of a business that was asked to end.
#[derive(Debug)]
pub(super) struct Closed {
    /// It came to an end within a minute.
    pub(super) drained: bool,
    pub(super) open: Vec<CallId>,
    pub(super) tasks: usize,
}
