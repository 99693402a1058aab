//! A shard's thread: reads the clock, ticks, sleeps until the next tick.
#![expect(
    clippy::disallowed_methods,
    reason = "this driver owns its thread and sleeps between ticks"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use callwright_calls::{Moment, Placement, Shard, TICK_MS};
use callwright_contract::EndCause;
use callwright_media::ring::Reader;

use crate::clock::Clock;
use crate::events::EventPort;
use crate::health::ShardGauges;
use crate::lanes::{Ports, ShardLanes};

/// Everything that a shard's thread owns.
#[derive(Debug)]
pub(crate) struct ShardDriver<L = ShardLanes> {
    pub(crate) shard: Shard,
    pub(crate) clock: Clock,
    /// Who is to be roused when captures have something to write.
    pub(crate) captures: Option<Thread>,
    pub(crate) lanes: L,
    pub(crate) events: EventPort,
    pub(crate) placements: Reader<Placement>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) gauges: Arc<ShardGauges>,
    /// Calls that were handed over so far.
    pub(crate) received: u64,
}

/// What the host may tell a shard's thread.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// End every call that is left.
    pub(crate) end_calls: AtomicBool,
    /// End the thread once no call is left.
    pub(crate) stop: AtomicBool,
}

const TICK: Duration = Duration::from_millis(TICK_MS);

impl<L: Ports + Send + 'static> ShardDriver<L> {
    /// Starts the thread `shard-{index}`.
    pub(crate) fn spawn(self, index: usize) -> std::io::Result<JoinHandle<()>> {
        thread::Builder::new().name(format!("shard-{index}")).spawn(move || self.run())
    }

    fn run(mut self) {
        let mut due = self.clock.now();
        loop {
            let now = self.clock.now();
            let stop = self.orders.stop.load(Ordering::Acquire);
            self.turn(now);
            let after = self.clock.now();
            self.gauges.turn(now.since(due), after.since(now), TICK);
            if stop && self.shard.live() == 0 && self.placements.waiting() == 0 {
                return;
            }
            // A turn that was missed is not made up for: every turn does all that is due.
            due = due.plus(TICK).max(after);
            thread::sleep(due.since(after));
        }
    }
}

impl<L: Ports> ShardDriver<L> {
    /// One turn of the shard.
    pub(crate) fn turn(&mut self, now: Moment) {
        while let Some(placement) = self.placements.pop() {
            self.received += 1;
            // The host counts seats, so there is one; a placement that found none ends as a lost call would, by its
            // leg being dropped.
            drop(self.shard.place(now, placement, &mut self.lanes));
        }
        let events = &mut self.events;
        self.shard.tick(now, &mut self.lanes, &mut |event| events.send(event));
        if self.orders.end_calls.load(Ordering::Acquire) {
            let drained = EndCause::Drained;
            self.shard.end_all(now, drained, &mut self.lanes, &mut |event| events.send(event));
        }
        self.lanes.wake();
        self.events.wake();
        if let (Some(writer), Some(recorder)) = (&self.captures, self.shard.recorder()) {
            if recorder.take_pending() {
                writer.unpark();
            }
            self.gauges.captures(recorder.counts());
        }
        let live = self.shard.live() as u64;
        self.gauges.live.store(live, Ordering::Relaxed);
        self.gauges.ended.store(self.received - live, Ordering::Release);
        self.gauges.counts(self.shard.counts());
        self.gauges.events_dropped.store(self.events.dropped(), Ordering::Relaxed);
        self.gauges.lane_requests_shed.store(self.lanes.shed(), Ordering::Relaxed);
    }
}
