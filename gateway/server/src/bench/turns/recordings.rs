//! The speech that the end-of-turn set is cut from: whole utterances, and one speaker's stretches of a meeting.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use callwright_media::SampleRate;
use callwright_media::file::{DecodeError, Limits, decode};

/// One speaker speaking, up to the moment he is done.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    /// Where it comes from, as a name without spaces.
    pub(super) name: String,
    pub(super) speaker: String,
    pub(super) origin: Origin,
    /// Mono at 16 kHz.
    pub(super) samples: Vec<i16>,
}

impl Recording {
    /// This is the utterance that was read after `other`.
    pub(super) fn follows(&self, other: &Self) -> bool {
        let (Some((chapter, number)), Some((of, before))) =
            (self.name.rsplit_once('-'), other.name.rsplit_once('-'))
        else {
            return false;
        };
        let numbers = number.parse::<u32>().ok().zip(before.parse::<u32>().ok());
        self.origin == Origin::Read
            && chapter == of
            && numbers.is_some_and(|(number, before)| number == before + 1)
    }
}

/// What kind of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// Read aloud from a book.
    Read,
    /// Spoken freely in a meeting.
    Meeting,
    /// Spoken by a synthesiser.
    Spoken,
}

impl Origin {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Meeting => "meeting",
            Self::Spoken => "spoken",
        }
    }
}

/// The recordings cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordingsError {
    #[error("cannot read the folder {}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot read {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot use {}", path.display())]
    Sound {
        path: PathBuf,
        #[source]
        source: DecodeError,
    },
    #[error("line {line} of {} is not “SPEAKER file channel start length …”", path.display())]
    Rttm { path: PathBuf, line: usize },
}

/// All utterances below `folder`: FLAC files in folders by speaker, or named `speaker-chapter-number`.
pub(super) fn utterances(folder: &Path) -> Result<Vec<Recording>, RecordingsError> {
    let mut paths = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            paths.extend(entries(&path)?);
        }
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "flac"));
    let read = |path: &PathBuf| {
        let name = stem(path);
        let speaker = name.split('-').next().unwrap_or_default().to_owned();
        let samples = sound(path)?;
        Ok(Recording { name, speaker, origin: Origin::Read, samples })
    };
    paths.iter().map(read).collect()
}

/// The stretches in the meetings of `folder` in which one speaker speaks and nobody else does.
pub(super) fn stretches(folder: &Path) -> Result<Vec<Recording>, RecordingsError> {
    let mut spoken: BTreeMap<String, Vec<Segment>> = BTreeMap::new();
    for path in entries(folder)? {
        if path.extension().is_some_and(|extension| extension == "rttm") {
            for (meeting, segment) in segments(&path)? {
                spoken.entry(meeting).or_default().push(segment);
            }
        }
    }
    let mut stretches = Vec::new();
    for (meeting, segments) in spoken {
        let path = folder.join(format!("{meeting}.wav"));
        if !path.is_file() {
            continue;
        }
        let whole = sound(&path)?;
        for (number, stretch) in alone(segments).into_iter().enumerate() {
            let at =
                |seconds: f64| (seconds.max(0.0) * f64::from(SampleRate::Hz16000.hz())) as usize;
            let range = at(stretch.start - MARGIN)..at(stretch.end + MARGIN).min(whole.len());
            let samples = whole.get(range).unwrap_or_default().to_vec();
            let name = format!("{meeting}-{number}");
            let (speaker, origin) = (stretch.speaker, Origin::Meeting);
            stretches.push(Recording { name, speaker, origin, samples });
        }
    }
    Ok(stretches)
}

/// A sound file at 16 kHz.
pub(super) fn sound(path: &Path) -> Result<Vec<i16>, RecordingsError> {
    let file = File::open(path)
        .map_err(|source| RecordingsError::File { path: path.to_owned(), source })?;
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    decode(file, extension, SampleRate::Hz16000, Limits::default(), |_| true)
        .map(|sound| sound.samples)
        .map_err(|source| RecordingsError::Sound { path: path.to_owned(), source })
}

/// Seconds around a stretch that are kept, so that its first and last sounds are whole.
const MARGIN: f64 = 0.2;
/// A speaker who goes on after more than this, in seconds, begins another stretch.
const SAME_STRETCH: f64 = 3.0;
/// Stretches shorter than this, in seconds, are left out: too little to judge anything by.
const STRETCH_MIN: f64 = 1.0;

/// Somebody speaking, in seconds.
#[derive(Clone, Debug, PartialEq)]
struct Segment {
    speaker: String,
    start: f64,
    end: f64,
}

