//! The thread of a lane: moves requests from ports to the desk and lets it step. It decides nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "a driver: it reads the clock for the desk and for the busy time"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use callwright_media::ring::Full;

use super::desk::{Desk, Exchange, PortId};
use super::health::{LaneCounters, LaneHealth, LaneMonitor};
use super::load::LoadMeter;
use super::port::{LanePort, LaneSize, PortBack, RingLengths, port};
use super::succession::{Doorstep, LaneSeat};
use crate::contract::Haste;

/// A lane could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaneError {
    /// A lane without slots or shards serves nobody, and slots are numbered by 16 bits.
    #[error(
        "a lane needs at least one shard and 1 to 65,536 slots, not {slots} slots of {shards} shards"
    )]
    Size {
        /// Slots asked for.
        slots: usize,
        /// Shards asked for.
        shards: usize,
    },
    /// The model has state for fewer slots.
    #[error("the model has room for {model} slots and the lane needs {wanted}")]
    FewSlots {
        /// Slots of the model.
        model: usize,
        /// Slots of the lane.
        wanted: usize,
    },
    /// The system has no thread to give.
    #[error("the thread of {lane} could not be started")]
    Thread {
        /// Which lane.
        lane: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A lane's thread. Dropping it stops the lane and waits for the step under way.
#[derive(Debug)]
pub struct LaneThread {
    monitor: LaneMonitor,
    stop: Arc<AtomicBool>,
    seat: LaneSeat,
    thread: Option<JoinHandle<()>>,
}

impl LaneThread {
    /// The lane's name, which is its thread's.
    pub fn name(&self) -> &'static str {
        self.monitor.name()
    }

    /// The lane's counters.
    pub fn health(&self) -> LaneHealth {
        self.monitor.health()
    }

    /// Reads the lane's counters from elsewhere.
    pub fn monitor(&self) -> LaneMonitor {
        self.monitor.clone()
    }

    /// Where another model can take over.
    pub fn seat(&self) -> LaneSeat {
        self.seat.clone()
    }

    /// Whether the thread has ended: it was stopped, or all its ports are gone.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops the lane and waits until its thread is gone: at most as long as one model step.
    pub fn stop(mut self) {
        self.join();
    }

    fn join(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!(lane = self.monitor.name(), "the lane's thread had panicked");
            }
        }
    }
}

impl Drop for LaneThread {
    fn drop(&mut self) {
        self.join();
    }
}

/// The ports of a lane, one for each shard, and its thread.
pub(super) type Started<D> = (Vec<LanePort<<D as Desk>::Request, <D as Desk>::Answer>>, LaneThread);

/// Starts a lane.
pub(super) fn start<D: Desk + 'static>(
    name: &'static str,
    size: LaneSize,
    rings: RingLengths,
    desk: D,
) -> Result<Started<D>, LaneError>
where
    D::Request: 'static,
    D::Answer: 'static,
{
    start_hasty(name, (size, rings), desk, &Haste::default())
}

/// The same, of which the desk knows by `haste` that somebody waits whose request has not been read.
pub(super) fn start_hasty<D: Desk + 'static>(
    name: &'static str,
    (size, rings): (LaneSize, RingLengths),
    desk: D,
    haste: &Haste,
) -> Result<Started<D>, LaneError>
where
    D::Request: 'static,
    D::Answer: 'static,
{
    let LaneSize { shards, .. } = checked(size)?;
    let (fronts, backs): (Vec<_>, Vec<_>) = (0..shards).map(|_| port(size, rings)).unzip();
    let stop = Arc::new(AtomicBool::new(false));
    let counters = Arc::new(LaneCounters::new(Instant::now()));
    let monitor = counters.monitor(name, D::WORKS);
    let counter = Counter {
        at: 0,
        ports: backs,
        stop: Arc::clone(&stop),
        haste: haste.clone(),
        waited: Duration::ZERO,
    };
    let (door, doorstep) = Doorstep::new();
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || run(desk, counter, &counters, &doorstep))
        .map_err(|source| LaneError::Thread { lane: name, source })?;
    let ports = fronts.into_iter().map(|front| front.served_by(thread.thread(), haste)).collect();
    let seat = LaneSeat::new(name, door, thread.thread());
    Ok((ports, LaneThread { monitor, stop, seat, thread: Some(thread) }))
}

