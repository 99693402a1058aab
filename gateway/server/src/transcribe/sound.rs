//! A sound file as models hear it: 16 kHz, its speakers apart where they are.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use callwright_media::file::{Limits, decode, decode_channel};
use callwright_models::contract::LISTENING_RATE;

use super::TranscribeError;

/// The speakers of a file: one, or two where it has two channels that differ.
///
/// # Errors
/// [`TranscribeError::File`] or [`TranscribeError::Sound`].
pub(super) fn channels(path: &Path) -> Result<Vec<Vec<i16>>, TranscribeError> {
    let open = || {
        let file =
            File::open(path).map_err(|why| TranscribeError::File { path: path.to_owned(), why })?;
        Ok::<_, TranscribeError>(BufReader::new(file))
    };
    let refused = |why| TranscribeError::Sound { path: path.to_owned(), why };
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let mixed = decode(open()?, &ending, LISTENING_RATE, LIMITS, |_| true).map_err(refused)?;
    if mixed.channels != 2 {
        return Ok(vec![mixed.samples]);
    }
    let side = |channel| {
        let sound = decode_channel(open()?, &ending, LISTENING_RATE, LIMITS, channel);
        Ok::<_, TranscribeError>(sound.map_err(refused)?.samples)
    };
    let (left, right) = (side(0)?, side(1)?);
    // Two microphones in one room, or one that was doubled, hear both speakers: apart they would be written twice.
    if alike(&left, &right) { Ok(vec![mixed.samples]) } else { Ok(vec![left, right]) }
}

/// A file as one speaker, whatever channels it has.
///
/// # Errors
/// As [`channels`].
pub(crate) fn mono(path: &Path) -> Result<Vec<i16>, TranscribeError> {
    let file =
        File::open(path).map_err(|why| TranscribeError::File { path: path.to_owned(), why })?;
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    decode(BufReader::new(file), &ending, LISTENING_RATE, LIMITS, |_| true)
        .map(|sound| sound.samples)
        .map_err(|why| TranscribeError::Sound { path: path.to_owned(), why })
}

/// Whether both channels hold the same sound: their correlation is that of one speaker heard twice.
fn alike(left: &[i16], right: &[i16]) -> bool {
    let (mut both, mut one, mut other) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (&left, &right) in left.iter().zip(right) {
        let (left, right) = (f64::from(left), f64::from(right));
        both += left * right;
        one += left * left;
        other += right * right;
    }
    both > ALIKE * (one * other).sqrt()
}

const ALIKE: f64 = 0.9;
/// Four hours, which are 460 MB for each speaker.
const LIMITS: Limits = Limits { bytes_max: 4 << 30, length_max: Duration::from_secs(4 * 3_600) };

#[cfg(test)]
mod tests {
    use super::*;

    fn file(left: impl Fn(u32) -> i16, right: impl Fn(u32) -> i16) -> Vec<Vec<i16>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..8_000 {
            writer.write_sample(left(n)).unwrap();
            writer.write_sample(right(n)).unwrap();
        }
        writer.finalize().unwrap();
        channels(&path).unwrap()
    }

    #[test]
    fn two_speakers_come_apart_and_one_heard_twice_does_not() {
        let early = |n: u32| if n < 4_000 && n % 20 < 10 { 4_000 } else { 0 };
        let late = |n: u32| if n >= 4_000 && n % 16 < 8 { 4_000 } else { 0 };
        let two = file(early, late);
        assert_eq!(two.len(), 2);
        assert!(two.iter().all(|side| side.len() == 16_000));
        let loud = |side: &[i16]| side.iter().map(|&s| i64::from(s).pow(2)).sum::<i64>();
        assert!(loud(&two[0][..7_900]) > 100 * loud(&two[0][8_100..]));
        assert!(loud(&two[1][8_100..]) > 100 * loud(&two[1][..7_900]));
        assert_eq!(file(early, |n| early(n) / 2).len(), 1);
        assert_eq!(file(|_| 0, |_| 0).len(), 2, "silence is like nothing");
    }

    #[test]
    fn what_is_no_sound_is_named() {
        let error = channels(Path::new("none.wav")).unwrap_err();
        assert!(error.to_string().contains("none.wav"), "{error}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "words").unwrap();
        assert!(matches!(channels(file.path()), Err(TranscribeError::Sound { .. })));
    }
}