/// Joins the segments of each speaker into stretches, and keeps of each what comes after the last word of others, if
/// nobody speaks into it from there on.
fn alone(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.sort_by(|a, b| a.start.total_cmp(&b.start));
    let others = |speaker: &str, start: f64, end: f64| {
        let overlapping = move |s: &&Segment| s.end > start && s.start < end;
        let of_others = segments.iter().filter(move |s| s.speaker != speaker);
        of_others.filter(overlapping).map(|s| s.end).fold(None, |latest: Option<f64>, end| {
            Some(latest.map_or(end, |latest| latest.max(end)))
        })
    };
    let mut open: BTreeMap<&str, Segment> = BTreeMap::new();
    let mut stretches = Vec::new();
    for segment in &segments {
        let speaker = segment.speaker.as_str();
        let joined = open.get_mut(speaker).filter(|before| {
            segment.start - before.end <= SAME_STRETCH
                && others(speaker, before.end, segment.start).is_none()
        });
        if let Some(before) = joined {
            before.end = before.end.max(segment.end);
        } else {
            stretches.extend(open.insert(speaker, segment.clone()));
        }
    }
    stretches.extend(open.into_values());
    for stretch in &mut stretches {
        let (from, upto) = (stretch.start - MARGIN, stretch.end + MARGIN);
        if let Some(latest) = others(&stretch.speaker, from, upto) {
            stretch.start = latest + MARGIN;
        }
    }
    stretches.retain(|s| s.end - s.start >= STRETCH_MIN);
    stretches.sort_by(|a, b| a.start.total_cmp(&b.start));
    stretches
}

/// The segments of an RTTM file, each with the name of its meeting.
fn segments(path: &Path) -> Result<Vec<(String, Segment)>, RecordingsError> {
    let text = fs::read_to_string(path)
        .map_err(|source| RecordingsError::File { path: path.to_owned(), source })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            segment(line)
                .ok_or_else(|| RecordingsError::Rttm { path: path.to_owned(), line: number + 1 })
        })
        .collect()
}

/// `SPEAKER <file> <channel> <start> <length> <NA> <NA> <speaker> …`, times in seconds (NIST RT-09 evaluation plan).
fn segment(line: &str) -> Option<(String, Segment)> {
    let mut fields = line.split_whitespace();
    let ("SPEAKER", meeting, _channel) = (fields.next()?, fields.next()?, fields.next()?) else {
        return None;
    };
    let start: f64 = fields.next()?.parse().ok()?;
    let length: f64 = fields.next()?.parse().ok()?;
    let speaker = fields.nth(2)?.to_owned();
    Some((meeting.to_owned(), Segment { speaker, start, end: start + length }))
}

/// What a folder holds, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, RecordingsError> {
    let failed = |source| RecordingsError::Folder { path: folder.to_owned(), source };
    let listed = fs::read_dir(folder).map_err(failed)?;
    let mut paths =
        listed.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_who_spoke_when_is_read() {
        let line = "SPEAKER trn00 1 3.168 0.800 <NA> <NA> MÉO069 <NA> <NA>";
        let (meeting, segment) = segment(line).unwrap();
        assert_eq!((meeting.as_str(), segment.speaker.as_str()), ("trn00", "MÉO069"));
        assert!((segment.start, segment.end - 3.968) == (3.168, 0.0));
        assert!(super::segment("SPEAKER trn00 1 x 0.8 <NA> <NA> A").is_none());
        assert!(super::segment("LEXEME trn00 1 3.1 0.8 <NA> <NA> A").is_none());
    }

    #[test]
    fn stretches_are_of_one_speaker_alone() {
        let spoke = |speaker: &str, start, end| Segment { speaker: speaker.to_owned(), start, end };
        let found = alone(vec![
            spoke("A", 0.0, 2.0),
            spoke("A", 3.0, 4.0),
            spoke("B", 5.0, 7.0),
            spoke("A", 6.0, 6.5),
            spoke("A", 10.0, 12.0),
            spoke("B", 12.5, 14.0),
            spoke("A", 14.5, 17.0),
            spoke("B", 14.6, 15.0),
            spoke("B", 20.0, 20.5),
        ]);
        let expected =
            [("A", 0.0, 4.0), ("A", 10.0, 12.0), ("B", 12.5, 14.0), ("A", 15.0 + MARGIN, 17.0)];
        assert_eq!(found, expected.map(|(speaker, start, end)| spoke(speaker, start, end)));
    }
}
