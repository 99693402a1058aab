//! `callwright transcribe`: what was said in sound files, and when.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use callwright_media::file::DecodeError;
use callwright_models::contract::{Language, ModelError};
use callwright_models::lanes::LaneError;
use callwright_models::runtime::LoadError;
use callwright_models::speaker::Speakers;

use crate::config::Config;

mod choice;
mod sound;
mod speakers;
mod transcript;
mod working;
mod writing;

pub(crate) use sound::mono;
pub(crate) use speakers::speakers;

use choice::Choice;
use speakers::Apart;
use working::Workshop;
use writing::Format;

/// What is to be written down, and how.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Sound files: WAV, FLAC, MP3, Ogg Vorbis or M4A. Of two channels each is a speaker
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A model that `models list` names, or a ggml file [default: the largest Whisper that is installed, else moonshine-tiny-en]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Language of the speech by its code (`en`, `de`), or `auto` to find it out
    #[arg(long, value_name = "CODE", default_value = "auto", value_parser = language)]
    language: Spoken,
    /// How many people speak where all are in one channel: a number, `one`, or `auto` to find it out
    /// [default: auto where resemblyzer is installed, else one]
    #[arg(long, value_name = "NUMBER", value_parser = speakers)]
    speakers: Option<Speakers>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Txt)]
    format: Format,
    /// Folder to write into, one file for each sound file [default: the standard output]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print one JSON document for each file, on a line of its own
    #[arg(long, conflicts_with_all = ["format", "output"])]
    json: bool,
    /// Stretches to write down at a time, each on one core [default: one per core]
    #[arg(long, value_name = "NUMBER")]
    at_a_time: Option<std::num::NonZeroUsize>,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  callwright transcribe call.wav
  callwright transcribe --format srt --output captions/ *.mp3
  callwright transcribe --model whisper-base --language de anruf.ogg
      after `callwright models pull whisper-base`
  callwright transcribe --speakers 2 meeting.mp3
      after `callwright models pull resemblyzer`";

/// A language that was named, or is to be found out.
#[derive(Clone, Debug)]
struct Spoken(Option<Language>);

fn language(text: &str) -> Result<Spoken, String> {
    if text == "auto" {
        return Ok(Spoken(None));
    }
    Language::parse(text)
        .map(|language| Spoken(Some(language)))
        .ok_or_else(|| "a code of two or three small letters, or `auto`".to_owned())
}

/// Something could not be written down. Each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TranscribeError {
    /// There is no such model.
    #[error(
        "there is no model {0:?}: `callwright models list` names them, and a ggml file can be named by its path"
    )]
    NoModel(String),
    /// The model is known, but not here.
    #[error("{0} is not installed; `callwright models pull {0}` fetches it")]
    NotInstalled(String),
    /// The program lacks Whisper.
    #[error(
        "this program was built without Whisper; build it with the feature `whisper`, which is on by default"
    )]
    NoWhisper,
    /// The model does not know the language.
    #[error(
        "{model} does not know the language {language:?}; `callwright models list` says which knows many"
    )]
    Language {
        /// Which model.
        model: String,
        /// Which language.
        language: String,
    },
    /// A Whisper model cannot be loaded.
    #[cfg(feature = "whisper")]
    #[error(transparent)]
    Whisper(#[from] callwright_models::whisper::WhisperError),
    /// Another model cannot be loaded.
    #[error(transparent)]
    Models(#[from] LoadError),
    /// The threads.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// The speech detector or the voice encoder failed.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// The recogniser failed at a stretch of the file.
    #[error("{}: the model failed at {seconds} s", path.display())]
    Failed {
        /// Which file.
        path: PathBuf,
        /// Where in it.
        seconds: usize,
    },
    /// A file cannot be opened.
    #[error("cannot read {}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: io::Error,
    },
    /// A file holds no sound that can be read.
    #[error("{}: {why}", path.display())]
    Sound {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: DecodeError,
    },
    /// Two sound files would become one transcript.
    #[error("{} would be written twice; name the files that differ in their ending one by one", .0.display())]
    Twice(PathBuf),
    /// A transcript cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// Why not.
        why: io::Error,
    },
}

/// Writes down what `args` names. Files that cannot be read are named at the end; the others are written down.
///
/// Exit status: 0 when all were, 1 when some were not.
///
/// # Errors
/// [`TranscribeError`] when none can be.
pub fn run(args: Args) -> Result<ExitCode, TranscribeError> {
    let models = args.models.clone().unwrap_or_else(Config::default_models);
    let format = if args.json { Format::Json } else { args.format };
    let named = destinations(&args.files, args.output.as_deref(), format)?;
    let choice = Choice::make(args.model.as_deref(), &models)?;
    if let Some(note) = choice.note(args.model.is_none()) {
        complain(&note);
    }
    let apart = Apart::open(args.speakers, &models)?;
    let workshop = Workshop::open(&choice, &models, args.language.0, args.at_a_time)?;
    let workshop = workshop.telling(apart);
    let mut status = ExitCode::SUCCESS;
    for (file, destination) in args.files.iter().zip(named) {
        let written = workshop
            .transcribe(file)
            .and_then(|transcript| write(&format.write(&transcript), destination.as_deref()));
        if let Err(error) = written {
            complain(&error.to_string());
            status = ExitCode::FAILURE;
        }
    }
    Ok(status)
}

/// Where each transcript goes: `None` for the standard output.
fn destinations(
    files: &[PathBuf],
    output: Option<&Path>,
    format: Format,
) -> Result<Vec<Option<PathBuf>>, TranscribeError> {
    let Some(folder) = output else { return Ok(vec![None; files.len()]) };
    let mut named: Vec<Option<PathBuf>> = Vec::with_capacity(files.len());
    for file in files {
        let stem = file.file_stem().unwrap_or(file.as_os_str());
        let path = folder.join(stem).with_added_extension(format.extension());
        if named.iter().flatten().any(|other| *other == path) {
            return Err(TranscribeError::Twice(path));
        }
        named.push(Some(path));
    }
    std::fs::create_dir_all(folder)
        .map_err(|why| TranscribeError::Write { path: folder.to_owned(), why })?;
    Ok(named)
}

fn write(text: &str, destination: Option<&Path>) -> Result<(), TranscribeError> {
    match destination {
        Some(path) => std::fs::write(path, text)
            .map_err(|why| TranscribeError::Write { path: path.to_owned(), why }),
        None => io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .map_err(|why| TranscribeError::Write { path: "the standard output".into(), why }),
    }
}

fn complain(text: &str) {
    // Nowhere else to say it.
    let _closed = writeln!(io::stderr().lock(), "callwright transcribe: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_place_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("new");
        let named = |files: &[&str]| {
            destinations(
                &files.iter().map(PathBuf::from).collect::<Vec<_>>(),
                Some(&output),
                Format::Srt,
            )
        };
        let places = named(&["a/call.one.wav", "b.mp3"]).unwrap();
        assert_eq!(places, [Some(output.join("call.one.srt")), Some(output.join("b.srt"))]);
        assert!(matches!(named(&["a.wav", "x/a.mp3"]), Err(TranscribeError::Twice(_))));
    }
}
