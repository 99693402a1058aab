//! What a replay found, as text for people and as JSON for machines.

use std::fmt::Write;
use std::time::Duration;

use callwright_calls::capture::{TapeEnd, fact_text};
use callwright_calls::{Difference, Differs, Replayed};
use callwright_contract::{CallEvent, CallFact};
use serde_json::{Value, json};

use super::rerunning::Reran;
use super::told::Otherwise;

/// One capture, and what came of it.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) name: String,
    pub(super) outcome: Outcome,
}

/// What came of a capture.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was run.
    Replayed {
        /// How the capture ends; `None` when it was cut off.
        end: Option<TapeEnd>,
        /// The version that took the call.
        version: String,
        /// What came out.
        replayed: Replayed,
    },
    /// It was had again.
    Reran(Reran),
    /// It could not be, and why.
    Unreadable(String),
}

impl Outcome {
    /// 0: as it was; 1: something is different; 2: could not be run.
    pub(super) const fn severity(&self) -> u8 {
        match self {
            Self::Replayed { replayed, .. } => replayed.difference.is_some() as u8,
            Self::Reran(reran) => !reran.otherwise.is_empty() as u8,
            Self::Unreadable(_) => 2,
        }
    }
}

/// A table of all, and after it what is to be known of each that is not as it was.
pub(super) fn text(reports: &[Report], events: bool) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _written = write_text(&mut out, reports, events);
    out
}

fn write_text(out: &mut String, reports: &[Report], events: bool) -> std::fmt::Result {
    for Report { name, outcome } in reports {
        match outcome {
            Outcome::Unreadable(why) => writeln!(out, "{name:<18}  cannot be replayed: {why}")?,
            Outcome::Reran(Reran { lasted, turns: (was, is), otherwise }) => {
                let (lasted, found) = (seconds(*lasted), otherwise.len());
                let found =
                    if found == 0 { "as it was".into() } else { format!("{found} OTHERWISE") };
                writeln!(out, "{name:<18}  {lasted:>9}  {was:>3} -> {is} turns  {found}")?;
                for Otherwise { what, was, is } in otherwise {
                    writeln!(out, "    {what}\n      - {was}\n      + {is}")?;
                }
            }
            Outcome::Replayed { end, replayed, .. } => {
                let found = match &replayed.difference {
                    None => "as it was".to_owned(),
                    Some(difference) => format!("DIFFERENT from {} on", seconds(difference.at)),
                };
                let (lasted, turns) = (seconds(replayed.lasted), turns(&replayed.events));
                writeln!(out, "{name:<18}  {lasted:>9}  {turns:>3} turns  {found}{}", cut(*end))?;
            }
        }
    }
    for Report { name, outcome } in reports {
        let Outcome::Replayed { version, replayed, .. } = outcome else { continue };
        if events {
            writeln!(out, "\n{name}:")?;
            replayed.events.iter().try_for_each(|event| writeln!(out, "  {}", line(event)))?;
        }
        if let Some(difference) = &replayed.difference {
            writeln!(out, "\n{name}, captured by callwright {version}:")?;
            write_difference(out, difference)?;
        }
    }
    let different = reports.iter().filter(|report| report.outcome.severity() == 1).count();
    if reports.len() > 1 {
        writeln!(out, "\n{} captures, {different} different", reports.len())?;
    }
    Ok(())
}

fn write_difference(out: &mut String, difference: &Difference) -> std::fmt::Result {
    for event in &difference.before {
        writeln!(out, "    {event}")?;
    }
    match &difference.what {
        Differs::Event { expected, got } => {
            let shown = |event: &Option<String>| event.clone().unwrap_or_else(|| "nothing".into());
            writeln!(out, "  - {}", shown(expected))?;
            writeln!(out, "  + {}", shown(got))
        }
        Differs::Line { expected, got } => {
            let (was, is) = (expected.octets, got.octets);
            let to = seconds(difference.at);
            writeln!(
                out,
                "  - the line had been given {was} octets up to {to}, sum {:016x}",
                expected.digest
            )?;
            writeln!(
                out,
                "  + it was given {is}, sum {:016x}: other sound, or a clear, in the second before",
                got.digest
            )
        }
    }
}

