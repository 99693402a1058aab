//! Model lanes on the virtual clock: right answers, late by a fixed delay.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use callwright_calls::{LaneAnswer, LaneRequest, Lanes, Moment};
use callwright_media::{SampleRate, level_dbov};
use callwright_models::contract::{
    AskId, AudioBlock, DETECTOR_WINDOW, DetectorResult, EmotionResult, JudgeResult, Language,
    Recognition, RecognizerPurpose, RecognizerResult, Share, SlotKey, SpeechChunk, SpokenWord,
    SynthesizerResult,
};

use super::caller::Caller;
use super::moods::Moods;

/// How long each simulated model takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delays {
    /// The speech detector.
    pub(crate) detector: Duration,
    /// The turn judge.
    pub(crate) judge: Duration,
    /// The recogniser.
    pub(crate) recognizer: Duration,
    /// The synthesiser, to its first chunk.
    pub(crate) synthesizer: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self { detector: ms(1), judge: ms(25), recognizer: ms(80), synthesizer: ms(15) }
    }
}

/// All lanes of one call.
#[derive(Debug)]
pub(crate) struct SimulatedLanes {
    pub(super) now: Moment,
    delays: Delays,
    caller: Rc<RefCell<Caller>>,
    answers: Vec<(Moment, LaneAnswer)>,
    window: Vec<i16>,
    next_window_end: u64,
    /// The judge's next answers; 0.9 when there is none.
    judgements: Vec<Option<f32>>,
    /// The recogniser fails from now on.
    deaf: bool,
    /// How the caller sounds.
    pub(crate) moods: Moods,
    /// The synthesiser fails from now on.
    mute: bool,
    /// Asking anything panics, inside the call that asks.
    pub(crate) panics: bool,
    pub(super) open: Vec<SlotKey>,
    /// Final transcriptions asked for, as spans of samples.
    asked: Vec<(u64, u64)>,
    /// Questions that the call took back.
    taken_back: Vec<AskId>,
}

/// A simulated voice takes this long for each character.
const CHARACTER: Duration = Duration::from_millis(50);
const VOICE_RATE: SampleRate = SampleRate::Hz16000;
const VOICE_LOUD: i16 = 8_000;
/// A word is certain this many samples after its end: 0.5 s.
const AGREED_AFTER: u64 = 8_000;
/// Samples of a chunk: 200 ms.
const CHUNK: usize = 3_200;

impl SimulatedLanes {
    pub(super) fn new(caller: Rc<RefCell<Caller>>, delays: Delays) -> Self {
        Self {
            now: Moment::default(),
            delays,
            caller,
            answers: Vec::new(),
            window: Vec::new(),
            next_window_end: 0,
            judgements: Vec::new(),
            deaf: false,
            moods: Moods::default(),
            mute: false,
            panics: false,
            open: Vec::new(),
            asked: Vec::new(),
            taken_back: Vec::new(),
        }
    }

    fn later(&mut self, delay: Duration, answer: LaneAnswer) {
        self.answers.push((self.now.plus(delay), answer));
    }

    fn detect(&mut self, key: SlotKey, block: &AudioBlock) {
        if self.next_window_end == 0 || block.start.0 > self.next_window_end {
            self.window.clear();
            self.next_window_end = block.start.0;
        }
        self.window.extend(block.samples);
        self.next_window_end = block.end().0;
        while self.window.len() >= DETECTOR_WINDOW {
            let window: Vec<i16> = self.window.drain(..DETECTOR_WINDOW).collect();
            let end = block.end().minus(self.window.len() as u64);
            let probability = if level_dbov(&window).0 > -40.0 { 0.95 } else { 0.02 };
            let result = DetectorResult { key, end, probability };
            self.later(self.delays.detector, LaneAnswer::Detector(result));
        }
    }

    fn speak(&mut self, key: SlotKey, ask: AskId, text: &str) {
        let after = self.delays.synthesizer;
        if self.mute {
            self.later(after, LaneAnswer::Synthesizer(SynthesizerResult::Failed { key, ask }));
            return;
        }
        let per_character = VOICE_RATE.samples(CHARACTER) as usize;
        let total = text.len() * per_character;
        let ends = text.char_indices().filter(|(_, c)| !c.is_alphanumeric()).map(|(at, _)| at);
        let words: Vec<SpokenWord> = ends
            .chain([text.len()])
            .map(|end| SpokenWord { text_end: end, sample_end: (end * per_character) as u64 })
            .collect();
        for start in (0..total).step_by(CHUNK) {
            let end = (start + CHUNK).min(total);
            let ended = |word: &&SpokenWord| {
                word.sample_end > start as u64 && word.sample_end <= end as u64
            };
            let chunk = SpeechChunk {
                rate: VOICE_RATE,
                samples: (start..end)
                    .map(|n| if n / 20 % 2 == 0 { VOICE_LOUD } else { -VOICE_LOUD })
                    .collect(),
                words: words.iter().filter(ended).copied().collect(),
            };
            self.later(
                after,
                LaneAnswer::Synthesizer(SynthesizerResult::Chunk { key, ask, chunk }),
            );
        }
        self.later(after, LaneAnswer::Synthesizer(SynthesizerResult::Done { key, ask }));
    }
}

