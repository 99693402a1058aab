//! What a model is to a call: slots, generations, requests and results, and the one synchronous step each
//! kind of model takes.
//!
//! A *lane* is one model serving all calls. A call owns one *slot* in each lane for its life; a slot that is
//! given to the next call gets a new *generation*, and a result of an old generation is dropped by whoever
//! receives it, so that no word ever reaches another caller.
//!
//! Positions in a call's sound are counted in samples at [`LISTENING_RATE`] from the call's first sample; they
//! are [`SamplePos`] and never restart.

mod detector;
mod emotion;
mod error;
mod judge;
mod language;
mod recognizer;
mod slot;
mod synthesizer;
mod transcriber;

pub use detector::{
    DETECTOR_WINDOW, DetectorRequest, DetectorResult, DetectorStep, SpeechDetector,
};
pub use emotion::{
    EMOTION_SPAN, EmotionModel, EmotionRequest, EmotionResult, EmotionStep, VOICE_CLASS_FROM,
    VoiceClass, VoiceEmotion,
};
pub use error::ModelError;
pub use judge::{JUDGE_SPAN, JudgeRequest, JudgeResult, TurnJudge};
pub use language::Language;
pub use recognizer::{
    AnswerForm, Draft, Haste, Heard, Hints, Recognition, RecognizedWord, Recognizer,
    RecognizerPurpose, RecognizerRequest, RecognizerResult, UTTERANCE_MAX, Utterance,
};
pub use slot::{
    AskId, AudioBlock, BLOCK_SAMPLES, Generation, LISTENING_RATE, SamplePos, Share, SlotId, SlotKey,
};
pub use synthesizer::{
    Pronunciation, SpeechChunk, SpokenWord, Synthesizer, SynthesizerRequest, SynthesizerResult,
    VoiceStyle,
};
pub use transcriber::{Transcribed, Transcriber};
