//! `callwright models bench`: how fast each installed model is on this machine, and what was found the last time.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use callwright_models::answering::AnswerDetector;
use callwright_models::contract::{
    BLOCK_SAMPLES, DETECTOR_WINDOW, DetectorStep, EmotionModel as _, EmotionStep, Recognizer as _,
    SlotId, SpeechDetector as _, Synthesizer, TurnJudge as _, VoiceStyle,
};
use callwright_models::emotion::EmotionNet;
use callwright_models::flite::Flite;
use callwright_models::minilm::MiniLm;
use callwright_models::moonshine::Moonshine;
use callwright_models::silero::SileroDetector;
use callwright_models::smart_turn::SmartTurn;
use callwright_models::speaker::{self, PASSAGE_MAX, SpeakerEncoder};
use callwright_models::voices::{VoiceOptions, Voices};
use serde::{Deserialize, Serialize};

use super::FolderArgs;
use super::shelf;
use super::trial::timed;
use crate::doctor::installed::megabytes;
use crate::transcribe::mono;

/// What one model was seen to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Speed {
    /// Seconds of one core for one second of sound; 0 for what reads text.
    pub(super) real_time_factor: f64,
    /// The median time of one step, in milliseconds.
    pub(super) latency_ms: f64,
    /// Length of the sound of one step, in seconds; 0 for a line of text.
    pub(super) step_seconds: f64,
    /// How long it took to load, in milliseconds.
    #[serde(default)]
    pub(super) load_ms: f64,
    /// Octets that a process grew by when the model was loaded and took its steps.
    #[serde(default)]
    pub(super) memory: Option<u64>,
}

/// By the models' names.
pub(super) type Speeds = BTreeMap<String, Speed>;

