//! `callwright models try`: what each model makes of any sound file, one line of JSON for each, so that anybody can measure
//! them on recordings of their own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use callwright_media::SampleRate;
use callwright_media::g711::{ulaw_decode, ulaw_encode};
use callwright_models::contract::{
    EMOTION_SPAN, EmotionModel as _, EmotionStep, JUDGE_SPAN, SlotId, Transcriber as _,
    TurnJudge as _,
};
use callwright_models::emotion::EmotionNet;
use callwright_models::moonshine::Moonshine;
use callwright_models::recording::{MoonshineTranscriber, SpeechFinder, Stretch};
use callwright_models::silero::SileroDetector;
use callwright_models::smart_turn::SmartTurn;
use serde_json::{Value, json};

use super::FolderArgs;
use crate::simulate::speech::resample;
use crate::transcribe::mono;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TrialArgs {
    /// What to try
    #[arg(value_enum, value_name = "TASK")]
    task: Task,
    /// Sound files: WAV, FLAC, MP3, Ogg Vorbis or M4A
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// As it is, or through a telephone first (8 kHz, u-law)
    #[arg(long, value_enum, default_value_t = Band::File)]
    band: Band,
    /// One JSON document for each file, on a line of its own; there is no other form yet
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: FolderArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Task {
    /// Where somebody speaks
    Vad,
    /// Whether the speaker's turn is over at the end of the file
    Turn,
    /// What is said
    Asr,
    /// How the speaker sounds
    Emotion,
    /// Whether an answering machine speaks
    Amd,
    /// Who speaks when
    Speaker,
    /// What a voice is like, as numbers
    Embed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Band {
    /// As the file has it
    File,
    /// 8 kHz, u-law
    Telephone,
}

/// Something that hears a file.
trait Listener {
    /// What it makes of the sound: mono at 16 kHz.
    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value>;
}

/// Exit status: 0 when every file was heard, 1 when some could not be.
pub(super) fn run(out: &mut impl Write, args: TrialArgs) -> anyhow::Result<ExitCode> {
    let mut listener = listener(args.task, &args.place.folder())?;
    let mut status = ExitCode::SUCCESS;
    for file in &args.files {
        let heard = mono(file).map_err(anyhow::Error::from).and_then(|sound| {
            let sound = through(args.band, sound)?;
            let (heard, ms) = timed(|| listener.hear(&sound));
            Ok((sound.len() as f64 / 16_000.0, heard?, ms))
        });
        let line = match heard {
            Ok((seconds, heard, ms)) => {
                json!({ "file": file, "seconds": seconds, "heard": heard, "ms": ms })
            }
            Err(error) => {
                status = ExitCode::FAILURE;
                json!({ "file": file, "error": format!("{error:#}") })
            }
        };
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(status)
}

fn listener(task: Task, models: &Path) -> anyhow::Result<Box<dyn Listener>> {
    Ok(match task {
        Task::Vad => Box::new(Speech(SileroDetector::load(models, 1)?)),
        Task::Turn => Box::new(Turn(SmartTurn::load(models)?)),
        Task::Asr => Box::new(Words {
            detector: SileroDetector::load(models, 1)?,
            model: MoonshineTranscriber(Moonshine::load(models)?),
        }),
        Task::Emotion => Box::new(Emotion(EmotionNet::load(models, 1)?)),
        Task::Amd | Task::Speaker | Task::Embed => {
            bail!(
                "this program has no model of that task yet; vad, turn, asr and emotion can be tried"
            )
        }
    })
}

struct Speech(SileroDetector);

impl Listener for Speech {
    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value> {
        let mut finder = SpeechFinder::new(SlotId(0));
        finder.hear(&mut self.0, sound)?;
        let found = finder.regions();
        let speech: usize = found.iter().map(Stretch::len).sum();
        let regions: Vec<[f64; 2]> =
            found.iter().map(|region| [seconds(region.start), seconds(region.end)]).collect();
        Ok(json!({ "model": "silero-vad", "speech_seconds": seconds(speech), "speech": regions }))
    }
}

struct Turn(SmartTurn);

impl Listener for Turn {
    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value> {
        let turn = sound.get(sound.len().saturating_sub(JUDGE_SPAN)..).unwrap_or_default();
        let mut over = [0.0];
        self.0.judge(&[turn], &mut over)?;
        Ok(json!({ "model": "smart-turn-v3.2", "over": over[0] }))
    }
}

struct Words {
    detector: SileroDetector,
    model: MoonshineTranscriber,
}

impl Listener for Words {
    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value> {
        let mut text = Vec::new();
        let mut words = Vec::new();
        for stretch in stretches(&mut self.detector, sound, self.model.stretch_max())? {
            let samples = sound.get(stretch.clone()).unwrap_or_default();
            let heard = self.model.transcribe(samples, None)?.recognition;
            words.extend(heard.words.iter().map(|word| {
                json!({
                    "text": heard.text.get(word.range.clone()),
                    "from": seconds(stretch.start + word.span.start),
                    "upto": seconds(stretch.start + word.span.end),
                    "confidence": word.confidence,
                })
            }));
            if !heard.text.is_empty() {
                text.push(heard.text);
            }
        }
        Ok(json!({ "model": "moonshine-tiny-en", "text": text.join(" "), "words": words }))
    }
}

struct Emotion(EmotionNet);

impl Listener for Emotion {
    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value> {
        let utterance = sound.get(sound.len().saturating_sub(EMOTION_SPAN)..).unwrap_or_default();
        let mut heard = [None];
        // Every file is another speaker.
        let step = EmotionStep { slot: SlotId(0), fresh: true, utterance };
        self.0.judge(&[step], &mut heard)?;
        let [heard] = heard;
        Ok(match heard {
            // Too little voice to tell.
            None => json!({ "model": "emotion", "voice_ms": null }),
            Some(heard) => {
                let [neutral, happy, sad, angry] = heard.classes;
                json!({
                    "model": "emotion", "arousal": heard.arousal, "valence": heard.valence,
                    "neutral": neutral, "happy": happy, "sad": sad, "angry": angry,
                    "voice_ms": heard.voice_ms,
                })
            }
        })
    }
}

/// Where somebody speaks.
fn stretches(
    detector: &mut SileroDetector,
    sound: &[i16],
    longest: usize,
) -> anyhow::Result<Vec<Stretch>> {
    let mut finder = SpeechFinder::new(SlotId(0));
    finder.hear(detector, sound)?;
    Ok(finder.stretches(sound.len(), longest))
}

fn through(band: Band, sound: Vec<i16>) -> anyhow::Result<Vec<i16>> {
    if band == Band::File {
        return Ok(sound);
    }
    let narrow = resample(&sound, SampleRate::Hz16000, SampleRate::Hz8000)?;
    let narrow: Vec<i16> = narrow.iter().map(|&sample| ulaw_decode(ulaw_encode(sample))).collect();
    resample(&narrow, SampleRate::Hz8000, SampleRate::Hz16000).context("the telephone's rate")
}

/// What `work` gives, and how many milliseconds it took.
#[expect(clippy::disallowed_methods, reason = "measuring is what it is for")]
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let done = work();
    (done, (begun.elapsed().as_secs_f64() * 1e6).round() / 1e3)
}

fn seconds(samples: usize) -> f64 {
    samples as f64 / 16_000.0
}
