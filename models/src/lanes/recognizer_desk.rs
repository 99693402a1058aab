//! The recogniser's desk: keeps the utterance under way of every slot; final questions go before partial ones.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::desk::{Desk, Exchange, PortId, StepReport};
use super::guard::{Fault, guarded};
use super::history::History;
use super::load::Work;
use super::tenure::{Standing, Tenure};
use crate::contract::{
    AskId, Hints, Recognizer, RecognizerPurpose, RecognizerRequest, RecognizerResult, SamplePos,
    SlotKey, UTTERANCE_MAX,
};
use crate::transcript::{Passage, Transcript};

/// The recent past of every slot, and at most one question of each.
pub(super) struct RecognizerDesk {
    model: Box<dyn Recognizer>,
    slots: Vec<Listener>,
    /// Oldest first.
    questions: VecDeque<Question>,
    /// Questions that will not be answered with words, because of another one of the same slot.
    replaced: VecDeque<Question>,
    utterance: Vec<i16>,
    shed: u64,
}

struct Listener {
    tenure: Tenure,
    past: History,
    transcript: Transcript,
}

#[derive(Clone)]
struct Question {
    key: SlotKey,
    port: PortId,
    ask: AskId,
    from: SamplePos,
    upto: SamplePos,
    purpose: RecognizerPurpose,
    hints: Hints,
    since: Instant,
}

impl RecognizerDesk {
    pub(super) fn new(model: Box<dyn Recognizer>, slots: usize) -> Self {
        let listener = || Listener {
            tenure: Tenure::default(),
            past: History::new(UTTERANCE_MAX),
            transcript: Transcript::default(),
        };
        Self {
            model,
            slots: std::iter::repeat_with(listener).take(slots).collect(),
            questions: VecDeque::new(),
            replaced: VecDeque::new(),
            utterance: Vec::new(),
            shed: 0,
        }
    }

    /// The slot, if `key` holds it; forgets the earlier holder when it takes it now.
    fn listener(&mut self, key: SlotKey, opening: bool) -> Option<&mut Listener> {
        let Some(listener) = self.slots.get_mut(usize::from(key.slot.0)) else {
            self.shed += 1;
            return None;
        };
        let tenure = &mut listener.tenure;
        match if opening { tenure.open(key) } else { tenure.admit(key) } {
            Standing::Gone => return None,
            Standing::Holder => {}
            Standing::NewHolder => {
                listener.past.clear();
                listener.transcript.forget();
                self.questions.retain(|question| question.key.slot != key.slot);
            }
        }
        Some(listener)
    }

    /// A newer question takes the place of one that waits, except a partial one that of a final one.
    fn ask(&mut self, question: Question) {
        if self.listener(question.key, false).is_none() {
            return;
        }
        let Some(old) = self.questions.iter_mut().find(|q| q.key == question.key) else {
            self.questions.push_back(question);
            return;
        };
        self.shed += 1;
        if question.purpose < old.purpose {
            self.replaced.push_back(question);
        } else {
            let since = old.since;
            self.replaced.push_back(std::mem::replace(old, Question { since, ..question }));
        }
    }

    /// Takes the next question out of the queue: a final one, or else a partial one, the oldest.
    fn next(&mut self) -> Option<Question> {
        let is_final = |q: &Question| q.purpose == RecognizerPurpose::Final;
        let next = self.questions.iter().position(is_final).unwrap_or(0);
        self.questions.remove(next)
    }
}

impl Desk for RecognizerDesk {
    type Request = RecognizerRequest;
    type Answer = RecognizerResult;

    const WORKS: &'static [Work] = &[Work::Partial, Work::Final];

    fn rehearse(&mut self, work: Work) -> Result<(), Fault> {
        let purpose = match work {
            Work::Partial => RecognizerPurpose::Partial,
            _ => RecognizerPurpose::Final,
        };
        guarded("lane-asr-0", || self.model.rehearse(purpose))
    }

    fn take(&mut self, port: PortId, request: RecognizerRequest, now: Instant) {
        match request {
            RecognizerRequest::Open(key) => {
                self.listener(key, true);
            }
            RecognizerRequest::Audio(key, block) => {
                if let Some(listener) = self.listener(key, false) {
                    listener.past.push(&block);
                }
            }
            RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints } => {
                self.ask(Question { key, port, ask, from, upto, purpose, hints, since: now });
            }
            RecognizerRequest::Close(key) => {
                if let Some(listener) = self.slots.get_mut(usize::from(key.slot.0))
                    && listener.tenure.close(key)
                {
                    listener.past.clear();
                    listener.transcript.forget();
                    self.questions.retain(|question| question.key.slot != key.slot);
                }
            }
        }
    }

    fn step(
        &mut self,
        exchange: &mut dyn Exchange<RecognizerRequest, RecognizerResult>,
    ) -> Option<StepReport> {
        for Question { key, port, ask, purpose, .. } in self.replaced.drain(..) {
            let shed = RecognizerResult { key, ask, purpose, recognition: None };
            exchange.answer(port, shed);
        }
        let now = exchange.now();
        let question = self.next()?;
        let Question { key, port, ask, from, upto, purpose, .. } = question;
        let listener = self.slots.get_mut(usize::from(key.slot.0))?;
        listener.past.copy(from, upto, &mut self.utterance);
        let samples = self.utterance.as_slice();
        let passage = Passage { from, samples, purpose, hints: &question.hints };
        let (model, transcript) = (&mut *self.model, &mut listener.transcript);
        let words = guarded("lane-asr-0", || transcript.hear(model, passage));
        let fault = words.as_ref().err().copied();
        if fault.is_some() {
            transcript.forget();
        }
        let recognition = words.ok();
        exchange.answer(port, RecognizerResult { key, ask, purpose, recognition });
        let waited = now.saturating_duration_since(question.since);
        let work = match purpose {
            RecognizerPurpose::Partial => Work::Partial,
            RecognizerPurpose::Final => Work::Final,
        };
        Some(StepReport { work, batch: 1, late: usize::from(waited > LATE), waited, fault })
    }

    fn shed(&self) -> u64 {
        self.shed
    }
}

