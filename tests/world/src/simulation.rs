//! One simulated world, from its seed to its end.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use callwright_business::simulation::{Fate, Outcome, StoreModel};
use callwright_calls::leg::{LegCall, LegOutput};
use callwright_calls::{CallLimits, CallMode, CallSpec, Language, Pace, Share, Tuning};
use callwright_contract::{
    Arrival, CallCommand, CallEvent, CallFact, CallId, CommandSink, Expectation, Refusal,
};
use callwright_host::VirtualClock;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::caller::Caller;
use super::faults::{self, Fault, Planned};
use super::laws::{Law, Watch};
use super::line::{Exchange, Line};
use super::models::{Mood, WordBook};
use super::office::{SaidBook, StoreWeather, Wall};
use super::ports::Tricks;
use super::sabotage::Sabotage;
use super::server::{Server, Size};
use super::tally::{Report, Tally};
use super::voice;

/// Milliseconds of a step, a shard's tick.
const STEP_MS: u64 = callwright_calls::TICK_MS;
/// Callers come within this time.
const ARRIVALS_MS: u64 = 8_000;
/// By then a world has ended by itself, whatever has gone wrong in it.
const END_MS: u64 = 110_000;
/// Turns after a world is still: what was asked is answered, and what was answered is dropped.
const AFTERMATH_MS: u64 = 500;

pub(super) struct Simulation {
    rng: StdRng,
    sabotage: Option<Sabotage>,
    now_ms: u64,
    clock: VirtualClock,
    wall: Wall,
    server: Server,
    store: StoreModel,
    weather: Arc<StoreWeather>,
    words: Arc<Mutex<WordBook>>,
    said: Arc<Mutex<SaidBook>>,
    lines: Vec<Line>,
    arrivals: Vec<u64>,
    plan: Vec<Planned>,
    until: Until,
    watch: Watch,
    tally: Tally,
    outside: Outside,
    /// Events dropped by servers that were killed.
    dropped_before: u64,
    size: Size,
}

/// Until when what lasts.
#[derive(Debug, Default)]
struct Until {
    moods: [u64; 4],
    stuck: [u64; 4],
    events: u64,
    store: u64,
    frozen: u64,
    ticks: u64,
    /// The far ends may hold more than the lead.
    unsteady: u64,
    end_calls: Option<u64>,
}

/// What lines share with the world.
#[derive(Default)]
struct Outside {
    ways: Vec<(CallId, Weak<dyn CommandSink>)>,
    placed: u32,
    refused: u64,
}

