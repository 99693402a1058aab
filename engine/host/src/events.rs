//! Carries events from the shards to the business, on a thread of its own so that neither waits for the other.

use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use callwright_contract::{CallEvent, CallFact};
use callwright_media::ring::{Reader, WhenFull, Writer, ring};

use crate::EVENTS;

/// Takes every event of every call, in the order of each call, on the thread `events-0`.
pub trait EventSink: Send + 'static {
    /// Takes one event. It may be slow for a moment; if it waits for longer, events are dropped and counted.
    fn event(&mut self, event: CallEvent);
}

impl<F: FnMut(CallEvent) + Send + 'static> EventSink for F {
    fn event(&mut self, event: CallEvent) {
        self(event);
    }
}

/// A shard's end of its event ring.
#[derive(Debug)]
pub(crate) struct EventPort {
    ring: Writer<CallEvent>,
    pump: Thread,
    pending: bool,
    /// Places that only the ends of calls may take: one for each call that may live, so that whoever follows a call
    /// learns of its end whatever else is dropped.
    for_ends: usize,
    /// Events dropped to keep these places free.
    kept_out: u64,
}

impl EventPort {
    pub(crate) fn send(&mut self, event: CallEvent) {
        self.pending = true;
        let end = matches!(event.fact, CallFact::Ended { .. });
        if !end && self.ring.room() <= self.for_ends {
            self.kept_out += 1;
            return;
        }
        // The ring's policy is to drop the newest: it refuses nothing and counts what it drops.
        drop(self.ring.push(event));
    }

    /// Rouses the events thread, once a tick, if there is anything for it.
    pub(crate) fn wake(&mut self) {
        if std::mem::take(&mut self.pending) {
            self.pump.unpark();
        }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.ring.shed() + self.kept_out
    }
}

/// Starts the events thread for shards of so many `seats`; it ends when every port is gone and everything was handed over.
pub(crate) fn start(
    shards: usize,
    seats: usize,
    sink: impl EventSink,
) -> std::io::Result<(Vec<EventPort>, JoinHandle<()>)> {
    let (writers, readers) = rings(shards, EVENTS);
    let handle =
        thread::Builder::new().name("events-0".into()).spawn(move || pump(readers, sink))?;
    Ok((ports(writers, handle.thread(), seats), handle))
}

/// Makes a ring of `room` events for each shard.
pub(crate) fn rings(
    shards: usize,
    room: usize,
) -> (Vec<Writer<CallEvent>>, Vec<Reader<CallEvent>>) {
    (0..shards).map(|_| ring(room, WhenFull::DropNewest)).unzip()
}

/// The ends of shards that have `for_ends` seats each; their events are carried by `pump`.
pub(crate) fn ports(
    writers: Vec<Writer<CallEvent>>,
    pump: &Thread,
    for_ends: usize,
) -> Vec<EventPort> {
    let port = |ring| EventPort { ring, pump: pump.clone(), pending: false, for_ends, kept_out: 0 };
    writers.into_iter().map(port).collect()
}

/// Hands on what waits.
pub(crate) fn carry(rings: &mut [Reader<CallEvent>], sink: &mut impl EventSink) {
    for ring in rings {
        while let Some(event) = ring.pop() {
            sink.event(event);
        }
    }
}

fn pump(mut rings: Vec<Reader<CallEvent>>, mut sink: impl EventSink) {
    loop {
        // Look at who is gone before emptying the rings: what they left behind is then still handed over.
        let over = rings.iter().all(Reader::is_abandoned);
        carry(&mut rings, &mut sink);
        if over {
            return;
        }
        // A wake-up between the look and the park is not lost; the time limit is for shards that end silently.
        thread::park_timeout(Duration::from_millis(100));
    }
}
