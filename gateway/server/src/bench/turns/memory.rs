//! What models answered, kept, so that a sweep asks each question once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use callwright_models::contract::{
    DETECTOR_WINDOW, DetectorStep, Draft, Heard, ModelError, Recognition, Recognizer,
    SpeechDetector, TurnJudge, Utterance,
};

/// The answers so far, by what was heard. Shared by the models that write to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Default)]
struct Answers {
    judged: BTreeMap<u64, f32>,
    /// By the whole stream up to the window.
    detected: BTreeMap<u64, f32>,
    recognized: BTreeMap<u64, Recognition>,
}

impl Memory {
    /// The judge, asked only what it was not asked before.
    pub(super) fn judge(&self, model: Box<dyn TurnJudge>) -> Box<dyn TurnJudge> {
        Box::new(RememberingJudge { model, memory: self.clone() })
    }

    /// The detector of one call, asked only what it was not asked before.
    pub(super) fn detector(&self, model: Box<dyn SpeechDetector>) -> Box<dyn SpeechDetector> {
        let memory = self.clone();
        Box::new(RememberingDetector { model, memory, stream: 0, unheard: Vec::new(), fresh: true })
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
                (Some("detector"), ..) => {
                    answers.detected.insert(heard, value);
                }
                (Some("said"), Some(beliefs), Some(text)) => {
                    let (finished, complete) = beliefs.split_once(' ').unwrap_or((beliefs, ""));
                    let recognition = Recognition {
                        text: text.to_owned(),
                        agreed: text.len(),
                        confidence: value,
                        words: Vec::new(),
                        finished: finished.parse().ok(),
                        complete: complete.parse().ok(),
                    };
                    answers.recognized.insert(heard, recognition);
                }
                _ => {}
            }
        }
        Ok(Self { answers: Arc::new(Mutex::new(answers)) })
    }

    /// Writes the answers as lines: `judge` or `detector`, what was heard, the probability; or `said`, what was heard, the
    /// confidence, the beliefs that a sentence ends and that the words could be all (`-` for none), the text.
    pub(super) fn save(&self, path: &Path) -> std::io::Result<()> {
        let mut text = String::new();
        self.with(|answers| {
            // Writing to a string does not fail.
            for (heard, over) in &answers.judged {
                let _written = writeln!(text, "judge\t{heard}\t{over}");
            }
            for (heard, probability) in &answers.detected {
                let _written = writeln!(text, "detector\t{heard}\t{probability}");
            }
            let belief = |p: &Option<f32>| p.map_or_else(|| "-".to_owned(), |p| p.to_string());
            for (heard, recognition) in &answers.recognized {
                let Recognition { text: words, confidence, finished, complete, .. } = recognition;
                let beliefs = format!("{} {}", belief(finished), belief(complete));
                let words = words.replace(['\t', '\n'], " ");
                let _written = writeln!(text, "said\t{heard}\t{confidence}\t{beliefs}\t{words}");
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

impl RememberingRecognizer {
    fn alone(&mut self, utterance: &[i16]) -> Result<Recognition, ModelError> {
        let heard = name(utterance);
        let known = self.memory.with(|answers| answers.recognized.get(&heard).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let found = self.model.recognize(&[utterance])?.into_iter().next().unwrap_or_default();
        let found = Recognition { words: Vec::new(), ..found };
        self.memory.with(|answers| answers.recognized.insert(heard, found.clone()));
        Ok(found)
    }
}

impl Recognizer for RememberingRecognizer {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        utterances.iter().map(|utterance| self.alone(utterance)).collect()
    }

    /// Hints and drafts change nothing here, so that an answer depends on the sound alone.
    fn hear(&mut self, utterance: Utterance<'_>) -> Result<Heard, ModelError> {
        let recognition = self.alone(utterance.samples)?;
        Ok(Heard { recognition, draft: Draft::default() })
    }
}

/// A detector has a state, so what it says depends on the whole stream: a stream is known as long as every window of it
/// is, and the model hears all of it from the first window that is not.
struct RememberingDetector {
    model: Box<dyn SpeechDetector>,
    memory: Memory,
    stream: u64,
    /// Windows that the model has not heard.
    unheard: Vec<[i16; DETECTOR_WINDOW]>,
    /// The model is to begin afresh with the first of them.
    fresh: bool,
}

impl SpeechDetector for RememberingDetector {
    fn slots(&self) -> usize {
        1
    }

    fn step(
        &mut self,
        steps: &[DetectorStep<'_>],
        probabilities: &mut [f32],
    ) -> Result<(), ModelError> {
        for (step, probability) in steps.iter().zip(probabilities) {
            if step.fresh {
                self.stream = 0;
                self.unheard.clear();
                self.fresh = true;
            }
            self.stream = self.stream.rotate_left(5) ^ name(step.window);
            self.unheard.push(*step.window);
            let stream = self.stream;
            let known = self.memory.with(|answers| answers.detected.get(&stream).copied());
            if let Some(known) = known {
                *probability = known;
                continue;
            }
            for window in self.unheard.drain(..) {
                let step = DetectorStep { slot: step.slot, fresh: self.fresh, window: &window };
                self.model.step(&[step], std::slice::from_mut(probability))?;
                self.fresh = false;
            }
            self.memory.with(|answers| answers.detected.insert(stream, *probability));
        }
        Ok(())
    }
}

/// Names a sound by what it holds: FNV-1a over its samples.
fn name(samples: &[i16]) -> u64 {
    samples.iter().fold(0xcbf2_9ce4_8422_2325 ^ samples.len() as u64, |hash, &sample| {
        (hash ^ u64::from(sample.cast_unsigned())).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use callwright_models::contract::SlotId;
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
        assert_eq!(kept.recognizer(other).recognize(&[&[5]]).unwrap()[0].text, "One, two");
    }

    /// Says how many windows it has heard since it began afresh.
    struct Counting(u16);

    impl SpeechDetector for Counting {
        fn slots(&self) -> usize {
            1
        }

        fn step(
            &mut self,
            steps: &[DetectorStep<'_>],
            probabilities: &mut [f32],
        ) -> Result<(), ModelError> {
            self.0 = if steps[0].fresh { 1 } else { self.0 + 1 };
            probabilities[0] = f32::from(self.0);
            Ok(())
        }
    }

    #[test]
    fn a_stream_that_goes_on_otherwise_is_heard_from_its_beginning() {
        let memory = Memory::default();
        let stream = |values: &[i16]| {
            let mut detector = memory.detector(Box::new(Counting(70)));
            let hear = |(n, &value): (usize, &i16)| {
                let window = [value; DETECTOR_WINDOW];
                let step = DetectorStep { slot: SlotId(0), fresh: n == 0, window: &window };
                let mut probability = [0.0];
                detector.step(&[step], &mut probability).unwrap();
                probability[0]
            };
            values.iter().enumerate().map(hear).collect::<Vec<f32>>()
        };
        assert_eq!(stream(&[1, 2, 3]), [1.0, 2.0, 3.0]);
        assert_eq!(stream(&[1, 2, 9, 9]), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(memory.with(|answers| answers.detected.len()), 5);
    }
}