impl Simulation {
    pub(super) fn new(seed: u64, sabotage: Option<Sabotage>) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let clock = VirtualClock::new();
        let wall = Wall::new(&clock);
        let weather = Arc::new(StoreWeather::new(wall.clone()));
        let store = StoreModel::new(Arc::clone(&weather) as _);
        let (words, said) = (Arc::default(), Arc::default());
        let size = Size {
            shards: rng.random_range(1..3),
            calls_max: rng.random_range(2..6),
            events_max: if rng.random_bool(0.2) { 48 } else { 16_384 },
            seed,
        };
        let server = Server::start(size, (&clock, &wall), (&store, &words, &said));
        let mut arrivals: Vec<u64> = (0..rng.random_range(1..=voice::CALLERS_MAX.min(6)))
            .map(|_| rng.random_range(0..ARRIVALS_MS) / STEP_MS * STEP_MS)
            .collect();
        arrivals.sort_unstable_by(|a, b| b.cmp(a));
        let plan = if sabotage.is_some() { Vec::new() } else { faults::plan(&mut rng, 20_000) };
        match sabotage {
            Some(Sabotage::CommitPretended) => {
                weather.set(Fate { outcome: Outcome::SaidAndUndone, ..Fate::default() }, None);
            }
            Some(Sabotage::BookedTwice) => store.books_twice(),
            _ => {}
        }
        Self {
            rng,
            sabotage,
            now_ms: 0,
            clock,
            wall,
            server,
            store,
            weather,
            words,
            said,
            lines: Vec::new(),
            arrivals,
            plan,
            until: Until::default(),
            watch: Watch::default(),
            tally: Tally { worlds: 1, ..Tally::default() },
            outside: Outside::default(),
            dropped_before: 0,
            size,
        }
    }

    /// Runs until everything is over, or a law is broken.
    pub(super) fn run(mut self) -> Report {
        let mut still_since = None;
        while self.watch.broken.is_none() && self.now_ms < END_MS {
            self.step();
            let still = self.arrivals.is_empty()
                && self.lines.iter().all(Line::is_over)
                && self.server.host.host().live() == 0;
            let since = *still_since.get_or_insert(self.now_ms);
            if !still {
                still_since = None;
            } else if self.now_ms - since >= AFTERMATH_MS && !self.anything_lasts() {
                break;
            }
        }
        self.finish()
    }

    fn anything_lasts(&self) -> bool {
        let until = &self.until;
        let lasting = [until.events, until.frozen, until.ticks, until.store];
        lasting.iter().any(|until| *until > self.now_ms)
    }

    fn step(&mut self) {
        self.now_ms += STEP_MS;
        self.watch.now_ms = self.now_ms;
        self.clock.set(Duration::from_millis(self.now_ms));
        while let Some(planned) = self.plan.pop_if_first(self.now_ms) {
            self.strike(planned);
        }
        self.relent();
        self.lines_step(LinePart::Outside);
        self.lines_step(LinePart::Inside);
        let (now_ms, instant) = (self.now_ms, self.clock.instant());
        for (lane, stuck) in self.server.lanes.iter_mut().zip(self.until.stuck) {
            if let Some(lane) = lane.as_mut().filter(|_| stuck <= now_ms) {
                lane.turn(instant);
            }
        }
        let turned = self.until.ticks <= now_ms;
        if turned {
            self.server.host.turn();
        }
        let carried = self.until.events <= now_ms;
        if carried {
            self.carry_events();
        }
        self.lines_step(LinePart::Outputs);
        if self.until.frozen <= now_ms {
            self.server.office.turn();
        }
        if turned && carried && self.sabotage != Some(Sabotage::EndNeverSeen) {
            self.watch.ticked();
        }
        self.look();
    }

    /// Callers that come now, and one part of a step of every line.
    fn lines_step(&mut self, part: LinePart) {
        let now = (self.now_ms, self.clock.instant());
        if part == LinePart::Outside
            && let Some(_now) = self.arrivals.pop_if(|at| *at <= now.0)
        {
            let number = self.lines.len();
            let (mind, line) = (self.rng.random(), self.rng.random());
            let mut rng = StdRng::seed_from_u64(line);
            let caller = Caller::new(number, StdRng::seed_from_u64(mind), Arc::clone(&self.words));
            let fault = if self.sabotage.is_some() { None } else { faults::of_a_line(&mut rng) };
            self.lines.push(Line::new(caller, rng, fault, now));
        }
        let mut lines = std::mem::take(&mut self.lines);
        for (number, line) in lines.iter_mut().enumerate() {
            let mut meeting = Meeting { world: self, number };
            match part {
                LinePart::Outside => line.outside(now.0, &mut meeting),
                LinePart::Inside => line.inside(now, &mut meeting),
                LinePart::Outputs => line.outputs(now.0, &mut meeting),
            }
        }
        self.lines = lines;
    }

    fn carry_events(&mut self) {
        let mut events = Collected::default();
        self.server.host.carry_events(&mut events);
        let lossless = self.dropped() == 0;
        let events = std::mem::take(&mut *events.0.lock().unwrap());
        for event in events {
            for event in self.sabotaged(event) {
                self.watch.event(&event, lossless);
                self.server.office.hear(event);
            }
        }
    }

    /// Events that the shards of this server, and of those before it, had no room for.
    fn dropped(&self) -> u64 {
        self.dropped_before + self.server.host.host().health().events_dropped
    }

    fn sabotaged(&mut self, event: CallEvent) -> Vec<CallEvent> {
        let lost = match (self.sabotage, &event.fact) {
            (Some(Sabotage::EventLost), CallFact::Partial { .. }) => true,
            (
                Some(Sabotage::EndWithheld | Sabotage::EndNeverSeen | Sabotage::LogWithoutEnds),
                CallFact::Ended { .. },
            ) => {
                if self.sabotage == Some(Sabotage::LogWithoutEnds) {
                    // The watch is told, the business is not.
                    self.watch.event(&event, true);
                }
                true
            }
            (Some(Sabotage::ReplyEndLost), CallFact::ReplyEnded { .. })
            | (Some(Sabotage::SpeechStopLost), CallFact::SpeechStopped) => {
                // Something else stands in its place, so that the numbers are whole.
                let fact = CallFact::Quiet { lasted: Duration::ZERO };
                return vec![CallEvent { fact, ..event }];
            }
            _ => false,
        };
        match (self.sabotage, &event.fact) {
            _ if lost => Vec::new(),
            (Some(Sabotage::EventTwice), CallFact::Started(_)) => vec![event.clone(), event],
            (Some(Sabotage::TurnTwice), CallFact::TurnOver(over)) => {
                let mut over = over.clone();
                over.turn.0 = 0;
                vec![CallEvent { fact: CallFact::TurnOver(over), ..event }]
            }
            _ => vec![event],
        }
    }

    /// What can be seen from outside at the end of a step.
    fn look(&mut self) {
        let live = self.server.host.host().live() as usize;
        let beyond = self.sabotage == Some(Sabotage::SeatsWithoutBound);
        let calls_max = self.size.calls_max - usize::from(beyond);
        let waiting = self.server.host.events_waiting().max().unwrap_or(0);
        let events_max = self.size.events_max;
        self.watch.hold(Law::BoundsKept, None, live <= calls_max && waiting <= events_max, || {
            format!("{live} of {calls_max} calls live, {waiting} of {events_max} events wait")
        });
        if let Some(what) = self.words.lock().unwrap().mixed.take() {
            self.watch.hold(Law::OwnWords, None, false, || what);
        }
        if let Some((call, text)) = self.said.lock().unwrap().untrue.take() {
            self.watch.hold(Law::BookedAfterCommit, Some(call), false, || text);
        }
    }

    fn strike(&mut self, planned: Planned) {
        let Planned { fault, lasts_ms, which, .. } = planned;
        let until = self.now_ms + lasts_ms;
        let count = u32::try_from(lasts_ms / 40).unwrap_or(1);
        match fault {
            Fault::LaneDies => self.server.lanes[which] = None,
            Fault::LaneSlow => self.mood(which, Mood::Slow(2 + count / 5), until),
            Fault::LaneFails => self.mood(which, Mood::Failing, until),
            Fault::LanePanics => self.mood(which, Mood::Panicking, until),
            Fault::LaneStuck => self.until.stuck[which] = until,
            Fault::RequestsLost => return self.trick(|tricks| tricks.lose_requests = count),
            Fault::AnswersLost => return self.trick(|tricks| tricks.lose_answers = count),
            Fault::AnswersOfGoneCalls => return self.trick(|tricks| tricks.repeat = count),
            Fault::CallPanics => return self.trick(|tricks| tricks.panic = true),
            Fault::CommandsFlooded => self.flood(),
            Fault::EventsStuck => self.until.events = until,
            Fault::StoreSlow | Fault::StoreFails | Fault::StoreAnswerLost => {
                return self.weather_turns(fault, lasts_ms);
            }
            Fault::BusinessFrozen => self.until.frozen = until + lasts_ms,
            Fault::ServerKilled => self.kill(),
            Fault::ClockJumps => self.jump(lasts_ms),
            Fault::TicksLate => {
                self.until.ticks = until;
                self.until.unsteady = until + 500;
            }
            Fault::Drained => {
                self.server.host.host().close();
                self.until.end_calls = Some(until);
            }
            // The lines have faults of their own.
            _ => return,
        }
        // The others are counted by what they did.
        *self.tally.faults.entry(fault).or_default() += 1;
    }

    fn mood(&mut self, lane: usize, mood: Mood, until: u64) {
        self.server.strings[lane].set(mood);
        self.until.moods[lane] = until;
    }

    fn weather_turns(&mut self, fault: Fault, lasts_ms: u64) {
        let (takes, outcome) = match fault {
            Fault::StoreSlow => (Duration::from_millis(lasts_ms / 2), Outcome::Done),
            Fault::StoreFails => (Duration::ZERO, Outcome::Failed),
            _ => (Duration::ZERO, Outcome::DoneAndUnsaid),
        };
        self.until.store = self.now_ms + lasts_ms;
        self.weather.set(Fate { takes, outcome }, Some(fault));
    }

    /// What lasted until now is over.
    fn relent(&mut self) {
        for (strings, until) in self.server.strings.iter().zip(&mut self.until.moods) {
            if *until != 0 && *until <= self.now_ms {
                strings.set(Mood::Well);
                *until = 0;
            }
        }
        if self.until.store != 0 && self.until.store <= self.now_ms {
            self.weather.set(Fate::default(), None);
            self.until.store = 0;
        }
        if self.until.end_calls.take_if(|at| *at <= self.now_ms).is_some() {
            self.server.host.end_calls();
        }
        match self.sabotage {
            Some(Sabotage::AnswersSwapped) => self.trick(|tricks| tricks.swap = true),
            Some(Sabotage::SlotsNotLeft) => self.trick(|tricks| tricks.forget_to_close = true),
            _ => {}
        }
    }

    fn trick(&mut self, set: impl Fn(&mut Tricks)) {
        for ports in self.server.host.lanes() {
            set(&mut ports.tricks);
        }
    }

    /// Somebody else sends one call more commands than it can have waiting.
    fn flood(&mut self) {
        let ways = self.outside.ways.iter().filter_map(|(_, way)| way.upgrade());
        for way in ways {
            for _ in 0..2 * callwright_host::COMMANDS {
                // Full, or over: both are what is wanted.
                let _refused = way.send(CallCommand::Expect(Expectation::Anything.into()));
            }
        }
    }

    /// The machine stands still, the world does not: what comes meanwhile comes at once.
    fn jump(&mut self, lasts_ms: u64) {
        let end = self.now_ms + lasts_ms / STEP_MS * STEP_MS;
        while self.now_ms < end {
            self.now_ms += STEP_MS;
            self.lines_step(LinePart::Outside);
        }
        self.watch.now_ms = self.now_ms;
        self.clock.set(Duration::from_millis(self.now_ms));
        self.until.unsteady = self.now_ms + 500;
    }

    /// The server is killed and started again; what was on disk is there.
    fn kill(&mut self) {
        self.count_tricks();
        self.watch.killed();
        self.dropped_before = self.dropped();
        for line in &mut self.lines {
            line.cut();
        }
        let fresh = Server::start(
            self.size,
            (&self.clock, &self.wall),
            (&self.store, &self.words, &self.said),
        );
        drop(std::mem::replace(&mut self.server, fresh));
        let store = self.until.store;
        self.until = Until { store, unsteady: self.now_ms + 500, ..Until::default() };
    }

    /// Tricks count when they were played.
    fn count_tricks(&mut self) {
        for ports in self.server.host.lanes() {
            let played = [
                (Fault::RequestsLost, ports.lost_requests),
                (Fault::AnswersLost, ports.lost_answers),
                (Fault::AnswersOfGoneCalls, ports.stale_given),
                (Fault::CallPanics, ports.panics),
            ];
            for (fault, count) in played {
                *self.tally.faults.entry(fault).or_default() += count;
            }
        }
    }

    fn finish(mut self) -> Report {
        self.count_tricks();
        let dropped = self.dropped();
        let open: usize = self.server.host.lanes().map(|ports| ports.open.len()).sum();
        let Self { server, mut watch, mut tally, .. } = self;
        if watch.broken.is_none() {
            watch.at_the_end(dropped);
            let live = server.host.host().live();
            watch.hold(Law::NothingLeft, None, live == 0 && open == 0, || {
                format!("{live} calls live and {open} slots are held")
            });
            if self.sabotage != Some(Sabotage::CommitPretended) {
                self.weather.set(Fate::default(), None);
            }
            drop(server.host);
            let closed = server.office.close();
            let first = closed.open.first().copied();
            watch.hold(Law::LoggedEnds, first, closed.open.is_empty(), || format!("{closed:?}"));
            let ways = self.outside.ways.iter().filter(|(_, way)| way.strong_count() > 0).count();
            let held = if self.weather.release_failed() { 0 } else { self.store.held() };
            let clean = closed.drained && closed.tasks == 0 && ways == 0 && held == 0;
            watch.hold(Law::NothingLeft, None, clean, || {
                format!("{closed:?}, {ways} ways to calls, {held} slots of the calendar held")
            });
            never_twice(&self.store, &mut watch);
        }
        tally.calls = u64::from(self.outside.placed);
        tally.refused = self.outside.refused;
        tally.seconds = self.now_ms / 1_000;
        tally.booked = self.store.booked().len() as u64;
        for (fault, count) in self.weather.struck() {
            *tally.faults.entry(fault).or_default() += count;
        }
        for line in &self.lines {
            if let Some(fault) = line.fault.filter(|_| line.struck) {
                *tally.faults.entry(fault).or_default() += 1;
            }
            for (deed, count) in &line.caller.deeds {
                *tally.deeds.entry(*deed).or_default() += count;
            }
        }
        let said = self.said.lock().unwrap();
        *watch.tried.entry(Law::BookedAfterCommit).or_default() += said.bookings_said;
        tally.laws = watch.tried.clone();
        tally.events = watch.kinds.clone();
        tally.causes = watch.causes.clone();
        Report { broken: watch.broken, tally, digest: watch.digest }
    }
}

