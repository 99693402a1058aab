//! The words of one call's utterance, heard again and again while it grows.
//!
//! A recogniser hears an utterance whole. [`Transcript`] stands between it and a call: it remembers what the model
//! wrote last time and hands it back as a draft, so that only the end is new work.

mod agreement;
pub(crate) mod audible;
mod digits;
mod loops;
mod phrases;
mod spelling;
mod times;
mod writing;

use crate::contract::{
    AnswerForm, Draft, Hints, ModelError, Recognition, Recognizer, RecognizerPurpose, SamplePos,
    Utterance,
};

/// What is remembered of one call's utterance under way.
///
/// > It must be forgotten ([`Transcript::forget`]) when the call's slot changes hands.
#[derive(Debug, Default)]
pub struct Transcript {
    /// Where the utterance begins; what is remembered of another one is of no use.
    from: Option<SamplePos>,
    draft: Draft,
    /// What was written last, and how much of it was agreed on.
    text: String,
    agreed: usize,
}

/// What is to be written down.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    /// Where it begins, which names the utterance.
    pub from: SamplePos,
    /// Mono samples at 16 kHz.
    pub samples: &'a [i16],
    /// What the words are for.
    pub purpose: RecognizerPurpose,
    /// What is known of the answer.
    pub hints: &'a Hints,
}

impl Transcript {
    /// Lets `model` write down `passage`.
    ///
    /// # Errors
    /// [`ModelError`]; what was remembered is forgotten, since it may be the cause, unless the step merely gave way.
    pub fn hear(
        &mut self,
        model: &mut dyn Recognizer,
        passage: Passage<'_>,
    ) -> Result<Recognition, ModelError> {
        let Passage { from, samples, purpose, hints } = passage;
        if self.from != Some(from) {
            // The same caller goes on in the same language, most likely.
            let language = self.draft.language.take();
            self.forget();
            self.draft.language = language;
        }
        let before = std::mem::take(self);
        let Self { draft, text, agreed, .. } = &before;
        let heard = match model.hear(Utterance { samples, purpose, hints, draft }) {
            Err(ModelError::GaveWay) => {
                *self = Self { from: Some(from), ..before };
                return Err(ModelError::GaveWay);
            }
            heard => heard?,
        };
        let mut timed = heard.recognition;
        place(&mut timed, samples);
        let mut recognition = rewritten(&timed, hints);
        // Of a final passage, too: whoever asked does not know yet whether the caller goes on.
        recognition.agreed = agreement::agreed(text, *agreed, &recognition);
        *self = Self {
            from: Some(from),
            draft: heard.draft,
            text: recognition.text.clone(),
            agreed: recognition.agreed,
        };
        Ok(recognition)
    }

    /// Forgets the draft, which is of use to the model alone that wrote it. What was agreed on stays agreed on.
    pub fn forget_draft(&mut self) {
        self.draft = Draft::default();
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// Says of each word when it was said, if the model did not.
fn place(heard: &mut Recognition, samples: &[i16]) {
    if heard.words.iter().any(|word| !word.span.is_empty()) {
        return;
    }
    let Recognition { text, words, .. } = heard;
    let written: Vec<&str> =
        words.iter().map(|word| text.get(word.range.clone()).unwrap_or_default()).collect();
    for (word, span) in words.iter_mut().zip(times::spans(samples, &written)) {
        word.span = span;
    }
}

/// The words as they are written in answer to what was asked.
fn rewritten(heard: &Recognition, hints: &Hints) -> Recognition {
    let pieces = loops::without_loops(writing::pieces(heard));
    let pieces = phrases::correct(&pieces, &hints.phrases);
    let pieces = match hints.form {
        AnswerForm::Open => pieces,
        AnswerForm::Digits => digits::write(&pieces),
        AnswerForm::Spelling => spelling::write(&pieces),
    };
    Recognition {
        finished: heard.finished,
        complete: heard.complete,
        ..writing::written(pieces, heard.confidence)
    }
}
