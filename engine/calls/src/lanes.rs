//! What a call asks of the model lanes and what they answer, all lanes in one pair of types.

use callwright_models::contract::{
    AskId, AudioBlock, DetectorResult, EmotionResult, Hints, JudgeResult, Language,
    RecognizerPurpose, RecognizerResult, SamplePos, Share, SlotKey, SynthesizerResult, VoiceStyle,
};

/// A request of a call. The slot's holder is the shard's to fill in, so a call cannot ask in another's name.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneRequest {
    /// 20 ms more of what the call hears.
    Audio {
        /// The sound.
        block: AudioBlock,
        /// The speech detector wants it too; silence is kept from it.
        detect: bool,
        /// The emotion lane is to have it too: never before [`Self::OpenEmotion`].
        emotion: bool,
    },
    /// From now on the emotion lane listens to this call.
    OpenEmotion,
    /// How did the caller sound from `from` to `upto`?
    JudgeEmotion {
        /// Name of the question.
        ask: AskId,
        /// Number of the utterance; the same when one that has been asked about went on.
        utterance: u32,
        /// First sample.
        from: SamplePos,
        /// One past the last sample.
        upto: SamplePos,
    },
    /// Is the turn that began at `from` over at `upto`?
    Judge {
        /// Name of the question.
        ask: AskId,
        /// Beginning of the turn.
        from: SamplePos,
        /// The moment to judge.
        upto: SamplePos,
        /// This pause was judged before; a lane that is behind need not do it again.
        again: bool,
    },
    /// What was said?
    Transcribe {
        /// Name of the question.
        ask: AskId,
        /// First sample.
        from: SamplePos,
        /// One past the last sample.
        upto: SamplePos,
        /// What the answer is for.
        purpose: RecognizerPurpose,
        /// What is known of the answer before it is heard.
        hints: Hints,
    },
    /// The caller went on: this judgement is not wanted any more.
    CancelJudge {
        /// Which.
        ask: AskId,
    },
    /// The caller went on: these words are not wanted any more.
    CancelTranscribe {
        /// Which.
        ask: AskId,
    },
    /// Say this.
    Speak {
        /// Name of the question.
        ask: AskId,
        /// Written text.
        text: String,
        /// How.
        style: VoiceStyle,
    },
    /// No more of this speech is wanted.
    CancelSpeech {
        /// Which.
        ask: AskId,
    },
}

/// An answer of a lane.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneAnswer {
    /// Of the speech detector.
    Detector(DetectorResult),
    /// Of the turn judge.
    Judge(JudgeResult),
    /// Of the recogniser.
    Recognizer(RecognizerResult),
    /// Of the synthesiser.
    Synthesizer(SynthesizerResult),
    /// Of the emotion lane.
    Emotion(EmotionResult),
}

impl LaneAnswer {
    /// Whose answer it is.
    pub const fn key(&self) -> SlotKey {
        match self {
            Self::Detector(result) => result.key,
            Self::Judge(result) => result.key,
            Self::Recognizer(result) => result.key,
            Self::Emotion(result) => result.key,
            Self::Synthesizer(
                SynthesizerResult::Chunk { key, .. }
                | SynthesizerResult::Done { key, .. }
                | SynthesizerResult::Failed { key, .. },
            ) => *key,
        }
    }
}

/// The lanes as a shard reaches them: rings to model threads, or a simulation of them.
pub trait Lanes {
    /// A call takes a slot in every lane, and stands in the queue of its share; where there are several recognisers, in
    /// that of one that knows its language (`None`: any). The emotion lane learns of the call by
    /// [`LaneRequest::OpenEmotion`], or never.
    fn open(&mut self, key: SlotKey, share: Share, language: Option<&Language>);

    /// Hands one request of the slot's holder on. Never waits; a full lane drops and counts it, and the call's
    /// timers cope.
    fn ask(&mut self, key: SlotKey, request: LaneRequest);

    /// Takes the next answer, whoever it is for.
    fn answer(&mut self) -> Option<LaneAnswer>;

    /// The holder of the slot is gone.
    fn close(&mut self, key: SlotKey);
}
