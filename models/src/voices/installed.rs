//! The voices of the models folder: Piper's in `piper/`, Kokoro's in `kokoro/`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::VoiceCounters;
use crate::contract::Synthesizer;
use crate::kokoro::{self, Kokoro};
use crate::piper::{self, Piper};
use crate::runtime::LoadError;
use crate::spoken::{Espeak, WordTimes};

/// How the voices are opened.
#[derive(Clone, Debug)]
pub struct VoiceOptions {
    /// The voice of agents that name none; `None` for Flite's most natural one.
    pub default: Option<String>,
    /// Octets of sound that are kept of what is said often; 0 keeps nothing.
    pub cache_bytes: usize,
    /// Who reads for neural voices.
    pub espeak: Espeak,
    /// Where is counted what the voices do, for whoever shows it; stays the same when voices are loaded anew.
    pub counters: Arc<VoiceCounters>,
}

impl Default for VoiceOptions {
    /// 32 MB: some 15 minutes of Flite's sound.
    fn default() -> Self {
        Self {
            default: None,
            cache_bytes: 32 << 20,
            espeak: Espeak::default(),
            counters: Arc::default(),
        }
    }
}

/// What is known of a voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceFact {
    /// Its name in documents.
    pub name: String,
    /// Flite, Piper or Kokoro.
    pub engine: &'static str,
    /// Where the times of its words come from.
    pub word_times: WordTimes,
    /// Its speakers, in voices of several; named behind a `#`.
    pub speakers: Vec<String>,
    /// Octets of the files that it is made of, of Kokoro's with all its voices; 0 for what the system brings.
    pub size: u64,
}

impl VoiceFact {
    pub(super) fn flite(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            engine: "flite",
            word_times: WordTimes::Measured,
            speakers: Vec::new(),
            size: 0,
        }
    }
}

/// Something that may be a voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A file of Piper's.
    Piper(PathBuf),
    /// A folder of Kokoro's.
    Kokoro(PathBuf),
}

/// An engine, opened.
type Opened = (Vec<String>, Box<dyn Synthesizer>, Vec<VoiceFact>);

/// What lies in the models folder, Piper's first, by name.
pub(super) fn find(models: &Path) -> Vec<Found> {
    let entries = std::fs::read_dir(models.join("piper")).into_iter().flatten();
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut found: Vec<Found> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "onnx"))
        .map(Found::Piper)
        .collect();
    found.sort_by_key(|found| match found {
        Found::Piper(path) | Found::Kokoro(path) => path.clone(),
    });
    found.truncate(PIPER_MAX);
    let kokoro = models.join("kokoro");
    let has_model = std::fs::read_dir(&kokoro).into_iter().flatten().filter_map(Result::ok);
    if has_model.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|e| e == "onnx"))
    {
        found.push(Found::Kokoro(kokoro));
    }
    found
}

impl Found {
    /// Opens it.
    ///
    /// # Errors
    /// [`LoadError`], which says what to do.
    pub(super) fn load(&self, models: &Path, espeak: &Espeak) -> Result<Opened, LoadError> {
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        match self {
            Self::Piper(file) => {
                let name = file.file_stem().and_then(|stem| stem.to_str());
                let name = name.filter(|name| !name.contains('#')).ok_or_else(|| {
                    let what = "its name is none that a document could use".to_owned();
                    LoadError::Voice { path: file.clone(), what }
                })?;
                let piper = Piper::load(models, file, espeak)?;
                let fact = VoiceFact {
                    name: name.to_owned(),
                    engine: "piper",
                    word_times: piper.word_times(),
                    speakers: piper.speakers().map(str::to_owned).collect(),
                    size: length(file) + length(&piper::config_of(file)),
                };
                Ok((vec![name.to_owned()], Box::new(piper), vec![fact]))
            }
            Self::Kokoro(folder) => {
                let kokoro = Kokoro::load(models, folder, espeak)?;
                let names: Vec<String> = kokoro.voices().map(str::to_owned).collect();
                let size = kokoro::model_file(folder).map_or(0, |file| length(&file));
                let fact = |name: &String| VoiceFact {
                    name: name.clone(),
                    engine: "kokoro",
                    word_times: kokoro.word_times(),
                    speakers: Vec::new(),
                    size,
                };
                let facts = names.iter().map(fact).collect();
                Ok((names, Box::new(kokoro), facts))
            }
        }
    }
}

/// Each is a model of 20 to 120 MB in memory; more than these were not meant to be spoken with.
const PIPER_MAX: usize = 16;
