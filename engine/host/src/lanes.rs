//! A shard's ports to the model threads, as its calls see them.

use callwright_calls::{LaneAnswer, LaneRequest, Lanes};
use callwright_models::contract::{
    DetectorRequest, EmotionRequest, JudgeRequest, RecognizerRequest, Share, SlotKey,
    SynthesizerRequest,
};
use callwright_models::lanes::{
    DetectorPort, EmotionPort, JudgePort, RecognizerPort, SynthesizerPort,
};

/// The ports of every shard to every lane, one of each kind per shard.
#[derive(Debug)]
pub struct HostLanes {
    /// To the speech detector.
    pub detector: Vec<DetectorPort>,
    /// To the turn judge.
    pub judge: Vec<JudgePort>,
    /// To the recogniser.
    pub recognizer: Vec<RecognizerPort>,
    /// To the synthesiser.
    pub synthesizer: Vec<SynthesizerPort>,
    /// To the emotion lane; none where emotion is not judged.
    pub emotion: Vec<EmotionPort>,
}

/// One shard's ports.
#[derive(Debug)]
pub struct ShardLanes {
    detector: DetectorPort,
    judge: JudgePort,
    recognizer: RecognizerPort,
    synthesizer: SynthesizerPort,
    emotion: Option<EmotionPort>,
}

impl HostLanes {
    /// Deals the ports to shards; as many as there are whole sets.
    pub(crate) fn deal(self) -> Vec<ShardLanes> {
        let sets = self.detector.into_iter().zip(self.judge).zip(self.recognizer);
        let emotion = self.emotion.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        sets.zip(self.synthesizer)
            .zip(emotion)
            .map(|((((detector, judge), recognizer), synthesizer), emotion)| ShardLanes {
                detector,
                judge,
                recognizer,
                synthesizer,
                emotion,
            })
            .collect()
    }
}

/// What a shard's driver needs of the shard's ports beside what the calls need.
pub trait Ports: Lanes {
    /// Rouses the lanes that were asked something in this tick.
    fn wake(&self);

    /// Requests that full lanes dropped.
    fn shed(&self) -> u64;
}

impl Ports for ShardLanes {
    fn wake(&self) {
        self.detector.wake();
        self.judge.wake();
        self.recognizer.wake();
        self.synthesizer.wake();
        if let Some(emotion) = &self.emotion {
            emotion.wake();
        }
    }

    fn shed(&self) -> u64 {
        let emotion = self.emotion.as_ref().map_or(0, EmotionPort::shed);
        let (detector, judge) = (self.detector.shed(), self.judge.shed());
        detector + judge + self.recognizer.shed() + self.synthesizer.shed() + emotion
    }
}

impl ShardLanes {
    fn ask_emotion(&mut self, request: EmotionRequest) {
        if let Some(emotion) = &mut self.emotion {
            emotion.ask(request);
        }
    }
}

impl Lanes for ShardLanes {
    fn open(&mut self, key: SlotKey, share: Share) {
        self.detector.ask(DetectorRequest::Open(key));
        self.judge.ask(JudgeRequest::Open(key, share));
        self.recognizer.ask(RecognizerRequest::Open(key, share));
        self.synthesizer.ask(SynthesizerRequest::Open(key, share));
    }

    fn ask(&mut self, key: SlotKey, request: LaneRequest) {
        match request {
            LaneRequest::Audio { block, detect, emotion } => {
                if emotion {
                    self.ask_emotion(EmotionRequest::Audio(key, block));
                }
                if detect {
                    self.detector.ask(DetectorRequest::Audio(key, block));
                }
                self.judge.ask(JudgeRequest::Audio(key, block));
                self.recognizer.ask(RecognizerRequest::Audio(key, block));
            }
            LaneRequest::OpenEmotion => self.ask_emotion(EmotionRequest::Open(key)),
            LaneRequest::JudgeEmotion { ask, utterance, from, upto } => {
                self.ask_emotion(EmotionRequest::Judge { key, ask, utterance, from, upto });
            }
            LaneRequest::Judge { ask, from, upto } => {
                self.judge.ask(JudgeRequest::Judge { key, ask, from, upto });
            }
            LaneRequest::Transcribe { ask, from, upto, purpose, hints } => {
                let request =
                    RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints };
                self.recognizer.ask(request);
            }
            LaneRequest::Speak { ask, text, style } => {
                self.synthesizer.ask(SynthesizerRequest::Speak { key, ask, text, style });
            }
            LaneRequest::CancelSpeech { ask } => {
                self.synthesizer.ask(SynthesizerRequest::Cancel { key, ask });
            }
        }
    }

    fn answer(&mut self) -> Option<LaneAnswer> {
        // The detector first: it is what an interruption waits for.
        if let Some(result) = self.detector.answer() {
            return Some(LaneAnswer::Detector(result));
        }
        if let Some(result) = self.judge.answer() {
            return Some(LaneAnswer::Judge(result));
        }
        if let Some(result) = self.recognizer.answer() {
            return Some(LaneAnswer::Recognizer(result));
        }
        if let Some(result) = self.synthesizer.answer() {
            return Some(LaneAnswer::Synthesizer(result));
        }
        self.emotion.as_mut()?.answer().map(LaneAnswer::Emotion)
    }

    fn close(&mut self, key: SlotKey) {
        self.detector.ask(DetectorRequest::Close(key));
        self.judge.ask(JudgeRequest::Close(key));
        self.recognizer.ask(RecognizerRequest::Close(key));
        self.synthesizer.ask(SynthesizerRequest::Close(key));
        self.ask_emotion(EmotionRequest::Close(key));
    }
}
