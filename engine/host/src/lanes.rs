//! A shard's ports to the model threads, as its calls see them.

use callwright_calls::{LaneAnswer, LaneRequest, Lanes};
use callwright_models::contract::{
    DetectorRequest, JudgeRequest, RecognizerRequest, Share, SlotKey, SynthesizerRequest,
};
use callwright_models::lanes::{DetectorPort, JudgePort, RecognizerPort, SynthesizerPort};

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
}

/// One shard's ports.
#[derive(Debug)]
pub(crate) struct ShardLanes {
    detector: DetectorPort,
    judge: JudgePort,
    recognizer: RecognizerPort,
    synthesizer: SynthesizerPort,
}

impl HostLanes {
    /// Deals the ports to shards; as many as there are whole sets.
    pub(crate) fn deal(self) -> Vec<ShardLanes> {
        let sets = self.detector.into_iter().zip(self.judge).zip(self.recognizer);
        sets.zip(self.synthesizer)
            .map(|(((detector, judge), recognizer), synthesizer)| ShardLanes {
                detector,
                judge,
                recognizer,
                synthesizer,
            })
            .collect()
    }
}

impl ShardLanes {
    /// Rouses the lanes that were asked something in this tick.
    pub(crate) fn wake(&self) {
        self.detector.wake();
        self.judge.wake();
        self.recognizer.wake();
        self.synthesizer.wake();
    }

    /// Requests that full lanes dropped.
    pub(crate) fn shed(&self) -> u64 {
        self.detector.shed() + self.judge.shed() + self.recognizer.shed() + self.synthesizer.shed()
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
            LaneRequest::Audio { block, detect } => {
                if detect {
                    self.detector.ask(DetectorRequest::Audio(key, block));
                }
                self.judge.ask(JudgeRequest::Audio(key, block));
                self.recognizer.ask(RecognizerRequest::Audio(key, block));
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
        self.synthesizer.answer().map(LaneAnswer::Synthesizer)
    }

    fn close(&mut self, key: SlotKey) {
        self.detector.ask(DetectorRequest::Close(key));
        self.judge.ask(JudgeRequest::Close(key));
        self.recognizer.ask(RecognizerRequest::Close(key));
        self.synthesizer.ask(SynthesizerRequest::Close(key));
    }
}
