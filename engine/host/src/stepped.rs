//! A host without threads, for simulations: whoever owns the clock lets the shards and the events take their turns.
//!
//! Placement, seats, admission, rings, shards and their order of work are those of a host on threads.

use std::thread;

use callwright_contract::CallEvent;
use callwright_media::ring::Reader;

use crate::clock::{Clock, VirtualClock};
use crate::events::{self, EventSink};
use crate::host::{self, Host, HostOptions, StartError};
use crate::lanes::{HostLanes, Ports, ShardLanes};
use crate::shard_driver::ShardDriver;

/// A host and what its threads would do.
///
/// > Move the clock, then [`Self::turn`], then [`Self::carry_events`]; a turn that is left out is a late one.
#[derive(Debug)]
pub struct SteppedHost<L> {
    host: Host,
    clock: VirtualClock,
    shards: Vec<ShardDriver<L>>,
    events: Vec<Reader<CallEvent>>,
}

impl<L: Ports> SteppedHost<L> {
    /// A host whose calls reach the lanes through what `between` makes of each shard's ports, and whose shards can have
    /// `events_max` events wait.
    ///
    /// # Errors
    /// [`StartError`], as for a host on threads.
    pub fn new(
        options: HostOptions,
        lanes: HostLanes,
        clock: VirtualClock,
        events_max: usize,
        between: impl FnMut(ShardLanes) -> L,
    ) -> Result<Self, StartError> {
        let sets = host::sets(&options, lanes)?;
        let (writers, events) = events::rings(options.shards, events_max);
        let seats = options.calls_max.div_ceil(options.shards);
        let ports = events::ports(writers, &thread::current(), seats);
        let ends = sets.into_iter().map(between).zip(ports);
        let (host, shards) = Host::assemble(&options, &Clock::stepped(clock.clone()), ends)?;
        Ok(Self { host, clock, shards, events })
    }

    /// From now on watches lanes, as [`Host::watching`] does.
    #[must_use]
    pub fn watched(self, watch: impl FnOnce(Host) -> Host) -> Self {
        Self { host: watch(self.host), ..self }
    }

    /// The host.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// One turn of every shard.
    pub fn turn(&mut self) {
        let now = Clock::stepped(self.clock.clone()).now();
        for shard in &mut self.shards {
            shard.turn(now);
        }
    }

    /// What the events thread does when it is roused.
    pub fn carry_events(&mut self, sink: &mut impl EventSink) {
        events::carry(&mut self.events, sink);
    }

    /// Events that wait, of each shard.
    pub fn events_waiting(&self) -> impl Iterator<Item = usize> + '_ {
        self.events.iter().map(Reader::waiting)
    }

    /// The shards' ways to the lanes.
    pub fn lanes(&mut self) -> impl Iterator<Item = &mut L> {
        self.shards.iter_mut().map(|shard| &mut shard.lanes)
    }

    /// Takes no more calls and ends those that are left in the next turn, as a drain does whose time is over.
    pub fn end_calls(&self) {
        self.host.close();
        self.host.end_calls();
    }
}
