//! What models answered, kept, so that a sweep asks each question once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use callwright_models::contract::{
    ModelError, Recognition, RecognizedWord, Recognizer, TurnJudge,
};

/// The answers so far, by what was heard. Shared by the models that write to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Default)]
struct Answers {
    judged: BTreeMap<u64, f32>,
    recognized: BTreeMap<u64, Recognition>,
}

impl Memory {
    /// The judge, asked only what it was not asked before.
    pub(super) fn judge(&self, model: Box<dyn TurnJudge>) -> Box<dyn TurnJudge> {
        Box::new(RememberingJudge { model, memory: self.clone() })
    }

    /// The recogniser, asked only what it was not asked before.
    pub(super) fn recognizer(&self, model: Box<dyn Recognizer>) -> Box<dyn Recognizer> {
        Box::new(RememberingRecognizer { model, memory: self.clone() })
    }

    /// Reads what [`Self::save`] wrote; a line that cannot be read is left out, and its question asked again.
    pub(super) fn load(path: &Path) -> std::io::Result<Self> {
        let mut answers = Answers::default();
        for line in std::fs::read_to_string(path)?.lines() {
            let mut fields = line.split('\t');
            let (kind, name) = (fields.next(), fields.next());
            let Some(heard) = name.and_then(|name| name.parse().ok()) else { continue };
            let Some(value) = fields.next().and_then(|value| value.parse().ok()) else { continue };
            match (kind, fields.next(), fields.next()) {
                (Some("judge"), ..) => {
                    answers.judged.insert(heard, value);
                }
                (Some("words"), Some(confidences), Some(text)) => {
                    answers.recognized.insert(heard, recognition(text, value, confidences));
                }
                _ => {}
            }
        }
        Ok(Self { answers: Arc::new(Mutex::new(answers)) })
    }

    /// Writes the answers as lines: `judge`, what was heard, the probability; or `words`, what was heard, the
    /// confidence, the confidence in each word, the text.
    pub(super) fn save(&self, path: &Path) -> std::io::Result<()> {
        let mut text = String::new();
        self.with(|answers| {
            // Writing to a string does not fail.
            for (heard, over) in &answers.judged {
                let _written = writeln!(text, "judge\t{heard}\t{over}");
            }
            for (heard, Recognition { text: words, confidence, words: each }) in &answers.recognized
            {
                let each: Vec<String> = each.iter().map(|word| word.confidence.to_string()).collect();
                let (each, words) = (each.join(" "), words.replace(['\t', '\n'], " "));
                let _written = writeln!(text, "words\t{heard}\t{confidence}\t{each}\t{words}");
            }
        });
        std::fs::write(path, text)
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Answers) -> T) -> T {
        use_it(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct RememberingJudge {
    model: Box<dyn TurnJudge>,
    memory: Memory,
}

impl TurnJudge for RememberingJudge {
    fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
        for (turn, over) in turns.iter().zip(over) {
            let heard = name(turn);
            if let Some(known) = self.memory.with(|answers| answers.judged.get(&heard).copied()) {
                *over = known;
                continue;
            }
            self.model.judge(&[turn], std::slice::from_mut(over))?;
            self.memory.with(|answers| answers.judged.insert(heard, *over));
        }
        Ok(())
    }
}

struct RememberingRecognizer {
    model: Box<dyn Recognizer>,
    memory: Memory,
}

impl Recognizer for RememberingRecognizer {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let recognize = |utterance: &&[i16]| {
            let heard = name(utterance);
            let known = self.memory.with(|answers| answers.recognized.get(&heard).cloned());
            if let Some(known) = known {
                return Ok(known);
            }
            let found = self.model.recognize(&[utterance])?.into_iter().next().unwrap_or_default();
            self.memory.with(|answers| answers.recognized.insert(heard, found.clone()));
            Ok(found)
        };
        utterances.iter().map(recognize).collect()
    }
}

/// A recognition read back; its words are what spaces part.
fn recognition(text: &str, confidence: f32, each: &str) -> Recognition {
    let mut confidences = each.split(' ').map(|value| value.parse().unwrap_or(confidence));
    let mut at = 0;
    let words = text.split(' ').map(|word| {
        let range = at..at + word.len();
        at += word.len() + 1;
        RecognizedWord { range, confidence: confidences.next().unwrap_or(confidence) }
    });
    let words = words.filter(|word| !word.range.is_empty()).collect();
    Recognition { text: text.to_owned(), confidence, words }
}

/// Names a sound by what it holds: FNV-1a over its samples.
fn name(samples: &[i16]) -> u64 {
    samples.iter().fold(0xcbf2_9ce4_8422_2325 ^ samples.len() as u64, |hash, &sample| {
        (hash ^ u64::from(sample.cast_unsigned())).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use callwright_models::scripted::{ScriptedJudge, ScriptedRecognizer};

    use super::*;

    #[test]
    fn a_question_is_asked_once_and_the_answer_survives_a_file() {
        let memory = Memory::default();
        let mut judge = memory.judge(Box::new(ScriptedJudge::new([0.25, 0.75])));
        let mut over = [0.0; 3];
        judge.judge(&[&[1, 2], &[1, 2], &[1]], &mut over).unwrap();
        assert_eq!(over, [0.25, 0.25, 0.75]);
        let mut recognizer = memory.recognizer(Box::new(ScriptedRecognizer::new(["One,\ttwo"])));
        assert_eq!(recognizer.recognize(&[&[5]]).unwrap()[0].text, "One,\ttwo");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.tsv");
        memory.save(&path).unwrap();
        let kept = Memory::load(&path).unwrap();
        let mut judge = kept.judge(Box::new(ScriptedJudge::new([0.1])));
        judge.judge(&[&[1], &[1, 2], &[7]], &mut over).unwrap();
        assert_eq!(over, [0.75, 0.25, 0.1]);
        let other = Box::new(ScriptedRecognizer::new(["Other"]));
        let again = kept.recognizer(other).recognize(&[&[5]]).unwrap().remove(0);
        assert_eq!(again.text, "One, two");
        let words: Vec<&str> = again.words.iter().map(|w| &again.text[w.range.clone()]).collect();
        assert_eq!(words, ["One,", "two"]);
    }
}
