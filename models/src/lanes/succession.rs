//! One model takes over a lane from another while calls go on.
//!
//! The new model is loaded and rehearsed on the thread of whoever wants it, and handed to the lane, which takes it
//! between two steps. The step under way ends with the old model; every question that waits is answered by the new
//! one, from the sound that the lane has kept. What a model alone understands is not carried over: the detector hears
//! each call as one that begins, drafts of words are written anew, and the measure of how a caller usually sounds is
//! taken again. The old model is given back and let go of where it was asked for, because that takes time, too.

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::Thread;
use std::time::Duration;

use super::guard::guarded;
use super::load::Work;
use crate::contract::{
    EmotionModel, Recognizer, RecognizerPurpose, SpeechDetector, Synthesizer, TurnJudge,
};

/// A model for one kind of lane.
pub enum LaneModel {
    /// For the speech detector's lane.
    Detector(Box<dyn SpeechDetector>),
    /// For the turn judge's.
    Judge(Box<dyn TurnJudge>),
    /// For the recogniser's.
    Recognizer(Box<dyn Recognizer>),
    /// For the synthesiser's.
    Synthesizer(Box<dyn Synthesizer>),
    /// For the emotion lane.
    Emotion(Box<dyn EmotionModel>),
}

/// Which lane a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LaneKind {
    /// The speech detector's.
    Detector,
    /// The turn judge's.
    Judge,
    /// The recogniser's.
    Recognizer,
    /// The synthesiser's.
    Synthesizer,
    /// The emotion lane.
    Emotion,
}

/// A lane did not take a model. The old one goes on as if nothing had been asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SwapError {
    /// It does another lane's work.
    #[error("{lane} needs a {wanted}, and this is a {given}")]
    Contract {
        /// Which lane.
        lane: &'static str,
        /// What it needs.
        wanted: &'static str,
        /// What it was given.
        given: &'static str,
    },
    /// It has state for fewer calls than the lane has slots.
    #[error("the new model has room for {model} calls and the lane needs {wanted}")]
    FewSlots {
        /// Slots of the model.
        model: usize,
        /// Slots of the lane.
        wanted: usize,
    },
    /// It failed at a step that was for nobody; the log says how.
    #[error("the new model failed at its first step; the log says how")]
    Rehearsal,
    /// Another model is just being handed over.
    #[error("another model is just taking over {lane}; try again")]
    Busy {
        /// Which lane.
        lane: &'static str,
    },
    /// The lane's thread is gone.
    #[error("{lane} has been stopped")]
    Stopped {
        /// Which lane.
        lane: &'static str,
    },
}

impl LaneModel {
    /// What it is, in a word or two.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Detector(_) => "speech detector",
            Self::Judge(_) => "turn judge",
            Self::Recognizer(_) => "recogniser",
            Self::Synthesizer(_) => "voice",
            Self::Emotion(_) => "emotion model",
        }
    }

    /// Takes one step of each kind of work for nobody, twice, and tells what the second one cost.
    ///
    /// # Errors
    /// [`SwapError::Rehearsal`].
    fn rehearsed(
        &mut self,
        lane: &'static str,
        clock: impl Fn() -> Duration,
    ) -> Result<Vec<(Work, Duration)>, SwapError> {
        let mut costs = Vec::new();
        for work in self.works() {
            for _ in 0..2 {
                let begun = clock();
                guarded(lane, || self.rehearse(*work)).map_err(|_logged| SwapError::Rehearsal)?;
                costs.retain(|(known, _)| known != work);
                costs.push((*work, clock().saturating_sub(begun)));
            }
        }
        Ok(costs)
    }

    fn rehearse(&mut self, work: Work) -> Result<(), crate::contract::ModelError> {
        match self {
            Self::Detector(model) => model.rehearse(),
            Self::Judge(model) => model.rehearse(),
            Self::Recognizer(model) if work == Work::Partial => {
                model.rehearse(RecognizerPurpose::Partial)
            }
            Self::Recognizer(model) => model.rehearse(RecognizerPurpose::Final),
            Self::Synthesizer(model) => model.rehearse(),
            Self::Emotion(model) => model.rehearse(),
        }
    }

    const fn works(&self) -> &'static [Work] {
        match self {
            Self::Detector(_) => &[Work::Window],
            Self::Judge(_) => &[Work::Judgement, Work::SecondOpinion],
            Self::Recognizer(_) => &[Work::Partial, Work::Final],
            Self::Synthesizer(_) => &[Work::Text],
            Self::Emotion(_) => &[Work::Emotion],
        }
    }
}

