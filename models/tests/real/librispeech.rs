//! How many words Moonshine gets wrong on read speech, at 16 kHz and through a telephone: printed, not judged.
//!
//! Needs the LibriSpeech recordings in `../shared/data/librispeech` beside the repository; skipped without them.

use std::path::{Path, PathBuf};

use callwright_models::contract::Recognizer;
use callwright_models::moonshine::Moonshine;

use crate::recording::{models, through_telephone, word_errors, words};

/// Every so many utterances of the list is heard, so that all speakers are.
const EVERY: usize = 3;
const UTTERANCES: usize = 16;

#[test]
fn read_speech_is_measured() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/librispeech");
    let Ok(list) = std::fs::read_to_string(folder.join("transcripts.tsv")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let mut model = Moonshine::load(&models()).unwrap();
    let (mut said_words, mut wide_errors, mut narrow_errors) = (0, 0, 0);
    for line in list.lines().skip(1).step_by(EVERY).take(UTTERANCES) {
        let mut fields = line.split('\t');
        let (Some(path), Some(said)) = (fields.next(), fields.nth(2)) else {
            panic!("not a line of transcripts: {line:?}")
        };
        let wave = read_flac(folder.join(path));
        let mut errors =
            |wave: &[i16]| word_errors(said, &model.recognize(&[wave]).unwrap().remove(0).text);
        wide_errors += errors(&wave);
        narrow_errors += errors(&through_telephone(&wave));
        said_words += words(said).len();
    }
    let percent = |errors: usize| 100.0 * errors as f32 / said_words as f32;
    eprintln!(
        "of {said_words} words, wrong: {:.1} % at 16 kHz, {:.1} % through a telephone",
        percent(wide_errors),
        percent(narrow_errors)
    );
}

/// A FLAC file of one channel at 16 kHz.
pub(crate) fn read_flac(path: PathBuf) -> Vec<i16> {
    let mut reader = claxon::FlacReader::open(&path).unwrap();
    let info = reader.streaminfo();
    assert_eq!((info.sample_rate, info.channels, info.bits_per_sample), (16_000, 1, 16));
    reader.samples().map(|sample| i16::try_from(sample.unwrap()).unwrap()).collect()
}
