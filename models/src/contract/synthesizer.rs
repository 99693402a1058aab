//! Say this.

use std::ops::ControlFlow;
use std::sync::Arc;

use callwright_media::SampleRate;

use super::{AskId, ModelError, Share, SlotKey};

/// What a call sends to the synthesiser's lane.
#[derive(Clone, Debug, PartialEq)]
pub enum SynthesizerRequest {
    /// A call takes the slot.
    Open(SlotKey, Share),
    /// Speak `text`. A slot's questions are answered one after the other.
    Speak {
        /// Who asks.
        key: SlotKey,
        /// Name of the question.
        ask: AskId,
        /// Written text with sentence marks.
        text: String,
        /// How.
        style: VoiceStyle,
    },
    /// Stop speaking `ask`, or do not begin: no more chunks of it are wanted. What was under way may still
    /// arrive; after it comes neither [`SynthesizerResult::Done`] nor [`SynthesizerResult::Failed`].
    Cancel {
        /// Who asks.
        key: SlotKey,
        /// Which.
        ask: AskId,
    },
    /// The call is over.
    Close(SlotKey),
}

/// How to speak. What is outside a range is clamped to it, what is not finite counts as the default.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceStyle {
    /// Name of a voice, `None` for the synthesiser's default; an unknown name also means the default.
    pub voice: Option<String>,
    /// Rate: 1.0 as recorded; 0.5-2.0.
    pub pace: f32,
    /// Semitones above the voice as recorded; -6 to 6.
    pub pitch: f32,
    /// Length of the silence between sentences, as a multiple of the voice's own; 0-4.
    pub pause: f32,
    /// Decibels above the voice as recorded; -12 to 6.
    pub energy_db: f32,
    /// How to say words that the voice would say wrong.
    pub pronunciations: Arc<[Pronunciation]>,
}

/// How to say a word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pronunciation {
    /// The word as it is written, without spaces; found whatever its capitals are.
    pub word: Arc<str>,
    /// Spelled the way it sounds, for every voice.
    pub respelling: Option<Arc<str>>,
    /// Its phonemes (IPA), for voices that read phonemes; the others take the respelling.
    pub phonemes: Option<Arc<str>>,
}

impl Default for VoiceStyle {
    fn default() -> Self {
        Self {
            voice: None,
            pace: 1.0,
            pitch: 0.0,
            pause: 1.0,
            energy_db: 0.0,
            pronunciations: Arc::default(),
        }
    }
}

impl VoiceStyle {
    /// This voice, as it was recorded.
    pub fn of(voice: impl Into<String>) -> Self {
        Self { voice: Some(voice.into()), ..Self::default() }
    }

    /// At this pace.
    #[must_use]
    pub fn at_pace(self, pace: f32) -> Self {
        Self { pace, ..self }
    }

    /// Within the ranges, and finite.
    #[must_use]
    pub fn clamped(self) -> Self {
        let within = |value: f32, least: f32, most: f32, default: f32| {
            if value.is_finite() { value.clamp(least, most) } else { default }
        };
        Self {
            pace: within(self.pace, 0.5, 2.0, 1.0),
            pitch: within(self.pitch, -6.0, 6.0, 0.0),
            pause: within(self.pause, 0.0, 4.0, 1.0),
            energy_db: within(self.energy_db, -12.0, 6.0, 0.0),
            ..self
        }
    }
}

/// The synthesiser's answer, in pieces.
#[derive(Clone, Debug, PartialEq)]
pub enum SynthesizerResult {
    /// The next piece of sound.
    Chunk {
        /// Who asked.
        key: SlotKey,
        /// Which text.
        ask: AskId,
        /// The sound.
        chunk: SpeechChunk,
    },
    /// All pieces were given.
    Done {
        /// Who asked.
        key: SlotKey,
        /// Which text.
        ask: AskId,
    },
    /// The text could not be spoken, or not to its end.
    Failed {
        /// Who asked.
        key: SlotKey,
        /// Which text.
        ask: AskId,
    },
}

/// A piece of speech.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechChunk {
    /// Rate of `samples`; the same in all chunks of one text.
    pub rate: SampleRate,
    /// Mono samples, at most 200 ms of them.
    pub samples: Box<[i16]>,
    /// The words that end in this chunk, in order.
    pub words: Vec<SpokenWord>,
}

/// When a word of the text has been spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpokenWord {
    /// Length in bytes of the text up to the end of this word. Grows from word to word; the last word's is at
    /// most the text's length and lies on a character boundary.
    pub text_end: usize,
    /// Sample, counted from the beginning of the whole text's speech at the chunk's rate, at which the word has
    /// been spoken.
    pub sample_end: u64,
}

/// A voice.
pub trait Synthesizer: Send {
    /// Speaks `text`, giving each piece to `sink` as soon as it is made; stops early, with `Ok`, when the sink
    /// says [`ControlFlow::Break`].
    ///
    /// # Errors
    /// [`ModelError`]; pieces given before stay valid.
    fn speak(
        &mut self,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError>;

    /// Takes a typical step for nobody, so that the lane learns what one costs here before the first call. A
    /// double that answers at once has nothing to rehearse.
    ///
    /// # Errors
    /// [`ModelError`]
    fn rehearse(&mut self) -> Result<(), ModelError> {
        Ok(())
    }
}
