//! Putting packets in, and taking out what is due.

use std::time::Duration;

use super::{DelayEstimate, Entry, JitterCounts, JitterSettings, SettingsError, Slack, Store};
use crate::rtp::{PayloadType, Unwrapper};
use crate::ticks::{duration_of, ticks_of};

/// A packet as it goes in.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Counted on past roll-overs, as [`crate::rtp::Reception`] does.
    pub sequence: i64,
    /// As it is in the header.
    pub timestamp: u32,
    /// The header's marker: a talk spurt begins.
    pub marker: bool,
    /// What the payload is.
    pub payload_type: PayloadType,
    /// How long the payload lasts, in ticks of the stream's clock; the codec knows. At most 1 s.
    pub ticks: u32,
    /// The encoded sound.
    pub payload: &'a [u8],
}

/// What became of a packet that went in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It waits for its time.
    Kept,
    /// It came before.
    Duplicate,
    /// Its time has passed.
    Late,
    /// It is longer than was agreed, in octets or in time.
    Refused,
}

/// What is to be heard next.
#[derive(Debug)]
pub enum Playout<'a> {
    /// So many ticks of silence, or of the line's noise: nothing has come yet, or nobody speaks.
    Silence {
        /// What is left of a frame of 20 ms.
        ticks: u32,
    },
    /// A packet.
    Packet(Due<'a>),
    /// So many ticks of sound that has not come, to be concealed.
    Missing {
        /// At most the length of the last packet.
        ticks: u32,
        /// The packet right after these ticks, if it is there: a codec with in-band error correction makes
        /// the missing sound from it.
        following: Option<&'a [u8]>,
    },
}

/// A packet whose time has come.
#[derive(Clone, Copy, Debug)]
pub struct Due<'a> {
    /// Its sequence number, as it went in.
    pub sequence: i64,
    /// Its timestamp, as it went in but counted on past roll-overs.
    pub timestamp: i64,
    /// What the payload is.
    pub payload_type: PayloadType,
    /// How long it lasts, in ticks.
    pub ticks: u32,
    /// The encoded sound.
    pub payload: &'a [u8],
    /// Whether to play it faster or slower.
    pub pace: Pace,
}

/// How a packet should be played so that the delay comes to what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As it is.
    Keep,
    /// Shorter by up to so many ticks. In silence all of them can go at once; in speech, a pitch period.
    Shorten(u32),
    /// Longer by up to so many ticks.
    Lengthen(u32),
}

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
    settings: JitterSettings,
    frame_ticks: i64,
    max_ticks: i64,
    store: Store,
    delay: DelayEstimate,
    slack: Slack,
    timestamps: Unwrapper<32>,
    timeline: Option<Timeline>,
    counts: JitterCounts,
}

/// Where playing is.
#[derive(Clone, Copy, Debug)]
struct Timeline {
    /// The sequence number that it began with.
    first: i64,
    /// The sequence number that is next to be played.
    next: i64,
    /// The timestamp that is next to be played.
    cursor: i64,
    /// The timestamp of the packet last played.
    played: Option<i64>,
    /// The highest sequence number that came, and its timestamp.
    newest: i64,
    newest_timestamp: i64,
    /// Ticks for which something was invented because nothing was there, without moving on.
    held: i64,
    /// How long the last packet was.
    nominal: i64,
    /// Nothing has been played since the beginning, or since the sender fell silent.
    waits_for_spurt: bool,
    /// Which of the 64 numbers before `next` came; bit 0 is the nearest.
    came: u64,
    /// Of the packet last played, when it was: how much later than the fastest one could have been.
    age: i64,
}

