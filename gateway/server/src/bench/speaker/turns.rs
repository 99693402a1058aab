//! Mixed recordings, and who is known to speak in them when.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use callwright_models::speaker::{Speakers, diarize};
use serde_json::{Value, json};

use super::errors::{Errors, Spoken, compare};
use super::{BenchError, Ears, listed, name, percent};

/// One recording, heard.
#[derive(Clone, Debug)]
struct Row {
    name: String,
    /// Every other recording by name: thresholds were chosen on such.
    tuning: bool,
    known: usize,
    found: usize,
    errors: Errors,
    collar: Errors,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Measured(Vec<Row>);

pub(super) fn measure(
    ears: &mut Ears,
    folder: &Path,
    speakers: Speakers,
) -> Result<Measured, BenchError> {
    let mut known: BTreeMap<String, Vec<Spoken>> = BTreeMap::new();
    let is = |path: &Path, ending: &str| path.extension().is_some_and(|own| own == ending);
    let files = listed(folder, Path::is_file)?;
    for path in files.iter().filter(|path| is(path, "rttm")) {
        let text = std::fs::read(path).map_err(|why| {
            BenchError::Recording(format!("cannot read {}: {why}", path.display()))
        })?;
        read(&String::from_utf8_lossy(&text), &mut known).map_err(|line| {
            BenchError::Recording(format!("{}, line {line}: no turn", path.display()))
        })?;
    }
    let mut rows = Vec::new();
    for path in &files {
        let Some(spoken) = known.get(&name(path)).filter(|_| !is(path, "rttm")) else { continue };
        let (sound, regions) = ears.hear(path)?;
        let found = diarize(&mut ears.encoder, &sound, &regions, speakers)?;
        let heard: Vec<Spoken> = found
            .turns
            .iter()
            .map(|turn| {
                let at = |sample: usize| sample as f64 / 16_000.0;
                Spoken {
                    who: turn.speaker.to_string(),
                    from: at(turn.range.start),
                    upto: at(turn.range.end),
                }
            })
            .collect();
        rows.push(Row {
            name: name(path),
            tuning: rows.len() % 2 == 0,
            known: people(spoken),
            found: found.voices.len(),
            errors: compare(spoken, &heard, 0.0),
            collar: compare(spoken, &heard, COLLAR_SECONDS),
        });
    }
    if rows.is_empty() {
        let nothing = format!("no recording of {} is in its .rttm files", folder.display());
        return Err(BenchError::Recording(nothing));
    }
    Ok(Measured(rows))
}

fn people(spoken: &[Spoken]) -> usize {
    let mut people: Vec<&str> = spoken.iter().map(|turn| &*turn.who).collect();
    people.sort_unstable();
    people.dedup();
    people.len()
}

/// Adds the turns of an RTTM file (NIST, RT-09): `SPEAKER recording 1 from seconds <NA> <NA> name <NA> <NA>`.
///
/// # Errors
/// The first line that is none.
fn read(text: &str, known: &mut BTreeMap<String, Vec<Spoken>>) -> Result<(), usize> {
    for (number, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [kind, recording, _, from, seconds, _, _, who, ..] = *fields else {
            if fields.is_empty() || fields.first().is_some_and(|field| field.starts_with(';')) {
                continue;
            }
            return Err(number + 1);
        };
        if kind != "SPEAKER" {
            continue;
        }
        let moment =
            |text: &str| text.parse().ok().filter(|s: &f64| (0.0..=SECONDS_MAX).contains(s));
        let (Some(from), Some(seconds)) = (moment(from), moment(seconds)) else {
            return Err(number + 1);
        };
        let turn = Spoken { who: who.to_owned(), from, upto: from + seconds };
        known.entry(recording.to_owned()).or_default().push(turn);
    }
    Ok(())
}

impl Measured {
    /// All recordings of one half, or both.
    fn sum(&self, tuning: Option<bool>, of: fn(&Row) -> Errors) -> Errors {
        let rows = self.0.iter().filter(|row| tuning.is_none_or(|half| row.tuning == half));
        rows.map(of).fold(Errors::default(), |sum, errors| sum + errors)
    }

