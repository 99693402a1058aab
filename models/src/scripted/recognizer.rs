//! What was said stands in the script, or is told by how loud it was.

use std::collections::VecDeque;

use super::loudness;
use crate::contract::{ModelError, Recognition, RecognizedWord, Recognizer};

/// Gives the texts of its script one after the other, whatever it hears; when it is used up, no words.
#[derive(Clone, Debug)]
pub struct ScriptedRecognizer {
    script: VecDeque<Recognition>,
}

impl ScriptedRecognizer {
    /// A recogniser that is quite sure of each text of the script.
    pub fn new<T: Into<String>>(script: impl IntoIterator<Item = T>) -> Self {
        Self::unsure(script.into_iter().map(|text| (text, 0.95)))
    }

    /// A recogniser whose script gives the confidence in each text, 0-1.
    pub fn unsure<T: Into<String>>(script: impl IntoIterator<Item = (T, f32)>) -> Self {
        let script = script.into_iter().map(|(text, sure)| recognition(text.into(), sure));
        Self { script: script.collect() }
    }
}

impl Recognizer for ScriptedRecognizer {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        Ok(utterances.iter().map(|_| self.script.pop_front().unwrap_or_default()).collect())
    }
}

/// Hears in the loudness of an utterance what was said, so that callers who speak in any order are told apart.
///
/// The loudness is the mean magnitude of the utterance's samples that are not silent: that of a
/// [`super::tone`], whatever pauses surround it. Text `i` of the list is said by loudness `(i + 1) * 1,000`,
/// give or take 400, which the telephone does not change.
#[derive(Clone, Debug)]
pub struct LoudnessRecognizer {
    texts: Vec<String>,
}

impl LoudnessRecognizer {
    /// A recogniser that knows these texts.
    pub fn new<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self { texts: texts.into_iter().map(Into::into).collect() }
    }

    /// The loudness that says text `i` of the list.
    pub const fn loudness_of(i: u16) -> i16 {
        // No test has more than thirty texts.
        ((i + 1) * 1_000) as i16
    }

    fn words_in(&self, utterance: &[i16]) -> Recognition {
        let loud: Vec<i16> =
            utterance.iter().copied().filter(|sample| sample.unsigned_abs() > 300).collect();
        let nearest = (loudness(&loud) + 400) / 1_000;
        let text = (nearest as usize).checked_sub(1).and_then(|i| self.texts.get(i));
        text.map_or_else(Recognition::default, |text| recognition(text.clone(), 0.95))
    }
}

impl Recognizer for LoudnessRecognizer {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        Ok(utterances.iter().map(|utterance| self.words_in(utterance)).collect())
    }
}

fn recognition(text: String, confidence: f32) -> Recognition {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(' ') {
        if !word.is_empty() {
            words.push(RecognizedWord { range: at..at + word.len(), confidence, span: 0..0 });
        }
        at += word.len() + 1;
    }
    let confidence = if words.is_empty() { 0.0 } else { confidence };
    Recognition { agreed: text.len(), text, confidence, words, finished: None, complete: None }
}
