//! The emotion lane's desk: keeps the last seconds of every slot that wants it, and gives up what it has no time for.
//!
//! Nothing in a call waits for it, so it is the first to be shed: a question that has waited for a second is answered
//! with nothing, and its thread runs behind all others.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::desk::{Desk, Exchange, PortId, StepReport};
use super::guard::{Fault, guarded};
use super::history::History;
use super::load::Work;
use super::succession::{LaneModel, Refused, SwapError};
use super::tenure::{Standing, Tenure};
use crate::contract::{
    AskId, EMOTION_SPAN, EmotionModel, EmotionRequest, EmotionResult, EmotionStep, SamplePos,
    SlotId, SlotKey,
};

/// The recent past of every slot, and at most one question of each.
pub(super) struct EmotionDesk {
    model: Box<dyn EmotionModel>,
    slots: Vec<Caller>,
    /// Oldest first.
    questions: VecDeque<Question>,
    /// To be answered with nothing: a newer question of the same slot came, or time ran out.
    given_up: VecDeque<Question>,
    utterances: Vec<Vec<i16>>,
    shed: u64,
}

struct Caller {
    tenure: Tenure,
    past: History,
    /// The model has not been told yet that somebody new is here.
    fresh: bool,
    /// The utterance that the model heard last.
    heard: Option<u32>,
}

#[derive(Clone, Copy)]
struct Question {
    key: SlotKey,
    port: PortId,
    ask: AskId,
    utterance: u32,
    from: SamplePos,
    upto: SamplePos,
    since: Instant,
}

impl EmotionDesk {
    pub(super) fn new(model: Box<dyn EmotionModel>, slots: usize) -> Self {
        let caller = || Caller {
            tenure: Tenure::default(),
            past: History::new(EMOTION_SPAN),
            fresh: true,
            heard: None,
        };
        Self {
            model,
            slots: std::iter::repeat_with(caller).take(slots).collect(),
            questions: VecDeque::new(),
            given_up: VecDeque::new(),
            utterances: vec![Vec::new(); BATCH_MAX],
            shed: 0,
        }
    }

    /// The slot, if `key` holds it; forgets the earlier holder when it takes it now.
    fn caller(&mut self, key: SlotKey, opening: bool) -> Option<&mut Caller> {
        let Some(caller) = self.slots.get_mut(usize::from(key.slot.0)) else {
            self.shed += 1;
            return None;
        };
        let tenure = &mut caller.tenure;
        match if opening { tenure.open(key) } else { tenure.admit(key) } {
            Standing::Gone => return None,
            Standing::Holder => {}
            Standing::NewHolder => {
                caller.forget();
                self.questions.retain(|question| question.key.slot != key.slot);
            }
        }
        Some(caller)
    }

    fn ask(&mut self, question: Question) {
        if self.caller(question.key, false).is_none() {
            return;
        }
        if let Some(old) = self.questions.iter_mut().find(|q| q.key == question.key) {
            self.given_up.push_back(std::mem::replace(old, question));
            self.shed += 1;
        } else {
            self.questions.push_back(question);
        }
    }

    /// Puts aside what has waited for too long.
    fn give_up(&mut self, now: Instant) {
        let Self { questions, given_up, shed, .. } = self;
        questions.retain(|question| {
            let in_time = now.saturating_duration_since(question.since) <= PATIENCE;
            if !in_time {
                given_up.push_back(*question);
                *shed += 1;
            }
            in_time
        });
    }

    /// Cuts the utterances of `asked` out of the past.
    fn cut(&mut self, asked: &[Question]) {
        for (question, utterance) in asked.iter().zip(&mut self.utterances) {
            utterance.clear();
            if let Some(caller) = self.slots.get(usize::from(question.key.slot.0)) {
                caller.past.copy(question.from, question.upto, utterance);
            }
        }
    }

    /// Whether the model does not know the caller of `slot` yet, and whether it heard the beginning of `utterance` last.
    fn known(&self, slot: SlotId, utterance: u32) -> (bool, bool) {
        let caller = self.slots.get(usize::from(slot.0));
        let fresh = caller.is_none_or(|caller| caller.fresh);
        (fresh, !fresh && caller.is_some_and(|caller| caller.heard == Some(utterance)))
    }
}

