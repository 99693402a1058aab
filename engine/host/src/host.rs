//! The host: takes calls, spreads them over shards, and stops in good order.
#![expect(clippy::disallowed_methods, reason = "draining waits for real time to pass")]

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use callwright_calls::leg::LegCall;
use callwright_calls::{CallMode, CallSpec, Language, Placement, Shard};
use callwright_contract::{CallId, CommandSink, Refusal};
use callwright_media::ring::{WhenFull, Writer, ring};
use callwright_models::lanes::LaneMonitor;

use crate::PLACEMENTS;
use crate::admission::Admission;
use crate::captures::ShardRecorder;
use crate::clock::{self, Clock};
use crate::commands::commands;
use crate::events::{self, EventPort, EventSink};
use crate::health::{HostHealth, ShardGauges};
use crate::lanes::{HostLanes, Ports, ShardLanes};
use crate::shard_driver::{Orders, ShardDriver};

/// How big a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Shards, each a thread. One serves hundreds of calls; more than cores is never better.
    pub shards: usize,
    /// Calls that may live at once; one more is refused.
    pub calls_max: usize,
}

/// A host could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There must be a shard, and a lane port of each kind for each.
    #[error("{shards} shards need as many ports to each lane, got {ports}")]
    Ports {
        /// Shards wanted.
        shards: usize,
        /// Whole sets of ports given.
        ports: usize,
    },
    /// A lane's slot is counted in 16 bits.
    #[error("at most {max} calls fit, not {wanted}", max = u16::MAX)]
    TooManyCalls {
        /// Calls wanted.
        wanted: usize,
    },
    /// The system gave no thread.
    #[error("could not start a thread")]
    Thread(#[from] std::io::Error),
}

/// Runs calls until it is drained. Cheap to call from any thread; share it in an [`Arc`].
#[derive(Debug)]
pub struct Host {
    shards: Vec<ShardEnd>,
    calls_max: u64,
    admission: Admission,
    clock: Clock,
    /// Tells calls of one millisecond apart.
    distinct: AtomicU32,
    draining: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The host's end of a shard.
#[derive(Debug)]
struct ShardEnd {
    placements: Mutex<Writer<Placement>>,
    orders: Arc<Orders>,
    gauges: Arc<ShardGauges>,
    /// Calls handed over so far; with what the shard says has ended it gives the seats taken at any moment, those of
    /// calls still on their way included.
    placed: AtomicU64,
    seats: u64,
}

impl Host {
    /// Starts the threads `shard-0`… and `events-0`.
    ///
    /// # Errors
    /// [`StartError`]; threads that were started end again.
    pub fn start(
        options: HostOptions,
        lanes: HostLanes,
        sink: impl EventSink,
    ) -> Result<Self, StartError> {
        Self::start_recording(options, lanes, sink, Vec::new())
    }

    /// The same with a recorder for each shard, so that calls can be captured.
    ///
    /// # Errors
    /// [`StartError`]; threads that were started end again.
    pub fn start_recording(
        options: HostOptions,
        lanes: HostLanes,
        sink: impl EventSink,
        recorders: Vec<ShardRecorder>,
    ) -> Result<Self, StartError> {
        let mut recorders = recorders.into_iter();
        let clock = Clock::start();
        let sets = sets(&options, lanes)?;
        let seats = options.calls_max.div_ceil(options.shards);
        let (event_ports, events_thread) = events::start(options.shards, seats, sink)?;
        let mut threads = vec![events_thread];
        let (host, drivers) = Self::assemble(&options, &clock, sets.into_iter().zip(event_ports))?;
        for (index, mut driver) in drivers.into_iter().enumerate() {
            if let Some(ShardRecorder { recorder, writer }) = recorders.next() {
                driver.shard.record(recorder);
                driver.captures = Some(writer);
            }
            threads.push(driver.spawn(index)?);
        }
        *host.threads.lock().unwrap_or_else(PoisonError::into_inner) = threads;
        Ok(host)
    }

    /// Makes a host and the drivers of its shards, which somebody must let take their turns.
    pub(crate) fn assemble<L: Ports>(
        options: &HostOptions,
        clock: &Clock,
        ends: impl Iterator<Item = (L, EventPort)>,
    ) -> Result<(Self, Vec<ShardDriver<L>>), StartError> {
        let seats = options.calls_max.div_ceil(options.shards.max(1));
        let too_many = || StartError::TooManyCalls { wanted: options.calls_max };
        let seats_each = u16::try_from(seats).map_err(|_too_big| too_many())?;
        u16::try_from(seats * options.shards).map_err(|_too_big| too_many())?;
        let (mut shards, mut drivers) = (Vec::new(), Vec::new());
        for (index, (lanes, events)) in ends.enumerate() {
            let (writer, placements) = ring(PLACEMENTS, WhenFull::Refuse);
            let (orders, gauges) = (Arc::<Orders>::default(), Arc::<ShardGauges>::default());
            // Fits: `seats * shards` does.
            let first_slot = seats_each * index as u16;
            drivers.push(ShardDriver {
                shard: Shard::new(seats_each, first_slot),
                captures: None,
                clock: clock.clone(),
                lanes,
                events,
                placements,
                orders: Arc::clone(&orders),
                gauges: Arc::clone(&gauges),
                received: 0,
            });
            let placements = Mutex::new(writer);
            let (placed, seats) = (AtomicU64::new(0), u64::from(seats_each));
            shards.push(ShardEnd { placements, orders, gauges, placed, seats });
        }
        let host = Self {
            shards,
            calls_max: options.calls_max as u64,
            admission: Admission::new(Vec::new(), 1.0),
            clock: clock.clone(),
            distinct: AtomicU32::new(0),
            draining: AtomicBool::new(false),
            threads: Mutex::new(Vec::new()),
        };
        Ok((host, drivers))
    }

