//! The three kinds of calls: questions that cut in, sentences with pauses inside, and small sounds while the agent
//! speaks. Each is a scenario of the simulated Twilio caller, the same for both sides.

use std::error::Error;
use std::path::{Path, PathBuf};

use callwright::simulate::{Scenario, ScenarioError};
use serde_json::{Value, json};

use super::sounds::{PAUSE_MS, PER_MS, Sentence, Sounds, cough, hum, pauses, recorded, write};

/// The voices of the rounds, in turn.
const VOICES: [&str; 3] = ["rms", "slt", "awb"];
/// Complete questions to the front desk of the sample clinic.
const QUESTIONS: [&str; 16] = [
    "How can I pay?",
    "What are your opening hours?",
    "Do you take insurance?",
    "What does a filling cost?",
    "Where can I park my car?",
    "How much is a cleaning?",
    "Do you take new patients?",
    "Where are you located?",
    "Could you tell me what your opening hours are on Friday?",
    "I would like to know how much you charge for a filling.",
    "What is your address, please?",
    "Can I pay by credit card?",
    "Are you open on Saturday in the morning?",
    "How much do you charge for a cleaning?",
    "Is there a place where I could park near you?",
    "Do you take my insurance plan?",
];
/// Questions of one call.
const IN_A_CALL: usize = 8;
/// How long the agent has spoken when the next question cuts in.
const CUT_IN_MS: u64 = 1_000;
/// The level of the quiet room around the caller, in dB under full scale.
const ROOM_DBOV: i32 = -62;
/// How long the caller waits for an agent that takes the turn to be unfinished.
const PATIENCE_MS: u64 = 15_000;

/// Sentences with pauses inside, where no recorded ones are given: a pause stands for each bar.
const HESITANT: [&str; 4] = [
    "I was wondering | whether you take new patients at the moment.",
    "I have never been to your clinic, so | could you tell me what | your address is?",
    "My dentist has just retired, and | I wanted to ask you | whether you take new patients.",
    "I usually don't carry any cash with me, so | before I come I'd like to know | how I can pay.",
];
/// The length of those pauses, in turn.
const HESITATIONS_MS: [usize; 4] = [400, 600, 800, 500];
/// Recorded sentences in a run.
const RECORDED: usize = 5;
/// How long the caller stays after a sentence: for the answer to begin.
const AFTER_SENTENCE_MS: u64 = 1_500;

/// What the questions and the sentences need.
#[derive(Debug)]
pub(crate) struct Calls {
    folder: PathBuf,
    sentences: Vec<PathBuf>,
    /// Pauses in all sentences together.
    pub(crate) pauses: usize,
    /// The sentences are recordings of people.
    pub(crate) recorded: bool,
}

impl Calls {
    /// Makes the sentences ready in `folder`: recorded ones of `data`, or Flite's.
    ///
    /// # Errors
    /// When they cannot be spoken, read or written.
    pub(crate) fn prepare(
        sounds: &mut Sounds,
        data: Option<&Path>,
        folder: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let all = match data {
            Some(data) => recorded(data, RECORDED)?,
            None => hesitant(sounds)?,
        };
        if all.is_empty() {
            return Err("no recorded sentence has a pause inside".into());
        }
        let mut sentences = Vec::new();
        for (index, sentence) in all.iter().enumerate() {
            let name = PathBuf::from(format!("sentence-{index}.wav"));
            write(&folder.join(&name), &sentence.samples)?;
            sentences.push(name);
        }
        let pauses = all.iter().map(|sentence| sentence.pauses).sum();
        Ok(Self { folder: folder.to_owned(), sentences, pauses, recorded: data.is_some() })
    }

    /// How many sentences there are.
    pub(crate) fn sentences(&self) -> usize {
        self.sentences.len()
    }

    /// Questions of which each but the first cuts the agent off.
    ///
    /// # Errors
    /// [`ScenarioError`].
    pub(crate) fn questions(&self, round: u16) -> Result<Scenario, ScenarioError> {
        let round = usize::from(round);
        let voice = VOICES.iter().cycle().nth(round).copied().unwrap_or("rms");
        let asked = QUESTIONS.iter().cycle().skip(round * IN_A_CALL).take(IN_A_CALL);
        let mut steps: Vec<Value> = asked
            .enumerate()
            .map(|(index, question)| match index {
                0 => json!({"say": question}),
                _ => json!({"say": question, "cut_in_after_ms": CUT_IN_MS}),
            })
            .collect();
        steps.push(json!({"hang_up": true, "cut_in_after_ms": CUT_IN_MS}));
        scenario("questions", voice, &steps, &self.folder)
    }

