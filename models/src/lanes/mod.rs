//! Lanes: one model serves all calls from one thread.
//!
//! A shard holds a [`LanePort`] per lane and uses it from its tick: [`LanePort::ask`] puts a request into a
//! ring, [`LanePort::wake`] rouses the lane once at the end of the tick, [`LanePort::answer`] takes what has
//! been found since. None of the three waits, locks or allocates. The other end of all ports is the lane's
//! *worker*, a named thread that moves requests into a *desk* and lets it take steps. A desk holds what the
//! lane knows of each slot and decides what the model does next; it has no thread, ring or clock of its own,
//! so that everything it promises is tested without them.
//!
//! > **Invariant.** An answer carries the key of the question it answers and goes to the port that the
//! > question came by; it was made from sound or text sent under that key alone.
//!
//! When a ring is full: a request is dropped, newest first, and counted ([`LanePort::shed`]); an answer waits
//! in the lane until there is room or the port is gone.
//!
//! Order: the recogniser answers final questions before partial ones; within that, and in the other lanes, calls of
//! one [`Share`](crate::contract::Share) are served oldest first and shares in turn. Shed, in this order and counted:
//! partial words (never more than half of the time that final ones leave, and none that come too late to be shown) and
//! further readings of a pause (the same of the judge's), then what a newer question of the same call replaces. Final
//! words, a pause's first judgement and texts are never shed; too many of them are kept out by admission, which reads
//! [`LaneMonitor::load`].
//!
//! Batches: the detector judges a window of every call that has one in a step, because that pays. Judge and recogniser
//! take one question at a time, because a batch takes as long as its parts one after the other (four turns 104 ms, one
//! 24 ms; encoding four utterances of 4 s 75 ms, one 19 ms) and would only keep the first waiting for the last.

mod port;
pub use port::{LanePort, LaneSize};

mod health;
pub use health::{LaneHealth, LaneMonitor};

mod load;
pub use load::{LOAD_SPAN, LaneLoad, Work, WorkCost};

mod succession;
pub use succession::{LaneKind, LaneModel, LaneSeat, SwapError};

mod quiet;
pub mod stepped;
mod worker;
pub use worker::{LaneError, LaneThread};

mod allowance;
mod desk;
mod guard;
mod history;
mod listeners;
mod queue;
mod tenure;

mod detector_desk;
mod emotion_desk;
mod judge_desk;
mod recognizer_desk;
mod synthesizer_desk;

mod transcriber;
pub use transcriber::{
    TRANSCRIPT_JOBS, TranscriberLane, TranscriptJob, TranscriptTicket, transcriber,
};

#[cfg(test)]
mod isolation_tests;
#[cfg(test)]
mod succession_tests;
#[cfg(test)]
mod test_exchange;
#[cfg(test)]
mod worker_tests;

use crate::contract::{
    DetectorRequest, DetectorResult, EmotionModel, EmotionRequest, EmotionResult, Haste,
    JudgeRequest, JudgeResult, Recognizer, RecognizerRequest, RecognizerResult, SpeechDetector,
    Synthesizer, SynthesizerRequest, SynthesizerResult, TurnJudge,
};
use detector_desk::DetectorDesk;
use emotion_desk::EmotionDesk;
use judge_desk::JudgeDesk;
use port::RingLengths;
use recognizer_desk::RecognizerDesk;
use synthesizer_desk::SynthesizerDesk;

/// A shard's end of the speech detector's lane.
pub type DetectorPort = LanePort<DetectorRequest, DetectorResult>;
/// A shard's end of the turn judge's lane.
pub type JudgePort = LanePort<JudgeRequest, JudgeResult>;
/// A shard's end of the recogniser's lane.
pub type RecognizerPort = LanePort<RecognizerRequest, RecognizerResult>;
/// A shard's end of the synthesiser's lane.
pub type SynthesizerPort = LanePort<SynthesizerRequest, SynthesizerResult>;
/// A shard's end of the emotion lane.
pub type EmotionPort = LanePort<EmotionRequest, EmotionResult>;

/// Starts the speech detector's lane, thread `lane-vad-0`. One port per shard, in order.
///
/// Rings: 320 ms of every slot's sound in, 320 ms of results out.
///
/// # Errors
/// [`LaneError`]; nothing was started.
pub fn detector(
    model: Box<dyn SpeechDetector>,
    size: LaneSize,
) -> Result<(Vec<DetectorPort>, LaneThread), LaneError> {
    if model.slots() < size.slots {
        return Err(LaneError::FewSlots { model: model.slots(), wanted: size.slots });
    }
    worker::start("lane-vad-0", size, DETECTOR_RINGS, DetectorDesk::new(model, size.slots))
}