const fn cut(end: Option<TapeEnd>) -> &'static str {
    match end {
        Some(TapeEnd::CallOver) => "",
        Some(TapeEnd::Limit) => "  (the capture ends at its limit; the call went on)",
        Some(TapeEnd::Broken) => {
            "  (the capture ends where it could not be written; the call went on)"
        }
        None => "  (the capture is cut off)",
    }
}

fn line(event: &CallEvent) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _written = fact_text(event, &mut text);
    text
}

fn turns(events: &[CallEvent]) -> usize {
    events.iter().filter(|event| matches!(event.fact, CallFact::TurnOver(_))).count()
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// The same as one JSON document. Times in milliseconds since the call began.
pub(super) fn json(reports: &[Report], events: bool) -> Value {
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let of = |report: &Report| match &report.outcome {
        Outcome::Unreadable(why) => json!({ "call": report.name, "error": why }),
        Outcome::Reran(Reran { lasted, turns: (was, is), otherwise }) => json!({
            "call": report.name,
            "lasted_ms": ms(*lasted),
            "turns": { "was": was, "is": is },
            "same": otherwise.is_empty(),
            "otherwise": otherwise,
        }),
        Outcome::Replayed { end, version, replayed } => {
            let difference = replayed.difference.as_ref().map(|difference| {
                let what = match &difference.what {
                    Differs::Event { expected, got } => {
                        json!({ "event": { "expected": expected, "got": got } })
                    }
                    Differs::Line { expected, got } => json!({
                        "line": { "expected_octets": expected.octets, "got_octets": got.octets }
                    }),
                };
                json!({ "at_ms": ms(difference.at), "what": what, "before": difference.before })
            });
            let mut value = json!({
                "call": report.name,
                "version": version,
                "complete": *end == Some(TapeEnd::CallOver),
                "lasted_ms": ms(replayed.lasted),
                "turns": turns(&replayed.events),
                "same": difference.is_none(),
                "difference": difference,
            });
            if events && let Some(fields) = value.as_object_mut() {
                let lines: Vec<String> = replayed.events.iter().map(line).collect();
                fields.insert("events".to_owned(), json!(lines));
            }
            value
        }
    };
    json!({ "captures": reports.iter().map(of).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use callwright_calls::capture::Played;

    use super::*;

    fn report(difference: Option<Difference>) -> Report {
        let replayed = Replayed {
            events: Vec::new(),
            lasted: Duration::from_millis(12_345),
            played: Played::default(),
            difference,
        };
        let (end, version) = (Some(TapeEnd::CallOver), "0.1.0".to_owned());
        Report { name: "call_1".to_owned(), outcome: Outcome::Replayed { end, version, replayed } }
    }

    #[test]
    fn a_difference_is_shown_with_what_came_before_it() {
        let difference = Difference {
            at: Duration::from_millis(4_205),
            what: Differs::Event { expected: Some("4.2s interrupted".to_owned()), got: None },
            before: vec!["3.9s speech_started".to_owned()],
        };
        let reports = [report(None), report(Some(difference))];
        let shown = text(&reports, false);
        for part in [
            "12.345 s    0 turns  as it was",
            "DIFFERENT from 4.205 s on",
            "    3.9s speech_started\n  - 4.2s interrupted\n  + nothing",
            "2 captures, 1 different",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let document = json(&reports, false);
        assert_eq!(document["captures"][0]["same"], true);
        assert_eq!(document["captures"][1]["difference"]["at_ms"], 4_205.0);
        assert_eq!(reports.iter().map(|r| r.outcome.severity()).collect::<Vec<_>>(), [0, 1]);
    }
}
