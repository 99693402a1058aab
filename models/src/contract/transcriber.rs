//! What was said in a recording? For transcripts, where nobody waits for the answer.

use super::{ModelError, Recognition};

/// A language, by the code that Whisper and ISO 639 know it by: two or three lower-case letters ("en", "haw").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(Box<str>);

impl Language {
    /// The language of a code; `None` for what is no code. Whether a model knows it is for the model to say.
    pub fn parse(code: &str) -> Option<Self> {
        let sound = (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase());
        sound.then(|| Self(code.into()))
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.0
    }
}

/// What a stretch of a recording says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcribed {
    /// The words, with the time of each in samples from the stretch's beginning.
    pub recognition: Recognition,
    /// The language it is in, as given or as the model found it; `None` when there were no words.
    pub language: Option<Language>,
}

/// A model that writes down stretches of recordings.
pub trait Transcriber: Send {
    /// Samples (16 kHz) that it hears at once, at most.
    fn stretch_max(&self) -> usize;

    /// Writes down one stretch: mono samples at 16 kHz, at most [`Self::stretch_max`], in `language`, or in the one
    /// that it finds.
    ///
    /// # Errors
    /// [`ModelError`].
    fn transcribe(
        &mut self,
        samples: &[i16],
        language: Option<&Language>,
    ) -> Result<Transcribed, ModelError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_short_code() {
        assert_eq!(Language::parse("haw").map(|l| l.code().to_owned()).as_deref(), Some("haw"));
        for wrong in ["", "e", "EN", "en-GB", "auto", "d\0"] {
            assert_eq!(Language::parse(wrong), None, "{wrong:?}");
        }
    }
}
