//! How busy a lane is and what its work costs: what admission is decided by. Written by the lane's thread alone,
//! read from anywhere without waiting.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a lane's step is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// The speech detector judges a window of 32 ms.
    Window,
    /// The turn judge hears a pause for the first time.
    Judgement,
    /// The turn judge hears the same pause again, to be surer.
    SecondOpinion,
    /// The recogniser writes down speech that goes on.
    Partial,
    /// The recogniser writes down speech that paused.
    Final,
    /// The synthesiser speaks a text.
    Text,
    /// The emotion model hears an utterance.
    Emotion,
}

impl Work {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Window,
        Self::Judgement,
        Self::SecondOpinion,
        Self::Partial,
        Self::Final,
        Self::Text,
        Self::Emotion,
    ];

    /// Whether a lane that is behind leaves it undone: words shown while the caller still speaks, further readings
    /// of a pause, and how the caller sounds. Everything else is what a conversation waits for.
    pub const fn can_wait(self) -> bool {
        matches!(self, Self::Partial | Self::SecondOpinion | Self::Emotion)
    }

    /// How often a call in conversation usually asks for it, per second: the caller speaks 40 % of the time in
    /// turns of 3 s with one pause inside, half of all sound passes the gate in front of the detector, a pause is
    /// judged again if there is time, a gap between words may be taken for a pause, and how the caller sounds is asked
    /// at each of about three lulls in a turn.
    pub const fn usual_rate(self) -> f32 {
        match self {
            Self::Window => 16.0,
            Self::Judgement | Self::SecondOpinion => 0.35,
            Self::Partial => 0.8,
            Self::Final => 0.27,
            Self::Text => 0.15,
            Self::Emotion => 0.4,
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Window => 0,
            Self::Judgement => 1,
            Self::Partial => 2,
            Self::Final => 3,
            Self::Text => 4,
            Self::Emotion => 5,
            Self::SecondOpinion => 6,
        }
    }
}

/// How busy a lane has been of late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaneLoad {
    /// Share of the last [`LOAD_SPAN`] that was spent in steps, 0-1; one under way counts.
    pub busy: f32,
    /// The same without work that can be left undone. What is near 1 here makes callers wait.
    pub needed: f32,
    /// Whether the cost of every kind of the lane's work is known, by rehearsal or from calls.
    pub ready: bool,
}

/// What one kind of work costs, as means that forget: an item counts half after 11 others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkCost {
    /// Time of the model per item, a batch divided among its items.
    pub each: Duration,
    /// How long an item waited from when it was due until its step began.
    pub waited: Duration,
}

/// The span of [`LaneLoad`]: 2 s.
pub const LOAD_SPAN: Duration = Duration::from_millis(2_000);

/// Buckets of time in [`LOAD_SPAN`], and one that fills.
const BUCKETS: u64 = 8;
const BUCKET: Duration = Duration::from_millis(250);
/// Places of buckets: more than are read, so that none is overwritten while it is.
const PLACES: usize = 16;
/// A new item's weight in a mean.
const FRESH: f64 = 1.0 / 16.0;
/// A mean that is not known yet.
const UNKNOWN: u64 = u64::MAX;

/// The written side.
#[derive(Debug)]
pub(super) struct LoadMeter {
    origin: Instant,
    all: Buckets,
    needed: Buckets,
    /// Nanoseconds after `origin` at which the step under way began, plus one; 0 between steps.
    step_since: AtomicU64,
    each_ns: [AtomicU64; Work::ALL.len()],
    waited_ns: [AtomicU64; Work::ALL.len()],
}

/// Busy time per bucket: the bucket's number in the upper half of each place, microseconds in the lower.
#[derive(Debug, Default)]
struct Buckets([AtomicU64; PLACES]);

