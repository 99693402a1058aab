//! `callwright models bench`: how fast each installed model is on this machine, and what was found the last time.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use callwright_models::contract::{
    DETECTOR_WINDOW, DetectorStep, EmotionModel as _, EmotionStep, Recognizer as _, SlotId,
    SpeechDetector as _, Synthesizer as _, TurnJudge as _, VoiceStyle,
};
use callwright_models::emotion::EmotionNet;
use callwright_models::flite::Flite;
use callwright_models::moonshine::Moonshine;
use callwright_models::silero::SileroDetector;
use callwright_models::smart_turn::SmartTurn;
use serde::{Deserialize, Serialize};

use super::FolderArgs;
use super::shelf;
use super::trial::timed;
use crate::transcribe::mono;

/// What one model was seen to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Speed {
    /// Seconds of one core for one second of sound.
    pub(super) real_time_factor: f64,
    /// The median time of one step, in milliseconds.
    pub(super) latency_ms: f64,
    /// Length of the sound of one step, in seconds.
    pub(super) step_seconds: f64,
}

/// By the models' names.
pub(super) type Speeds = BTreeMap<String, Speed>;

/// What was measured in this folder the last time; nothing, if it never was.
pub(super) fn known(folder: &Path) -> Speeds {
    let text = std::fs::read_to_string(folder.join(RECORD)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

pub(super) fn run(
    out: &mut impl Write,
    place: &FolderArgs,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let folder = place.folder();
    let speeds = measure(&folder, place)?;
    let text = serde_json::to_string_pretty(&speeds)?;
    // A folder that is shared and read-only keeps no record.
    let _kept = std::fs::write(folder.join(RECORD), &text);
    if json {
        writeln!(out, "{}", serde_json::to_string(&speeds)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{:<26} {:>12} {:>12} {:>10}", "model", "real-time", "a step", "of sound")?;
    for (name, speed) in &speeds {
        writeln!(
            out,
            "{name:<26} {:>12.5} {:>9.2} ms {:>8.3} s",
            speed.real_time_factor, speed.latency_ms, speed.step_seconds
        )?;
    }
    writeln!(
        out,
        "\nReal-time: seconds of one core for a second of sound. The median of several steps."
    )?;
    Ok(ExitCode::SUCCESS)
}

fn measure(folder: &Path, place: &FolderArgs) -> anyhow::Result<Speeds> {
    let sample = folder.join(SAMPLE);
    let sound = mono(&sample)
        .with_context(|| format!("{} is what the models are measured on", sample.display()))?;
    let part =
        |seconds: usize| sound.get(..(seconds * 16_000).min(sound.len())).unwrap_or_default();
    let mut speeds = Speeds::new();
    let mut add = |name: &str, speed| speeds.insert(name.to_owned(), speed);

    let mut detector = SileroDetector::load(folder, 1)?;
    let windows: Vec<&[i16; DETECTOR_WINDOW]> = part(10).as_chunks().0.iter().collect();
    let mut windows = windows.into_iter().cycle();
    add(
        "silero-vad",
        steps(300, DETECTOR_WINDOW, || {
            let Some(window) = windows.next() else { return Ok(()) };
            let step = DetectorStep { slot: SlotId(0), fresh: false, window };
            Ok(detector.step(&[step], &mut [0.0])?)
        })?,
    );
    let mut judge = SmartTurn::load(folder)?;
    let turn = part(8);
    add("smart-turn-v3.2", steps(9, turn.len(), || Ok(judge.judge(&[turn], &mut [0.0])?))?);
    let mut recognizer = Moonshine::load(folder)?;
    let utterance = part(4);
    add(
        "moonshine-tiny-en",
        steps(9, utterance.len(), || Ok(recognizer.recognize(&[utterance]).map(drop)?))?,
    );
    let mut net = EmotionNet::load(folder, 1)?;
    let step = EmotionStep { slot: SlotId(0), fresh: true, utterance };
    add("emotion", steps(9, utterance.len(), || Ok(net.judge(&[step], &mut [None])?))?);
    add("flite", voice()?);
    for (name, path) in whispers(folder, place)? {
        add(&name, whisper(&path, part(10))?);
    }
    Ok(speeds)
}

/// The median of `count` steps on `samples` samples each, after one that fills caches.
fn steps(
    count: usize,
    samples: usize,
    mut step: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Speed> {
    step()?;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let (done, ms) = timed(&mut step);
        done?;
        times.push(ms);
    }
    Ok(speed(&mut times, samples as f64 / 16_000.0))
}

fn speed(times: &mut [f64], step_seconds: f64) -> Speed {
    times.sort_by(f64::total_cmp);
    let latency_ms = times.get(times.len() / 2).copied().unwrap_or(0.0);
    let real_time_factor = latency_ms / 1_000.0 / step_seconds.max(f64::MIN_POSITIVE);
    Speed { real_time_factor, latency_ms, step_seconds }
}

/// A voice's step is a sentence, its latency that of the first sound.
fn voice() -> anyhow::Result<Speed> {
    let mut voice = Flite::load()?;
    let (mut firsts, mut factors, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let mut say = |whole: bool| {
            let mut length = 0.0;
            let spoken = voice.speak(SENTENCE, &VoiceStyle::default(), &mut |chunk| {
                length += chunk.samples.len() as f64 / f64::from(chunk.rate.hz());
                if whole { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            spoken.map(|()| length)
        };
        let (done, ms) = timed(|| say(false));
        done?;
        firsts.push(ms);
        let (done, ms) = timed(|| say(true));
        let length: f64 = done?;
        factors.push(ms / 1_000.0 / length.max(f64::MIN_POSITIVE));
        lengths.push(length);
    }
    let first = speed(&mut firsts, 1.0);
    factors.sort_by(f64::total_cmp);
    Ok(Speed {
        real_time_factor: factors.get(factors.len() / 2).copied().unwrap_or(0.0),
        latency_ms: first.latency_ms,
        step_seconds: lengths.first().copied().unwrap_or(0.0),
    })
}

/// A step of a Whisper model, which hears 30 s at once however short a stretch is.
#[cfg(feature = "whisper")]
fn whisper(path: &Path, stretch: &[i16]) -> anyhow::Result<Speed> {
    let mut hearer = callwright_models::whisper::Whisper::load(path)?.hearer()?;
    steps(3, stretch.len(), || Ok(hearer.recognize(&[stretch]).map(drop)?))
}

#[cfg(not(feature = "whisper"))]
fn whisper(_: &Path, _: &[i16]) -> anyhow::Result<Speed> {
    Err(crate::transcribe::TranscribeError::NoWhisper.into())
}

/// The Whisper models that are installed, and where; none for a program that cannot run them.
fn whispers(folder: &Path, place: &FolderArgs) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let downloads = shelf::downloads(place.catalog.as_ref())?;
    let there = downloads
        .iter()
        .filter(|_| cfg!(feature = "whisper"))
        .filter(|download| download.task == "transcription")
        .filter(|download| shelf::Model::Pulled(download).is_installed(folder));
    Ok(there
        .filter_map(|download| {
            let path = download.files.first()?.paths().next()?;
            Some((download.name.clone(), folder.join(path)))
        })
        .collect())
}

const RECORD: &str = ".speeds.json";
const SAMPLE: &str = "samples/two_cities.wav";
const SENTENCE: &str = "Thank you for calling. You are booked for Tuesday at half past two.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_the_median_of_its_steps() {
        let found = speed(&mut [50.0, 1.0, 20.0], 2.0);
        assert_eq!((found.latency_ms, found.real_time_factor), (20.0, 0.01));
    }

    #[test]
    fn what_was_never_measured_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        assert!(known(folder.path()).is_empty());
        let speeds = Speeds::from([("one".to_owned(), speed(&mut [1.0], 1.0))]);
        std::fs::write(folder.path().join(RECORD), serde_json::to_string(&speeds).unwrap())
            .unwrap();
        assert_eq!(known(folder.path()), speeds);
    }
}