impl fmt::Debug for LaneModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LaneModel").field(&self.kind()).finish()
    }
}

/// A model that a desk would not have, and why.
pub(super) struct Refused {
    pub(super) model: LaneModel,
    pub(super) why: SwapError,
}

impl Refused {
    /// `model` does not do the work of `lane`, which is a `wanted`'s.
    pub(super) fn contract(model: LaneModel, lane: &'static str, wanted: &'static str) -> Self {
        let given = model.kind();
        Self { model, why: SwapError::Contract { lane, wanted, given } }
    }
}

/// Hands a lane another model. Cheap to clone; outlives the lane, to which it then says [`SwapError::Stopped`].
#[derive(Clone, Debug)]
pub struct LaneSeat {
    lane: &'static str,
    door: SyncSender<Handover>,
    thread: Thread,
}

impl LaneSeat {
    pub(super) fn new(lane: &'static str, door: SyncSender<Handover>, thread: &Thread) -> Self {
        Self { lane, door, thread: thread.clone() }
    }

    /// The lane's name.
    pub const fn lane(&self) -> &'static str {
        self.lane
    }

    /// Rehearses `model` here, hands it over, and waits until the lane has taken it: at most as long as the step
    /// under way. `clock` tells the time since any moment. Then lets go of the old model.
    ///
    /// *Real time:* not for a tick. Two steps of the model on this thread, and the wait.
    ///
    /// # Errors
    /// [`SwapError`]; the old model stays.
    pub fn swap(
        &self,
        mut model: LaneModel,
        clock: impl Fn() -> Duration,
    ) -> Result<(), SwapError> {
        let costs = model.rehearsed(self.lane, clock)?;
        let (reply, answer) = sync_channel(1);
        self.door.try_send(Handover { model, costs, reply }).map_err(|refused| match refused {
            TrySendError::Full(_) => SwapError::Busy { lane: self.lane },
            TrySendError::Disconnected(_) => SwapError::Stopped { lane: self.lane },
        })?;
        self.thread.unpark();
        match answer.recv() {
            Ok(Ok(_old)) => Ok(()),
            Ok(Err(Refused { model, why })) => {
                drop(model);
                Err(why)
            }
            Err(_gone) => Err(SwapError::Stopped { lane: self.lane }),
        }
    }
}

/// A model on its way into a lane.
#[derive(Debug)]
pub(super) struct Handover {
    pub(super) model: LaneModel,
    /// What its work costs.
    pub(super) costs: Vec<(Work, Duration)>,
    reply: SyncSender<Result<LaneModel, Refused>>,
}

impl Handover {
    /// Lets `take` have the model, then `learn` what its work costs, and then tells whoever handed it over.
    pub(super) fn complete(
        self,
        take: impl FnOnce(LaneModel) -> Result<LaneModel, Refused>,
        learn: impl FnOnce(Vec<(Work, Duration)>),
    ) {
        let Self { model, costs, reply } = self;
        let taken = take(model);
        if taken.is_ok() {
            learn(costs);
        }
        // Whoever asked waits, unless its thread was ended.
        let _told = reply.try_send(taken);
    }
}

/// Where a lane finds the models that are handed to it.
#[derive(Debug)]
pub(super) struct Doorstep(Receiver<Handover>);

impl Doorstep {
    /// A place for one model, and the way to it.
    pub(super) fn new() -> (SyncSender<Handover>, Self) {
        let (door, doorstep) = sync_channel(1);
        (door, Self(doorstep))
    }

    /// What lies there.
    pub(super) fn take(&self) -> Option<Handover> {
        self.0.try_recv().ok()
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}
