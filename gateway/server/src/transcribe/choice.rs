//! Which model writes: one that was named, or the best that is there.

use std::path::{Path, PathBuf};

use callwright_models::catalog::{self, Download};
use callwright_models::pull;

use super::TranscribeError;

/// A model that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Moonshine Tiny, English, which every server has.
    Moonshine,
    /// A ggml file.
    Whisper {
        /// What it is called in a transcript.
        name: String,
        /// Where it lies.
        path: PathBuf,
    },
}

impl Choice {
    /// Finds the model `named`, or else the best that is installed in the folder `models`.
    pub(super) fn make(named: Option<&str>, models: &Path) -> Result<Self, TranscribeError> {
        let Some(named) = named else { return Ok(Self::best(models)) };
        if named == MOONSHINE {
            return Ok(Self::Moonshine);
        }
        if let Some(download) = whispers().find(|download| download.name == named) {
            return installed(download, models)
                .ok_or_else(|| TranscribeError::NotInstalled(named.to_owned()));
        }
        let path = PathBuf::from(named);
        if path.is_file() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Self::Whisper { name, path });
        }
        Err(TranscribeError::NoModel(named.to_owned()))
    }

    fn best(models: &Path) -> Self {
        if !cfg!(feature = "whisper") {
            return Self::Moonshine;
        }
        let there = whispers()
            .filter_map(|download| Some((download.size_about(), installed(download, models)?)));
        there.max_by_key(|(size, _)| *size).map_or(Self::Moonshine, |(_, choice)| choice)
    }

    /// What is called in a transcript.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Moonshine => MOONSHINE,
            Self::Whisper { name, .. } => name,
        }
    }

    /// What to say to somebody who may not know it.
    pub(super) fn note(&self, unasked: bool) -> Option<String> {
        (unasked && *self == Self::Moonshine).then(|| {
            format!(
                "no Whisper model is installed, so {MOONSHINE} writes, which knows English alone; \
                 `callwright models pull whisper-base` fetches one of many languages"
            )
        })
    }
}

fn whispers() -> impl Iterator<Item = &'static Download> {
    catalog::downloads().iter().filter(|download| download.task == "transcription")
}

fn installed(download: &Download, models: &Path) -> Option<Choice> {
    let file = download.files.first()?;
    let path = models.join(file.paths().next()?);
    let there = pull::is_there(models, file).unwrap_or(false);
    there.then(|| Choice::Whisper { name: download.name.clone(), path })
}

const MOONSHINE: &str = "moonshine-tiny-en";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_found_or_said_to_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let make = |named: &str| Choice::make(Some(named), folder.path());
        assert_eq!(make("moonshine-tiny-en").unwrap(), Choice::Moonshine);
        let missing = make("whisper-base").unwrap_err().to_string();
        assert!(missing.contains("models pull whisper-base"), "{missing}");
        assert!(matches!(make("whisper-huge"), Err(TranscribeError::NoModel(_))));
        let own = folder.path().join("own.bin");
        std::fs::write(&own, "weights").unwrap();
        let choice = make(own.to_str().unwrap()).unwrap();
        assert_eq!(choice.name(), "own");
        let unasked = Choice::make(None, folder.path()).unwrap();
        assert_eq!(unasked, Choice::Moonshine);
        assert!(unasked.note(true).unwrap().contains("no Whisper model is installed"));
        assert_eq!(unasked.note(false), None);
    }
}
