//! Carries events from the shards to the business, on a thread of its own so that neither waits for the other.

use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use callwright_contract::CallEvent;
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
}

impl EventPort {
    pub(crate) fn send(&mut self, event: CallEvent) {
        self.pending = true;
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
        self.ring.shed()
    }
}

/// Starts the events thread; it ends when every port is gone and everything was handed over.
pub(crate) fn start(
    shards: usize,
    sink: impl EventSink,
) -> std::io::Result<(Vec<EventPort>, JoinHandle<()>)> {
    let (writers, readers): (Vec<_>, Vec<_>) =
        (0..shards).map(|_| ring(EVENTS, WhenFull::DropNewest)).unzip();
    let handle =
        thread::Builder::new().name("events-0".into()).spawn(move || pump(readers, sink))?;
    let pump = handle.thread().clone();
    let ports = writers
        .into_iter()
        .map(|ring| EventPort { ring, pump: pump.clone(), pending: false })
        .collect();
    Ok((ports, handle))
}

fn pump(mut rings: Vec<Reader<CallEvent>>, mut sink: impl EventSink) {
    loop {
        // Look at who is gone before emptying the rings: what they left behind is then still handed over.
        let over = rings.iter().all(Reader::is_abandoned);
        for ring in &mut rings {
            while let Some(event) = ring.pop() {
                sink.event(event);
            }
        }
        if over {
            return;
        }
        // A wake-up between the look and the park is not lost; the time limit is for shards that end silently.
        thread::park_timeout(Duration::from_millis(100));
    }
}
