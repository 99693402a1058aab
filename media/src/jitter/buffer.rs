//! Putting packets in, and taking out what is due.

use std::time::Duration;

use super::due::{Next, field};
use super::{
    DelayEstimate, Due, Entry, Incoming, Inserted, JitterCounts, JitterSettings, Playout,
    SettingsError, Slack, Store, Timeline,
};
use crate::rtp::Unwrapper;
use crate::ticks::{duration_of, ticks_of};

/// Evens out one stream.
///
/// > [`insert`](Self::insert) each packet when it comes. When less than a frame of decoded sound is left,
/// > [`pop`](Self::pop) and turn what it says into sound, until there is a frame. Both take the same clock,
/// > from any one origin, which never goes back.
///
/// Nothing comes out twice or out of order, and nothing waits longer than
/// [`delay_max`](JitterSettings::delay_max) while something newer is there. All memory is taken when it is made.
#[derive(Debug)]
pub struct JitterBuffer {
    pub(super) settings: JitterSettings,
    pub(super) frame_ticks: i64,
    pub(super) max_ticks: i64,
    pub(super) store: Store,
    pub(super) delay: DelayEstimate,
    pub(super) slack: Slack,
    pub(super) timestamps: Unwrapper<32>,
    pub(super) timeline: Option<Timeline>,
    pub(super) counts: JitterCounts,
}

impl JitterBuffer {
    /// An empty buffer. Allocates all that it will ever use.
    ///
    /// # Errors
    /// When the settings contradict themselves.
    pub fn new(settings: JitterSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        Ok(Self {
            settings,
            frame_ticks: i64::from(settings.clock_hz) / 50,
            max_ticks: ticks_of(settings.delay_max, settings.clock_hz),
            store: Store::new(settings.packets_max, settings.payload_max),
            delay: DelayEstimate::new(&settings),
            slack: Slack::default(),
            timestamps: Unwrapper::new(),
            timeline: None,
            counts: JitterCounts::default(),
        })
    }

    /// Takes in a packet that arrived at `now`.
    ///
    /// *Real time:* copies the payload; no allocation.
    pub fn insert(&mut self, packet: Incoming<'_>, now: Duration) -> Inserted {
        let too_long = packet.payload.len() > self.settings.payload_max;
        if too_long || packet.ticks > self.settings.clock_hz || packet.ticks == 0 {
            self.counts.refused += 1;
            return Inserted::Refused;
        }
        let now = ticks_of(now, self.settings.clock_hz);
        let timestamp = self.timestamps.near(packet.timestamp);
        let entry = Entry {
            marker: packet.marker,
            payload_type: packet.payload_type,
            ..Entry::new(packet.sequence, timestamp, packet.ticks, true)
        };
        self.place(entry, packet.payload, now)
    }

    /// Takes in the number of a packet of the same stream that is not for here, such as a telephone event, so
    /// that it is not missed.
    ///
    /// *Real time:* no allocation.
    pub fn pass_over(&mut self, sequence: i64) {
        let Some(timeline) = &self.timeline else { return };
        let ahead = sequence.saturating_sub(timeline.next);
        if (0..self.store.capacity()).contains(&ahead) && self.store.entry(sequence).is_none() {
            self.store.put(Entry::new(sequence, timeline.cursor, 0, false), &[]);
        }
    }

    fn place(&mut self, entry: Entry, payload: &[u8], now: i64) -> Inserted {
        let Some(timeline) = &mut self.timeline else {
            return self.begin(entry, payload, now);
        };
        if timeline.has_come(entry.sequence) || self.store.entry(entry.sequence).is_some() {
            self.counts.duplicates += 1;
            return Inserted::Duplicate;
        }
        let newer = entry.sequence > timeline.newest;
        let empty = timeline.newest < timeline.next;
        if newer && entry.timestamp < timeline.newest_timestamp {
            // A later packet of an earlier time: the sender's clock began anew.
            self.restart();
            return self.begin(entry, payload, now);
        }
        self.delay.learn(entry.timestamp, now);
        let untouched = timeline.waits_for_spurt && self.counts.played == 0;
        if untouched && entry.sequence < timeline.next {
            // Overtaken at the very beginning; nothing has been played yet.
            if timeline.newest.saturating_sub(entry.sequence) < self.store.capacity() {
                timeline.first = entry.sequence;
                timeline.next = entry.sequence;
                timeline.cursor = entry.timestamp;
            }
        }
        if entry.sequence < timeline.next {
            timeline.mark_came(entry.sequence);
            self.counts.late += 1;
            if entry.sequence >= timeline.first {
                // It was taken for lost when it was passed.
                self.counts.lost = self.counts.lost.saturating_sub(1);
            }
            return Inserted::Late;
        }
        if empty
            && (timeline.held > 0 || timeline.waits_for_spurt)
            && self.delay.age(entry.timestamp, now) > self.max_ticks
        {
            // After such a stall the fastest way is unknown again; the packets that follow show it.
            self.delay.rebase(entry.timestamp, now);
            self.counts.restarts += 1;
        }
        if newer {
            timeline.newest = entry.sequence;
            timeline.newest_timestamp = entry.timestamp;
            self.timestamps.unwrap((entry.timestamp & 0xFFFF_FFFF) as u32);
            self.make_room(entry.sequence);
        }
        if self.timeline.is_some_and(|timeline| timeline.is_past(&entry)) {
            // Its time went by in concealment, though its number has not been passed yet.
            self.store.put(Entry { is_sound: false, ..entry }, &[]);
            self.counts.late += 1;
            return Inserted::Late;
        }
        self.store.put(entry, payload);
        Inserted::Kept
    }

