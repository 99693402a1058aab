//! How does somebody sound?

use super::{AskId, AudioBlock, ModelError, SamplePos, SlotId, SlotKey};

/// Samples of the recent past that the emotion lane keeps of a call: 6 s. Of a longer utterance its end is heard.
pub const EMOTION_SPAN: usize = 6 * 16_000;

/// What a call sends to the emotion lane. A call whose tenant has not switched emotion on sends nothing at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EmotionRequest {
    /// A call takes the slot: forget whoever was there, and how they usually sound.
    Open(SlotKey),
    /// 20 ms more of what the caller says; the lane keeps the last [`EMOTION_SPAN`] samples. A gap is silence.
    Audio(SlotKey, AudioBlock),
    /// How did the caller sound in the utterance from `from` to `upto`? Asked again, with a later `upto`, of an utterance
    /// that went on after it had seemed to be over. Nothing may wait for the answer: a lane that is far behind answers
    /// with nothing.
    Judge {
        /// Who asks.
        key: SlotKey,
        /// Name of the question.
        ask: AskId,
        /// Number of the utterance within the call.
        utterance: u32,
        /// Beginning of the utterance.
        from: SamplePos,
        /// Its end.
        upto: SamplePos,
    },
    /// The call is over, or its emotion is not to be judged any more: the sound and the measure are forgotten.
    Close(SlotKey),
}

/// The answer to one question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmotionResult {
    /// Who asked.
    pub key: SlotKey,
    /// Which question.
    pub ask: AskId,
    /// What was heard; `None` when there was too little voice, the lane had no time, or the model failed.
    pub heard: Option<VoiceEmotion>,
}

/// How a voice sounded in one utterance. Probabilities are 0-1 and calibrated on acted speech; `models/emotion/README.md`
/// says how far that goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceEmotion {
    /// How likely the voice is roused (high arousal) rather than calm.
    pub arousal: f32,
    /// How likely it is pleased rather than displeased. A voice says little about this; words say more.
    pub valence: f32,
    /// Probabilities of [`VoiceClass::ALL`], in that order; what is missing to 1 is "none of these".
    pub classes: [f32; VoiceClass::ALL.len()],
    /// How much voice was heard, in milliseconds.
    pub voice_ms: u32,
    /// Whether it was held against how the caller sounded at first, instead of against strangers.
    pub against_own: bool,
}

/// A manner of voice that the model tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoiceClass {
    /// Nothing in particular.
    Neutral,
    /// Happy.
    Happy,
    /// Sad.
    Sad,
    /// Angry.
    Angry,
}

/// The probability of a class from which three of four answers were right on unseen speakers of EmoDB; below it nothing
/// should be said. `abstain` in `models/emotion/results.json`.
pub const VOICE_CLASS_FROM: f32 = 0.56;

impl VoiceClass {
    /// All, in the order of [`VoiceEmotion::classes`].
    pub const ALL: [Self; 4] = [Self::Neutral, Self::Happy, Self::Sad, Self::Angry];
}

/// One slot's share of a batched step.
#[derive(Clone, Copy, Debug)]
pub struct EmotionStep<'a> {
    /// The slot, whose caller's measure the model keeps between steps.
    pub slot: SlotId,
    /// Another caller has the slot than at its last step: forget the measure first.
    pub fresh: bool,
    /// It is the utterance of the slot's last step, which went on: what was learned from its beginning is replaced.
    pub gone_on: bool,
    /// The utterance: mono samples at 16 kHz, at most [`EMOTION_SPAN`].
    pub utterance: &'a [i16],
}

/// A model that hears how somebody sounds, against how they sounded at first.
pub trait EmotionModel: Send {
    /// Slots that the model has state for.
    fn slots(&self) -> usize;

    /// Judges the utterance of each of `steps` (no slot twice, all below [`Self::slots`]) and writes what was heard
    /// into `heard`, which has the same length; `None` where there is too little voice.
    ///
    /// # Errors
    /// [`ModelError`]; the slots' measures are then as if the utterances had not come.
    fn judge(
        &mut self,
        steps: &[EmotionStep<'_>],
        heard: &mut [Option<VoiceEmotion>],
    ) -> Result<(), ModelError>;

    /// Takes a typical step for nobody, so that the lane learns what one costs here before the first call. A
    /// double that answers at once has nothing to rehearse.
    ///
    /// # Errors
    /// [`ModelError`]
    fn rehearse(&mut self) -> Result<(), ModelError> {
        Ok(())
    }
}