/// Starts the turn judge's lane, thread `lane-turn-0`. One port per shard, in order.
///
/// Rings: 500 ms of every slot's sound in, which outlasts a step.
///
/// # Errors
/// [`LaneError`]; nothing was started.
pub fn judge(
    model: Box<dyn TurnJudge>,
    size: LaneSize,
) -> Result<(Vec<JudgePort>, LaneThread), LaneError> {
    worker::start("lane-turn-0", size, JUDGE_RINGS, JudgeDesk::new(model, size.slots))
}

/// Starts the recogniser's lane, thread `lane-asr-0`. One port per shard, in order.
///
/// Rings: 1.2 s of every slot's sound in, which outlasts the step of the longest utterance.
///
/// # Errors
/// [`LaneError`]; nothing was started.
pub fn recognizer(
    model: Box<dyn Recognizer>,
    size: LaneSize,
) -> Result<(Vec<RecognizerPort>, LaneThread), LaneError> {
    worker::start("lane-asr-0", size, RECOGNIZER_RINGS, RecognizerDesk::new(model, size.slots))
}

/// Starts the lanes of a recogniser whose steps are long, one for each of `models`, at most [`SLOW_RECOGNIZERS_MAX`]:
/// threads `lane-asr-1` and so on. A call belongs to one of them for life. Each has its own port per shard, in order.
///
/// Rings: 4 s of every slot's sound in, which outlasts the step of the longest utterance on a busy core.
///
/// # Errors
/// [`LaneError`]; nothing was started.
pub fn slow_recognizers(
    models: Vec<Box<dyn Recognizer>>,
    size: LaneSize,
) -> Result<Vec<(Vec<RecognizerPort>, LaneThread)>, LaneError> {
    let lanes = models.into_iter().zip(SLOW_RECOGNIZERS);
    lanes
        .map(|(model, name)| {
            let haste = Haste::default();
            let desk = RecognizerDesk::new(model, size.slots).of_lane(name, haste.clone());
            worker::start_hasty(name, (size, SLOW_RECOGNIZER_RINGS), desk, &haste)
        })
        .collect()
}

/// Lanes that [`slow_recognizers`] starts at most.
pub const SLOW_RECOGNIZERS_MAX: usize = SLOW_RECOGNIZERS.len();
const SLOW_RECOGNIZERS: [&str; 4] = ["lane-asr-1", "lane-asr-2", "lane-asr-3", "lane-asr-4"];

/// Starts the synthesiser's lane, thread `lane-tts-0`. One port per shard, in order.
///
/// Rings: a dozen texts of every slot in, 16 chunks out; a lane that is ahead of its shard waits.
///
/// # Errors
/// [`LaneError`]; nothing was started.
pub fn synthesizer(
    model: Box<dyn Synthesizer>,
    size: LaneSize,
) -> Result<(Vec<SynthesizerPort>, LaneThread), LaneError> {
    worker::start("lane-tts-0", size, SYNTHESIZER_RINGS, SynthesizerDesk::new(model, size.slots))
}

/// Starts the emotion lane, thread `lane-emotion-0`, which the system runs when nothing else wants to run. One port
/// per shard, in order.
///
/// Rings: 500 ms of every slot's sound in; a gap is heard as silence.
///
/// # Errors
/// [`LaneError`]; nothing was started.
pub fn emotion(
    model: Box<dyn EmotionModel>,
    size: LaneSize,
) -> Result<(Vec<EmotionPort>, LaneThread), LaneError> {
    if model.slots() < size.slots {
        return Err(LaneError::FewSlots { model: model.slots(), wanted: size.slots });
    }
    let rings = RingLengths { asks_per_slot: 25 + CONTROLS_PER_SLOT, answers_per_slot: 4 };
    quiet::start("lane-emotion-0", size, rings, EmotionDesk::new(model, size.slots))
}

/// Room for joining, leaving and asking beside the sound.
const CONTROLS_PER_SLOT: usize = 4;

const DETECTOR_RINGS: RingLengths =
    RingLengths { asks_per_slot: 16 + CONTROLS_PER_SLOT, answers_per_slot: 10 };
const JUDGE_RINGS: RingLengths =
    RingLengths { asks_per_slot: 25 + CONTROLS_PER_SLOT, answers_per_slot: 4 };
const RECOGNIZER_RINGS: RingLengths =
    RingLengths { asks_per_slot: 60 + CONTROLS_PER_SLOT, answers_per_slot: 4 };
const SLOW_RECOGNIZER_RINGS: RingLengths =
    RingLengths { asks_per_slot: 200 + CONTROLS_PER_SLOT, answers_per_slot: 4 };
const SYNTHESIZER_RINGS: RingLengths =
    RingLengths { asks_per_slot: 12 + CONTROLS_PER_SLOT, answers_per_slot: 16 };