impl Caller {
    fn forget(&mut self) {
        self.past.clear();
        self.fresh = true;
        self.heard = None;
    }
}

impl Desk for EmotionDesk {
    type Request = EmotionRequest;
    type Answer = EmotionResult;

    const WORKS: &'static [Work] = &[Work::Emotion];

    fn rehearse(&mut self, _: Work) -> Result<(), Fault> {
        guarded(LANE, || self.model.rehearse())
    }

    fn take(&mut self, port: PortId, request: EmotionRequest, now: Instant) {
        match request {
            EmotionRequest::Open(key) => {
                self.caller(key, true);
            }
            EmotionRequest::Audio(key, block) => {
                if let Some(caller) = self.caller(key, false) {
                    caller.past.push(&block);
                }
            }
            EmotionRequest::Judge { key, ask, utterance, from, upto } => {
                self.ask(Question { key, port, ask, utterance, from, upto, since: now });
            }
            EmotionRequest::Close(key) => {
                if let Some(caller) = self.slots.get_mut(usize::from(key.slot.0))
                    && caller.tenure.close(key)
                {
                    caller.forget();
                    self.questions.retain(|question| question.key.slot != key.slot);
                }
            }
        }
    }

    fn step(
        &mut self,
        exchange: &mut dyn Exchange<EmotionRequest, EmotionResult>,
    ) -> Option<StepReport> {
        let now = exchange.now();
        self.give_up(now);
        for Question { key, port, ask, .. } in self.given_up.drain(..) {
            exchange.answer(port, EmotionResult { key, ask, heard: None });
        }
        let batch = self.questions.len().min(BATCH_MAX);
        if batch == 0 {
            return None;
        }
        let asked: Vec<Question> = self.questions.drain(..batch).collect();
        self.cut(&asked);
        let steps: Vec<EmotionStep<'_>> = asked
            .iter()
            .zip(&self.utterances)
            .map(|(question, utterance)| {
                let slot = question.key.slot;
                let (fresh, gone_on) = self.known(slot, question.utterance);
                EmotionStep { slot, fresh, gone_on, utterance }
            })
            .collect();
        let mut heard = [None; BATCH_MAX];
        let heard = &mut heard[..batch];
        let fault = guarded(LANE, || self.model.judge(&steps, heard)).err();
        let mut waited = Duration::ZERO;
        for (question, heard) in asked.iter().zip(heard) {
            let Question { key, port, ask, since, .. } = *question;
            if fault.is_none()
                && let Some(caller) = self.slots.get_mut(usize::from(key.slot.0))
            {
                caller.fresh = false;
                caller.heard = Some(question.utterance);
            }
            let heard = heard.filter(|_| fault.is_none());
            exchange.answer(port, EmotionResult { key, ask, heard });
            waited = waited.max(now.saturating_duration_since(since));
        }
        let late = asked.iter().filter(|question| now - question.since > LATE).count();
        Some(StepReport { work: Work::Emotion, batch, late, waited, fault })
    }

    fn succeed(&mut self, model: LaneModel) -> Result<LaneModel, Refused> {
        let LaneModel::Emotion(new) = model else {
            return Err(Refused::contract(model, LANE, "emotion model"));
        };
        let (room, wanted) = (new.slots(), self.slots.len());
        if room < wanted {
            let why = SwapError::FewSlots { model: room, wanted };
            return Err(Refused { model: LaneModel::Emotion(new), why });
        }
        // The measure of how a caller usually sounds is the old model's.
        for caller in &mut self.slots {
            caller.fresh = true;
        }
        Ok(LaneModel::Emotion(std::mem::replace(&mut self.model, new)))
    }

    fn shed(&self) -> u64 {
        self.shed
    }
}

const LANE: &str = "lane-emotion-0";

/// Questions of one step: together about 20 ms, so that the lane never holds a core for longer at a time.
const BATCH_MAX: usize = 4;

/// How long a question may wait. What comes later than this would describe a mood that the talk has passed.
const PATIENCE: Duration = Duration::from_secs(1);

/// An answer that begins later than this misses the reply to its utterance, and is counted.
const LATE: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests;
