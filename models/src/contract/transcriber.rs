//! What was said in a recording? For transcripts, where nobody waits for the answer.

use super::{Language, ModelError, Recognition};

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
