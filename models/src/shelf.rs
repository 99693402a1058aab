//! Everything a server listens and speaks with, loaded at once.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::catalog;
use crate::completeness::Weighing;
use crate::contract::{EmotionModel, Recognizer, SpeechDetector, Synthesizer, TurnJudge};
use crate::emotion::EmotionNet;
use crate::lanes::{LaneKind, LaneModel};
use crate::runtime::LoadError;
use crate::silero::SileroDetector;
use crate::smart_turn::SmartTurn;
use crate::voices::{VoiceFact, VoiceOptions, Voices};

/// The default models, ready: each has taken a step.
pub struct Models {
    /// Silero VAD.
    pub detector: Box<dyn SpeechDetector>,
    /// Smart Turn.
    pub judge: Box<dyn TurnJudge>,
    /// Moonshine Tiny, its words weighed.
    pub recognizer: Box<dyn Recognizer>,
    /// For callers who do not speak English, one for each lane; none unless a server has such callers.
    pub others: Vec<Box<dyn Recognizer>>,
    /// Flite, and the voices that an operator brought.
    pub synthesizer: Box<dyn Synthesizer>,
    /// Our own emotion model, which is part of this program.
    pub emotion: Box<dyn EmotionModel>,
    /// What was loaded.
    pub facts: Vec<ModelFact>,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Models").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// What is known of a loaded model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFact {
    /// Its name in the catalog; `flite`, `piper` or `kokoro`.
    pub name: &'static str,
    /// What it does, in the catalog's words.
    pub task: &'static str,
    /// How long it took to load and to take its first step, beside the others.
    pub load: Duration,
    /// Octets of its files; 0 for what the system brings.
    pub size: u64,
    /// Octets that the runtime holds for it, its weights and the room for its steps; `None` for what runs elsewhere.
    pub memory: Option<u64>,
    /// Its voices, the default first; empty for what does not speak.
    pub voices: Vec<String>,
}

impl Models {
    /// Loads the default models from the models folder, side by side, with room for `slots` calls.
    ///
    /// # Errors
    /// The first [`LoadError`], in the order of the fields.
    pub fn load(models: &Path, slots: usize) -> Result<Self, LoadError> {
        Self::load_with(models, slots, &VoiceOptions::default())
    }

    /// As [`Self::load`], with voices as these options have them.
    ///
    /// # Errors
    /// The first [`LoadError`], in the order of the fields.
    pub fn load_with(
        models: &Path,
        slots: usize,
        voices: &VoiceOptions,
    ) -> Result<Self, LoadError> {
        let (detector, judge, recognizer, emotion, synthesizer) = thread::scope(|scope| {
            let recognizer = scope.spawn(|| timed(|| Weighing::load(models)));
            let judge = scope.spawn(|| timed(|| SmartTurn::load(models)));
            let detector = scope.spawn(|| timed(|| SileroDetector::load(models, slots)));
            let emotion = scope.spawn(|| timed(|| EmotionNet::load(models, slots)));
            let synthesizer = timed(|| Voices::load(models, voices));
            (joined(detector), joined(judge), joined(recognizer), joined(emotion), synthesizer)
        });
        let (detector, detector_load) = detector?;
        let (judge, judge_load) = judge?;
        let (recognizer, recognizer_load) = recognizer?;
        let (synthesizer, synthesizer_load) = synthesizer?;
        let (emotion, emotion_load) = emotion?;
        let mut facts = vec![
            fact("speech-detection", detector_load, detector.memory()),
            fact("end-of-turn", judge_load, judge.memory()),
            fact("recognition", recognizer_load, recognizer.memory()),
            voice_fact("flite", synthesizer.facts(), synthesizer_load),
            fact("emotion", emotion_load, emotion.memory()),
        ];
        let neural = ["piper", "kokoro"]
            .map(|engine| voice_fact(engine, synthesizer.facts(), synthesizer_load));
        facts.extend(neural.into_iter().filter(|fact| !fact.voices.is_empty()));
        Ok(Self {
            detector: Box::new(detector),
            judge: Box::new(judge),
            recognizer: Box::new(recognizer),
            others: Vec::new(),
            synthesizer: Box::new(synthesizer),
            emotion: Box::new(emotion),
            facts,
        })
    }

    /// Loads the model of one lane anew, with room for `slots` calls: what lies in the models folder now.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load_one(
        models: &Path,
        slots: usize,
        lane: LaneKind,
        voices: &VoiceOptions,
    ) -> Result<(LaneModel, ModelFact), LoadError> {
        Ok(match lane {
            LaneKind::Detector => {
                let (model, load) = timed(|| SileroDetector::load(models, slots))?;
                let fact = fact("speech-detection", load, model.memory());
                (LaneModel::Detector(Box::new(model)), fact)
            }
            LaneKind::Judge => {
                let (model, load) = timed(|| SmartTurn::load(models))?;
                let fact = fact("end-of-turn", load, model.memory());
                (LaneModel::Judge(Box::new(model)), fact)
            }
            LaneKind::Recognizer => {
                let (model, load) = timed(|| Weighing::load(models))?;
                let fact = fact("recognition", load, model.memory());
                (LaneModel::Recognizer(Box::new(model)), fact)
            }
            LaneKind::Synthesizer => {
                let (model, load) = timed(|| Voices::load(models, voices))?;
                let fact = voice_fact("flite", model.facts(), load);
                (LaneModel::Synthesizer(Box::new(model)), fact)
            }
            LaneKind::Emotion => {
                let (model, load) = timed(|| EmotionNet::load(models, slots))?;
                let fact = fact("emotion", load, model.memory());
                (LaneModel::Emotion(Box::new(model)), fact)
            }
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "loading is no part of a call; how long it takes is shown to the operator"
)]
fn timed<T>(load: impl FnOnce() -> Result<T, LoadError>) -> Result<(T, Duration), LoadError> {
    let begun = Instant::now();
    let model = load()?;
    Ok((model, begun.elapsed()))
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What is known of one engine's voices. All were loaded one after the other, and the time is that of all.
fn voice_fact(engine: &'static str, voices: &[VoiceFact], load: Duration) -> ModelFact {
    let of = || voices.iter().filter(|voice| voice.engine == engine);
    // Kokoro's voices are of one file; each of Piper's has its own.
    let sizes = of().map(|voice| voice.size);
    let size = if engine == "kokoro" { sizes.max().unwrap_or(0) } else { sizes.sum() };
    let voices = of().map(|voice| voice.name.clone()).collect();
    ModelFact { name: engine, task: "speech", load, size, memory: None, voices }
}

fn fact(task: &'static str, load: Duration, memory: Option<u64>) -> ModelFact {
    let artefact = catalog::artefacts().iter().find(|artefact| artefact.task == task);
    let installed = artefact.iter().flat_map(|artefact| &artefact.files);
    let size = installed.filter(|file| !file.path.starts_with("licences/")).map(|f| f.size).sum();
    let name = artefact.map_or(task, |artefact| artefact.name.as_str());
    ModelFact { name, task, load, size, memory, voices: Vec::new() }
}