    fn begin(&mut self, entry: Entry, payload: &[u8], now: i64) -> Inserted {
        self.timestamps = Unwrapper::new();
        let low = (entry.timestamp & 0xFFFF_FFFF) as u32;
        let entry = Entry { timestamp: self.timestamps.unwrap(low), ..entry };
        self.delay.rebase(entry.timestamp, now);
        self.timeline = Some(Timeline {
            first: entry.sequence,
            next: entry.sequence,
            cursor: entry.timestamp,
            played: None,
            newest: entry.sequence,
            newest_timestamp: entry.timestamp,
            held: 0,
            nominal: i64::from(entry.ticks),
            waits_for_spurt: true,
            came: 0,
            age: 0,
        });
        self.store.put(entry, payload);
        Inserted::Kept
    }

    /// Gives up the oldest packets if `sequence` would not fit beside them.
    fn make_room(&mut self, sequence: i64) {
        let Some(timeline) = &mut self.timeline else { return };
        let first = sequence.saturating_sub(self.store.capacity() - 1);
        if first <= timeline.next {
            return;
        }
        let run = first.saturating_sub(timeline.next);
        let mut there = 0;
        for number in timeline.next..timeline.next + run.min(self.store.capacity()) {
            if let Some(entry) = self.store.take(number)
                && entry.is_sound
            {
                there += 1;
                timeline.cursor = timeline.cursor.max(entry.end());
            }
        }
        self.counts.skipped += there;
        self.counts.lost += run.unsigned_abs() - there;
        self.counts.loss_runs += 1;
        timeline.advance_to(first, false);
    }

    /// Forgets the timeline and what waits: the sender began anew. What is known of the network stays.
    pub fn restart(&mut self) {
        self.counts.skipped += self.sound_waiting();
        self.counts.restarts += 1;
        self.store.clear();
        self.slack.forget();
        self.timestamps = Unwrapper::new();
        self.timeline = None;
    }

    /// The packet that came out last says that the sender falls silent (comfort noise, or the codec's own
    /// discontinuous transmission): what follows it is not missed, and the next packet begins a spurt.
    pub const fn fall_silent(&mut self) {
        if let Some(timeline) = &mut self.timeline {
            timeline.waits_for_spurt = true;
        }
    }

    fn sound_waiting(&self) -> u64 {
        let Some(timeline) = &self.timeline else { return 0 };
        let numbers = timeline.next..=timeline.newest;
        let there = numbers.filter_map(|number| self.store.entry(number));
        there.filter(|entry| entry.is_sound).count() as u64
    }

    /// What is to be heard next, as seen at `now`, when decoded sound of `queued` ticks is still to be heard
    /// before it.
    ///
    /// *Real time:* no allocation; looks at each place at most once.
    pub fn pop(&mut self, now: Duration, queued: u32) -> Playout<'_> {
        let now = ticks_of(now, self.settings.clock_hz);
        match self.decide(now, i64::from(queued)) {
            Next::Silence(ticks) => Playout::Silence { ticks: field(ticks) },
            Next::Missing { ticks, following } => {
                self.counts.concealed_ticks += ticks.unsigned_abs();
                let following = following.and_then(|sequence| self.store.entry(sequence));
                let following = following.map(|entry| self.store.payload(entry));
                Playout::Missing { ticks: field(ticks), following }
            }
            Next::Packet(entry, pace) => Playout::Packet(Due {
                sequence: entry.sequence,
                timestamp: entry.timestamp,
                payload_type: entry.payload_type,
                ticks: entry.ticks,
                payload: self.store.payload(&entry),
                pace,
            }),
        }
    }

    /// The delay that is aimed at, over the fastest packets'.
    pub const fn target(&self) -> Duration {
        duration_of(self.delay.target(), self.settings.clock_hz)
    }

    /// How much later than the fastest packets could have been played the last one was.
    pub fn delay(&self) -> Duration {
        let age = self.timeline.map_or(0, |timeline| timeline.age);
        duration_of(age, self.settings.clock_hz)
    }

    /// Packets that wait.
    pub const fn waiting(&self) -> usize {
        self.store.waiting()
    }

    /// What has happened so far.
    pub const fn counts(&self) -> &JitterCounts {
        &self.counts
    }

    /// What it was made with.
    pub const fn settings(&self) -> &JitterSettings {
        &self.settings
    }
}
