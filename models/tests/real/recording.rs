//! Speech to test with: recordings, and how they sound through a telephone.

use std::path::{Path, PathBuf};

use callwright_media::{Resampler, SampleRate, g711};
use callwright_models::catalog;

/// The models folder.
pub(crate) fn models() -> PathBuf {
    let folder = catalog::folder().expect("$HOME or $CALLWRIGHT_MODELS is set");
    assert!(
        folder.is_dir(),
        "the models are not in {}: `./callwright test` installs them",
        folder.display()
    );
    folder
}

/// One of the recordings that come with the models, mono at 16 kHz.
pub(crate) fn sample(name: &str) -> Vec<i16> {
    read(&models().join("samples").join(name))
}

/// A WAV file, mono at 16 kHz.
pub(crate) fn read(path: &Path) -> Vec<i16> {
    let reader = hound::WavReader::open(path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `./callwright test`", path.display()));
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.bits_per_sample), (1, 16), "{}", path.display());
    let rate = SampleRate::from_hz(spec.sample_rate).expect("a rate that calls use");
    let samples: Vec<i16> = reader.into_samples::<i16>().map(|sample| sample.unwrap()).collect();
    resample(&samples, rate, SampleRate::Hz16000)
}

/// The same sound at another rate.
pub(crate) fn resample(samples: &[i16], from: SampleRate, to: SampleRate) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to).unwrap();
    let mut frame = vec![0; from.frame_samples()];
    let mut out = vec![0; to.frame_samples()];
    let mut all = Vec::new();
    for part in samples.chunks(from.frame_samples()) {
        frame.fill(0);
        frame[..part.len()].copy_from_slice(part);
        resampler.process(&frame, &mut out).unwrap();
        all.extend_from_slice(&out);
    }
    all
}

/// What a call hears of 16 kHz sound that came through G.711 at 8 kHz.
pub(crate) fn through_telephone(samples: &[i16]) -> Vec<i16> {
    let narrow = resample(samples, SampleRate::Hz16000, SampleRate::Hz8000);
    let coded: Vec<i16> =
        narrow.iter().map(|&sample| g711::ulaw_decode(g711::ulaw_encode(sample))).collect();
    resample(&coded, SampleRate::Hz8000, SampleRate::Hz16000)
}

/// White noise whose samples lie between `-loudness` and `loudness`; always the same.
pub(crate) fn noise(samples: usize, loudness: i16) -> Vec<i16> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let span = u64::from(loudness.unsigned_abs()) * 2 + 1;
        i16::try_from(i64::try_from(state % span).unwrap() - i64::from(loudness)).unwrap()
    };
    (0..samples).map(|_| next()).collect()
}

/// The words of a text, without case and marks; a hyphen joins nothing.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| c.is_whitespace() || c == '-')
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words to replace, leave out or put in to get from what was said to what was heard.
pub(crate) fn word_errors(said: &str, heard: &str) -> usize {
    let (said, heard) = (words(said), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, wanted) in said.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, found) in heard.iter().enumerate() {
            let change = diagonal + usize::from(wanted != found);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[heard.len()]
}
