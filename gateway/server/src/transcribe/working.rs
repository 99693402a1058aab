//! The models at work: speech is found first, and only stretches of speech are written down.

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use callwright_models::contract::{Language, SlotId, Transcriber};
use callwright_models::lanes::{self, TranscriberLane, TranscriptJob};
use callwright_models::moonshine::Moonshine;
use callwright_models::recording::{MoonshineTranscriber, SpeechFinder, Stretch};
use callwright_models::silero::SileroDetector;
use callwright_models::speaker::Diarized;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::TranscribeError;
use super::choice::Choice;
use super::sound::channels;
use super::speakers::Apart;
use super::transcript::{Line, Transcript};

/// Everything that is needed to write down one file after the other.
pub(super) struct Workshop {
    lane: TranscriberLane,
    detector: Mutex<SileroDetector>,
    language: Option<Language>,
    model: String,
    stretch_max: usize,
    apart: Option<Apart>,
}

impl Workshop {
    /// Loads the models.
    pub(super) fn open(
        choice: &Choice,
        models: &Path,
        language: Option<Language>,
        at_a_time: Option<NonZeroUsize>,
    ) -> Result<Self, TranscribeError> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let workers = workers(choice, models, language.as_ref(), at_a_time.unwrap_or(cores))?;
        let stretch_max = workers.iter().map(|worker| worker.stretch_max()).min().unwrap_or(1);
        Ok(Self {
            detector: Mutex::new(SileroDetector::load(models, 2)?),
            lane: lanes::transcriber(workers)?,
            language,
            model: choice.name().to_owned(),
            stretch_max,
            apart: None,
        })
    }

    /// With something that tells the speakers of a mixed recording apart, if that is wanted.
    pub(super) fn telling(self, apart: Option<Apart>) -> Self {
        Self { apart, ..self }
    }

    /// Writes down one file.
    pub(super) fn transcribe(&self, path: &Path) -> Result<Transcript, TranscribeError> {
        let bar = bar(path);
        let sides = channels(path)?;
        let mut found: Vec<(usize, Stretch)> = Vec::new();
        bar.set_length(seconds(sides.iter().map(Vec::len).sum()));
        let mut voices = Diarized::default();
        for (side, samples) in sides.iter().enumerate() {
            let finder = self.finder(side, samples)?;
            if let (Some(apart), [mixed]) = (&self.apart, &*sides) {
                bar.set_message("telling voices apart");
                voices = apart.find(mixed, &finder.clone().regions())?;
            }
            let stretches = finder.stretches(samples.len(), self.stretch_max);
            found.extend(stretches.into_iter().map(|stretch| (side, stretch)));
        }
        let speech: usize = found.iter().map(|(_, stretch)| stretch.len()).sum();
        bar.set_length(seconds(speech));
        bar.set_message("writing down");
        let (lines, language) =
            self.hear(path, Sound { sides: &sides, voices: &voices }, &found, &bar)?;
        bar.finish_and_clear();
        let samples = sides.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Transcript {
            file: path.display().to_string(),
            model: self.model.clone(),
            language: language.map(|language| language.code().to_owned()),
            seconds: samples as f64 / 16_000.0,
            speakers: sides.len().max(voices.voices.len()),
            lines,
        })
    }

    fn finder(&self, side: usize, samples: &[i16]) -> Result<SpeechFinder, TranscribeError> {
        let mut detector = self.detector.lock().unwrap_or_else(PoisonError::into_inner);
        let mut finder = SpeechFinder::new(SlotId(u16::try_from(side).unwrap_or(0)));
        finder.hear(&mut *detector, samples)?;
        Ok(finder)
    }

    /// All lines in the order in which they began, and the language of most of what was said.
    fn hear(
        &self,
        path: &Path,
        sound: Sound<'_>,
        found: &[(usize, Stretch)],
        bar: &ProgressBar,
    ) -> Result<(Vec<Line>, Option<Language>), TranscribeError> {
        let mut lines = Vec::new();
        let mut languages: Vec<(Language, usize)> = Vec::new();
        // As many at a time as the lane's queue holds, so that memory is bounded however long the file is.
        for group in found.chunks(lanes::TRANSCRIPT_JOBS) {
            let asked: Vec<_> = group
                .iter()
                .map(|(side, stretch)| {
                    let samples = sound.sides.get(*side).and_then(|side| side.get(stretch.clone()));
                    self.lane.ask(TranscriptJob {
                        samples: samples.unwrap_or_default().into(),
                        language: self.language.clone(),
                    })
                })
                .collect();
            for ((side, stretch), ticket) in group.iter().zip(asked) {
                let heard = ticket.wait().ok_or_else(|| TranscribeError::Failed {
                    path: path.to_owned(),
                    seconds: stretch.start / 16_000,
                })?;
                bar.inc(seconds(stretch.len()));
                lines.extend(Line::of(&heard.recognition, stretch.start, |sample| {
                    side + 1 + sound.voices.speaker_at(sample)
                }));
                let Some(language) = heard.language else { continue };
                match languages.iter_mut().find(|(known, _)| *known == language) {
                    Some((_, length)) => *length += stretch.len(),
                    None => languages.push((language, stretch.len())),
                }
            }
        }
        lines.sort_by(|a, b| a.from.total_cmp(&b.from));
        let main = languages.into_iter().max_by_key(|(_, length)| *length);
        Ok((lines, main.map(|(language, _)| language)))
    }
}

/// A recording: its channels, and who speaks when where there is one.
#[derive(Clone, Copy)]
struct Sound<'a> {
    sides: &'a [Vec<i16>],
    voices: &'a Diarized,
}

fn workers(
    choice: &Choice,
    models: &Path,
    language: Option<&Language>,
    at_a_time: NonZeroUsize,
) -> Result<Vec<Box<dyn Transcriber>>, TranscribeError> {
    let unknown = |language: &Language| TranscribeError::Language {
        model: choice.name().to_owned(),
        language: language.code().to_owned(),
    };
    match choice {
        Choice::Moonshine => {
            if let Some(other) = language.filter(|language| language.code() != "en") {
                return Err(unknown(other));
            }
            (0..at_a_time.get())
                .map(|_| {
                    let model = MoonshineTranscriber(Moonshine::load(models)?);
                    Ok(Box::new(model) as Box<dyn Transcriber>)
                })
                .collect()
        }
        #[cfg(feature = "whisper")]
        Choice::Whisper { path, .. } => {
            let whisper = callwright_models::whisper::Whisper::load(path)?;
            if let Some(other) = language.filter(|language| !whisper.knows(language)) {
                return Err(unknown(other));
            }
            (0..at_a_time.get())
                .map(|_| Ok(Box::new(whisper.hearer()?) as Box<dyn Transcriber>))
                .collect()
        }
        #[cfg(not(feature = "whisper"))]
        Choice::Whisper { .. } => Err(TranscribeError::NoWhisper),
    }
}

/// A bar on the standard error, if that is a terminal.
fn bar(path: &Path) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let template = "{prefix} {bar:30} {pos}/{len} s  {msg}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    bar.set_message("looking for speech");
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn seconds(samples: usize) -> u64 {
    (samples / 16_000) as u64
}
