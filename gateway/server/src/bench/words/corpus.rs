//! Recordings with transcripts: the list, the sound, and where in it the speech is.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callwright_media::file::{DecodeError, Limits, decode};
use callwright_media::{SampleRate, level_dbov};

/// A recording and what is said in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) said: String,
}

/// The recordings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The list cannot be read.
    #[error("cannot read {}: {why}; --data names a folder with a transcripts.tsv", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// The list does not say what it must.
    #[error("{}:{line}: {what}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A recording cannot be opened.
    #[error("cannot read {}: {why}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// A recording cannot be decoded.
    #[error("{}: {why}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: DecodeError,
    },
}

/// Reads the list of a folder; with a `limit`, that many taken evenly from it.
///
/// # Errors
/// [`CorpusError::List`], [`CorpusError::Line`].
pub(super) fn list(folder: &Path, limit: Option<u32>) -> Result<Vec<Entry>, CorpusError> {
    let path = folder.join("transcripts.tsv");
    let text = std::fs::read_to_string(&path)
        .map_err(|why| CorpusError::List { path: path.clone(), why })?;
    let entries =
        parse(&text, folder).map_err(|(line, what)| CorpusError::Line { path, line, what })?;
    Ok(evenly(entries, limit))
}

fn parse(text: &str, folder: &Path) -> Result<Vec<Entry>, (usize, &'static str)> {
    let mut lines = text.lines().enumerate();
    let heading: Vec<&str> = lines.next().map_or("", |(_, line)| line).split('\t').collect();
    let column = |name: &str| heading.iter().position(|column| *column == name);
    let columns = column("path").zip(column("text"));
    let (path, said) = columns.ok_or((1, "the heading names no columns `path` and `text`"))?;
    let mut entries = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (Some(path), Some(said)) = (fields.get(path), fields.get(said)) else {
            return Err((index + 1, "a column is missing"));
        };
        entries.push(Entry { path: folder.join(path), said: (*said).to_owned() });
    }
    if entries.is_empty() {
        return Err((1, "no recording is listed"));
    }
    Ok(entries)
}

fn evenly(entries: Vec<Entry>, limit: Option<u32>) -> Vec<Entry> {
    let all = entries.len();
    let wanted = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(all).min(all);
    let places: Vec<usize> = (0..wanted).map(|n| n * all / wanted).collect();
    let chosen =
        entries.into_iter().enumerate().filter(|(place, _)| places.binary_search(place).is_ok());
    chosen.map(|(_, entry)| entry).collect()
}

impl Entry {
    /// The sound, mono at 16 kHz.
    ///
    /// # Errors
    /// [`CorpusError::Open`], [`CorpusError::Decode`].
    pub(super) fn sound(&self) -> Result<Vec<i16>, CorpusError> {
        let path = || self.path.clone();
        let file = File::open(&self.path).map_err(|why| CorpusError::Open { path: path(), why })?;
        let extension = self.path.extension().unwrap_or_default().to_string_lossy();
        let decoded = decode(file, &extension, SampleRate::Hz16000, Limits::default(), |_| true);
        decoded.map(|sound| sound.samples).map_err(|why| CorpusError::Decode { path: path(), why })
    }
}

/// From where to where a recording (16 kHz) holds speech: the first and the last frame of 20 ms at most [`UNDER_DB`]
/// under the loudest twentieth, each beside another such frame, so that a click is none. `None` when all is silence.
pub(super) fn speech(sound: &[i16]) -> Option<(Duration, Duration)> {
    let rate = SampleRate::Hz16000;
    let levels: Vec<f32> =
        sound.chunks(rate.frame_samples()).map(|frame| level_dbov(frame).0).collect();
    let mut sorted = levels.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let loudest = *sorted.get(sorted.len().saturating_sub(sorted.len() / 20 + 1))?;
    let threshold = (loudest - UNDER_DB).max(SILENCE_DBOV);
    let loud = |level: &f32| *level >= threshold;
    let both = |pair: &[f32]| pair.iter().all(loud);
    let first = levels.windows(2).position(both)?;
    let last = levels.windows(2).rposition(both)? + 2;
    let at = |frame: usize| rate.duration(frame as u64 * rate.frame_samples() as u64);
    Some((at(first), at(last)))
}

/// Softer than that under the loudest frames is breath and room.
const UNDER_DB: f32 = 25.0;
/// Softer than that is no speech at all.
const SILENCE_DBOV: f32 = -65.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_found_by_name() {
        let text = "path\tspeaker\ttext\na.flac\t7\tone two\n\nb/c.wav\t8\tthree\n";
        let entries = parse(text, Path::new("/d")).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            (entries[1].path.as_path(), entries[1].said.as_str()),
            (Path::new("/d/b/c.wav"), "three")
        );
        assert_eq!(parse("path\tspeaker\n", Path::new("")).unwrap_err().0, 1);
        assert_eq!(parse("path\ttext\na\n", Path::new("")).unwrap_err().0, 2);
        assert!(parse("path\ttext\n", Path::new("")).is_err());
        assert!(parse("", Path::new("")).is_err());
    }

    #[test]
    fn a_limit_takes_from_the_whole_list() {
        let entry = |n: usize| Entry { path: PathBuf::from(n.to_string()), said: String::new() };
        let taken = |limit| {
            let chosen = evenly((0..10).map(entry).collect(), limit);
            chosen
                .iter()
                .map(|entry| entry.path.display().to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(taken(Some(3)), "0 3 6");
        assert_eq!(taken(Some(99)), taken(None));
        assert_eq!(taken(None).split(' ').count(), 10);
    }

    #[test]
    fn speech_is_found_between_silence_and_clicks() {
        let part = |level: i16, frames: usize| {
            (0..320 * frames)
                .map(move |n| if n % 2 == 0 { level } else { -level })
                .collect::<Vec<_>>()
        };
        let sound = [part(8_000, 1), part(20, 9), part(8_000, 50), part(20, 15)].concat();
        let ms = |ms| Duration::from_millis(ms);
        assert_eq!(speech(&sound), Some((ms(200), ms(1_200))));
        assert_eq!(speech(&part(0, 20)), None);
        assert_eq!(speech(&[]), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = list(folder.path(), None).unwrap_err().to_string();
        assert!(error.contains("transcripts.tsv") && error.contains("--data"), "{error}");
        let entry = Entry { path: folder.path().join("none.flac"), said: String::new() };
        assert!(entry.sound().unwrap_err().to_string().contains("none.flac"));
    }
}
