//! Model lanes without threads: real models run in the caller's thread, their answers due on a virtual clock.
//!
//! A run over recorded sound is then faster than real time and the same every time, whatever else the machine does.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use callwright_calls::{LaneAnswer, LaneRequest, Lanes, Moment};
use callwright_models::contract::{
    AskId, AudioBlock, DETECTOR_WINDOW, DetectorResult, DetectorStep, EMOTION_SPAN, EmotionModel,
    EmotionResult, EmotionStep, JUDGE_SPAN, JudgeResult, LISTENING_RATE, Language, Recognizer,
    RecognizerPurpose, RecognizerResult, SamplePos, Share, SlotKey, SpeechDetector, Synthesizer,
    SynthesizerResult, TurnJudge, UTTERANCE_MAX, VoiceStyle,
};
use callwright_models::transcript::{Passage, Transcript};

/// How long a model takes to answer, as the virtual clock has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerDelay {
    /// What every question takes.
    pub fixed: Duration,
    /// What each second of the sound asked about takes besides; of no meaning for a voice.
    pub per_second: Duration,
}

/// The delays of the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlineDelays {
    /// The speech detector, per window.
    pub detector: AnswerDelay,
    /// The turn judge.
    pub judge: AnswerDelay,
    /// The recogniser.
    pub recognizer: AnswerDelay,
    /// The synthesiser, to its first chunk; the others come with it.
    pub synthesizer: AnswerDelay,
    /// The emotion model.
    pub emotion: AnswerDelay,
}

/// The models that [`InlineLanes`] runs.
pub struct InlineModels {
    /// Tells speech from everything else.
    pub detector: Box<dyn SpeechDetector>,
    /// Hears whether a turn is over.
    pub judge: Box<dyn TurnJudge>,
    /// Writes down speech.
    pub recognizer: Box<dyn Recognizer>,
    /// Writes down what is not English, where there is one; else the first one does.
    pub others: Option<Box<dyn Recognizer>>,
    /// Speaks.
    pub synthesizer: Box<dyn Synthesizer>,
    /// Hears how somebody sounds; without it no question about that is answered.
    pub emotion: Option<Box<dyn EmotionModel>>,
}

/// Lanes for a driver that owns the clock: say what time it is with [`Self::set_now`], then tick the shard.
///
/// > An answer is there once `now` has reached the moment of its question plus its lane's delay. A lane answers one
/// > question after the other, as its thread would, so that a question waits for those before it.
///
/// Unlike a thread's lane it sheds nothing: it keeps as many questions as the calls ask, each is answered.
pub struct InlineLanes {
    models: InlineModels,
    delays: InlineDelays,
    now: Moment,
    slots: Vec<Slot>,
    /// By the moment they are due, then in the order of asking.
    answers: BTreeMap<(Moment, u64), LaneAnswer>,
    asked: u64,
    sheds_partials: bool,
    judge_free: Moment,
    recognizer_free: Moment,
    synthesizer_free: Moment,
    emotion_free: Moment,
}

impl std::fmt::Debug for InlineLanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InlineLanes").field("now", &self.now).finish_non_exhaustive()
    }
}

/// The slot that `key` holds.
fn held(slots: &mut [Slot], key: SlotKey) -> Option<&mut Slot> {
    slots.get_mut(usize::from(key.slot.0)).filter(|slot| slot.holder == Some(key))
}

/// What a slot's holder has sent.
#[derive(Default)]
struct Slot {
    holder: Option<SlotKey>,
    past: Past,
    /// What the emotion lane was given, since it was opened.
    emotion: Option<Past>,
    /// The utterance that the emotion model heard last.
    judged: Option<u32>,
    /// The words of the utterance under way.
    transcript: Transcript,
    /// The second recogniser is its holder's.
    other: bool,
    /// Sound on its way into the detector's windows.
    pending: Vec<i16>,
    pending_end: SamplePos,
    /// The detector's next window begins a new stream.
    fresh: bool,
}

impl Default for InlineDelays {
    /// About what the default models take on one core of a small server when nothing else runs. The judge always
    /// hears 4 s; what the recogniser takes grows with the sound it is asked about.
    fn default() -> Self {
        let fixed = |ms| AnswerDelay { fixed: Duration::from_millis(ms), ..AnswerDelay::default() };
        let per_second = Duration::from_millis(12);
        Self {
            detector: fixed(1),
            judge: fixed(25),
            recognizer: AnswerDelay { per_second, ..fixed(25) },
            synthesizer: fixed(15),
            emotion: AnswerDelay { per_second: Duration::from_millis(1), ..fixed(2) },
        }
    }
}

impl AnswerDelay {
    fn of(self, samples: u64) -> Duration {
        let seconds = LISTENING_RATE.duration(samples).as_secs_f64();
        self.fixed + self.per_second.mul_f64(seconds)
    }
}