    /// A call for each sentence with pauses inside: what is said has nothing to do with the agent's business, and so
    /// much of it in one call would make any agent end it.
    ///
    /// # Errors
    /// [`ScenarioError`].
    pub(crate) fn pauses(&self) -> Result<Vec<Scenario>, ScenarioError> {
        let call = |file| {
            let steps =
                [json!({"play": file}), json!({"hang_up": true, "after_ms": AFTER_SENTENCE_MS})];
            scenario("pauses", "rms", &steps, &self.folder)
        };
        self.sentences.iter().map(call).collect()
    }
}

/// Flite's sentences with silence for each bar.
fn hesitant(sounds: &mut Sounds) -> Result<Vec<Sentence>, Box<dyn Error>> {
    let mut hesitations = HESITATIONS_MS.iter().cycle();
    let mut all = Vec::new();
    for text in HESITANT {
        let mut samples = Vec::new();
        for part in text.split(" | ") {
            if !samples.is_empty() {
                let ms = hesitations.next().copied().unwrap_or(PAUSE_MS);
                samples.resize(samples.len() + ms * PER_MS, 0);
            }
            samples.extend(sounds.speak(part, "rms", 1.0)?);
        }
        let pauses = pauses(&samples, PAUSE_MS);
        all.push(Sentence { samples, pauses });
    }
    Ok(all)
}

/// A question, and what is heard of the caller while it is answered.
const ANSWERED: &str = "How can I pay?";
/// How long the agent has spoken then.
const DISTURBED_MS: u64 = 1_200;
/// From there, or from the question, to the next question: the answer is over.
const ANSWER_MS: u64 = 7_500;

/// A small sound that is no wish to speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disturbance {
    /// What it is.
    pub(crate) name: &'static str,
    /// A word that nods, or a noise.
    pub(crate) nods: bool,
    /// How long it is.
    pub(crate) length_ms: usize,
    file: PathBuf,
}

/// The small sounds of one call.
#[derive(Debug)]
pub(crate) struct Disturbances {
    folder: PathBuf,
    /// In the order in which they are heard.
    pub(crate) all: Vec<Disturbance>,
}

impl Disturbances {
    /// Makes them ready in `folder`.
    ///
    /// # Errors
    /// When they cannot be spoken or written.
    pub(crate) fn prepare(sounds: &mut Sounds, folder: &Path) -> Result<Self, Box<dyn Error>> {
        let made = [
            ("mm-hm", true, hum(115.0)),
            ("cough", false, cough(7)),
            ("mm-hm", true, hum(190.0)),
            ("cough", false, cough(11)),
            ("okay", true, sounds.speak("Okay.", "rms", 1.0)?),
        ];
        let mut all = Vec::new();
        for (index, (name, nods, samples)) in made.into_iter().enumerate() {
            let file = PathBuf::from(format!("disturbance-{index}.wav"));
            write(&folder.join(&file), &samples)?;
            all.push(Disturbance { name, nods, length_ms: samples.len() / PER_MS, file });
        }
        Ok(Self { folder: folder.to_owned(), all })
    }

    /// The question once undisturbed, for the length of its answer, and once with each sound.
    ///
    /// # Errors
    /// [`ScenarioError`].
    pub(crate) fn scenario(&self) -> Result<Scenario, ScenarioError> {
        let mut steps = vec![json!({"say": ANSWERED})];
        for disturbance in &self.all {
            steps.push(json!({"say": ANSWERED, "after_ms": ANSWER_MS}));
            steps.push(json!({"play": disturbance.file, "cut_in_after_ms": DISTURBED_MS}));
        }
        steps.push(json!({"hang_up": true, "after_ms": ANSWER_MS}));
        scenario("disturbances", "rms", &steps, &self.folder)
    }
}

/// JSON is YAML, so what is built here is read as any scenario file is.
fn scenario(
    name: &str,
    voice: &str,
    steps: &[Value],
    folder: &Path,
) -> Result<Scenario, ScenarioError> {
    let written = json!({
        "name": name,
        "voice": voice,
        "noise_dbov": ROOM_DBOV,
        "pause_ms": 1_000,
        "patience_ms": PATIENCE_MS,
        "steps": steps,
    });
    Scenario::from_yaml(&written.to_string(), folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_can_be_followed() {
        let folder = PathBuf::new();
        let calls = Calls {
            folder: folder.clone(),
            sentences: vec!["a.wav".into(), "b.wav".into()],
            pauses: 2,
            recorded: true,
        };
        for round in [0, 1, 99] {
            calls.questions(round).unwrap();
        }
        assert_eq!(calls.pauses().unwrap().len(), 2);
        let cough =
            Disturbance { name: "cough", nods: false, length_ms: 380, file: "c.wav".into() };
        Disturbances { folder, all: vec![cough] }.scenario().unwrap();
    }
}
