//! Who speaks in a recording that mixes several people into one channel.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use callwright_models::runtime::LoadError;
use callwright_models::speaker::{Diarized, SPEAKERS_MAX, SpeakerEncoder, Speakers, diarize};

use super::TranscribeError;

/// How many people speak, as the command line has it.
///
/// # Errors
/// What would have been right.
pub(crate) fn speakers(text: &str) -> Result<Speakers, String> {
    match text {
        "auto" => Ok(Speakers::Auto { most: SPEAKERS_MAX }),
        "one" => Ok(Speakers::Exactly(1)),
        number => match number.parse() {
            Ok(number @ 1..=SPEAKERS_MAX) => Ok(Speakers::Exactly(number)),
            _ => Err(format!("`auto`, `one`, or a number up to {SPEAKERS_MAX}")),
        },
    }
}

/// Tells voices apart.
pub(super) struct Apart {
    encoder: Mutex<SpeakerEncoder>,
    speakers: Speakers,
}

impl Apart {
    /// Loads the model where it is wanted: `None` where a mixed recording is taken for one speaker. Unasked it is used if it
    /// is installed.
    pub(super) fn open(
        asked: Option<Speakers>,
        models: &Path,
    ) -> Result<Option<Self>, TranscribeError> {
        let speakers = asked.unwrap_or(Speakers::Auto { most: SPEAKERS_MAX });
        if speakers == Speakers::Exactly(1) {
            return Ok(None);
        }
        match SpeakerEncoder::load(models) {
            Ok(encoder) => Ok(Some(Self { encoder: Mutex::new(encoder), speakers })),
            Err(LoadError::NotPulled { .. }) if asked.is_none() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Who speaks when in a recording, mono at 16 kHz, of which the detector found speech in `regions`.
    pub(super) fn find(
        &self,
        sound: &[i16],
        regions: &[Range<usize>],
    ) -> Result<Diarized, TranscribeError> {
        let mut encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(diarize(&mut encoder, sound, regions, self.speakers)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speakers_are_a_number_or_to_be_found_out() {
        assert_eq!(speakers("auto"), Ok(Speakers::Auto { most: SPEAKERS_MAX }));
        assert_eq!(
            (speakers("one"), speakers("2")),
            (Ok(Speakers::Exactly(1)), Ok(Speakers::Exactly(2)))
        );
        for wrong in ["0", "11", "two", "-1", ""] {
            assert!(speakers(wrong).unwrap_err().contains("up to 10"), "{wrong}");
        }
    }

    #[test]
    fn one_speaker_needs_no_model_and_two_who_were_asked_for_do() {
        let folder = tempfile::tempdir().unwrap();
        let open = |asked| Apart::open(asked, folder.path());
        assert!(open(None).unwrap().is_none());
        assert!(open(Some(Speakers::Exactly(1))).unwrap().is_none());
        let why = open(Some(Speakers::Exactly(2))).err().unwrap().to_string();
        assert!(why.contains("callwright models pull resemblyzer"), "{why}");
    }
}