impl LoadMeter {
    pub(super) fn new(origin: Instant) -> Self {
        Self {
            origin,
            all: Buckets::default(),
            needed: Buckets::default(),
            step_since: AtomicU64::new(0),
            each_ns: std::array::from_fn(|_| AtomicU64::new(UNKNOWN)),
            waited_ns: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// A step may begin at `now`.
    pub(super) fn begin(&self, now: Instant) {
        self.step_since.store(nanos(now - self.origin).saturating_add(1), Ordering::Relaxed);
    }

    /// What began was no step, or is over.
    pub(super) fn end(&self) {
        self.step_since.store(0, Ordering::Relaxed);
    }

    /// A step of `batch` items that began at `began` kept the lane busy for `spent`.
    pub(super) fn count(&self, work: Work, batch: usize, began: Instant, spent: Duration) {
        let from = began - self.origin;
        self.all.add(from, spent);
        if !work.can_wait() {
            self.needed.add(from, spent);
        }
        let items = u32::try_from(batch).unwrap_or(u32::MAX).max(1);
        self.learn(work, spent / items);
    }

    /// An item of `work` cost `each`.
    pub(super) fn learn(&self, work: Work, each: Duration) {
        blend(&self.each_ns[work.index()], each);
    }

    /// What an item of `work` costs from now on: another model does it.
    pub(super) fn relearn(&self, work: Work, each: Duration) {
        self.each_ns[work.index()].store(nanos(each), Ordering::Relaxed);
    }

    /// An item of `work` waited so long.
    pub(super) fn waited(&self, work: Work, waited: Duration) {
        blend(&self.waited_ns[work.index()], waited);
    }

    /// What an item of `work` costs; `None` until it is known.
    pub(super) fn cost(&self, work: Work) -> Option<WorkCost> {
        let each = self.each_ns[work.index()].load(Ordering::Relaxed);
        let waited = self.waited_ns[work.index()].load(Ordering::Relaxed);
        (each != UNKNOWN).then_some(WorkCost {
            each: Duration::from_nanos(each),
            waited: Duration::from_nanos(waited),
        })
    }

    /// How busy the lane was in the [`LOAD_SPAN`] up to `now`, and in the step under way.
    pub(super) fn load(&self, works: &[Work], now: Instant) -> LaneLoad {
        let now = now.saturating_duration_since(self.origin);
        let since = self.step_since.load(Ordering::Relaxed).checked_sub(1);
        let under_way = since.map_or(Duration::ZERO, |since| {
            now.saturating_sub(Duration::from_nanos(since)).min(LOAD_SPAN)
        });
        // Whole buckets and the one that fills: 1.75 to 2 s, or less of a young lane.
        let first = u32::try_from(bucket(now).saturating_sub(BUCKETS - 1)).unwrap_or(u32::MAX);
        let span = now.saturating_sub(BUCKET.saturating_mul(first)).max(BUCKET);
        let share = |busy: Duration| (busy.as_secs_f32() / span.as_secs_f32()).min(1.0);
        LaneLoad {
            busy: share(self.all.sum(now) + under_way),
            needed: share(self.needed.sum(now) + under_way),
            ready: works.iter().all(|work| self.cost(*work).is_some()),
        }
    }
}

impl Buckets {
    /// Spreads `spent` over the buckets that it lay in.
    fn add(&self, mut from: Duration, mut spent: Duration) {
        // Of a step longer than all places only the beginning is kept, which fills the span all the same.
        for _ in 0..PLACES {
            let number = bucket(from);
            let end = BUCKET.saturating_mul(u32::try_from(number + 1).unwrap_or(u32::MAX));
            let part = spent.min(end.saturating_sub(from));
            let place = &self.0[number as usize % PLACES];
            let kept = place.load(Ordering::Relaxed);
            let micros = if kept >> 32 == number { kept & LOWER } else { 0 };
            let micros = (micros + u64::try_from(part.as_micros()).unwrap_or(LOWER)).min(LOWER);
            place.store(number << 32 | micros, Ordering::Relaxed);
            spent -= part;
            from += part;
            if spent.is_zero() {
                break;
            }
        }
    }

    /// The busy time of the last whole buckets before the one of `now`, and of that one.
    fn sum(&self, now: Duration) -> Duration {
        let last = bucket(now);
        let wanted = last.saturating_sub(BUCKETS - 1)..=last;
        let kept = self.0.iter().map(|place| place.load(Ordering::Relaxed));
        let inside = kept.filter(|kept| wanted.contains(&(kept >> 32)));
        Duration::from_micros(inside.map(|kept| kept & LOWER).sum())
    }
}

const LOWER: u64 = u32::MAX as u64;

/// Number of the bucket that a moment after the origin lies in; 32 bits of them are 34 years.
fn bucket(after: Duration) -> u64 {
    u64::try_from(after.as_millis() / BUCKET.as_millis()).unwrap_or(LOWER).min(LOWER)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(UNKNOWN - 1).min(UNKNOWN - 1)
}

/// Moves a mean towards a new value; the first value is the mean.
fn blend(mean: &AtomicU64, value: Duration) {
    let (old, new) = (mean.load(Ordering::Relaxed), nanos(value));
    let blended = if old == UNKNOWN {
        new
    } else {
        (old as f64 + (new as f64 - old as f64) * FRESH).max(0.0) as u64
    };
    mean.store(blended, Ordering::Relaxed);
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "some moment is needed to count from")]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn near(a: f32, b: f32) -> bool {
        (a - b).abs() < 0.01
    }