    /// From now on refuses calls that these lanes, which share `cores`, have no room for.
    #[must_use]
    pub fn watching(mut self, lanes: Vec<LaneMonitor>, cores: usize) -> Self {
        self.admission = Admission::new(lanes, cores as f32);
        self
    }

    /// The same for the recognisers of other languages, which share the same cores and to which `live` calls belong.
    #[must_use]
    pub fn watching_others(mut self, lanes: Vec<LaneMonitor>, live: Arc<AtomicU64>) -> Self {
        self.admission.look_at_others(lanes, live);
        self
    }

    /// A name for a call that begins now.
    pub fn next_id(&self) -> CallId {
        CallId::new(clock::unix_ms(), self.distinct.fetch_add(1, Ordering::Relaxed))
    }

    /// Why a call of this kind, in English or not, would be refused now, if it would.
    pub fn refuses(&self, mode: CallMode, english: bool) -> Option<Refusal> {
        if self.draining.load(Ordering::Acquire) {
            return Some(Refusal::Draining);
        }
        let live = self.live();
        // An echo asks nothing of the lanes.
        let room =
            mode == CallMode::Echo || self.admission.has_room(live, english, self.clock.instant());
        (live >= self.calls_max || !room).then_some(Refusal::AtCapacity)
    }

    /// Takes a call. Returns the business's way to it.
    ///
    /// # Errors
    /// [`Refusal`]; the leg is dropped, which tells the line.
    pub fn place(&self, spec: CallSpec, leg: LegCall) -> Result<Arc<dyn CommandSink>, Refusal> {
        self.seat(spec, leg, false)
    }

    /// Takes a call, and captures it if this host has recorders. Returns the business's way to it.
    ///
    /// # Errors
    /// [`Refusal`]; the leg is dropped, which tells the line.
    pub fn place_captured(
        &self,
        spec: CallSpec,
        leg: LegCall,
    ) -> Result<Arc<dyn CommandSink>, Refusal> {
        self.seat(spec, leg, true)
    }

    fn seat(
        &self,
        spec: CallSpec,
        leg: LegCall,
        capture: bool,
    ) -> Result<Arc<dyn CommandSink>, Refusal> {
        let english = spec.language == Some(Language::ENGLISH);
        if let Some(refusal) = self.refuses(spec.mode, english) {
            return Err(refusal);
        }
        let emptiest = self.shards.iter().min_by_key(|shard| shard.taken());
        let shard = emptiest.ok_or(Refusal::NotReady)?;
        let mut writer = shard.placements.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at again under the lock, under which alone seats are taken.
        if shard.taken() >= shard.seats {
            return Err(Refusal::AtCapacity);
        }
        let (commands, reader) = commands();
        let placement = Placement { spec, leg, commands: reader, capture };
        // Counted first: the shard may have ended the call before the next line runs.
        shard.placed.fetch_add(1, Ordering::AcqRel);
        if writer.push(placement).is_err() {
            shard.placed.fetch_sub(1, Ordering::AcqRel);
            return Err(Refusal::AtCapacity);
        }
        Ok(Arc::new(commands))
    }

    /// Calls that live now, those on their way to a shard included.
    pub fn live(&self) -> u64 {
        self.shards.iter().map(ShardEnd::taken).sum()
    }

    /// How the shards are doing.
    pub fn health(&self) -> HostHealth {
        let mut all = HostHealth::default();
        for shard in &self.shards {
            shard.gauges.add_to(&mut all);
        }
        all
    }

    /// Takes no more calls.
    pub fn close(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Ends every call that is left, and then the threads.
    pub(crate) fn end_calls(&self) {
        for shard in &self.shards {
            shard.orders.end_calls.store(true, Ordering::Release);
            shard.orders.stop.store(true, Ordering::Release);
        }
    }

    /// Takes no more calls, lets those that live finish for at most `within`, ends the rest, and returns when every
    /// thread is gone and every event was handed over. Blocks; call it from a thread that may.
    pub fn drain(&self, within: Duration) {
        self.close();
        let clock = Clock::start();
        let deadline = clock.now().plus(within);
        while self.live() > 0 && clock.now() < deadline {
            thread::sleep(DRAIN_LOOK);
        }
        self.end_calls();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // Events last: the shards' ends of its rings must be gone first.
        for thread in threads.into_iter().rev() {
            // A thread that panicked is gone as well, which is all that is wanted here.
            drop(thread.join());
        }
    }
}

/// Deals the ports of the lanes to the shards.
pub(crate) fn sets(options: &HostOptions, lanes: HostLanes) -> Result<Vec<ShardLanes>, StartError> {
    let mut sets = lanes.deal();
    if options.shards == 0 || sets.len() < options.shards {
        return Err(StartError::Ports { shards: options.shards, ports: sets.len() });
    }
    sets.truncate(options.shards);
    Ok(sets)
}

impl ShardEnd {
    fn taken(&self) -> u64 {
        // `ended` first: a call placed and ended in between then counts as taken, never as less than none.
        let ended = self.gauges.ended.load(Ordering::Acquire);
        self.placed.load(Ordering::Acquire).saturating_sub(ended)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.drain(Duration::ZERO);
    }
}

/// How often a drain looks whether the last call is over.
const DRAIN_LOOK: Duration = Duration::from_millis(20);
