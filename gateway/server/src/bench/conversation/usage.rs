//! What the machine did meanwhile: the lanes by the server's own account, processes by the kernel's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

/// How long each lane's thread has been busy, by the lane's name.
pub(super) type LaneBusy = BTreeMap<String, Duration>;

/// What one lane did in a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct LaneShare {
    /// The lane.
    pub(super) lane: String,
    /// Time in steps, in percent of the row's. Its thread may have waited for the processor within.
    pub(super) busy_percent: f64,
}

const LANE_BUSY: &str = "callwright_lane_busy_milliseconds_total{lane=\"";

/// How long each lane has been busy, of the server's metrics.
pub(super) fn lanes(metrics: &str) -> LaneBusy {
    let named = metrics.lines().filter_map(|line| line.strip_prefix(LANE_BUSY));
    let read = named.filter_map(|rest| {
        let (lane, value) = rest.split_once("\"} ")?;
        Some((lane.to_owned(), Duration::from_millis(value.trim().parse().ok()?)))
    });
    read.collect()
}

/// What the lanes did between two looks that lie `apart`.
pub(super) fn lane_shares(before: &LaneBusy, after: &LaneBusy, apart: Duration) -> Vec<LaneShare> {
    let each = after.iter().map(|(lane, &busy)| {
        let earlier = before.get(lane).copied().unwrap_or_default();
        let busy_percent = percent(busy.saturating_sub(earlier), apart);
        LaneShare { lane: lane.clone(), busy_percent }
    });
    each.collect()
}

/// A share in percent, to a tenth.
pub(super) fn percent(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() {
        return 0.0;
    }
    (part.as_secs_f64() / whole.as_secs_f64() * 1_000.0).round() / 10.0
}

/// A process whose processor time can be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Process {
    /// This one.
    This,
    /// Another one, by its id.
    Other(u32),
}

impl Process {
    /// Processor time of all its threads so far; `None` where the system does not say.
    pub(super) fn cpu(self) -> Option<Duration> {
        let name = match self {
            Self::This => "self".to_owned(),
            Self::Other(id) => id.to_string(),
        };
        let path = PathBuf::from("/proc").join(name).join("stat");
        parse_stat(&std::fs::read_to_string(path).ok()?)
    }
}

/// Linux counts processor time in `/proc` in hundredths of a second on every architecture (`USER_HZ`, proc(5)).
const TICK: Duration = Duration::from_millis(10);
/// Fields of `/proc/PID/stat` behind the name in brackets: the state is the first, `utime` and `stime` follow.
const UTIME: usize = 11;

fn parse_stat(stat: &str) -> Option<Duration> {
    // The name may hold blanks and brackets of its own.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(UTIME).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(TICK * user.checked_add(system)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_read_from_the_metrics() {
        let text = "# TYPE callwright_lane_busy_milliseconds_total counter\n\
             callwright_lane_busy_milliseconds_total{lane=\"lane-asr-0\"} 1500\n\
             callwright_lane_steps_total{lane=\"lane-asr-0\"} 7\n\
             callwright_lane_busy_milliseconds_total{lane=\"lane-vad-0\"} 40\n";
        let after = lanes(text);
        assert_eq!(after.len(), 2);
        let before = LaneBusy::from([("lane-asr-0".to_owned(), Duration::from_millis(500))]);
        let shares = lane_shares(&before, &after, Duration::from_secs(4));
        let shares: Vec<_> = shares.iter().map(|s| (s.lane.as_str(), s.busy_percent)).collect();
        assert_eq!(shares, [("lane-asr-0", 25.0), ("lane-vad-0", 1.0)]);
    }

    #[test]
    fn processor_time_is_read_whatever_the_name() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0";
        assert_eq!(parse_stat(stat), Some(Duration::from_secs(3)));
        assert_eq!(parse_stat("7 (a) S 1"), None);
        assert_eq!(parse_stat(""), None);
        assert!(Process::Other(u32::MAX).cpu().is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_a_processor_time() {
        assert!(Process::This.cpu().is_some());
    }
}
