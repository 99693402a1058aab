//! Could what was said so far be all? By the words alone: our own small net, which is part of this program (2 MB).
//!
//! The third of the judges of a turn's end: Smart Turn hears the melody, the recogniser what its language model makes of
//! the sound, and this one whether "I'd like to book a table for" wants more words. It knows English. How it was
//! trained is in `models/completeness`.

use std::collections::HashMap;
use std::path::Path;

use ort::value::TensorRef;

use crate::contract::{
    Haste, Heard, Language, ModelError, Recognition, Recognizer, RecognizerPurpose, Utterance,
};
use crate::moonshine::Moonshine;
use crate::runtime::session::{Signature, failed, floats};
use crate::runtime::{LoadError, OnnxSession};

/// The net and its words.
#[derive(Debug)]
pub struct Completeness {
    session: OnnxSession,
    /// Each word's place in the vocabulary.
    places: HashMap<&'static str, i64>,
}

impl Completeness {
    /// Makes the net ready, with the runtime of the models folder, and runs it once.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(models: &Path) -> Result<Self, LoadError> {
        let signature = Signature { inputs: &["ids"], outputs: &["complete"] };
        let session = OnnxSession::embedded(models, MODEL, WEIGHTS, signature)?;
        let places = WORDS.lines().zip(0..).collect();
        let mut net = Self { session, places };
        net.of("hello")?;
        Ok(net)
    }

    /// The belief that a turn could end after `text`, 0-1; `None` for no words. Marks and case are of no meaning, and of
    /// a long text the end counts.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn of(&mut self, text: &str) -> Result<Option<f32>, ModelError> {
        let ids: Vec<i64> = words(text).map(|word| self.place(&word)).collect();
        let ids = ids.get(ids.len().saturating_sub(WORDS_MAX)..).unwrap_or_default();
        if ids.is_empty() {
            return Ok(None);
        }
        let input = TensorRef::from_array_view(([1, ids.len()], ids));
        let input = input.map_err(|error| failed(MODEL, &error))?;
        let outputs = self.session.run([("ids", input.into())])?;
        let complete = floats(MODEL, outputs.get("complete"), "complete", 1)?;
        Ok(complete.first().copied().filter(|belief| belief.is_finite()))
    }

    /// Octets that the runtime holds for it.
    pub fn memory(&self) -> Option<u64> {
        self.session.memory()
    }

    fn place(&self, word: &str) -> i64 {
        if word.contains(char::is_numeric) {
            return NUMBER;
        }
        self.places.get(word).copied().unwrap_or(UNKNOWN)
    }
}

/// The words of a text as the net was trained on them: lower case, without marks.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '\'' | '’'))
        .map(|word| word.to_lowercase().replace('’', "'").trim_matches('\'').to_owned())
        .filter(|word| !word.is_empty())
}

/// A recogniser of English whose final words come with [`Recognition::complete`].
#[derive(Debug)]
pub struct Weighing<R> {
    recognizer: R,
    completeness: Completeness,
}

impl Weighing<Moonshine> {
    /// Loads the model from the models folder beside the net.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(models: &Path) -> Result<Self, LoadError> {
        std::thread::scope(|scope| {
            let completeness = scope.spawn(|| Completeness::load(models));
            let recognizer = Moonshine::load(models);
            let completeness = completeness.join();
            let completeness =
                completeness.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(Self::new(recognizer?, completeness?))
        })
    }

    /// Octets that the runtime holds for both.
    pub fn memory(&self) -> Option<u64> {
        Some(self.recognizer.memory()? + self.completeness.memory()?)
    }
}

impl<R: Recognizer> Weighing<R> {
    /// Lets `completeness` weigh what `recognizer` writes.
    pub const fn new(recognizer: R, completeness: Completeness) -> Self {
        Self { recognizer, completeness }
    }

    fn weigh(&mut self, heard: &mut Recognition) {
        // Words whose completeness is not known are words all the same.
        heard.complete = self.completeness.of(&heard.text).unwrap_or(None);
    }
}

impl<R: Recognizer> Recognizer for Weighing<R> {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let mut heard = self.recognizer.recognize(utterances)?;
        heard.iter_mut().for_each(|recognition| self.weigh(recognition));
        Ok(heard)
    }

    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        let english = utterance.hints.language.as_ref().is_none_or(|l| *l == Language::ENGLISH);
        let weighs = english && utterance.purpose == RecognizerPurpose::Final;
        let mut heard = self.recognizer.hear(utterance)?;
        if weighs {
            self.weigh(&mut heard.recognition);
        }
        Ok(heard)
    }

    fn gives_way_to(&mut self, haste: Haste) {
        self.recognizer.gives_way_to(haste);
    }

    fn rehearse(&mut self, purpose: RecognizerPurpose) -> Result<(), ModelError> {
        if purpose == RecognizerPurpose::Final {
            self.completeness.of("I would like to know what your opening hours are")?;
        }
        self.recognizer.rehearse(purpose)
    }
}

const MODEL: &str = "completeness";
const WEIGHTS: &[u8] = include_bytes!("../completeness/completeness.onnx");
/// The vocabulary, a word in a line. The first three stand for the beginning, for a word that is not here, and for digits.
const WORDS: &str = include_str!("../completeness/words.txt");
const UNKNOWN: i64 = 1;
const NUMBER: i64 = 2;
/// Words that are weighed at most.
const WORDS_MAX: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_in_training() {
        let cut: Vec<_> = words("It's, um, 5:30 — “Don’t” 'really'?").collect();
        assert_eq!(cut, ["it's", "um", "5", "30", "don't", "really"]);
        assert_eq!(words("... - '").count(), 0);
    }

    #[test]
    fn the_vocabulary_begins_with_what_is_no_word_and_names_each_word_once() {
        let words: Vec<_> = WORDS.lines().collect();
        assert_eq!(words[..3], ["<begin>", "<unknown>", "<number>"]);
        let different: std::collections::HashSet<_> = words.iter().collect();
        assert_eq!(different.len(), words.len());
        assert!(words.iter().skip(3).all(|word| super::words(word).eq([(*word).to_owned()])));
    }
}
