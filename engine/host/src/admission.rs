//! Whether one more call would make the others bad.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use callwright_models::lanes::{LaneLoad, LaneMonitor, Work, WorkCost};

/// Decides by what the lanes' work has cost so far and by how long it waits now; before any call by what it cost when
/// the lanes rehearsed. A call is refused when, with it,
///
/// - a lane would be needed for more than [`LANE_MAX`] of its time: questions that come together would queue up behind
///   each other for longer than callers wait;
/// - all lanes together would need more than [`CORES_MAX`] of the machine;
///
/// or when words or judgements wait already for longer than [`WAITED_MAX`], whatever the reason: another program may
/// have taken the cores.
///
/// Calls that were taken in the last seconds are not seen in the load yet, so the costs of all calls, at the rate at
/// which calls usually ask, count as well.
///
/// The recognisers of other languages than English serve only the calls that belong to them, which they share out among
/// themselves.
#[derive(Debug)]
pub(crate) struct Admission {
    lanes: Vec<LaneMonitor>,
    others: Vec<LaneMonitor>,
    /// Calls that belong to the others.
    others_live: Arc<AtomicU64>,
    cores: f32,
}

/// Share of a lane's time.
const LANE_MAX: f32 = 0.75;
/// Share of all cores; the rest is the shards', the sockets' and the system's.
const CORES_MAX: f32 = 0.85;
/// Mean wait of what a caller waits for.
const WAITED_MAX: Duration = Duration::from_millis(250);
/// A lane this idle has no queue: what it remembers of waiting is old.
const IDLE: f32 = 0.3;

/// What is known of one lane.
#[derive(Clone, Debug, PartialEq)]
struct Lane {
    load: LaneLoad,
    /// The share of its time that one call usually needs; `None` until it has rehearsed.
    each: Option<f32>,
    /// Calls that it would serve.
    calls: u64,
    /// Whether the one more is one of them.
    joined: bool,
    /// The longest mean wait of work that callers wait for.
    waited: Duration,
}

impl Admission {
    /// Decides by these lanes, which share `cores`.
    pub(crate) fn new(lanes: Vec<LaneMonitor>, cores: f32) -> Self {
        Self { lanes, others: Vec::new(), others_live: Arc::default(), cores }
    }

    /// Looks at the recognisers of other languages, too, to which `live` calls belong.
    pub(crate) fn look_at_others(&mut self, others: Vec<LaneMonitor>, live: Arc<AtomicU64>) {
        (self.others, self.others_live) = (others, live);
    }

    /// Whether there is room for one more beside `live` calls that use the lanes, which speaks English or not. Waits for
    /// nothing.
    pub(crate) fn has_room(&self, live: u64, english: bool, now: Instant) -> bool {
        let mut lanes: Vec<Lane> =
            self.lanes.iter().map(|lane| Lane::look(lane, live + 1, now)).collect();
        let others = self.others_live.load(Ordering::Relaxed) + u64::from(!english);
        let each = others.div_ceil(self.others.len().max(1) as u64);
        lanes.extend(self.others.iter().map(|lane| {
            let lane = Lane::look(lane, each, now);
            Lane { joined: !english, ..lane }
        }));
        has_room(&lanes, live, self.cores)
    }
}

impl Lane {
    fn look(monitor: &LaneMonitor, calls: u64, now: Instant) -> Self {
        let waited_for = |work: &&Work| matches!(work, Work::Final | Work::Judgement);
        let costs = monitor.works().iter().filter(waited_for);
        let waited = costs.filter_map(|work| monitor.cost(*work)).map(|cost: WorkCost| cost.waited);
        Self {
            load: monitor.load(now),
            each: monitor.expected(1),
            calls,
            joined: true,
            waited: waited.max().unwrap_or_default(),
        }
    }

    /// Share of its time that it would be needed with one more.
    fn needed_with_one_more(&self) -> f32 {
        let each = self.each.unwrap_or_default();
        let one_more = if self.joined { each } else { 0.0 };
        (self.load.needed + one_more).max(each * self.calls as f32)
    }
}

fn has_room(lanes: &[Lane], live: u64, cores: f32) -> bool {
    if live == 0 {
        // A caller alone is served as well as this machine can.
        return true;
    }
    let needed = Lane::needed_with_one_more;
    let behind = |lane: &Lane| lane.load.busy > IDLE && lane.waited > WAITED_MAX;
    let mut joined = lanes.iter().filter(|lane| lane.joined);
    joined.all(|lane| needed(lane) <= LANE_MAX && !behind(lane))
        && lanes.iter().map(needed).sum::<f32>() <= cores * CORES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(needed: f32, each: f32, waited_ms: u64) -> Lane {
        let load = LaneLoad { busy: needed, needed, ready: true };
        let waited = Duration::from_millis(waited_ms);
        Lane { load, each: Some(each), calls: 0, joined: true, waited }
    }

    fn has_room(lanes: &[Lane], live: u64, cores: f32) -> bool {
        let lanes: Vec<Lane> =
            lanes.iter().map(|lane| Lane { calls: live + 1, ..lane.clone() }).collect();
        super::has_room(&lanes, live, cores)
    }

    #[test]
    fn a_burst_is_judged_by_what_calls_usually_cost_and_a_steady_load_by_what_it_is() {
        let fresh = [lane(0.0, 0.03, 0)];
        assert!(has_room(&fresh, 24, 2.0) && !has_room(&fresh, 25, 2.0));
        assert!(has_room(&[lane(0.70, 0.03, 0)], 10, 2.0));
        assert!(!has_room(&[lane(0.74, 0.03, 0)], 10, 2.0), "these calls ask more than usual");
    }

    #[test]
    fn all_lanes_share_the_cores() {
        let lanes = [lane(0.6, 0.01, 0), lane(0.6, 0.01, 0), lane(0.6, 0.01, 0)];
        assert!(!has_room(&lanes, 10, 2.0) && has_room(&lanes, 10, 4.0));
    }

    #[test]
    fn nobody_joins_a_queue_and_an_idle_lane_has_none() {
        assert!(!has_room(&[lane(0.5, 0.01, 300)], 3, 2.0));
        assert!(has_room(&[lane(0.1, 0.01, 300)], 3, 2.0));
        assert!(has_room(&[lane(0.9, 0.9, 900)], 0, 2.0), "the first is always taken");
    }

    #[test]
    fn a_slow_recogniser_of_few_keeps_nobody_else_out() {
        let few = |calls, joined| {
            let other = Lane { calls, joined, ..lane(0.3, 0.3, 300) };
            [Lane { calls: 20, ..lane(0.1, 0.01, 0) }, Lane { waited: Duration::ZERO, ..other }]
        };
        assert!(super::has_room(&few(2, true), 19, 2.0));
        assert!(!super::has_room(&few(3, true), 19, 2.0), "too many of them");
        assert!(super::has_room(&few(3, false), 19, 2.0), "which is nothing to the others");
        assert!(!super::has_room(&few(6, false), 19, 2.0), "unless the cores are used up");
    }

    #[test]
    fn lanes_that_have_not_rehearsed_refuse_nobody() {
        assert!(has_room(&[Lane { each: None, ..lane(0.0, 0.0, 0) }], 50, 2.0));
    }
}
