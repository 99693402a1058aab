//! A shard's ports to the model threads, as its calls see them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use callwright_calls::{LaneAnswer, LaneRequest, Lanes};
use callwright_models::contract::{
    DetectorRequest, EmotionRequest, Generation, JudgeRequest, Language, RecognizerPurpose,
    RecognizerRequest, Share, SlotKey, SynthesizerRequest,
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
    /// To the recogniser of English, which is everybody's unless there are others.
    pub recognizer: Vec<RecognizerPort>,
    /// To those of other languages.
    pub others: OtherRecognizers,
    /// To the synthesiser.
    pub synthesizer: Vec<SynthesizerPort>,
    /// To the emotion lane; none where emotion is not judged.
    pub emotion: Vec<EmotionPort>,
}

/// The recognisers of languages that the first one does not know. A call whose language is not English belongs to one of
/// them for life.
#[derive(Debug, Default)]
pub struct OtherRecognizers {
    /// Of each lane, a port for every shard; no lane where everybody speaks English.
    pub lanes: Vec<Vec<RecognizerPort>>,
    /// Calls that belong to them now.
    pub live: Arc<AtomicU64>,
}

/// One shard's share of these.
#[derive(Debug)]
struct OtherPorts {
    /// One to each lane.
    ports: Vec<RecognizerPort>,
    live: Arc<AtomicU64>,
    /// By slot, who of its holders belongs to them.
    holders: Vec<Option<Generation>>,
}

/// One shard's ports.
#[derive(Debug)]
pub struct ShardLanes {
    detector: DetectorPort,
    judge: JudgePort,
    recognizer: RecognizerPort,
    others: OtherPorts,
    synthesizer: SynthesizerPort,
    emotion: Option<EmotionPort>,
}

impl HostLanes {
    /// Deals the ports to shards; as many as there are whole sets.
    pub(crate) fn deal(self) -> Vec<ShardLanes> {
        let sets = self.detector.into_iter().zip(self.judge).zip(self.recognizer);
        let OtherRecognizers { lanes, live } = self.others;
        let mut others: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
        let emotion = self.emotion.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        sets.zip(self.synthesizer)
            .zip(emotion)
            .map(|((((detector, judge), recognizer), synthesizer), emotion)| ShardLanes {
                detector,
                judge,
                recognizer,
                others: OtherPorts {
                    ports: others.iter_mut().filter_map(Iterator::next).collect(),
                    live: Arc::clone(&live),
                    holders: Vec::new(),
                },
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
        self.others.ports.iter().for_each(RecognizerPort::wake);
        self.synthesizer.wake();
        if let Some(emotion) = &self.emotion {
            emotion.wake();
        }
    }

    fn shed(&self) -> u64 {
        let emotion = self.emotion.as_ref().map_or(0, EmotionPort::shed);
        let (detector, judge) = (self.detector.shed(), self.judge.shed());
        let others: u64 = self.others.ports.iter().map(RecognizerPort::shed).sum();
        detector + judge + self.recognizer.shed() + others + self.synthesizer.shed() + emotion
    }
}

impl OtherPorts {
    /// The holder of a slot belongs here from now on, if there is a lane.
    fn open(&mut self, key: SlotKey) {
        if self.ports.is_empty() {
            return;
        }
        let slot = usize::from(key.slot.0);
        if self.holders.len() <= slot {
            self.holders.resize(slot + 1, None);
        }
        if let Some(holder) = self.holders.get_mut(slot)
            && holder.replace(key.generation).is_none()
        {
            self.live.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The lane of a call that belongs here: calls are dealt to the lanes by their slots.
    fn port(&mut self, key: SlotKey) -> Option<&mut RecognizerPort> {
        let slot = usize::from(key.slot.0);
        self.holders.get(slot).filter(|holder| **holder == Some(key.generation))?;
        let lane = slot.checked_rem(self.ports.len())?;
        self.ports.get_mut(lane)
    }

    fn close(&mut self, key: SlotKey) {
        let holder = self.holders.get_mut(usize::from(key.slot.0));
        if holder.and_then(|holder| holder.take_if(|holds| *holds == key.generation)).is_some() {
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl ShardLanes {
    /// The recogniser of a call.
    fn recognizer(&mut self, key: SlotKey) -> &mut RecognizerPort {
        match self.others.port(key) {
            Some(port) => port,
            None => &mut self.recognizer,
        }
    }

    fn ask_emotion(&mut self, request: EmotionRequest) {
        if let Some(emotion) = &mut self.emotion {
            emotion.ask(request);
        }
    }
}

impl Lanes for ShardLanes {
    fn open(&mut self, key: SlotKey, share: Share, language: Option<&Language>) {
        if language != Some(&Language::ENGLISH) {
            self.others.open(key);
        }
        self.detector.ask(DetectorRequest::Open(key));
        self.judge.ask(JudgeRequest::Open(key, share));
        self.recognizer(key).ask(RecognizerRequest::Open(key, share));
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
                self.recognizer(key).ask(RecognizerRequest::Audio(key, block));
            }
            LaneRequest::OpenEmotion => self.ask_emotion(EmotionRequest::Open(key)),
            LaneRequest::JudgeEmotion { ask, utterance, from, upto } => {
                self.ask_emotion(EmotionRequest::Judge { key, ask, utterance, from, upto });
            }
            LaneRequest::Judge { ask, from, upto, again } => {
                self.judge.ask(JudgeRequest::Judge { key, ask, from, upto, again });
            }
            LaneRequest::Transcribe { ask, from, upto, purpose, hints } => {
                let request =
                    RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints };
                let recognizer = self.recognizer(key);
                match purpose {
                    RecognizerPurpose::Final => recognizer.ask_in_haste(request),
                    RecognizerPurpose::Partial => recognizer.ask(request),
                }
            }
            LaneRequest::CancelJudge { ask } => self.judge.ask(JudgeRequest::Cancel { key, ask }),
            LaneRequest::CancelTranscribe { ask } => {
                self.recognizer(key).ask(RecognizerRequest::Cancel { key, ask });
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
        let recognizers = std::iter::once(&mut self.recognizer).chain(&mut self.others.ports);
        if let Some(result) = recognizers.into_iter().find_map(RecognizerPort::answer) {
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
        self.recognizer(key).ask(RecognizerRequest::Close(key));
        self.others.close(key);
        self.synthesizer.ask(SynthesizerRequest::Close(key));
        self.ask_emotion(EmotionRequest::Close(key));
    }
}
