//! The models of a simulated world: they hear what the sound says, take their time on the virtual clock, and err when
//! they are told to.

use std::ops::ControlFlow;
use std::panic::panic_any;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callwright_media::SampleRate;
use callwright_models::contract::{
    DetectorStep, ModelError, Recognition, RecognizedWord, Recognizer, SpeechChunk, SpeechDetector,
    SpokenWord, Synthesizer, TurnJudge, VoiceStyle,
};
use callwright_models::lanes::stepped::StepTime;
use callwright_models::scripted::LevelDetector;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::voice;

/// How a lane's model is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Well,
    /// Every step takes so many times as long.
    Slow(u32),
    /// Every step fails.
    Failing,
    /// Every step panics.
    Panicking,
}

/// Thrown on purpose, so that nothing is printed about it.
#[derive(Debug)]
pub(super) struct OnPurpose;

/// What a lane's model holds: the moods are the world's to change.
#[derive(Clone, Debug, Default)]
pub(super) struct Strings {
    pub(super) time: StepTime,
    mood: Arc<Mutex<Mood>>,
}

impl Strings {
    pub(super) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// One step of so many milliseconds.
    fn step(&self, ms: u64) -> Result<(), ModelError> {
        let mood = *self.mood.lock().unwrap();
        let times = if let Mood::Slow(times) = mood { times } else { 1 };
        self.time.spend(Duration::from_millis(ms) * times);
        match mood {
            Mood::Failing => Err(ModelError::Unspeakable { reason: "it fails on purpose" }),
            Mood::Panicking => panic_any(OnPurpose),
            Mood::Well | Mood::Slow(_) => Ok(()),
        }
    }
}

/// Speech is what is loud.
pub(super) struct Detector(pub(super) LevelDetector, pub(super) Strings);

impl SpeechDetector for Detector {
    fn slots(&self) -> usize {
        self.0.slots()
    }

    fn step(&mut self, steps: &[DetectorStep<'_>], found: &mut [f32]) -> Result<(), ModelError> {
        self.1.step(1)?;
        self.0.step(steps, found)
    }
}

/// A turn may be over or not: nobody knows what a caller will do.
pub(super) struct Judge(pub(super) StdRng, pub(super) Strings);

impl Judge {
    pub(super) fn new(seed: u64, strings: Strings) -> Self {
        Self(StdRng::seed_from_u64(seed), strings)
    }
}

impl TurnJudge for Judge {
    fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
        self.1.step(25)?;
        for (_, over) in turns.iter().zip(over) {
            *over = if self.0.random_bool(0.8) { 0.95 } else { self.0.random() };
        }
        Ok(())
    }
}

/// What all callers have said, so that words can be told from their sound.
#[derive(Debug, Default)]
pub(super) struct WordBook {
    /// By caller, then by number.
    words: Vec<Vec<String>>,
    /// Sound of two callers in one question: what must never be.
    pub(super) mixed: Option<String>,
}

impl WordBook {
    /// Writes a word down and says how it sounds; `None` when this caller has said too much.
    pub(super) fn add(&mut self, caller: usize, word: &str) -> Option<voice::Spoken> {
        if self.words.len() <= caller {
            self.words.resize_with(caller + 1, Vec::new);
        }
        let words = self.words.get_mut(caller)?;
        (words.len() < voice::WORDS_MAX).then(|| {
            words.push(word.to_owned());
            voice::Spoken { caller, word: words.len() - 1 }
        })
    }
}

/// Writes down what the sound says.
pub(super) struct Scribe(pub(super) Arc<Mutex<WordBook>>, pub(super) Strings);

impl Recognizer for Scribe {
    fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
        let samples: usize = utterances.iter().map(|utterance| utterance.len()).sum();
        self.1.step(25 + samples as u64 / 1_600)?;
        let mut book = self.0.lock().unwrap();
        let mut write = |utterance: &&[i16]| {
            let spoken = voice::hear(utterance);
            if let [first, rest @ ..] = spoken.as_slice()
                && let Some(other) = rest.iter().find(|other| other.caller != first.caller)
            {
                let (one, other) = (first.caller, other.caller);
                book.mixed =
                    Some(format!("one question held the sound of callers {one} and {other}"));
            }
            let words = spoken.iter().filter_map(|w| book.words.get(w.caller)?.get(w.word));
            recognition(&words.map(String::as_str).collect::<Vec<_>>())
        };
        Ok(utterances.iter().map(&mut write).collect())
    }
}

fn recognition(said: &[&str]) -> Recognition {
    let (mut text, mut words) = (String::new(), Vec::new());
    for word in said {
        if !text.is_empty() {
            text.push(' ');
        }
        let range = text.len()..text.len() + word.len();
        text.push_str(word);
        words.push(RecognizedWord { range, confidence: 0.93, span: 0..0 });
    }
    let confidence = if words.is_empty() { 0.0 } else { 0.93 };
    Recognition { agreed: text.len(), text, confidence, words, finished: None, complete: None }
}

/// Speaks every text at a pitch of its own, fast.
pub(super) struct Speaker(pub(super) Strings);

const RATE: SampleRate = SampleRate::Hz16000;
/// Samples of a character: 12 ms, so that conversations are short.
const CHARACTER: usize = 192;
/// Samples of a chunk: 200 ms.
const CHUNK: usize = 3_200;
const LOUD: i16 = 8_000;

impl Synthesizer for Speaker {
    fn speak(
        &mut self,
        text: &str,
        _: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        let half = 2 * voice::pitch_of(text);
        let total = text.len() * CHARACTER;
        let ends = text.char_indices().filter(|(_, c)| !c.is_alphanumeric()).map(|(at, _)| at);
        let words: Vec<SpokenWord> = ends
            .chain([text.len()])
            .map(|end| SpokenWord { text_end: end, sample_end: (end * CHARACTER) as u64 })
            .collect();
        for start in (0..total).step_by(CHUNK) {
            self.0.step(if start == 0 { 15 } else { 4 })?;
            let end = (start + CHUNK).min(total);
            let within = |word: &&SpokenWord| {
                word.sample_end > start as u64 && word.sample_end <= end as u64
            };
            let chunk = SpeechChunk {
                rate: RATE,
                samples: (start..end)
                    .map(|n| if (n / half).is_multiple_of(2) { LOUD } else { -LOUD })
                    .collect(),
                words: words.iter().filter(within).copied().collect(),
            };
            if sink(chunk).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}
