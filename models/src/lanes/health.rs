//! What a lane has done so far, for metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::desk::StepReport;
use super::guard::Fault;
use super::load::{LaneLoad, LoadMeter, Work, WorkCost};

/// Reads a lane's counters from any thread.
#[derive(Clone, Debug)]
pub struct LaneMonitor {
    name: &'static str,
    works: &'static [Work],
    counters: Arc<LaneCounters>,
}

impl LaneMonitor {
    /// The lane's name, which is its thread's.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The counters now. Each is exact; together they may be a step apart.
    pub fn health(&self) -> LaneHealth {
        let c = &self.counters;
        LaneHealth {
            steps: c.steps.load(Ordering::Relaxed),
            items: c.items.load(Ordering::Relaxed),
            batch_max: c.batch_max.load(Ordering::Relaxed),
            busy: Duration::from_nanos(c.busy_ns.load(Ordering::Relaxed)),
            step_max: Duration::from_nanos(c.step_max_ns.load(Ordering::Relaxed)),
            late: c.late.load(Ordering::Relaxed),
            failed: c.failed.load(Ordering::Relaxed),
            panicked: c.panicked.load(Ordering::Relaxed),
            shed: c.shed.load(Ordering::Relaxed),
            swaps: c.swaps.load(Ordering::Relaxed),
        }
    }

    /// The kinds of work that this lane does.
    pub fn works(&self) -> &'static [Work] {
        self.works
    }

    /// How busy the lane was in the two seconds up to `now`.
    ///
    /// *Real time:* wait-free.
    pub fn load(&self, now: Instant) -> LaneLoad {
        self.counters.meter.load(self.works, now)
    }

    /// What one item of `work` costs here; `None` for work of another lane, and until the lane's thread has
    /// rehearsed, some tens of milliseconds after it starts.
    ///
    /// *Real time:* wait-free.
    pub fn cost(&self, work: Work) -> Option<WorkCost> {
        self.counters.meter.cost(work)
    }

    /// The share of the lane's time that `calls` calls would take by these costs, work that can be left undone
    /// left out, if they ask as often as calls usually do ([`Work::usual_rate`]); above 1 they are too many.
    /// `None` until all costs are known.
    ///
    /// For calls that come in a burst before [`Self::load`] can show them.
    pub fn expected(&self, calls: usize) -> Option<f32> {
        let needed = self.works.iter().filter(|work| !work.can_wait());
        let each =
            needed.map(|work| Some(self.cost(*work)?.each.as_secs_f32() * work.usual_rate()));
        Some(each.sum::<Option<f32>>()? * calls as f32)
    }
}

/// A lane's counters since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneHealth {
    /// Model steps taken.
    pub steps: u64,
    /// Windows, questions or texts in these steps; `items / steps` is the mean batch.
    pub items: u64,
    /// The largest batch.
    pub batch_max: u64,
    /// Time spent in steps; waiting for room for answers does not count.
    pub busy: Duration,
    /// The longest step.
    pub step_max: Duration,
    /// Items that had waited longer than the lane promises when their step began.
    pub late: u64,
    /// Steps in which the model failed.
    pub failed: u64,
    /// Steps in which the model panicked, which is our bug; they count as failed, too.
    pub panicked: u64,
    /// Requests that were dropped because a ring or a desk was full, or because newer ones took their place.
    pub shed: u64,
    /// Models that took over.
    pub swaps: u64,
}

/// The worker's side: written by one thread.
#[derive(Debug)]
pub(super) struct LaneCounters {
    pub(super) meter: LoadMeter,
    steps: AtomicU64,
    items: AtomicU64,
    batch_max: AtomicU64,
    busy_ns: AtomicU64,
    step_max_ns: AtomicU64,
    late: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    shed: AtomicU64,
    swaps: AtomicU64,
}

impl LaneCounters {
    /// Counters of a lane that starts at `origin`.
    pub(super) fn new(origin: Instant) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            meter: LoadMeter::new(origin),
            steps: zero(),
            items: zero(),
            batch_max: zero(),
            busy_ns: zero(),
            step_max_ns: zero(),
            late: zero(),
            failed: zero(),
            panicked: zero(),
            shed: zero(),
            swaps: zero(),
        }
    }

    pub(super) fn monitor(
        self: &Arc<Self>,
        name: &'static str,
        works: &'static [Work],
    ) -> LaneMonitor {
        LaneMonitor { name, works, counters: Arc::clone(self) }
    }

    /// A step that began at `began` kept the thread busy for `busy`.
    pub(super) fn count(&self, report: StepReport, began: Instant, busy: Duration) {
        self.meter.count(report.work, report.batch, began, busy);
        self.meter.waited(report.work, report.waited);
        let busy_ns = u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX);
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.items.fetch_add(report.batch as u64, Ordering::Relaxed);
        self.batch_max.fetch_max(report.batch as u64, Ordering::Relaxed);
        self.busy_ns.fetch_add(busy_ns, Ordering::Relaxed);
        self.step_max_ns.fetch_max(busy_ns, Ordering::Relaxed);
        self.late.fetch_add(report.late as u64, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(report.fault.is_some()), Ordering::Relaxed);
        let panicked = report.fault == Some(Fault::Panicked);
        self.panicked.fetch_add(u64::from(panicked), Ordering::Relaxed);
    }

    pub(super) fn count_swap(&self) {
        self.swaps.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_shed(&self, shed: u64) {
        self.shed.store(shed, Ordering::Relaxed);
    }
}
