//! `callwright bench answering`: how often a machine is told from a person, and how soon.

use std::io::Write;
use std::path::{Path, PathBuf};

use callwright_models::answering::Answerer;
use callwright_models::contract::{Recognizer as _, SamplePos};
use callwright_models::moonshine::Moonshine;
use serde_json::json;

use super::BenchError;
use crate::answering::{Answered, Beep, answered};
use crate::config::Config;
use crate::transcribe::mono;

/// How to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Folder with `machines` and `people`, each of sound files that begin when a call is answered, and, if there are any,
    /// `beeps`: machines whose beep ends after as many milliseconds as the file's name ends with (`hello_004210.wav`)
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Let the recogniser hear along: three times in the first 1.4 s
    #[arg(long)]
    words: bool,
    /// Write one JSON document instead of a table
    #[arg(long)]
    json: bool,
    /// Write each greeting's pattern instead, one JSON document a line, for `models/answering/fit.py`
    #[arg(long, conflicts_with = "json")]
    patterns: bool,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
}

/// One file, heard.
struct Clip {
    name: String,
    machine: bool,
    /// Every other file by name: weights and thresholds were chosen on these.
    tuning: bool,
    heard: Answered,
}

/// What became of the files of one kind and half within [`IN_TIME_MS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    right: usize,
    /// A machine taken for a person, or a person for a machine.
    wrong: usize,
    unknown: usize,
    /// Milliseconds from the greeting's beginning to the first verdict, in order.
    decided_ms: Vec<u64>,
}

/// What became of the beeps of one half.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Beeps {
    files: usize,
    found: usize,
    /// Beeps that were told where there was none: in these files, and in those of machines and people.
    false_ones: usize,
    /// Milliseconds between where a beep ended and where it was said to have ended, in order.
    off_ms: Vec<u64>,
    /// Milliseconds from its end until that was told, in order.
    told_ms: Vec<u64>,
}

/// When a verdict has to be there, from the greeting's beginning.
const IN_TIME_MS: u64 = 1_500;
/// A beep that is said to end further than this from its end was not found.
const BEEP_OFF_MAX_MS: u64 = 100;

pub(super) fn run(out: &mut impl Write, args: Args) -> Result<(), BenchError> {
    let models = args.models.clone().unwrap_or_else(Config::default_models);
    let mut recogniser = if args.words { Some(Moonshine::load(&models)?) } else { None };
    let mut clips = Vec::new();
    for (folder, machine) in [("machines", true), ("people", false)] {
        for (number, path) in files(&args.folder.join(folder))?.iter().enumerate() {
            let sound = mono(path).map_err(|why| BenchError::Recording(why.to_string()))?;
            let heard = match &mut recogniser {
                None => answered::<BenchError>(&sound, None)?,
                Some(model) => {
                    let mut words = |sound: &[i16]| {
                        let heard = model.recognize(&[sound])?.pop().unwrap_or_default();
                        Ok::<_, BenchError>(heard.text)
                    };
                    answered::<BenchError>(&sound, Some(&mut words))?
                }
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            clips.push(Clip { name, machine, tuning: number % 2 == 0, heard });
        }
    }
    let beeps = beeps(&args.folder, &clips)?;
    let told = if args.patterns {
        clips.iter().try_for_each(|clip| writeln!(out, "{}", patterns(clip)))
    } else if args.json {
        writeln!(out, "{}", document(&clips, &beeps))
    } else {
        table(out, &clips, &beeps)
    };
    told.map_err(BenchError::System)
}

/// Hears the folder of beeps, if there is one. Of each half.
fn beeps(folder: &Path, clips: &[Clip]) -> Result<Vec<(&'static str, Beeps)>, BenchError> {
    let folder = folder.join("beeps");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut halves = PARTS.map(|(half, tuning)| {
        let others = clips.iter().filter(|clip| clip.tuning == tuning);
        let false_ones = others.map(|clip| clip.heard.beeps.len()).sum();
        (half, Beeps { false_ones, ..Beeps::default() })
    });
    for (number, path) in files(&folder)?.iter().enumerate() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let ended_ms: u64 =
            name.rsplit('_').next().and_then(|digits| digits.parse().ok()).ok_or_else(|| {
                BenchError::Recording(format!("{name} does not say where its beep ends"))
            })?;
        let sound = mono(path).map_err(|why| BenchError::Recording(why.to_string()))?;
        let heard = answered::<BenchError>(&sound, None)?;
        // The first of the parts is what is held out, every other file.
        let [held_out, tuning] = &mut halves;
        let (_, half) = if number % 2 == 0 { tuning } else { held_out };
        half.count(&heard, ended_ms);
    }
    Ok(halves.map(|(half, beeps)| (half, beeps.in_order())).into())
}