/// Something is invented for so long when packets fail to come; then the line is called silent.
const HOLD: Duration = Duration::from_secs(1);

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

    fn decide(&mut self, now: i64, queued: i64) -> Next {
        // Up to the end of the frame, so that the next look is at the next frame.
        let silence = Next::Silence((self.frame_ticks - queued).max(1));
        let Some(mut timeline) = self.timeline else { return silence };
        self.skip_stale(&mut timeline, now);
        let next = match self.head(&mut timeline) {
            None => self.without_packets(&mut timeline),
            Some(head) => self.with_head(&mut timeline, head, now, queued),
        };
        let next = next.unwrap_or(silence);
        self.timeline = Some(timeline);
        next
    }

    /// The first packet of sound that waits; passes over those that only hold a place right before it.
    fn head(&mut self, timeline: &mut Timeline) -> Option<Entry> {
        while let Some(entry) = self.store.entry(timeline.next) {
            if entry.is_sound && !timeline.is_past(entry) {
                break;
            }
            self.counts.late += u64::from(entry.is_sound);
            self.store.take(timeline.next);
            timeline.advance_to(timeline.next + 1, true);
        }
        let numbers = timeline.next..=timeline.newest;
        let mut there = numbers.filter_map(|number| self.store.entry(number));
        there.find(|entry| entry.is_sound && !timeline.is_past(entry)).copied()
    }

    /// Throws away what has waited beyond the bound, as long as something newer is there.
    fn skip_stale(&mut self, timeline: &mut Timeline, now: i64) {
        let mut skipped = 0;
        while let Some(head) = self.head(timeline) {
            let stale = self.delay.age(head.timestamp, now) > self.max_ticks;
            if !stale || timeline.newest <= head.sequence {
                break;
            }
            self.store.take(head.sequence);
            self.pass_lost(timeline, head.sequence);
            timeline.cursor = head.end();
            timeline.advance_to(head.sequence + 1, true);
            timeline.held = 0;
            skipped += 1;
        }
        if skipped > 0 {
            self.counts.skipped += skipped;
            self.counts.loss_runs += 1;
            self.slack.forget();
        }
    }

    /// Holds the place of what has not come; nothing when the line is silent.
    const fn without_packets(&self, timeline: &mut Timeline) -> Option<Next> {
        let long = timeline.held >= HOLD.as_secs() as i64 * self.settings.clock_hz as i64;
        if timeline.waits_for_spurt || long {
            return None;
        }
        // Late or lost is not known yet. The place is held: what comes late is then heard late, not never.
        timeline.held += timeline.nominal;
        Some(Next::Missing { ticks: timeline.nominal, following: None })
    }

    /// Plays `head`, conceals what is missing before it, or says nothing while it is to wait.
    fn with_head(
        &mut self,
        timeline: &mut Timeline,
        head: Entry,
        now: i64,
        queued: i64,
    ) -> Option<Next> {
        let age = self.delay.age(head.timestamp, now);
        let lost = head.sequence - timeline.next;
        let gap = head.timestamp - timeline.cursor;
        let spurt = timeline.waits_for_spurt
            || gap > 0 && (lost == 0 || self.is_pause(lost, gap, &head, timeline));
        if spurt {
            // Between spurts the delay can be set anew without being heard.
            timeline.waits_for_spurt = true;
            // What was invented meanwhile stood for nothing that was sent.
            let held = std::mem::take(&mut timeline.held).unsigned_abs();
            self.counts.concealed_ticks = self.counts.concealed_ticks.saturating_sub(held);
            if age < self.delay.target() {
                return None;
            }
            self.slack.forget();
            return Some(self.play(timeline, head, age, Pace::Keep));
        }
        // What was invented while nothing was there stands for what turns out to be missing.
        let covered = timeline.held.min(gap.max(0));
        timeline.cursor += covered;
        timeline.held = 0;
        let gap = gap - covered;
        if gap > 0 && age < self.max_ticks {
            let ticks = gap.min(timeline.nominal);
            timeline.cursor += ticks;
            let following = (ticks == gap).then_some(head.sequence);
            return Some(Next::Missing { ticks, following });
        }
        let pace = self.pace(age - self.delay.target(), queued);
        Some(self.play(timeline, head, age, pace))
    }

    /// Whether a gap in numbers and time is rather a pause in which something was lost: the sender says that a
    /// spurt begins, and much more time is missing than packets are.
    const fn is_pause(&self, lost: i64, gap: i64, head: &Entry, timeline: &Timeline) -> bool {
        head.marker && gap > 2 * lost * timeline.nominal
    }

    /// What to do about a packet that is played `excess` later than is aimed at, behind `queued` sound.
    ///
    /// Packets come on one grid and frames are taken on another, so that the excess changes by whole frames
    /// only, when stretching has made the sound that is queued a frame more or less.
    fn pace(&mut self, excess: i64, queued: i64) -> Pace {
        let frame = self.frame_ticks;
        if excess > 2 * frame {
            // Far behind, after a stall: no need to look twice.
            self.slack.forget();
            return Pace::Shorten(field(queued + excess / frame * frame));
        }
        let Some(least) = self.slack.learn(excess) else { return Pace::Keep };
        if least < -frame / 4 {
            return Pace::Lengthen(field((frame - queued).max(-least)));
        }
        // What is queued can go without making any packet late; beyond it, only whole frames of excess.
        let spare = queued + least.max(0) / frame * frame;
        if least + queued > frame + frame / 8 && spare > 0 {
            return Pace::Shorten(field(spare));
        }
        Pace::Keep
    }

    fn play(&mut self, timeline: &mut Timeline, head: Entry, age: i64, pace: Pace) -> Next {
        self.store.take(head.sequence);
        self.pass_lost(timeline, head.sequence);
        timeline.advance_to(head.sequence + 1, true);
        timeline.cursor = head.end();
        timeline.held = 0;
        timeline.nominal = i64::from(head.ticks);
        timeline.waits_for_spurt = false;
        timeline.played = Some(head.timestamp);
        timeline.age = age;
        self.counts.played += 1;
        self.counts.played_ticks += u64::from(head.ticks);
        Next::Packet(head, pace)
    }

    /// Counts what is missing before `sequence`, and lets go of what only held a place.
    fn pass_lost(&mut self, timeline: &mut Timeline, sequence: i64) {
        let mut run = 0;
        while timeline.next < sequence {
            let entry = self.store.take(timeline.next);
            run += u64::from(entry.is_none());
            self.counts.late += u64::from(entry.is_some_and(|entry| entry.is_sound));
            timeline.advance_to(timeline.next + 1, entry.is_some());
        }
        self.counts.lost += run;
        self.counts.loss_runs += u64::from(run > 0);
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

enum Next {
    Silence(i64),
    Packet(Entry, Pace),
    Missing { ticks: i64, following: Option<i64> },
}

impl Timeline {
    /// Whether a packet's time is over, or is not after that of the packet last played.
    fn is_past(&self, entry: &Entry) -> bool {
        entry.end() <= self.cursor || self.played.is_some_and(|played| entry.timestamp <= played)
    }

    /// Whether a packet that has been passed had come.
    fn has_come(&self, sequence: i64) -> bool {
        let back = self.next.saturating_sub(1).saturating_sub(sequence);
        u32::try_from(back)
            .ok()
            .and_then(|back| 1_u64.checked_shl(back))
            .is_some_and(|bit| self.came & bit != 0)
    }

    fn mark_came(&mut self, sequence: i64) {
        let back = self.next.saturating_sub(1).saturating_sub(sequence);
        self.came |= u32::try_from(back).ok().and_then(|back| 1_u64.checked_shl(back)).unwrap_or(0);
    }

    /// Moves on to `next`; `came` is whether the last number passed had come.
    fn advance_to(&mut self, next: i64, came: bool) {
        let by = u32::try_from(next.saturating_sub(self.next)).unwrap_or(u32::MAX);
        self.came = self.came.checked_shl(by).unwrap_or(0) | u64::from(came);
        self.next = next;
    }
}

/// Ticks as a field holds them. They are none below zero, and packets are at most a second long.
fn field(ticks: i64) -> u32 {
    u32::try_from(ticks).unwrap_or(0)
}