    /// How often as many people were found as there are.
    fn counted(&self, tuning: Option<bool>) -> (usize, usize) {
        let rows = self.0.iter().filter(|row| tuning.is_none_or(|half| row.tuning == half));
        rows.fold((0, 0), |(right, all), row| {
            (right + usize::from(row.known == row.found), all + 1)
        })
    }

    pub(super) fn document(&self) -> Value {
        let halves = HALVES.map(|(half, tuning)| {
            let (right, recordings) = self.counted(tuning);
            json!({
                "half": half, "recordings": recordings, "people_counted_right": right,
                "errors": shown(self.sum(tuning, |row| row.errors)),
                "collar": shown(self.sum(tuning, |row| row.collar)),
            })
        });
        let rows: Vec<Value> = self
            .0
            .iter()
            .map(|row| {
                json!({
                    "recording": row.name, "tuning": row.tuning, "people": row.known, "found": row.found,
                    "errors": shown(row.errors), "collar": shown(row.collar),
                })
            })
            .collect();
        json!({ "halves": halves, "recordings": rows })
    }

    pub(super) fn table(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(
            out,
            "{:<14} {:>7} {:>6} {:>7} {:>7} {:>7} {:>9} {:>7}",
            "recording", "people", "found", "missed", "false", "wrong", "der", "collar"
        )?;
        let line = |out: &mut dyn Write,
                    name: &str,
                    people: String,
                    found: String,
                    errors: Errors,
                    collar: Errors| {
            let share = |seconds: f64| seconds / errors.spoken.max(f64::MIN_POSITIVE) * 100.0;
            writeln!(
                out,
                "{name:<14} {people:>7} {found:>6} {:>5.1} % {:>5.1} % {:>5.1} % {:>7.1} % {:>5.1} %",
                share(errors.missed),
                share(errors.false_alarm),
                share(errors.confused),
                errors.rate() * 100.0,
                collar.rate() * 100.0,
            )
        };
        for row in &self.0 {
            line(
                out,
                &row.name,
                row.known.to_string(),
                row.found.to_string(),
                row.errors,
                row.collar,
            )?;
        }
        for (half, tuning) in HALVES {
            let (right, all) = self.counted(tuning);
            let (errors, collar) =
                (self.sum(tuning, |row| row.errors), self.sum(tuning, |row| row.collar));
            line(out, half, format!("{all}"), format!("{right}"), errors, collar)?;
        }
        writeln!(
            out,
            "\nIn the last lines: how many recordings, and in how many as many people were found as there are."
        )
    }
}

fn shown(errors: Errors) -> Value {
    let seconds = |seconds: f64| (seconds * 100.0).round() / 100.0;
    json!({
        "spoken_seconds": seconds(errors.spoken), "missed_seconds": seconds(errors.missed),
        "false_seconds": seconds(errors.false_alarm), "wrong_seconds": seconds(errors.confused),
        "der_percent": percent(errors.rate()),
    })
}

const HALVES: [(&str, Option<bool>); 3] =
    [("held out", Some(false)), ("tuning", Some(true)), ("all", None)];
const COLLAR_SECONDS: f64 = 0.25;
/// No recording is read beyond that.
const SECONDS_MAX: f64 = 4.0 * 3_600.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_read_by_recording() {
        let text = ";; made by hand\nSPEAKER a 1 0.5 2.0 <NA> <NA> ann <NA> <NA>\n\
                    SPKR-INFO a 1 <NA> <NA> <NA> unknown ann <NA> <NA>\n\
                    SPEAKER b 1 0.0 1.0 <NA> <NA> MÉO <NA> <NA>\nSPEAKER a 1 3 1 <NA> <NA> bob <NA> <NA>\n\n";
        let mut known = BTreeMap::new();
        read(text, &mut known).unwrap();
        assert_eq!((known.len(), people(&known["a"])), (2, 2));
        assert_eq!((known["a"][1].from, known["a"][1].upto), (3.0, 4.0));
        for wrong in
            ["SPEAKER a 1 0.5", "SPEAKER a 1 x 1 <NA> <NA> ann", "SPEAKER a 1 0 -1 <NA> <NA> ann"]
        {
            assert_eq!(read(&format!("{text}{wrong}"), &mut known), Err(7), "{wrong}");
        }
    }
}
