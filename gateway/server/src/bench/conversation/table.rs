//! Rows for people.

use super::row::Row;

/// The heading of the table: two lines.
pub(super) fn heading() -> String {
    format!(
        "{:>5} {:>7} {:>13} {:>13} {:>13} {:>8} {:>6} {:>6} {:>6}  {:<34} {:>7} {:>7}\n\
         {:>5} {:>7} {:>13} {:>13} {:>13} {:>8} {:>6} {:>6} {:>6}  {:<34} {:>7} {:>7}",
        "calls",
        "replies",
        "reply ms",
        "cut-in ms",
        "clear ms",
        "cut-offs",
        "none",
        "busy",
        "talk",
        "lanes",
        "server",
        "callers",
        "",
        "",
        "p50 / p95",
        "p50 / p95",
        "p50 / p95",
        "",
        "",
        "",
        "%",
        "% busy",
        "CPU %",
        "CPU %",
    )
}

/// One row; with a second line when there is more to tell.
pub(super) fn line(row: &Row) -> String {
    let pair = |p50: Option<u64>, p95: Option<u64>| format!("{} / {}", shown(p50), shown(p95));
    let lanes: Vec<String> = row
        .lanes
        .iter()
        .map(|lane| {
            let name = lane.lane.trim_start_matches("lane-").trim_end_matches("-0");
            format!("{name} {:.0}", lane.busy_percent)
        })
        .collect();
    let mut text = format!(
        "{:>5} {:>7} {:>13} {:>13} {:>13} {:>8} {:>6} {:>6} {:>6.0}  {:<34} {:>7} {:>7}",
        row.calls,
        row.replies,
        pair(row.reply_ms_p50, row.reply_ms_p95),
        pair(row.barge_in_ms_p50, row.barge_in_ms_p95),
        pair(row.clear_ms_p50, row.clear_ms_p95),
        format!("{}/{}", row.false_cutoffs, row.hesitations),
        row.unanswered,
        row.refused,
        row.caller_talk_percent,
        lanes.join("  "),
        shown(row.server_cpu_percent.map(|percent| percent.round())),
        shown(row.callers_cpu_percent.map(|percent| percent.round())),
    );
    let more = [
        (row.barge_ins_missed as u64, "cut-ins the agent spoke through"),
        (row.failed as u64, "calls that failed"),
        (row.ended_early as u64, "calls that the server ended"),
        (u64::from(row.stutters), "stutters"),
    ];
    let told: Vec<String> = more
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{what}: {count}"))
        .chain((row.callers_late_percent >= LATE_PERCENT).then(|| {
            format!(
                "the callers themselves were late ({} % of their frames, at most {} ms): this machine has too much \
                 to do for these figures",
                row.callers_late_percent, row.callers_latest_ms
            )
        }))
        .collect();
    if !told.is_empty() {
        text.push_str(&format!("\n      {}", told.join("; ")));
    }
    text
}

/// Callers that send so many of their frames late measure themselves.
const LATE_PERCENT: f64 = 1.0;

fn shown(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings() {
        let heading = heading();
        let row =
            Row { calls: 16, reply_ms_p50: Some(321), reply_ms_p95: Some(789), ..Row::default() };
        let line = line(&row);
        let end = heading.find("reply ms").unwrap() + "reply ms".len();
        assert!(line[..end].ends_with("321 / 789"), "{heading}\n{line}");
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn what_went_wrong_is_told() {
        let row =
            Row { failed: 2, callers_late_percent: 3.5, callers_latest_ms: 80, ..Row::default() };
        let text = line(&row);
        assert!(text.contains("calls that failed: 2") && text.contains("3.5 %"), "{text}");
    }
}
