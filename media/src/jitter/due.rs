//! Choosing what is to be heard next: a packet, something in place of one, or nothing.

use std::time::Duration;

use super::buffer::JitterBuffer;
use super::{Entry, Pace, Timeline};

/// What was chosen.
pub(super) enum Next {
    Silence(i64),
    Packet(Entry, Pace),
    Missing { ticks: i64, following: Option<i64> },
}

/// Something is invented for so long when packets fail to come; then the line is called silent.
const HOLD: Duration = Duration::from_secs(1);

impl JitterBuffer {
    pub(super) fn decide(&mut self, now: i64, queued: i64) -> Next {
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
}

/// Ticks as a field holds them. They are none below zero, and packets are at most a second long.
pub(super) fn field(ticks: i64) -> u32 {
    u32::try_from(ticks).unwrap_or(0)
}