impl Beeps {
    /// Of a file whose beep ends at `ended_ms`.
    fn count(&mut self, heard: &Answered, ended_ms: u64) {
        let ms = |at: SamplePos| at.0 / 16;
        self.files += 1;
        let off = |beep: &Beep| ms(beep.ended).abs_diff(ended_ms);
        let own = heard.beeps.iter().find(|beep| off(beep) <= BEEP_OFF_MAX_MS);
        self.false_ones += heard.beeps.len() - usize::from(own.is_some());
        if let Some(beep) = own {
            self.found += 1;
            self.off_ms.push(off(beep));
            self.told_ms.push(ms(beep.told).saturating_sub(ended_ms));
        }
    }

    fn in_order(mut self) -> Self {
        self.off_ms.sort_unstable();
        self.told_ms.sort_unstable();
        self
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let unreadable = |why: std::io::Error| {
        BenchError::Recording(format!("cannot read {}: {why}", folder.display()))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn tally(clips: &[Clip], machine: bool, tuning: bool) -> Tally {
    let mut tally = Tally::default();
    for clip in clips.iter().filter(|clip| clip.machine == machine && clip.tuning == tuning) {
        let own = if machine { Answerer::Machine } else { Answerer::Person };
        match clip.heard.verdict(IN_TIME_MS).map(|(verdict, _)| verdict.who) {
            Some(who) if who == own => tally.right += 1,
            None | Some(Answerer::Unknown) => tally.unknown += 1,
            Some(_) => tally.wrong += 1,
        }
        tally.decided_ms.extend(clip.heard.first_verdict().map(|(_, after_ms)| after_ms));
    }
    tally.decided_ms.sort_unstable();
    tally
}

const PARTS: [(&str, bool); 2] = [("held out", false), ("fitted", true)];
const KINDS: [(&str, bool); 2] = [("machines", true), ("people", false)];

/// The value at the share `share` of some in order; `None` of none.
fn at(ordered: &[u64], share: f64) -> Option<u64> {
    let last = ordered.len().checked_sub(1)?;
    ordered.get((share * last as f64).round() as usize).copied()
}

fn ms(ordered: &[u64], share: f64) -> String {
    at(ordered, share).map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"))
}

fn table(
    out: &mut impl Write,
    clips: &[Clip],
    beeps: &[(&'static str, Beeps)],
) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<9} {:<9} {:>6} {:>11} {:>6} {:>8} {:>9} {:>9}",
        "half", "who", "files", "right", "wrong", "unknown", "p50", "p95"
    )?;
    for (half, tuning) in PARTS {
        for (kind, machine) in KINDS {
            let Tally { right, wrong, unknown, decided_ms } = &tally(clips, machine, tuning);
            let files = right + wrong + unknown;
            let share = 100.0 * *right as f64 / files.max(1) as f64;
            writeln!(
                out,
                "{half:<9} {kind:<9} {files:>6} {right:>4} {share:>4.0} % {wrong:>6} {unknown:>8} {:>9} {:>9}",
                ms(decided_ms, 0.5),
                ms(decided_ms, 0.95),
            )?;
        }
    }
    writeln!(
        out,
        "\nRight, wrong: the verdict that stood {:.1} s after the greeting began; wrong is a machine taken for a person, or a \
         person for a machine.\np50, p95: from there to the first verdict.",
        IN_TIME_MS as f64 / 1_000.0
    )?;
    if beeps.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:<9} {:>6} {:>6} {:>6} {:>9} {:>9} {:>9} {:>9}",
        "beeps", "files", "found", "false", "off p50", "off p95", "told p50", "told p95"
    )?;
    for (half, Beeps { files, found, false_ones, off_ms, told_ms }) in beeps {
        writeln!(
            out,
            "{half:<9} {files:>6} {found:>6} {false_ones:>6} {:>9} {:>9} {:>9} {:>9}",
            ms(off_ms, 0.5),
            ms(off_ms, 0.95),
            ms(told_ms, 0.5),
            ms(told_ms, 0.95),
        )?;
    }
    writeln!(
        out,
        "\nOff: between where a beep ended and where it was said to. Told: from its end until that was said. False: beeps \
         that were told elsewhere, in all folders."
    )
}

