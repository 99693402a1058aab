//! `callwright bench answering`: how often a machine is told from a person, and how soon.

use std::io::Write;
use std::path::{Path, PathBuf};

use callwright_models::answering::Answerer;
use callwright_models::contract::Recognizer as _;
use callwright_models::moonshine::Moonshine;
use serde_json::json;

use super::BenchError;
use crate::answering::{Answered, answered};
use crate::config::Config;
use crate::transcribe::mono;

/// How to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Folder with `machines` and `people`, each of sound files that begin when a call is answered
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

/// What became of the files of one kind and half within a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    right: usize,
    wrong: usize,
    open: usize,
}

/// Milliseconds after the greeting's beginning at which is counted.
const MOMENTS_MS: [u64; 3] = [500, 1_000, 1_500];

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
    let told = if args.patterns {
        clips.iter().try_for_each(|clip| writeln!(out, "{}", patterns(clip)))
    } else if args.json {
        writeln!(out, "{}", document(&clips))
    } else {
        table(out, &clips)
    };
    told.map_err(BenchError::System)
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

fn tally(clips: &[Clip], machine: bool, tuning: bool, within_ms: u64) -> Tally {
    let mut tally = Tally::default();
    for clip in clips.iter().filter(|clip| clip.machine == machine && clip.tuning == tuning) {
        let own = if machine { Answerer::Machine } else { Answerer::Person };
        match clip.heard.verdict(within_ms).map(|(verdict, _)| verdict.who) {
            Some(who) if who == own => tally.right += 1,
            None | Some(Answerer::Unknown) => tally.open += 1,
            Some(_) => tally.wrong += 1,
        }
    }
    tally
}

const PARTS: [(&str, bool); 2] = [("held out", false), ("tuning", true)];
const KINDS: [(&str, bool); 2] = [("machines", true), ("people", false)];

fn table(out: &mut impl Write, clips: &[Clip]) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<9} {:<9} {:>7} {:>7} {:>7} {:>7}",
        "half", "who", "within", "right", "wrong", "open"
    )?;
    for (half, tuning) in PARTS {
        for (kind, machine) in KINDS {
            for ms in MOMENTS_MS {
                let Tally { right, wrong, open } = tally(clips, machine, tuning, ms);
                let within = format!("{:.1} s", ms as f64 / 1_000.0);
                writeln!(out, "{half:<9} {kind:<9} {within:>7} {right:>7} {wrong:>7} {open:>7}")?;
            }
        }
    }
    writeln!(
        out,
        "\nWrong: a machine taken for a person, or a person for a machine. Open: not decided, or unknown."
    )
}

fn document(clips: &[Clip]) -> serde_json::Value {
    let mut rows = Vec::new();
    for (half, tuning) in PARTS {
        for (kind, machine) in KINDS {
            for ms in MOMENTS_MS {
                let Tally { right, wrong, open } = tally(clips, machine, tuning, ms);
                rows.push(json!({
                    "half": half, "who": kind, "within_ms": ms, "right": right, "wrong": wrong, "open": open,
                }));
            }
        }
    }
    json!({ "rows": rows })
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
        "file": clip.name, "machine": clip.machine, "half": if clip.tuning { "tuning" } else { "held out" },
        "verdict": clip.heard.verdict(1_500).map(|(verdict, _)| verdict.who.as_str()),
        "words": clip.heard.words, "patterns": patterns,
    })
}

#[cfg(test)]
mod tests {
    use callwright_models::answering::Verdict;
    use callwright_models::contract::SamplePos;

    use super::*;

    #[test]
    fn a_verdict_counts_from_the_moment_it_was_given_and_a_later_one_corrects_it() {
        let at = |who, ms: u64| Verdict { who, confidence: 1.0, decided: SamplePos(ms * 16) };
        let heard = Answered {
            greeting: Some(SamplePos(300 * 16)),
            verdicts: vec![at(Answerer::Person, 900), at(Answerer::Machine, 1_500)],
            ..Answered::default()
        };
        let clips = [Clip { name: String::new(), machine: true, tuning: true, heard }];
        let counts = |ms| tally(&clips, true, true, ms);
        assert_eq!(counts(500), Tally { open: 1, ..Tally::default() });
        assert_eq!(counts(1_000), Tally { wrong: 1, ..Tally::default() });
        assert_eq!(counts(1_500), Tally { right: 1, ..Tally::default() });
    }
}
