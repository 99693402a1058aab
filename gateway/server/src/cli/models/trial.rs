//! `callwright models try`: what each model makes of any sound file, one line of JSON for each, so that anybody can measure
//! them on recordings of their own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use callwright_media::SampleRate;
use callwright_media::g711::{ulaw_decode, ulaw_encode};
use callwright_models::answering::Answerer;
use callwright_models::contract::{
    EMOTION_SPAN, EmotionModel as _, EmotionStep, JUDGE_SPAN, Recognizer as _, SamplePos, SlotId,
    Transcriber as _, TurnJudge as _,
};
use callwright_models::emotion::EmotionNet;
use callwright_models::minilm::{DIMENSIONS, MiniLm, cosine};
use callwright_models::moonshine::Moonshine;
use callwright_models::recording::{MoonshineTranscriber, SpeechFinder, Stretch};
use callwright_models::silero::SileroDetector;
use callwright_models::smart_turn::SmartTurn;
use callwright_models::speaker::{
    self, SpeakerEncoder, Speakers, VoiceEmbedding, diarize, likeness,
};
use serde_json::{Value, json};

use super::FolderArgs;
use crate::answering::answered;
use crate::simulate::speech::resample;
use crate::transcribe::{mono, speakers};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TrialArgs {
    /// What to try
    #[arg(value_enum, value_name = "TASK")]
    task: Task,
    /// Sound files: WAV, FLAC, MP3, Ogg Vorbis or M4A; for embed also texts, a sentence a line
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// As it is, or through a telephone first (8 kHz, u-law)
    #[arg(long, value_enum, default_value_t = Band::File)]
    band: Band,
    /// For speaker: how many people speak, a number or `auto`
    #[arg(long, value_name = "NUMBER", default_value = "auto", value_parser = speakers)]
    speakers: Speakers,
    /// For speaker: also what each voice sounds like, 256 numbers that tell who somebody is
    #[arg(long)]
    full: bool,
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
    /// Whether a person or a machine answered, as if the file were a call from its answering on
    Amd,
    /// Who speaks when
    Speaker,
    /// What the lines of a text file (.txt) mean, or the words of a sound, as numbers
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

    /// The file that is heard next.
    fn next(&mut self, _: &Path) {}

    /// What it makes of a text.
    fn read(&mut self, _: &str) -> anyhow::Result<Value> {
        bail!("this model hears sound and reads no text")
    }
}

fn is_text(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("txt"))
}

/// A text file of a size that somebody wrote.
fn text(file: &Path) -> anyhow::Result<String> {
    let length = std::fs::metadata(file)?.len();
    if length > TEXT_MAX {
        bail!("it has {length} octets, and texts of up to {TEXT_MAX} are read");
    }
    Ok(std::fs::read_to_string(file)?)
}

const TEXT_MAX: u64 = 1 << 20;