    #[test]
    fn the_busy_share_is_that_of_the_last_two_seconds() {
        let origin = Instant::now();
        let meter = LoadMeter::new(origin);
        for step in 0..50 {
            // 60 ms of every 100, a third of it for partial words.
            let began = origin + ms(step * 100);
            let work = if step % 3 == 0 { Work::Partial } else { Work::Final };
            meter.count(work, 1, began, ms(60));
        }
        let load = meter.load(&[Work::Final], origin + ms(4_999));
        assert!(near(load.busy, 0.6) && near(load.needed, 0.4), "{load:?}");
        let later = meter.load(&[Work::Final], origin + ms(5_999));
        assert!(near(later.busy, 0.3), "{later:?}");
        assert_eq!(meter.load(&[Work::Final], origin + ms(8_000)).busy, 0.0);
    }

    #[test]
    fn a_step_counts_while_it_lasts_and_in_all_buckets_that_it_lay_in() {
        let origin = Instant::now();
        let meter = LoadMeter::new(origin);
        meter.begin(origin + ms(4_000));
        assert!(near(meter.load(&[], origin + ms(4_999)).busy, 0.5));
        meter.count(Work::Text, 1, origin + ms(4_000), ms(1_000));
        meter.end();
        assert!(near(meter.load(&[], origin + ms(5_249)).busy, 0.5));
        assert!(near(meter.load(&[], origin + ms(6_249)).busy, 0.375));
        meter.count(Work::Text, 1, origin + ms(7_000), ms(60_000));
        assert!(meter.load(&[], origin + ms(9_000)).busy <= 1.0);
    }

    #[test]
    fn a_young_lane_is_not_taken_for_an_idle_one() {
        let origin = Instant::now();
        let meter = LoadMeter::new(origin);
        meter.count(Work::Final, 1, origin, ms(400));
        assert!(near(meter.load(&[], origin + ms(500)).busy, 0.8));
    }

    #[test]
    fn costs_are_unknown_at_first_and_then_follow_slowly() {
        let meter = LoadMeter::new(Instant::now());
        let works = [Work::Partial, Work::Final];
        assert_eq!(meter.cost(Work::Final), None);
        meter.learn(Work::Final, ms(50));
        assert!(!meter.load(&works, Instant::now()).ready);
        meter.learn(Work::Partial, ms(20));
        assert!(meter.load(&works, Instant::now()).ready);
        assert_eq!(meter.cost(Work::Final).unwrap().each, ms(50));
        meter.count(Work::Final, 4, Instant::now(), ms(4 * 66));
        assert_eq!(meter.cost(Work::Final).unwrap().each.as_millis(), 51);
        meter.waited(Work::Final, ms(160));
        assert_eq!(meter.cost(Work::Final).unwrap().waited.as_millis(), 10);
    }
}