/// The size, if a lane can have it.
pub(super) const fn checked(size: LaneSize) -> Result<LaneSize, LaneError> {
    let LaneSize { slots, shards } = size;
    if shards == 0 || slots == 0 || slots > u16::MAX as usize + 1 {
        return Err(LaneError::Size { slots, shards });
    }
    Ok(size)
}

fn run<D: Desk>(
    mut desk: D,
    mut counter: Counter<D::Request, D::Answer>,
    counters: &LaneCounters,
    doorstep: &Doorstep,
) {
    rehearse(&mut desk, &counters.meter);
    while !counter.is_stopping() && !counter.is_abandoned() {
        if let Some(next) = doorstep.take() {
            next.complete(
                |model| desk.succeed(model),
                |costs| {
                    costs.into_iter().for_each(|(work, each)| counters.meter.relearn(work, each));
                    counters.count_swap();
                },
            );
        }
        let now = Instant::now();
        // Before the rings are read: what raises it from here on may not be seen below.
        counter.haste.lower();
        while let Some((port, request)) = counter.request() {
            desk.take(port, request, now);
        }
        counters.meter.begin(now);
        counter.waited = Duration::ZERO;
        let report = desk.step(&mut counter);
        counters.set_shed(desk.shed() + counter.ports.iter().map(|p| p.asks.shed()).sum::<u64>());
        match report {
            Some(report) => {
                counters.count(report, now, now.elapsed().saturating_sub(counter.waited));
                counters.meter.end();
            }
            None => {
                counters.meter.end();
                // A request that came since the rings were read has left a token, so this returns at once.
                thread::park_timeout(IDLE_MAX);
            }
        }
    }
}

/// Learns what each kind of work costs. The first time of each is not counted: it fills caches.
fn rehearse<D: Desk>(desk: &mut D, meter: &LoadMeter) {
    for work in D::WORKS {
        let first = desk.rehearse(*work);
        let begun = Instant::now();
        if first.and_then(|()| desk.rehearse(*work)).is_ok() {
            meter.learn(*work, begun.elapsed());
        }
    }
}

/// Where the desk meets the ports.
struct Counter<Q, A> {
    /// The port to be read next, so that none is read last for ever.
    at: usize,
    ports: Vec<PortBack<Q, A>>,
    stop: Arc<AtomicBool>,
    haste: Haste,
    /// Time that this step waited for room for its answers.
    waited: Duration,
}

impl<Q, A> Counter<Q, A> {
    /// Whether all shards are gone.
    fn is_abandoned(&self) -> bool {
        self.ports.iter().all(|port| port.answers.is_abandoned())
    }
}

impl<Q: Send, A: Send> Exchange<Q, A> for Counter<Q, A> {
    fn answer(&mut self, port: PortId, answer: A) {
        let Some(back) = self.ports.get_mut(port.0) else { return };
        let mut waiting = answer;
        while let Err(Full(answer)) = back.answers.push(waiting) {
            if back.answers.is_abandoned() || self.stop.load(Ordering::Acquire) {
                return;
            }
            waiting = answer;
            let since = Instant::now();
            thread::park_timeout(FULL_WAIT);
            self.waited += since.elapsed();
        }
    }

    fn request(&mut self) -> Option<(PortId, Q)> {
        for _ in 0..self.ports.len() {
            let id = self.at % self.ports.len();
            if let Some(request) = self.ports.get_mut(id).and_then(|port| port.asks.pop()) {
                return Some((PortId(id), request));
            }
            self.at = id + 1;
        }
        None
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// The longest sleep without a call from a shard: bounds how long a lane outlives its last shard.
const IDLE_MAX: Duration = Duration::from_millis(100);

/// How long to wait for a shard to take its answers: less than its tick.
const FULL_WAIT: Duration = Duration::from_millis(2);