impl Lanes for SimulatedLanes {
    fn open(&mut self, key: SlotKey, _share: Share, _language: Option<&Language>) {
        self.open.push(key);
    }

    fn ask(&mut self, key: SlotKey, request: LaneRequest) {
        assert!(!self.panics, "a panic on purpose");
        match request {
            LaneRequest::Audio { block, detect, emotion } => {
                if detect {
                    self.detect(key, &block);
                }
                if emotion {
                    self.moods.hear(key, &block);
                }
            }
            LaneRequest::OpenEmotion => self.moods.open(key),
            LaneRequest::JudgeEmotion { ask, utterance, from, upto } => {
                if let Some((after, heard)) = self.moods.judge(key, utterance, (from, upto)) {
                    self.later(after, LaneAnswer::Emotion(EmotionResult { key, ask, heard }));
                }
            }
            LaneRequest::Judge { ask, .. } => {
                let over =
                    if self.judgements.is_empty() { Some(0.9) } else { self.judgements.remove(0) };
                self.later(self.delays.judge, LaneAnswer::Judge(JudgeResult { key, ask, over }));
            }
            LaneRequest::Transcribe { ask, from, upto, purpose, .. } => {
                self.asked.push((from.0, upto.0));
                let caller = self.caller.borrow();
                let text = caller.words(from.0, upto.0);
                let agreed = match purpose {
                    RecognizerPurpose::Partial => {
                        caller.words(from.0, upto.0.saturating_sub(AGREED_AFTER)).len()
                    }
                    RecognizerPurpose::Final => text.len(),
                };
                let heard = Recognition { text, agreed, confidence: 0.9, ..Recognition::default() };
                drop(caller);
                let recognition = (!self.deaf).then_some(heard);
                let result = RecognizerResult { key, ask, purpose, recognition };
                self.later(self.delays.recognizer, LaneAnswer::Recognizer(result));
            }
            LaneRequest::CancelJudge { ask } => {
                self.taken_back.push(ask);
                for (_, answer) in &mut self.answers {
                    if let LaneAnswer::Judge(result) = answer
                        && result.ask == ask
                    {
                        result.over = None;
                    }
                }
            }
            LaneRequest::CancelTranscribe { ask } => {
                self.taken_back.push(ask);
                for (_, answer) in &mut self.answers {
                    if let LaneAnswer::Recognizer(result) = answer
                        && result.ask == ask
                    {
                        result.recognition = None;
                    }
                }
            }
            LaneRequest::Speak { ask, text, .. } => self.speak(key, ask, &text),
            LaneRequest::CancelSpeech { ask } => {
                let cancelled = |answer: &LaneAnswer| matches!(answer, LaneAnswer::Synthesizer(SynthesizerResult::Chunk { ask: of, .. }) if *of == ask);
                self.answers.retain(|(_, answer)| !cancelled(answer));
            }
        }
    }

    fn answer(&mut self) -> Option<LaneAnswer> {
        let due = self.answers.iter().position(|(at, _)| *at <= self.now)?;
        Some(self.answers.remove(due).1)
    }

    fn close(&mut self, key: SlotKey) {
        self.open.retain(|open| *open != key);
    }
}

/// How a script makes the models err.
impl SimulatedLanes {
    /// The judge's next answers.
    pub(crate) fn judgements(&mut self, next: &[Option<f32>]) {
        self.judgements = next.to_vec();
    }

    /// The recogniser fails from now on.
    pub(crate) const fn become_deaf(&mut self) {
        self.deaf = true;
    }

    /// The synthesiser fails from now on.
    pub(crate) const fn become_mute(&mut self) {
        self.mute = true;
    }

    /// Spans of samples that transcriptions were asked for.
    pub(crate) fn asked(&self) -> &[(u64, u64)] {
        &self.asked
    }

    /// Questions that the call took back, in order.
    pub(crate) fn taken_back(&self) -> &[AskId] {
        &self.taken_back
    }
}