fn document(clips: &[Clip], beeps: &[(&'static str, Beeps)]) -> serde_json::Value {
    let mut rows = Vec::new();
    for (half, tuning) in PARTS {
        for (kind, machine) in KINDS {
            let Tally { right, wrong, unknown, decided_ms } = tally(clips, machine, tuning);
            rows.push(json!({
                "half": half, "who": kind, "within_ms": IN_TIME_MS, "right": right, "wrong": wrong, "unknown": unknown,
                "decided_ms_p50": at(&decided_ms, 0.5), "decided_ms_p95": at(&decided_ms, 0.95),
            }));
        }
    }
    let beeps: Vec<_> = beeps
        .iter()
        .map(|(half, beeps)| {
            json!({
                "half": half, "files": beeps.files, "found": beeps.found, "false": beeps.false_ones,
                "off_ms_p50": at(&beeps.off_ms, 0.5), "off_ms_p95": at(&beeps.off_ms, 0.95),
                "told_ms_p50": at(&beeps.told_ms, 0.5), "told_ms_p95": at(&beeps.told_ms, 0.95),
            })
        })
        .collect();
    json!({ "rows": rows, "beeps": beeps })
}

fn patterns(clip: &Clip) -> serde_json::Value {
    let patterns: Vec<_> = clip
        .heard
        .patterns
        .iter()
        .map(|facts| {
            json!({
                "since_ms": facts.since, "first_ms": facts.first, "quiet_ms": facts.quiet, "later_ms": facts.later,
            })
        })
        .collect();
    json!({
        "file": clip.name, "machine": clip.machine, "half": if clip.tuning { "fitted" } else { "held out" },
        "verdict": clip.heard.verdict(1_500).map(|(verdict, _)| verdict.who.as_str()),
        "words": clip.heard.words, "patterns": patterns,
    })
}

#[cfg(test)]
mod tests {
    use callwright_models::answering::Verdict;

    use super::*;

    #[test]
    fn the_verdict_in_time_counts_and_the_first_one_is_timed() {
        let verdict = |who, ms: u64| Verdict { who, confidence: 1.0, decided: SamplePos(ms * 16) };
        let clip = |verdicts| {
            let heard =
                Answered { greeting: Some(SamplePos(300 * 16)), verdicts, ..Answered::default() };
            Clip { name: String::new(), machine: true, tuning: true, heard }
        };
        let clips = [
            clip(vec![verdict(Answerer::Person, 900), verdict(Answerer::Machine, 1_500)]),
            clip(vec![verdict(Answerer::Person, 1_000), verdict(Answerer::Machine, 1_900)]),
            clip(vec![verdict(Answerer::Unknown, 1_780)]),
        ];
        let found = tally(&clips, true, true);
        assert_eq!((found.right, found.wrong, found.unknown), (1, 1, 1));
        assert_eq!(found.decided_ms, [600, 700, 1_480]);
        assert_eq!(tally(&clips, false, true), Tally::default());
        assert_eq!((at(&found.decided_ms, 0.5), at(&[], 0.5)), (Some(700), None));
    }

    #[test]
    fn a_beep_is_found_where_it_ends_and_others_are_false() {
        let beep = |ended_ms: u64| Beep {
            ended: SamplePos(ended_ms * 16),
            told: SamplePos((ended_ms + 120) * 16),
            hz: 1_000.0,
            ms: 400,
        };
        let heard = Answered { beeps: vec![beep(700), beep(4_020)], ..Answered::default() };
        let mut beeps = Beeps::default();
        beeps.count(&heard, 4_000);
        beeps.count(&heard, 6_000);
        let Beeps { files, found, false_ones, off_ms, told_ms } = beeps;
        assert_eq!((files, found, false_ones), (2, 1, 3));
        assert_eq!((off_ms, told_ms), (vec![20], vec![140]));
    }
}
