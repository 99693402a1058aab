//! Both sides beside each other: a table for people, and the same as one line of JSON.

use serde_json::{Value, json};

use super::calls::{Calls, Disturbances};
use super::figures::{Figures, percentile, whole};
use super::heard::{Disturbed, Fate};

/// One of the two that are compared.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) figures: Figures,
}

/// The table, ours first.
pub(crate) fn text(sides: &[Side; 2], calls: &Calls, disturbances: &Disturbances) -> String {
    let [ours, peer] = sides;
    let heads = ["", &ours.name, &peer.name, "peer / ours"].map(str::to_owned);
    let mut rows = vec![heads];
    for (name, of) in TIMES {
        for (percent, label) in [(50, "median"), (95, "95 of 100")] {
            let [a, b] = [ours, peer].map(|side| percentile(of(&side.figures), percent));
            rows.push([format!("{name}, {label}"), shown(a), shown(b), ratio(a, b)]);
        }
    }
    for (name, of) in COUNTS {
        let [a, b] = [ours, peer].map(|side| of(&side.figures));
        rows.push([name.to_owned(), share(a), share(b), String::new()]);
    }
    let sentences = if calls.recorded { "recorded" } else { "Flite's" };
    let lengths: Vec<String> =
        disturbances.all.iter().map(|d| format!("{} {} ms", d.name, d.length_ms)).collect();
    let mut out = aligned(&rows);
    out.push_str(&format!(
        "\n{} sentences ({sentences}) with {} pauses of 300 ms and more; {}\n",
        calls.sentences(),
        calls.pauses,
        lengths.join(", ")
    ));
    for side in sides {
        for trouble in &side.figures.troubles {
            out.push_str(&format!("{}: {trouble}\n", side.name));
        }
    }
    out
}

/// The same for a machine.
///
/// # Errors
/// None that can come of numbers and names.
pub(crate) fn json(sides: &[Side; 2]) -> Result<String, serde_json::Error> {
    let rows: Vec<Value> = sides.iter().map(row).collect();
    let [ours, peer] = sides;
    let ratios: serde_json::Map<String, Value> = RATIOS
        .iter()
        .map(|(name, of)| {
            let [a, b] = [ours, peer].map(|side| percentile(of(&side.figures), 50));
            ((*name).to_owned(), json!(quotient(a, b)))
        })
        .collect();
    serde_json::to_string(&json!({"rows": rows, "peer_to_ours": ratios}))
}

fn row(side: &Side) -> Value {
    let figures = &side.figures;
    let p = percentile;
    json!({
        "name": side.name,
        "questions": figures.asked,
        "answered": figures.reply_ms.len(),
        "talked_over": figures.talked_over,
        "reply_ms_p50": p(&figures.reply_ms, 50),
        "reply_ms_p95": p(&figures.reply_ms, 95),
        "judged_ms_p50": p(&figures.judged_ms, 50),
        "judged_ms_p95": p(&figures.judged_ms, 95),
        "barge_ins": figures.stop_ms.len(),
        "barge_in_ms_p50": p(&figures.stop_ms, 50),
        "barge_in_ms_p95": p(&figures.stop_ms, 95),
        "clear_ms_p50": p(&figures.clear_ms, 50),
        "clear_ms_p95": p(&figures.clear_ms, 95),
        "sentences_with_pauses": figures.sentences,
        "cut_off": figures.cut_off,
        "nods": disturbed(&figures.nods),
        "coughs": disturbed(&figures.coughs),
        "troubles": figures.troubles,
    })
}

fn disturbed(answers: &[Disturbed]) -> Value {
    let count = |fate| answers.iter().filter(|answer| answer.fate == fate).count();
    json!({
        "answers": answers.len(),
        "went_on": count(Fate::WentOn),
        "broken_off": count(Fate::BrokenOff),
        "begun_anew": count(Fate::BegunAnew),
        "missing": count(Fate::Missing),
        "silent_ms": answers.iter().map(|answer| answer.silent_ms).collect::<Vec<_>>(),
    })
}

type Times = fn(&Figures) -> &[u64];
type Count = fn(&Figures) -> (usize, usize);

const TIMES: [(&str, Times); 4] = [
    ("reply after a complete question, ms", |figures| &figures.reply_ms),
    ("  of which until the turn is judged over", |figures| &figures.judged_ms),
    ("cut in: the agent's last sound, ms", |figures| &figures.stop_ms),
    ("  and the clear", |figures| &figures.clear_ms),
];

const RATIOS: [(&str, Times); 3] = [
    ("reply_ms", |figures| &figures.reply_ms),
    ("barge_in_ms", |figures| &figures.stop_ms),
    ("clear_ms", |figures| &figures.clear_ms),
];

const COUNTS: [(&str, Count); 5] = [
    ("complete questions answered", |figures| (figures.reply_ms.len(), figures.asked)),
    ("complete questions talked over", |figures| (figures.talked_over, figures.asked)),
    ("sentences cut off in a pause", |figures| (figures.cut_off, figures.sentences)),
    ("answers that survive a nod", |figures| (whole(&figures.nods), figures.nods.len())),
    ("answers that survive a cough", |figures| (whole(&figures.coughs), figures.coughs.len())),
];

fn shown(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string())
}

fn share((part, all): (usize, usize)) -> String {
    if all == 0 { "-".to_owned() } else { format!("{part} of {all}") }
}

fn ratio(ours: Option<u64>, peer: Option<u64>) -> String {
    quotient(ours, peer).map_or_else(String::new, |ratio| format!("{ratio:.2}"))
}

fn quotient(ours: Option<u64>, peer: Option<u64>) -> Option<f64> {
    let (ours, peer) = (ours.filter(|ours| *ours > 0)?, peer?);
    // Milliseconds of a call: far below where a float loses whole numbers.
    Some(peer as f64 / ours as f64)
}

/// Columns as wide as their widest cell, the first to the left and the others to the right.
fn aligned(rows: &[[String; 4]]) -> String {
    let mut widths = [0; 4];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        for (index, (width, cell)) in widths.into_iter().zip(row).enumerate() {
            out.push_str(&match index {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            });
        }
        while out.ends_with(' ') {
            out.pop();
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &str, ms: u64) -> Side {
        let went_on = Disturbed { fate: Fate::WentOn, silent_ms: 0 };
        let figures = Figures {
            reply_ms: vec![ms, ms],
            asked: 2,
            stop_ms: vec![2 * ms],
            nods: vec![went_on],
            ..Figures::default()
        };
        Side { name: name.to_owned(), figures }
    }

    #[test]
    fn the_ratio_is_the_peers_time_to_ours() {
        let line = json(&[side("ours", 100), side("peer", 250)]).unwrap();
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            value["peer_to_ours"],
            json!({"reply_ms": 2.5, "barge_in_ms": 2.5, "clear_ms": null})
        );
        assert_eq!(value["rows"][1]["reply_ms_p95"], json!(250));
        assert_eq!(value["rows"][0]["nods"]["went_on"], json!(1));
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned);
        let table = aligned(&[row(["", "a", "bb", ""]), row(["long", "123", "4", "1.00"])]);
        assert_eq!(table, "        a  bb\nlong  123   4  1.00\n");
    }

    #[test]
    fn nothing_measured_is_shown_as_nothing() {
        assert_eq!(ratio(Some(0), Some(1)), "");
        assert_eq!(
            (shown(None), share((0, 0)), share((1, 2))),
            ("-".into(), "-".into(), "1 of 2".into())
        );
    }
}
