//! What was said?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{AskId, AudioBlock, Language, ModelError, SamplePos, Share, SlotKey};

/// Samples that a recogniser hears at once: 20 s. A longer utterance is cut by the call.
pub const UTTERANCE_MAX: usize = 20 * 16_000;

/// What a call sends to the recogniser's lane.
#[derive(Clone, Debug, PartialEq)]
pub enum RecognizerRequest {
    /// A call takes the slot.
    Open(SlotKey, Share),
    /// 20 ms more; the lane keeps the last [`UTTERANCE_MAX`] samples. A gap is filled with silence.
    Audio(SlotKey, AudioBlock),
    /// What was said from `from` to `upto`? A call has at most one question open; a new one replaces one that
    /// has not begun to be answered, except that a partial one gives way to a final one that waits. Either way
    /// the question that gives way is answered without words.
    Transcribe {
        /// Who asks.
        key: SlotKey,
        /// Name of the question.
        ask: AskId,
        /// First sample.
        from: SamplePos,
        /// One past the last sample.
        upto: SamplePos,
        /// What the answer is for.
        purpose: RecognizerPurpose,
        /// What is known of the answer before it is heard.
        hints: Hints,
    },
    /// The answer to `ask` is of no use any more: the caller went on. If it has not been begun it is answered without
    /// words.
    Cancel {
        /// Who asked.
        key: SlotKey,
        /// Which question.
        ask: AskId,
    },
    /// The call is over.
    Close(SlotKey),
}

/// What is known of an answer before it is heard; leans the recognition towards it. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// The shape of the answer that was asked for.
    pub form: AnswerForm,
    /// Words and names that are likely, as they are written ("Dr. Okafor", "root canal").
    pub phrases: Arc<[Box<str>]>,
    /// The language, where it is known. Of no meaning for a model of one language.
    pub language: Option<Language>,
}

/// The shape of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AnswerForm {
    /// Any words.
    #[default]
    Open,
    /// A row of digits, spoken one by one or in groups: a telephone number, a card number.
    Digits,
    /// Letters and digits one by one: a spelled name, an e-mail address.
    Spelling,
}

/// What a recognition is for; under load partial ones are shed and final ones never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecognizerPurpose {
    /// The caller is still speaking; the words may change.
    Partial,
    /// The caller paused; these words count.
    Final,
}

/// The recogniser's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RecognizerResult {
    /// Who asked.
    pub key: SlotKey,
    /// Which question.
    pub ask: AskId,
    /// What it was for.
    pub purpose: RecognizerPurpose,
    /// The words; `None` when the model failed or the question was shed.
    pub recognition: Option<Recognition>,
}

/// One utterance to be written down.
#[derive(Clone, Copy, Debug)]
pub struct Utterance<'a> {
    /// Mono samples at 16 kHz, at most [`UTTERANCE_MAX`].
    pub samples: &'a [i16],
    /// What the words are for.
    pub purpose: RecognizerPurpose,
    /// What is known of the answer.
    pub hints: &'a Hints,
    /// What the same model wrote when less of the same utterance was known.
    pub draft: &'a Draft,
}

/// What a model wrote, in its own terms: of use to that model alone, when the same utterance has grown. Empty
/// when there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The model's tokens.
    pub tokens: Box<[u32]>,
    /// How many of them, from the first on, the run before had too.
    pub agreed: usize,
    /// The language that it took the words for.
    pub language: Option<Language>,
}

/// What a model heard in an utterance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// The words.
    pub recognition: Recognition,
    /// The same for the model's own use.
    pub draft: Draft,
}

/// Recognised words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recognition {
    /// The words as the model writes them, with its case and sentence marks.
    pub text: String,
    /// Bytes at the beginning of `text` that the run before on the same utterance had too, but for case and
    /// sentence marks: words that will hardly change. Ends at the end of a word.
    pub agreed: usize,
    /// Confidence, 0-1: the geometric mean of the tokens' probabilities. 0 for no words.
    pub confidence: f32,
    /// The words one by one, where the model knows them.
    pub words: Vec<RecognizedWord>,
    /// The model's belief that a sentence ends with the last word, 0-1, where it has one: its share for the marks
    /// that end sentences among all that it could have written there.
    pub finished: Option<f32>,
    /// The belief that a turn could end after these words, 0-1, by the words alone, where somebody weighed them
    /// ([`crate::completeness`]).
    pub complete: Option<f32>,
}

/// One recognised word.
#[derive(Clone, Debug, PartialEq)]
pub struct RecognizedWord {
    /// Its bytes within [`Recognition::text`].
    pub range: std::ops::Range<usize>,
    /// Confidence, 0-1.
    pub confidence: f32,
    /// When it was said, in samples from the beginning of the utterance: an estimate, see
    /// [`crate::transcript`].
    pub span: std::ops::Range<usize>,
}

/// Raised while somebody's final question waits behind the step under way: a model whose steps are long may leave a
/// partial one undone then. Lane and shards share it; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Haste(Arc<AtomicBool>);

impl Haste {
    /// A final question waits.
    ///
    /// *Real time:* wait-free.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// No question waits that has not been read.
    pub fn lower(&self) {
        self.0.store(false, Ordering::Release);
    }

    /// Whether one waits.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A model that writes down speech.
pub trait Recognizer: Send {
    /// Transcribes each of `utterances` (mono samples at 16 kHz, at most [`UTTERANCE_MAX`]) and returns one
    /// recognition for each, in order.
    ///
    /// # Errors
    /// [`ModelError`].
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError>;

    /// Transcribes one utterance with all that is known of it. By default that is not used.
    ///
    /// One at a time, because a batch gains nothing: Moonshine's encoder takes 19 ms for one utterance of 4 s and
    /// 75 ms for four.
    ///
    /// # Errors
    /// [`ModelError`].
    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        let recognition = self.recognize(&[utterance.samples])?.pop().unwrap_or_default();
        Ok(Heard { recognition, draft: Draft::default() })
    }

    /// From now on a partial step may end with [`ModelError::GaveWay`] while `haste` is raised. By default it never does,
    /// which is right for a model whose steps are short.
    fn gives_way_to(&mut self, haste: Haste) {
        drop(haste);
    }

    /// Takes a typical step for nobody, so that the lane learns what one costs here before the first call. A
    /// double that answers at once has nothing to rehearse.
    ///
    /// # Errors
    /// [`ModelError`]
    fn rehearse(&mut self, purpose: RecognizerPurpose) -> Result<(), ModelError> {
        let _any = purpose;
        Ok(())
    }
}