/// What was measured in this folder the last time; nothing, if it never was.
pub(super) fn known(folder: &Path) -> Speeds {
    let text = std::fs::read_to_string(folder.join(RECORD)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// `only`: measures this model in this process, and writes what was found as JSON. Without it every model is measured
/// in a process of its own, so that its memory is its own.
pub(super) fn run(
    out: &mut impl Write,
    place: &FolderArgs,
    json: bool,
    only: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let folder = place.folder();
    if let Some(name) = only {
        let speed = measure(&folder, place, name)?;
        writeln!(out, "{}", serde_json::to_string(&speed)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut speeds = Speeds::new();
    let mut failed = false;
    for name in names(&folder, place)? {
        match apart(&folder, place, &name) {
            Ok(speed) => {
                speeds.insert(name, speed);
            }
            Err(why) => {
                failed = true;
                // What can be measured is told all the same.
                let _closed = writeln!(std::io::stderr(), "{name} could not be measured: {why:#}");
            }
        }
    }
    let text = serde_json::to_string_pretty(&speeds)?;
    // A folder that is shared and read-only keeps no record.
    let _kept = std::fs::write(folder.join(RECORD), &text);
    if json {
        writeln!(out, "{}", serde_json::to_string(&speeds)?)?;
    } else {
        table(out, &speeds)?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn table(out: &mut impl Write, speeds: &Speeds) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<26} {:>10} {:>11} {:>9} {:>9} {:>9}",
        "model", "real-time", "a step", "of sound", "load", "memory"
    )?;
    for (name, speed) in speeds {
        let sound = speed.step_seconds;
        let of_sound = if sound > 0.0 { format!("{sound:.3} s") } else { "a line".to_owned() };
        writeln!(
            out,
            "{name:<26} {:>10.5} {:>8.2} ms {of_sound:>9} {:>6.0} ms {:>9}",
            speed.real_time_factor,
            speed.latency_ms,
            speed.load_ms,
            speed.memory.map(megabytes).unwrap_or_default(),
        )?;
    }
    writeln!(
        out,
        "\nReal-time: seconds of one core for a second of sound. A step: the median of several; a voice's is the time to its \
         first sound.\nMemory: what the process grew by when the model was loaded and took its steps."
    )
}

/// The models that can be measured here, in the order of the list.
fn names(folder: &Path, place: &FolderArgs) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = ALWAYS.iter().map(|name| (*name).to_owned()).collect();
    let downloads = shelf::downloads(place.catalog.as_ref())?;
    let there = |name: &str| {
        let model = downloads.iter().find(|download| download.name == name);
        model.is_some_and(|model| shelf::Model::Pulled(model).is_installed(folder))
    };
    names
        .extend([MINILM, speaker::MODEL].map(str::to_owned).into_iter().filter(|name| there(name)));
    names.extend(neural_voices(folder));
    names.extend(whispers(folder, place)?.into_iter().map(|(name, _)| name));
    Ok(names)
}

/// Measures a model in a process of its own.
fn apart(folder: &Path, place: &FolderArgs, name: &str) -> anyhow::Result<Speed> {
    let program = std::env::current_exe().context("where this program lies is not known")?;
    let mut command = std::process::Command::new(program);
    command.args(["models", "bench", "--only", name, "--models"]).arg(folder);
    if let Some(catalog) = &place.catalog {
        command.arg("--catalog").arg(catalog);
    }
    let done = command.output().context("the measuring process cannot be started")?;
    if !done.status.success() {
        anyhow::bail!("{}", String::from_utf8_lossy(&done.stderr).trim());
    }
    serde_json::from_slice(&done.stdout).context("the measuring process said something else")
}

fn measure(folder: &Path, place: &FolderArgs, name: &str) -> anyhow::Result<Speed> {
    let sample = folder.join(SAMPLE);
    let sound = mono(&sample)
        .with_context(|| format!("{} is what the models are measured on", sample.display()))?;
    let part =
        |seconds: usize| sound.get(..(seconds * 16_000).min(sound.len())).unwrap_or_default();
    // The runtime is there for all of them, so that its library counts for none.
    callwright_models::runtime::open(folder)?;
    let before = resident();
    let (mut speed, load_ms) = match name {
        "silero-vad" => detector(folder, part(10))?,
        "smart-turn-v3.2" => {
            let (judge, ms) = timed(|| SmartTurn::load(folder));
            let (mut judge, turn) = (judge?, part(8));
            (steps(9, turn.len(), || Ok(judge.judge(&[turn], &mut [0.0])?))?, ms)
        }
        "moonshine-tiny-en" => {
            let (recognizer, ms) = timed(|| Moonshine::load(folder));
            let (mut recognizer, utterance) = (recognizer?, part(4));
            (steps(9, utterance.len(), || Ok(recognizer.recognize(&[utterance]).map(drop)?))?, ms)
        }
        "emotion" => {
            let (net, ms) = timed(|| EmotionNet::load(folder, 1));
            let (mut net, utterance) = (net?, part(4));
            let step = EmotionStep { slot: SlotId(0), fresh: true, gone_on: false, utterance };
            (steps(9, utterance.len(), || Ok(net.judge(&[step], &mut [None])?))?, ms)
        }
        "answering" => answering(part(2))?,
        MINILM => {
            let (model, ms) = timed(|| MiniLm::load(folder));
            let mut model = model?;
            (steps(9, 0, || Ok(model.meanings(&[SENTENCE]).map(drop)?))?, ms)
        }
        speaker::MODEL => encoder(folder, part(10))?,
        "flite" => {
            let (voice, ms) = timed(Flite::load);
            (speak(&mut voice?, &VoiceStyle::default())?, ms)
        }
        other if other.starts_with(VOICE) => neural(folder, other.trim_start_matches(VOICE))?,
        other => {
            let whispers = whispers(folder, place)?;
            let path = whispers.into_iter().find(|(name, _)| name == other).map(|(_, path)| path);
            let path = path.with_context(|| format!("{other} is not installed"))?;
            whisper(&path, part(10))?
        }
    };
    speed.load_ms = load_ms;
    speed.memory = before.and_then(|before| resident()?.checked_sub(before));
    Ok(speed)
}

/// Octets of memory that this process has in use.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibioctets: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibioctets * 1_024)
}

fn detector(folder: &Path, sound: &[i16]) -> anyhow::Result<(Speed, f64)> {
    let (detector, ms) = timed(|| SileroDetector::load(folder, 1));
    let mut detector = detector?;
    let windows: Vec<&[i16; DETECTOR_WINDOW]> = sound.as_chunks().0.iter().collect();
    let mut windows = windows.into_iter().cycle();
    let speed = steps(300, DETECTOR_WINDOW, || {
        let Some(window) = windows.next() else { return Ok(()) };
        let step = DetectorStep { slot: SlotId(0), fresh: false, window };
        Ok(detector.step(&[step], &mut [0.0])?)
    })?;
    Ok((speed, ms))
}

/// A step of the voice encoder is as many passages as it hears at once, 0.4 s apart, as in a mixed recording.
fn encoder(folder: &Path, sound: &[i16]) -> anyhow::Result<(Speed, f64)> {
    let (encoder, ms) = timed(|| SpeakerEncoder::load(folder));
    let mut encoder = encoder?;
    let passages: Vec<_> = (0..16).map(|n| n * 6_400..n * 6_400 + PASSAGE_MAX).collect();
    let speed = steps(9, 16 * 6_400, || Ok(encoder.passages(sound, &passages).map(drop)?))?;
    Ok((speed, ms))
}

/// A step of the answering-machine detector is a block.
fn answering(sound: &[i16]) -> anyhow::Result<(Speed, f64)> {
    let (mut detector, ms) = timed(AnswerDetector::new);
    let blocks: &[[i16; BLOCK_SAMPLES]] = sound.as_chunks().0;
    let mut blocks = blocks.iter().cycle();
    let speed = steps(2_000, BLOCK_SAMPLES, || {
        let Some(block) = blocks.next() else { return Ok(()) };
        detector.hear(block, |_| {});
        Ok(())
    })?;
    Ok((speed, ms))
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
    // A line of text has no length in time.
    let real_time_factor =
        if step_seconds > 0.0 { latency_ms / 1_000.0 / step_seconds } else { 0.0 };
    Speed { real_time_factor, latency_ms, step_seconds, load_ms: 0.0, memory: None }
}

/// A voice's step is a sentence, its latency that of the first sound.
fn speak(voice: &mut dyn Synthesizer, style: &VoiceStyle) -> anyhow::Result<Speed> {
    let (mut firsts, mut factors, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let mut say = |whole: bool| {
            let mut length = 0.0;
            let spoken = voice.speak(SENTENCE, style, &mut |chunk| {
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
        step_seconds: lengths.first().copied().unwrap_or(0.0),
        ..first
    })
}

/// Every Piper voice that is installed, and one of Kokoro's, which are all of one model.
fn neural_voices(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut kokoro = false;
    for fact in Voices::load(folder, &fresh()).iter().flat_map(|voices| voices.facts()) {
        let is_first = fact.engine == "kokoro" && !kokoro;
        kokoro |= is_first;
        if fact.engine == "piper" || is_first {
            names.push(format!("{VOICE}{}", fact.name));
        }
    }
    names
}

/// Keeps nothing, so that every sentence is made.
fn fresh() -> VoiceOptions {
    VoiceOptions { cache_bytes: 0, ..VoiceOptions::default() }
}

/// A voice that was brought, with all that is loaded beside it.
fn neural(folder: &Path, name: &str) -> anyhow::Result<(Speed, f64)> {
    let (voices, ms) = timed(|| Voices::load(folder, &fresh()));
    Ok((speak(&mut voices?, &VoiceStyle::of(name))?, ms))
}

/// A step of a Whisper model, which hears 30 s at once however short a stretch is.
#[cfg(feature = "whisper")]
fn whisper(path: &Path, stretch: &[i16]) -> anyhow::Result<(Speed, f64)> {
    let (hearer, ms) = timed(|| callwright_models::whisper::Whisper::load(path)?.hearer());
    let mut hearer = hearer?;
    Ok((steps(3, stretch.len(), || Ok(hearer.recognize(&[stretch]).map(drop)?))?, ms))
}

#[cfg(not(feature = "whisper"))]
fn whisper(_: &Path, _: &[i16]) -> anyhow::Result<(Speed, f64)> {
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

/// What every server can be measured with.
const ALWAYS: &[&str] =
    &["silero-vad", "smart-turn-v3.2", "moonshine-tiny-en", "emotion", "answering", "flite"];
const VOICE: &str = "voice ";
const MINILM: &str = "all-minilm-l6-v2";
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
        let one = Speed { memory: Some(5), ..speed(&mut [1.0], 1.0) };
        let speeds = Speeds::from([("one".to_owned(), one)]);
        std::fs::write(folder.path().join(RECORD), serde_json::to_string(&speeds).unwrap())
            .unwrap();
        assert_eq!(known(folder.path()), speeds);
        // A record of an earlier version says less.
        let early = r#"{"one": {"real_time_factor": 0.1, "latency_ms": 2, "step_seconds": 3}}"#;
        std::fs::write(folder.path().join(RECORD), early).unwrap();
        assert_eq!(known(folder.path())["one"].memory, None);
    }
}
