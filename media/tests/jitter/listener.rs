//! A sender, a network, and one who pulls a frame every 20 ms and stretches as the buffer asks.

use std::time::Duration;

use callwright_media::impair::{Network, NetworkSettings};
use callwright_media::jitter::{
    Incoming, Inserted, JitterBuffer, JitterCounts, JitterSettings, Pace, Playout,
};
use callwright_media::rtp::PayloadType;

pub(crate) const CLOCK_HZ: u32 = 8_000;
pub(crate) const FRAME_TICKS: i64 = 160;

/// What comes out of the buffer, as the listener saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The packet with this number, at this time, which waited so long in the buffer.
    Packet { number: i64, at: Duration, waited: Duration },
    /// Ticks that were concealed.
    Missing(u32),
    /// Ticks of silence.
    Silence(u32),
}

/// A packet on its way: number, timestamp, marker, ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) number: i64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) ticks: u32,
}

pub(crate) struct Listener {
    pub(crate) buffer: JitterBuffer,
    now: Duration,
    /// Decoded sound that is left, in ticks.
    left: i64,
    arrivals: std::collections::BTreeMap<i64, Duration>,
    pub(crate) heard: Vec<Heard>,
    pub(crate) waiting_max: usize,
    /// The lowest and highest number that came.
    pub(crate) range: Option<(i64, i64)>,
    pub(crate) stretched: u64,
}

impl Listener {
    pub(crate) fn new(settings: JitterSettings) -> Self {
        Self {
            buffer: JitterBuffer::new(settings).unwrap(),
            now: Duration::ZERO,
            left: 0,
            arrivals: std::collections::BTreeMap::new(),
            heard: Vec::new(),
            waiting_max: 0,
            range: None,
            stretched: 0,
        }
    }

    pub(crate) fn arrive(&mut self, packet: Sent, at: Duration) -> Inserted {
        let inserted = self.buffer.insert(
            Incoming {
                sequence: packet.number,
                timestamp: packet.timestamp,
                marker: packet.marker,
                payload_type: PayloadType::PCMU,
                ticks: packet.ticks,
                payload: &packet.number.to_be_bytes(),
            },
            at,
        );
        let (low, high) = self.range.unwrap_or((packet.number, packet.number));
        self.range = Some((low.min(packet.number), high.max(packet.number)));
        if inserted == Inserted::Kept {
            self.arrivals.insert(packet.number, at);
        }
        self.waiting_max = self.waiting_max.max(self.buffer.waiting());
        inserted
    }

    /// Plays one frame at `now`.
    pub(crate) fn frame(&mut self, now: Duration) {
        self.now = now;
        while self.left < FRAME_TICKS {
            let (ticks, heard) = match self.buffer.pop(now, u32::try_from(self.left).unwrap()) {
                Playout::Packet(due) => {
                    // The payload is the number: nothing got mixed up inside.
                    assert_eq!(due.payload, due.sequence.to_be_bytes());
                    let ticks = i64::from(due.ticks);
                    // A pitch period of 8 ms at most, as a stretcher would do it in speech.
                    let change = match due.pace {
                        Pace::Keep => 0,
                        Pace::Shorten(most) => -i64::from(most).min(64).min(ticks / 2),
                        Pace::Lengthen(most) => i64::from(most).min(64).min(ticks / 2),
                    };
                    self.stretched += change.unsigned_abs();
                    let waited = now - self.arrivals[&due.sequence];
                    (ticks + change, Heard::Packet { number: due.sequence, at: now, waited })
                }
                Playout::Missing { ticks, .. } => (i64::from(ticks), Heard::Missing(ticks)),
                Playout::Silence { ticks } => (i64::from(ticks), Heard::Silence(ticks)),
            };
            assert!(ticks > 0, "{heard:?} moves nothing on");
            self.left += ticks;
            self.heard.push(heard);
        }
        self.left -= FRAME_TICKS;
    }

    /// Sends `sent` through `network`, a packet each 20 ms of the sender's clock unless it lasts otherwise, and
    /// plays until the last one has had time to come. `each` sees the listener after every frame.
    pub(crate) fn call(
        &mut self,
        network: NetworkSettings,
        sent: impl IntoIterator<Item = Sent>,
        mut each: impl FnMut(&Self, Duration),
    ) {
        let mut network = Network::new(network);
        let mut sent = sent.into_iter().peekable();
        let began = self.now;
        let mut first = None;
        let mut frame = began + Duration::from_millis(7);
        let mut idle = 0;
        while idle < 140 {
            while let Some(packet) = sent.peek() {
                let first = *first.get_or_insert(packet.timestamp);
                let ticks = packet.timestamp.wrapping_sub(first) + packet.ticks;
                let at = began + Duration::from_micros(u64::from(ticks) * 125);
                // Early enough for the fastest clock.
                if at > frame + Duration::from_secs(1) {
                    break;
                }
                network.send(at, *packet);
                sent.next();
            }
            while let Some((at, packet)) = network.receive(frame) {
                self.arrive(packet, at);
            }
            self.frame(frame);
            each(self, frame);
            frame += Duration::from_millis(20);
            idle = if sent.peek().is_none() { idle + 1 } else { 0 };
        }
    }

    pub(crate) fn counts(&self) -> &JitterCounts {
        self.buffer.counts()
    }

    pub(crate) fn numbers(&self) -> Vec<i64> {
        let packets = self.heard.iter().filter_map(|heard| match heard {
            Heard::Packet { number, .. } => Some(*number),
            Heard::Missing(_) | Heard::Silence(_) => None,
        });
        packets.collect()
    }
}

/// A steady stream of packets of 20 ms, timestamps and numbers near their roll-over.
pub(crate) fn steady(packets: i64) -> impl Iterator<Item = Sent> {
    (0..packets).map(|n| Sent {
        number: 65_500 + n,
        timestamp: u32::try_from((0xFFFF_F000 + n * FRAME_TICKS) & 0xFFFF_FFFF).unwrap(),
        marker: n == 0,
        ticks: 160,
    })
}
