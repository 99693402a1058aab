//! Moonshine as a writer of transcripts: English, and always there.

use crate::contract::{
    Hints, Language, ModelError, RecognizerPurpose, SamplePos, Transcribed, Transcriber,
    UTTERANCE_MAX,
};
use crate::moonshine::Moonshine;
use crate::transcript::{Passage, Transcript};

/// [`Moonshine`], which hears one utterance at a time, with what makes a transcript of it.
#[derive(Debug)]
pub struct MoonshineTranscriber(pub Moonshine);

impl Transcriber for MoonshineTranscriber {
    fn stretch_max(&self) -> usize {
        UTTERANCE_MAX
    }

    /// Hears English, whatever `language` says: whoever asks knows what this model is.
    fn transcribe(
        &mut self,
        samples: &[i16],
        _: Option<&Language>,
    ) -> Result<Transcribed, ModelError> {
        let hints = Hints::default();
        let passage = Passage {
            from: SamplePos(0),
            samples,
            purpose: RecognizerPurpose::Final,
            hints: &hints,
        };
        let recognition = Transcript::default().hear(&mut self.0, passage)?;
        let spoken = !recognition.text.is_empty();
        Ok(Transcribed { recognition, language: Language::parse("en").filter(|_| spoken) })
    }
}
