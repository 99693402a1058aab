//! Recorded people, where there are any.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the recordings are, or a word that they are not.
fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {folder} is not here");
    None
}

/// A FLAC file, mono at 16 kHz.
fn flac(path: &Path) -> Vec<i16> {
    let mut reader = claxon::FlacReader::open(path).unwrap();
    assert_eq!((reader.streaminfo().sample_rate, reader.streaminfo().channels), (16_000, 1));
    reader.samples().map(|sample| i16::try_from(sample.unwrap()).unwrap()).collect()
}

/// Recordings of readers of LibriSpeech, by name.
pub(super) fn readers() -> Option<BTreeMap<String, Vec<i16>>> {
    let folder = data("librispeech")?.join("train-clean-100");
    let mut readers = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|ext| ext == "flac") {
            readers.insert(name, flac(&path));
        }
    }
    Some(readers)
}

/// Three neutral recordings of an actor of RAVDESS, then two of strong anger; by actor.
pub(super) fn growing_anger() -> Option<BTreeMap<String, Vec<Vec<i16>>>> {
    let folder = data("ravdess")?;
    let labels = std::fs::read_to_string(folder.join("labels.tsv")).unwrap();
    let mut files: BTreeMap<String, [Vec<PathBuf>; 2]> = BTreeMap::new();
    for row in labels.lines().skip(1) {
        let [file, actor, _sex, emotion, intensity] = row.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("a row of labels.tsv has five fields: {row}");
        };
        let place = match (emotion, intensity) {
            ("neutral", "normal") => 0,
            ("anger", "strong") => 1,
            _ => continue,
        };
        files.entry(actor.to_owned()).or_default()[place].push(folder.join(file));
    }
    let calls = files.into_iter().map(|(actor, [calm, angry])| {
        let each = calm.iter().take(3).chain(angry.iter().take(2));
        (actor, each.map(|path| flac(path)).collect())
    });
    Some(calls.collect())
}
