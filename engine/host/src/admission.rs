//! Whether one more call would make the others bad.

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
#[derive(Debug)]
pub(crate) struct Admission {
    lanes: Vec<LaneMonitor>,
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
    /// The longest mean wait of work that callers wait for.
    waited: Duration,
}

impl Admission {
    /// Decides by these lanes, which share `cores`.
    pub(crate) const fn new(lanes: Vec<LaneMonitor>, cores: f32) -> Self {
        Self { lanes, cores }
    }

    /// Whether there is room for one more beside `live` calls that use the lanes. Waits for nothing.
    pub(crate) fn has_room(&self, live: u64, now: Instant) -> bool {
        let lanes: Vec<Lane> = self.lanes.iter().map(|lane| Lane::look(lane, now)).collect();
        has_room(&lanes, live, self.cores)
    }
}

impl Lane {
    fn look(monitor: &LaneMonitor, now: Instant) -> Self {
        let waited_for = |work: &&Work| matches!(work, Work::Final | Work::Judgement);
        let costs = monitor.works().iter().filter(waited_for);
        let waited = costs.filter_map(|work| monitor.cost(*work)).map(|cost: WorkCost| cost.waited);
        Self {
            load: monitor.load(now),
            each: monitor.expected(1),
            waited: waited.max().unwrap_or_default(),
        }
    }

    /// Share of its time that it would be needed with one more beside `live` calls.
    fn needed_with_one_more(&self, live: u64) -> f32 {
        let each = self.each.unwrap_or_default();
        (self.load.needed + each).max(each * (live + 1) as f32)
    }
}

fn has_room(lanes: &[Lane], live: u64, cores: f32) -> bool {
    if live == 0 {
        // A caller alone is served as well as this machine can.
        return true;
    }
    let needed = |lane: &Lane| lane.needed_with_one_more(live);
    let behind = |lane: &Lane| lane.load.busy > IDLE && lane.waited > WAITED_MAX;
    lanes.iter().all(|lane| needed(lane) <= LANE_MAX && !behind(lane))
        && lanes.iter().map(needed).sum::<f32>() <= cores * CORES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(needed: f32, each: f32, waited_ms: u64) -> Lane {
        let load = LaneLoad { busy: needed, needed, ready: true };
        Lane { load, each: Some(each), waited: Duration::from_millis(waited_ms) }
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
    fn lanes_that_have_not_rehearsed_refuse_nobody() {
        assert!(has_room(&[Lane { each: None, ..lane(0.0, 0.0, 0) }], 50, 2.0));
    }
}