impl InlineLanes {
    /// Lanes over `models` that take `delays` to answer. The clock begins at [`Moment::default`].
    pub fn new(models: InlineModels, delays: InlineDelays) -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(models.detector.slots()).collect();
        Self {
            models,
            delays,
            now: Moment::default(),
            slots,
            answers: BTreeMap::new(),
            asked: 0,
            sheds_partials: false,
            judge_free: Moment::default(),
            recognizer_free: Moment::default(),
            synthesizer_free: Moment::default(),
            emotion_free: Moment::default(),
        }
    }

    /// From now on partial questions are answered at once and without words, as a lane with too much to do answers
    /// them: for runs in which only final words matter.
    pub const fn shed_partials(&mut self) {
        self.sheds_partials = true;
    }

    /// It is now `now`, which is never earlier than before.
    pub const fn set_now(&mut self, now: Moment) {
        self.now = now;
    }

    /// Gives the models back.
    pub fn into_models(self) -> InlineModels {
        self.models
    }

    fn answer_at(&mut self, due: Moment, answer: LaneAnswer) {
        self.asked += 1;
        self.answers.insert((due, self.asked), answer);
    }

    fn detect(&mut self, key: SlotKey, block: &AudioBlock) {
        let due = self.now.plus(self.delays.detector.fixed);
        let Some(slot) = held(&mut self.slots, key) else { return };
        if slot.pending_end != block.start {
            slot.pending.clear();
            slot.fresh = true;
        }
        slot.pending.extend_from_slice(&block.samples);
        slot.pending_end = block.end();
        let Some(window) = slot.pending.first_chunk::<DETECTOR_WINDOW>().copied() else { return };
        // A block is shorter than a window, so there is never more than one.
        slot.pending.drain(..DETECTOR_WINDOW);
        let end = slot.pending_end.minus(slot.pending.len() as u64);
        let step = DetectorStep { slot: key.slot, fresh: slot.fresh, window: &window };
        let mut probability = [0.0];
        if self.models.detector.step(&[step], &mut probability).is_ok() {
            slot.fresh = false;
            let [probability] = probability;
            let result = DetectorResult { key, end, probability };
            self.answer_at(due, LaneAnswer::Detector(result));
        }
    }

    fn judge(&mut self, key: SlotKey, ask: AskId, (from, upto): (SamplePos, SamplePos)) {
        let Some(slot) = held(&mut self.slots, key) else { return };
        let from = from.max(upto.minus(JUDGE_SPAN as u64));
        let turn = slot.past.between(from, upto);
        let mut over = [0.0];
        let judged = self.models.judge.judge(&[turn], &mut over);
        let [over] = over;
        let over = judged.is_ok().then_some(over);
        let taken = self.delays.judge.of(upto.since(from));
        self.judge_free = self.judge_free.max(self.now).plus(taken);
        self.answer_at(self.judge_free, LaneAnswer::Judge(JudgeResult { key, ask, over }));
    }

    fn judge_emotion(
        &mut self,
        key: SlotKey,
        (ask, utterance): (AskId, u32),
        (from, upto): (SamplePos, SamplePos),
    ) {
        let Some(model) = &mut self.models.emotion else { return };
        let Some(slot) = held(&mut self.slots, key) else { return };
        let Some(past) = &slot.emotion else { return };
        let from = from.max(upto.minus(EMOTION_SPAN as u64));
        let (fresh, gone_on) = (slot.judged.is_none(), slot.judged == Some(utterance));
        let step =
            EmotionStep { slot: key.slot, fresh, gone_on, utterance: past.between(from, upto) };
        let mut heard = [None];
        let judged = model.judge(&[step], &mut heard);
        let [heard] = heard;
        if judged.is_ok() {
            slot.judged = Some(utterance);
        }
        let heard = heard.filter(|_| judged.is_ok());
        let taken = self.delays.emotion.of(upto.since(from));
        self.emotion_free = self.emotion_free.max(self.now).plus(taken);
        let result = EmotionResult { key, ask, heard };
        self.answer_at(self.emotion_free, LaneAnswer::Emotion(result));
    }

    fn speak(&mut self, key: SlotKey, ask: AskId, text: &str, style: &VoiceStyle) {
        self.synthesizer_free =
            self.synthesizer_free.max(self.now).plus(self.delays.synthesizer.fixed);
        let due = self.synthesizer_free;
        let mut chunks = Vec::new();
        let spoken = self.models.synthesizer.speak(text, style, &mut |chunk| {
            chunks.push(chunk);
            ControlFlow::Continue(())
        });
        for chunk in chunks {
            let result = SynthesizerResult::Chunk { key, ask, chunk };
            self.answer_at(due, LaneAnswer::Synthesizer(result));
        }
        let last = match spoken {
            Ok(()) => SynthesizerResult::Done { key, ask },
            Err(_) => SynthesizerResult::Failed { key, ask },
        };
        self.answer_at(due, LaneAnswer::Synthesizer(last));
    }
}

