//! Keys pressed on a telephone, sent as events instead of tones (RFC 4733).
//!
//! Every packet repeats all that is known of its event, and the last one comes three times, so that loss and
//! disorder change nothing: a key is heard once, with its length.

use std::time::Duration;

use arrayvec::ArrayVec;

use super::Octets;

/// An event's code (RFC 4733 section 3.2): 0-9 are the digits, 10 `*`, 11 `#`, 12-15 A-D, 16 the hook flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event(pub u8);

impl Event {
    /// The hook flash.
    pub const FLASH: Self = Self(16);

    /// The key's character, for the sixteen keys.
    pub fn key(self) -> Option<char> {
        KEYS.get(usize::from(self.0)).copied()
    }

    /// The event of a key: `0`-`9`, `*`, `#`, `A`-`D` in either case.
    pub fn of_key(key: char) -> Option<Self> {
        let place = KEYS.iter().position(|&k| k == key.to_ascii_uppercase())?;
        u8::try_from(place).ok().map(Self)
    }
}

const KEYS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// What one packet says of one event (section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Which event.
    pub event: Event,
    /// Whether it is over.
    pub end: bool,
    /// How loud a tone it stands for, 0 (loud) to 63, in dBm0 below zero.
    pub volume: u8,
    /// How long it has lasted, in ticks.
    pub ticks: u16,
}

impl EventRecord {
    /// The records of a payload: one, or several that follow each other in time (section 2.5.1.5). Octets that
    /// make no whole record are left out.
    pub fn parse(payload: &[u8]) -> impl Iterator<Item = Self> + '_ {
        let mut rest = Octets(payload);
        std::iter::from_fn(move || {
            let [event, flags, high, low] = rest.array()?;
            Some(Self {
                event: Event(event),
                end: flags & 0x80 != 0,
                volume: flags & 0x3F,
                ticks: u16::from_be_bytes([high, low]),
            })
        })
    }

    /// The payload of one packet.
    pub fn octets(self) -> [u8; 4] {
        let end = if self.end { 0x80 } else { 0 };
        let [high, low] = self.ticks.to_be_bytes();
        [self.event.0, end | (self.volume & 0x3F), high, low]
    }
}

/// What the caller did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventChange {
    /// A key went down.
    Began(Event),
    /// It went up again after so many ticks of the stream's clock.
    Ended(Event, u32),
}

/// What one packet can change: see [`TelephoneEvents::receive`].
pub type EventChanges = ArrayVec<EventChange, 9>;

/// Hears each event of one stream once.
#[derive(Clone, Debug, Default)]
pub struct TelephoneEvents {
    held: Option<Held>,
    /// Where the newest event began, and when it was last heard of.
    newest: Option<(u32, Duration)>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    event: Event,
    began: u32,
    ticks: u16,
    /// What earlier segments of a long event lasted (section 2.5.1.3).
    before: u32,
    heard: Duration,
}

/// Records read of one packet. More than these is no telephone.
const RECORDS_MAX: usize = 4;
/// An event of which nothing comes for so long has ended: three packets at the usual 50 ms, and some jitter.
const GONE_AFTER: Duration = Duration::from_millis(200);
/// After so long, a timestamp from before is a restarted clock and no late packet.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(5);

impl TelephoneEvents {
    /// Takes in a packet of `payload` whose header had `timestamp`, at `now`. An event whose end was lost ends
    /// where the next one begins.
    ///
    /// *Real time:* no allocation.
    pub fn receive(&mut self, timestamp: u32, payload: &[u8], now: Duration) -> EventChanges {
        let mut changes = EventChanges::new();
        let mut began = timestamp;
        for record in EventRecord::parse(payload).take(RECORDS_MAX) {
            self.record(began, record, now, &mut changes);
            began = began.wrapping_add(u32::from(record.ticks));
        }
        changes
    }

    fn record(
        &mut self,
        began: u32,
        record: EventRecord,
        now: Duration,
        changes: &mut EventChanges,
    ) {
        if let Some(held) = &mut self.held
            && held.event == record.event
        {
            let since = began.wrapping_sub(held.began);
            if since == u32::from(u16::MAX) {
                // The next segment of an event that is longer than the field counts.
                held.before = held.before.saturating_add(since);
                held.began = began;
                held.ticks = 0;
            }
            if held.began == began {
                held.ticks = held.ticks.max(record.ticks);
                held.heard = now;
                self.newest = Some((began, now));
                if record.end {
                    changes.extend(self.end());
                }
                return;
            }
        }
        let known = self.newest.is_some_and(|(newest, heard)| {
            // Not after the newest, by the shorter way around: a repetition, or a late packet.
            began.wrapping_sub(newest).cast_signed() <= 0
                && now.saturating_sub(heard) < FORGOTTEN_AFTER
        });
        if known {
            return;
        }
        changes.extend(self.end());
        changes.push(EventChange::Began(record.event));
        self.newest = Some((began, now));
        self.held =
            Some(Held { event: record.event, began, ticks: record.ticks, before: 0, heard: now });
        if record.end {
            changes.extend(self.end());
        }
    }

    /// Ends an event of which nothing has come for 200 ms. Ask it once in a while.
    #[must_use]
    pub fn expire(&mut self, now: Duration) -> Option<EventChange> {
        self.held.filter(|held| now.saturating_sub(held.heard) >= GONE_AFTER)?;
        self.end()
    }

    /// Forgets the stream, whose sender began anew; ends what was held.
    #[must_use]
    pub fn restart(&mut self) -> Option<EventChange> {
        self.newest = None;
        self.end()
    }

    fn end(&mut self) -> Option<EventChange> {
        let held = self.held.take()?;
        Some(EventChange::Ended(held.event, held.before.saturating_add(u32::from(held.ticks))))
    }
}

/// The payloads of one key press, one each `ticks_per_packet`, the last three times (section 2.5.1.4 asks for
/// three). The pairs say whether a payload is the event's first, which wants the marker.
#[derive(Clone, Debug)]
pub struct KeyPress {
    record: EventRecord,
    ticks_total: u16,
    ticks_per_packet: u16,
    first: bool,
    ends_left: u8,
}

impl KeyPress {
    /// A press of `event` that lasts `ticks_total` ticks of the stream's clock, at the volume most telephones
    /// send (-10 dBm0).
    pub const fn new(event: Event, ticks_total: u16, ticks_per_packet: u16) -> Self {
        let record = EventRecord { event, end: false, volume: 10, ticks: 0 };
        let step = if ticks_per_packet == 0 { 1 } else { ticks_per_packet };
        Self { record, ticks_total, ticks_per_packet: step, first: true, ends_left: 3 }
    }
}

impl Iterator for KeyPress {
    type Item = (bool, [u8; 4]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.record.end {
            self.ends_left = self.ends_left.checked_sub(1)?;
        } else {
            let ticks = self.record.ticks.saturating_add(self.ticks_per_packet);
            self.record.ticks = ticks.min(self.ticks_total);
            if self.record.ticks == self.ticks_total {
                self.record.end = true;
                self.ends_left -= 1;
            }
        }
        let first = std::mem::take(&mut self.first);
        Some((first, self.record.octets()))
    }
}