fn never_twice(store: &StoreModel, watch: &mut Watch) {
    let booked = store.booked();
    for (place, one) in booked.iter().enumerate() {
        for other in booked.iter().skip(place + 1) {
            let apart = one.tenant != other.tenant
                || one.provider != other.provider
                || one.end <= other.start
                || other.end <= one.start;
            watch.hold(Law::NeverTwice, Some(other.call), apart, || {
                format!("{one:?} and {other:?}")
            });
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinePart {
    Outside,
    Inside,
    Outputs,
}

/// A line's view of the world.
struct Meeting<'a> {
    world: &'a mut Simulation,
    number: usize,
}

impl Exchange for Meeting<'_> {
    fn place(&mut self, arrival: Arrival, leg: LegCall) -> Result<CallId, Refusal> {
        let world = &mut *self.world;
        let Some(route) = world.server.office.route(&arrival.line) else {
            return Err(Refusal::UnknownLine);
        };
        world.outside.placed += 1;
        let id = CallId::new(1_795_186_800_000 + world.now_ms, world.outside.placed);
        let limits = CallLimits {
            call_max: Duration::from_secs(40),
            silence_max: Duration::from_secs(12),
            business_max: Duration::from_secs(4),
        };
        let (mode, share, pace) = (CallMode::Converse, Share::default(), Pace::default());
        let (emotion, tuning) = (false, Tuning::default());
        let spec = CallSpec {
            id,
            arrival,
            mode,
            limits,
            share,
            pace,
            language: Some(Language::ENGLISH),
            emotion,
            tuning,
        };
        let way = world.server.host.host().place(spec, leg).inspect_err(|_| {
            world.outside.placed -= 1;
            world.outside.refused += 1;
        })?;
        world.watch.call_placed(id, self.number);
        world.outside.ways.push((id, Arc::downgrade(&way)));
        match world.server.office.take(id, &route, Arc::clone(&way)) {
            Ok(()) => Ok(id),
            Err(_) => {
                // As the server does with a call that has a seat and nobody to talk to.
                let _over = way.send(CallCommand::HangUp);
                Err(Refusal::AtCapacity)
            }
        }
    }

    fn sent(&mut self, call: CallId, output: &LegOutput) {
        self.world.watch.sent(call, output);
        if self.world.sabotage == Some(Sabotage::SoundAfterClose)
            && matches!(output, LegOutput::Close(_))
        {
            self.world.watch.sent(call, &LegOutput::Clear);
        }
    }

    fn heard(&mut self, call: CallId, pitch: usize) {
        let said = self.world.said.lock().unwrap();
        let swapped = self.world.sabotage == Some(Sabotage::VoicesSwapped);
        let known = said
            .said
            .iter()
            .filter(|(of, _)| (**of == call) != swapped)
            .any(|(_, texts)| texts.iter().any(|text| voice::pitch_of(text) == pitch));
        drop(said);
        self.world.watch.heard(call, known);
    }

    fn waits(&mut self, call: CallId, ms: usize, steady: bool) {
        let until = &self.world.until;
        if until.events > self.world.now_ms {
            // What has begun meanwhile is not known yet.
            return;
        }
        // Without a clear the lead is not kept either: what is looked for is the silence.
        let steady = until.unsteady.max(until.ticks) <= self.world.now_ms
            && steady
            && self.world.sabotage != Some(Sabotage::ClearLost);
        self.world.watch.waits(call, ms, steady);
    }

    fn copies(&self, output: &LegOutput) -> usize {
        match (self.world.sabotage, output) {
            (Some(Sabotage::ClearLost), LegOutput::Clear) => 0,
            (Some(Sabotage::SoundDoubled), LegOutput::Audio(_)) => 2,
            _ => 1,
        }
    }

    fn gone(&mut self, call: CallId) {
        self.world.watch.line_gone(call);
    }

    fn last_words(&self, call: CallId) -> Option<String> {
        self.world.said.lock().unwrap().said.get(&call)?.last().cloned()
    }
}

/// Events on their way out of the ring.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<CallEvent>>>);

impl callwright_host::EventSink for Collected {
    fn event(&mut self, event: CallEvent) {
        self.0.lock().unwrap().push(event);
    }
}

trait Plan {
    fn pop_if_first(&mut self, now_ms: u64) -> Option<Planned>;
}

impl Plan for Vec<Planned> {
    fn pop_if_first(&mut self, now_ms: u64) -> Option<Planned> {
        (self.first()?.at_ms <= now_ms).then(|| self.remove(0))
    }
}