impl Lanes for InlineLanes {
    fn open(&mut self, key: SlotKey, _share: Share, language: Option<&Language>) {
        if let Some(slot) = self.slots.get_mut(usize::from(key.slot.0)) {
            let other = language != Some(&Language::ENGLISH);
            *slot = Slot { holder: Some(key), other, fresh: true, ..Slot::default() };
        }
    }

    fn ask(&mut self, key: SlotKey, request: LaneRequest) {
        match request {
            LaneRequest::Audio { block, detect, emotion } => {
                if let Some(slot) = held(&mut self.slots, key) {
                    slot.past.push(&block);
                    if let Some(past) = slot.emotion.as_mut().filter(|_| emotion) {
                        past.push(&block);
                    }
                }
                if detect {
                    self.detect(key, &block);
                }
            }
            LaneRequest::OpenEmotion => {
                if let Some(slot) = held(&mut self.slots, key) {
                    slot.emotion = Some(Past::default());
                }
            }
            LaneRequest::JudgeEmotion { ask, utterance, from, upto } => {
                self.judge_emotion(key, (ask, utterance), (from, upto));
            }
            LaneRequest::Judge { ask, from, upto, .. } => self.judge(key, ask, (from, upto)),
            LaneRequest::Transcribe {
                ask, purpose: purpose @ RecognizerPurpose::Partial, ..
            } if self.sheds_partials => {
                let result = RecognizerResult { key, ask, purpose, recognition: None };
                self.answer_at(self.now, LaneAnswer::Recognizer(result));
            }
            LaneRequest::Transcribe { ask, from, upto, purpose, hints } => {
                let Some(slot) = held(&mut self.slots, key) else { return };
                let samples = slot.past.between(from, upto);
                let passage = Passage { from, samples, purpose, hints: &hints };
                let InlineModels { recognizer, others, .. } = &mut self.models;
                let other = others.as_mut().filter(|_| slot.other);
                let recognizer = &mut **other.unwrap_or(recognizer);
                let recognition = slot.transcript.hear(recognizer, passage).ok();
                let taken = self.delays.recognizer.of(upto.since(from));
                self.recognizer_free = self.recognizer_free.max(self.now).plus(taken);
                let result = RecognizerResult { key, ask, purpose, recognition };
                self.answer_at(self.recognizer_free, LaneAnswer::Recognizer(result));
            }
            // Every question is answered at once, and only the answer takes its time.
            LaneRequest::CancelJudge { .. } | LaneRequest::CancelTranscribe { .. } => {}
            LaneRequest::Speak { ask, text, style } => self.speak(key, ask, &text, &style),
            LaneRequest::CancelSpeech { ask: cancelled } => {
                self.answers.retain(|_, answer| match answer {
                    LaneAnswer::Synthesizer(
                        SynthesizerResult::Chunk { key: of, ask, .. }
                        | SynthesizerResult::Done { key: of, ask }
                        | SynthesizerResult::Failed { key: of, ask },
                    ) => *of != key || *ask != cancelled,
                    _ => true,
                });
            }
        }
    }

    fn answer(&mut self) -> Option<LaneAnswer> {
        let first = self.answers.first_entry()?;
        (first.key().0 <= self.now).then(|| first.remove())
    }

    fn close(&mut self, key: SlotKey) {
        if let Some(slot) = held(&mut self.slots, key) {
            *slot = Slot::default();
        }
        self.answers.retain(|_, answer| answer.key() != key);
    }
}

/// The recent sound of one slot, at least [`UTTERANCE_MAX`] of it. A gap is silence.
#[derive(Default)]
struct Past {
    samples: Vec<i16>,
    begin: SamplePos,
}

impl Past {
    fn push(&mut self, block: &AudioBlock) {
        if self.samples.len() > 2 * UTTERANCE_MAX {
            self.samples.drain(..UTTERANCE_MAX);
            self.begin = self.begin.plus(UTTERANCE_MAX as u64);
        }
        let end = self.begin.plus(self.samples.len() as u64);
        let gap = block.start.since(end);
        if self.samples.is_empty() || gap > UTTERANCE_MAX as u64 {
            self.samples.clear();
            self.begin = block.start;
        } else {
            let silence = usize::try_from(gap).unwrap_or(0);
            self.samples.resize(self.samples.len() + silence, 0);
        }
        self.samples.extend_from_slice(&block.samples);
    }

    /// The sound from `from` to `upto`, as far as it is in reach.
    fn between(&self, from: SamplePos, upto: SamplePos) -> &[i16] {
        let index = |position: SamplePos| usize::try_from(position.since(self.begin));
        let end = index(upto).unwrap_or(usize::MAX).min(self.samples.len());
        let start = index(from).unwrap_or(usize::MAX).min(end);
        self.samples.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