/// Exit status: 0 when every file was heard, 1 when some could not be.
pub(super) fn run(out: &mut impl Write, args: TrialArgs) -> anyhow::Result<ExitCode> {
    let mut listener = listener(&args)?;
    let mut status = ExitCode::SUCCESS;
    for file in &args.files {
        listener.next(file);
        let heard = if args.task == Task::Embed && is_text(file) {
            text(file).and_then(|text| {
                let (heard, ms) = timed(|| listener.read(&text));
                Ok((None, heard?, ms))
            })
        } else {
            mono(file).map_err(anyhow::Error::from).and_then(|sound| {
                let sound = through(args.band, sound)?;
                let (heard, ms) = timed(|| listener.hear(&sound));
                Ok((Some(seconds(sound.len())), heard?, ms))
            })
        };
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

fn listener(args: &TrialArgs) -> anyhow::Result<Box<dyn Listener>> {
    let models = &args.place.folder();
    Ok(match args.task {
        Task::Vad => Box::new(Speech(SileroDetector::load(models, 1)?)),
        Task::Turn => Box::new(Turn(SmartTurn::load(models)?)),
        Task::Asr => Box::new(Words::load(models)?),
        Task::Emotion => Box::new(Emotion(EmotionNet::load(models, 1)?)),
        Task::Amd => Box::new(Answering(Moonshine::load(models)?)),
        Task::Embed => {
            Box::new(Meanings { model: MiniLm::load(models)?, words: Words::load(models)? })
        }
        Task::Speaker => Box::new(Voices {
            detector: SileroDetector::load(models, 1)?,
            encoder: SpeakerEncoder::load(models)?,
            speakers: args.speakers,
            full: args.full,
            file: PathBuf::new(),
            earlier: Vec::new(),
        }),
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

impl Words {
    fn load(models: &Path) -> anyhow::Result<Self> {
        let detector = SileroDetector::load(models, 1)?;
        Ok(Self { detector, model: MoonshineTranscriber(Moonshine::load(models)?) })
    }
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
        let step = EmotionStep { slot: SlotId(0), fresh: true, gone_on: false, utterance };
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

/// Of the lines of a text, or of all that is said in a sound.
struct Meanings {
    model: MiniLm,
    words: Words,
}

impl Listener for Meanings {
    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value> {
        let heard = self.words.hear(sound)?;
        self.read(heard.get("text").and_then(Value::as_str).unwrap_or_default())
    }

    fn read(&mut self, text: &str) -> anyhow::Result<Value> {
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let meanings = self.model.meanings(&lines)?;
        let cosines: Vec<Vec<f32>> = meanings
            .iter()
            .map(|one| meanings.iter().map(|other| cosine(one, other)).collect())
            .collect();
        let vectors: Vec<&[f32]> = meanings.iter().map(<[f32; DIMENSIONS]>::as_slice).collect();
        Ok(json!({
            "model": "all-minilm-l6-v2", "texts": lines, "cosines": cosines, "vectors": vectors,
        }))
    }
}

/// Who speaks when, and how like the voices of the earlier files the one is that is heard most.
struct Voices {
    detector: SileroDetector,
    encoder: SpeakerEncoder,
    speakers: Speakers,
    full: bool,
    file: PathBuf,
    earlier: Vec<(PathBuf, VoiceEmbedding)>,
}

impl Listener for Voices {
    fn next(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
    }

    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value> {
        let mut finder = SpeechFinder::new(SlotId(0));
        finder.hear(&mut self.detector, sound)?;
        let regions = finder.regions();
        let found = diarize(&mut self.encoder, sound, &regions, self.speakers)?;
        let spoken = found.spoken();
        let people: Vec<Value> = found
            .voices
            .iter()
            .zip(&spoken)
            .enumerate()
            .map(|(place, (voice, &samples))| {
                let mut person = json!({ "speaker": place + 1, "seconds": seconds(samples) });
                if self.full {
                    person["embedding"] = json!(voice.values().as_slice());
                }
                person
            })
            .collect();
        let turns: Vec<Value> = found
            .turns
            .iter()
            .map(|turn| {
                let (from, upto) = (seconds(turn.range.start), seconds(turn.range.end));
                json!({ "speaker": turn.speaker + 1, "from": from, "upto": upto })
            })
            .collect();
        // Of several who spoke as long, the first.
        let most = (0..spoken.len()).rev().max_by_key(|&place| spoken.get(place));
        let main = most.and_then(|place| found.voices.get(place));
        let similar: Vec<Value> = self
            .earlier
            .iter()
            .filter_map(|(file, voice)| {
                let main = main?;
                let (cosine, likeness) = (main.cosine(voice), likeness(main, voice));
                Some(json!({ "file": file, "cosine": cosine, "likeness": likeness }))
            })
            .collect();
        if let Some(main) = main {
            self.earlier.push((self.file.clone(), main.clone()));
        }
        Ok(json!({
            "model": speaker::MODEL, "speakers": people, "main_speaker": most.map(|place| place + 1),
            "turns": turns, "similar": similar,
        }))
    }
}

/// With the words that the recogniser has 0.4, 0.9 and 1.38 s after the greeting's beginning.
struct Answering(Moonshine);

impl Listener for Answering {
    fn hear(&mut self, sound: &[i16]) -> anyhow::Result<Value> {
        let mut words = |sound: &[i16]| {
            let heard = self.0.recognize(&[sound])?.pop().unwrap_or_default();
            Ok::<_, anyhow::Error>(heard.text)
        };
        let found = answered::<anyhow::Error>(sound, Some(&mut words))?;
        let at = |position: SamplePos| position.0 as f64 / 16_000.0;
        let verdicts: Vec<Value> = found
            .verdicts
            .iter()
            .map(|of| {
                json!({
                    "who": of.who.as_str(), "confidence": of.confidence, "decided": at(of.decided),
                })
            })
            .collect();
        let beeps: Vec<Value> = found
            .beeps
            .iter()
            .map(|beep| json!({ "ended": at(beep.ended), "told": at(beep.told), "hz": beep.hz, "ms": beep.ms }))
            .collect();
        let last = found.verdict(u64::MAX);
        let who = last.map_or(Answerer::Unknown, |(verdict, _)| verdict.who);
        Ok(json!({
            "model": "answering", "who": who.as_str(),
            "confidence": last.map_or(0.0, |(verdict, _)| verdict.confidence),
            "greeting": found.greeting.map(at),
            "decided": last.map(|(verdict, _)| at(verdict.decided)),
            "after_ms": last.map(|(_, after_ms)| after_ms),
            "within_1500_ms": found.verdict(1_500).map(|(verdict, _)| verdict.who.as_str()),
            "verdicts": verdicts, "beeps": beeps, "rings": found.rings, "words": found.words,
        }))
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