/// A question that waits longer than this is heard as a slow reply.
const LATE: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ModelError, Recognition};
    use crate::lanes::test_exchange::{TestExchange, block, key};
    use RecognizerPurpose::{Final, Partial};

    /// Writes down the number of samples; panics at a sample of 666.
    struct Probe;

    impl Recognizer for Probe {
        fn recognize(&mut self, utterances: &[&[i16]]) -> Result<Vec<Recognition>, ModelError> {
            let write = |utterance: &&[i16]| {
                assert!(!utterance.contains(&666), "a bug");
                Recognition { text: utterance.len().to_string(), ..Recognition::default() }
            };
            Ok(utterances.iter().map(write).collect())
        }
    }

    fn lane() -> TestExchange<RecognizerDesk> {
        TestExchange::new(RecognizerDesk::new(Box::new(Probe), 8))
    }

    fn hear(lane: &mut TestExchange<RecognizerDesk>, key: SlotKey, number: u64, value: i16) {
        lane.ask(key.slot, RecognizerRequest::Audio(key, block(number, value)));
    }

    fn ask(
        lane: &mut TestExchange<RecognizerDesk>,
        key: SlotKey,
        ask: u32,
        upto: u64,
        purpose: RecognizerPurpose,
    ) {
        let (from, upto, ask) = (SamplePos(0), SamplePos(upto), AskId(ask));
        lane.ask(
            key.slot,
            RecognizerRequest::Transcribe {
                key,
                ask,
                from,
                upto,
                purpose,
                hints: Hints::default(),
            },
        );
    }

    fn settled(lane: &mut TestExchange<RecognizerDesk>) -> Vec<(u16, u32, Option<String>)> {
        let answers = lane.settle().into_iter();
        answers.map(|a| (a.key.slot.0, a.ask.0, a.recognition.map(|r| r.text))).collect()
    }

    #[test]
    fn final_questions_go_before_partial_ones_and_then_the_oldest() {
        let mut lane = lane();
        for slot in 0..4 {
            hear(&mut lane, key(slot, 1), 0, 1);
        }
        for (slot, purpose) in [(2, Partial), (3, Final), (0, Partial), (1, Final)] {
            ask(&mut lane, key(slot, 1), 1, 100 + u64::from(slot), purpose);
        }
        let order: Vec<_> = settled(&mut lane).into_iter().map(|(slot, ..)| slot).collect();
        assert_eq!(order, [3, 1, 2, 0]);
    }

    #[test]
    fn a_newer_question_takes_the_place_of_a_partial_one_but_no_partial_one_that_of_a_final_one() {
        let mut lane = lane();
        hear(&mut lane, key(0, 1), 0, 1);
        ask(&mut lane, key(0, 1), 1, 100, Partial);
        ask(&mut lane, key(0, 1), 2, 200, Final);
        ask(&mut lane, key(0, 1), 3, 300, Partial);
        let words = Some("200".to_owned());
        assert_eq!(settled(&mut lane), [(0, 1, None), (0, 3, None), (0, 2, words)]);
    }

    #[test]
    fn sound_that_comes_after_the_question_does_not_change_what_it_asks_for() {
        let mut lane = lane();
        hear(&mut lane, key(0, 1), 0, 1);
        ask(&mut lane, key(0, 1), 1, 300, Final);
        hear(&mut lane, key(0, 1), 1, 666);
        assert_eq!(settled(&mut lane), [(0, 1, Some("300".to_owned()))]);
    }

    #[test]
    fn after_a_panic_the_question_is_answered_with_nothing_and_the_lane_goes_on() {
        let mut lane = lane();
        hear(&mut lane, key(0, 1), 0, 666);
        ask(&mut lane, key(0, 1), 1, 320, Final);
        assert_eq!(lane.step().unwrap().fault, Some(Fault::Panicked));
        assert_eq!(settled(&mut lane), [(0, 1, None)]);
        hear(&mut lane, key(0, 2), 0, 1);
        ask(&mut lane, key(0, 2), 1, 320, Final);
        assert_eq!(settled(&mut lane), [(0, 1, Some("320".to_owned()))]);
    }
}
