//! The recogniser's desk: keeps the utterance under way of every slot; final questions go before partial ones.
//!
//! What is left undone when there is more to do than time, in this order:
//!
//! 1. A partial question is answered without words when a newer question of the same call takes its place.
//! 2. Partial questions get at most half of the time that final ones leave ([`Allowance`]); one that has waited for
//!    [`PARTIAL_PATIENCE`] is answered without words, since the next is due. So the words that are shown come less
//!    often, for all calls alike, and a final question never waits for more than the one step under way.
//! 3. A partial step under way is left undone when a final question comes, where the model can do that ([`Haste`]).
//! 4. A final question is never left undone, only replaced by a newer one of the same call or taken back by it.

use std::time::{Duration, Instant};

use super::allowance::Allowance;
use super::desk::{Desk, Exchange, PortId, StepReport};
use super::guard::{Fault, guarded};
use super::listeners::Listeners;
use super::load::Work;
use super::queue::{Queue, Waits};
use super::succession::{LaneModel, Refused};
use crate::contract::{
    AskId, Haste, Hints, Recognizer, RecognizerPurpose, RecognizerRequest, RecognizerResult,
    SamplePos, Share, SlotId, SlotKey, UTTERANCE_MAX,
};
use crate::transcript::{Passage, Transcript};

/// The recent past of every slot, and at most one question of each.
pub(super) struct RecognizerDesk {
    lane: &'static str,
    model: Box<dyn Recognizer>,
    haste: Haste,
    slots: Listeners<Transcript>,
    questions: Queue<Question>,
    /// Questions that will not be answered with words.
    dropped: Vec<Question>,
    allowance: Allowance,
    utterance: Vec<i16>,
    shed: u64,
}

struct Question {
    key: SlotKey,
    share: Share,
    port: PortId,
    ask: AskId,
    from: SamplePos,
    upto: SamplePos,
    purpose: RecognizerPurpose,
    hints: Hints,
    since: Instant,
}

impl Waits for Question {
    fn slot(&self) -> SlotId {
        self.key.slot
    }

    fn share(&self) -> Share {
        self.share
    }

    fn since(&self) -> Instant {
        self.since
    }
}

impl RecognizerDesk {
    pub(super) fn new(model: Box<dyn Recognizer>, slots: usize) -> Self {
        Self {
            lane: "lane-asr-0",
            model,
            haste: Haste::default(),
            slots: Listeners::new(slots, UTTERANCE_MAX),
            questions: Queue::new(),
            dropped: Vec::new(),
            allowance: Allowance::default(),
            utterance: Vec::new(),
            shed: 0,
        }
    }

    /// The same as the desk of `lane`, whose model leaves partial steps undone while `haste` is raised, if it can.
    pub(super) fn of_lane(mut self, lane: &'static str, haste: Haste) -> Self {
        self.model.gives_way_to(haste.clone());
        Self { lane, haste, ..self }
    }

    /// A newer question takes the place of one that waits, except a partial one that of a final one.
    fn ask(&mut self, question: Question) {
        let Some(held) = self.slots.holder(question.key) else { return };
        let question = Question { share: held.listener.share, ..question };
        if held.new {
            self.questions.forget(question.key.slot);
        }
        let Some(old) = self.questions.find(|q| q.key == question.key) else {
            self.questions.push(question);
            return;
        };
        self.shed += 1;
        if question.purpose < old.purpose {
            self.dropped.push(question);
        } else {
            // A final question is as old as the caller's silence; what it replaces was about something else.
            let since = if old.purpose == question.purpose { old.since } else { question.since };
            self.dropped.push(std::mem::replace(old, Question { since, ..question }));
        }
    }

    /// Takes the next question out of the queue.
    fn next(&mut self, now: Instant) -> Option<Question> {
        let partial = |question: &Question| question.purpose == RecognizerPurpose::Partial;
        let stale = self.questions.remove(|question| {
            partial(question) && now.saturating_duration_since(question.since) > PARTIAL_PATIENCE
        });
        self.shed += stale.len() as u64;
        self.dropped.extend(stale);
        if let Some(question) = self.questions.next(|question| !partial(question)) {
            return Some(question);
        }
        if self.allowance.any(now) { self.questions.next(partial) } else { None }
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
        guarded(self.lane, || self.model.rehearse(purpose))
    }

    fn take(&mut self, port: PortId, request: RecognizerRequest, now: Instant) {
        match request {
            RecognizerRequest::Open(key, share) => {
                if self.slots.open(key, share).is_some() {
                    self.questions.forget(key.slot);
                }
            }
            RecognizerRequest::Audio(key, block) => {
                if self.slots.hear(key, &block) {
                    self.questions.forget(key.slot);
                }
            }
            RecognizerRequest::Transcribe { key, ask, from, upto, purpose, hints } => {
                let (share, since) = (Share::default(), now);
                self.ask(Question { key, share, port, ask, from, upto, purpose, hints, since });
            }
            RecognizerRequest::Cancel { key, ask } => {
                let cancelled = self.questions.remove(|q| q.key == key && q.ask == ask);
                self.dropped.extend(cancelled);
            }
            RecognizerRequest::Close(key) => {
                if self.slots.close(key) {
                    self.questions.forget(key.slot);
                }
            }
        }
    }

    fn step(
        &mut self,
        exchange: &mut dyn Exchange<RecognizerRequest, RecognizerResult>,
    ) -> Option<StepReport> {
        let now = exchange.now();
        let question = self.next(now);
        for Question { key, port, ask, purpose, .. } in self.dropped.drain(..) {
            let without = RecognizerResult { key, ask, purpose, recognition: None };
            exchange.answer(port, without);
        }
        let Question { key, port, ask, from, upto, purpose, hints, since, .. } = question?;
        let listener = self.slots.at(key)?;
        listener.past.copy(from, upto, &mut self.utterance);
        let samples = self.utterance.as_slice();
        let passage = Passage { from, samples, purpose, hints: &hints };
        let (model, transcript) = (&mut *self.model, &mut listener.more);
        let words = guarded(self.lane, || transcript.hear(model, passage));
        let gave_way = matches!(words, Err(Fault::GaveWay));
        self.shed += u64::from(gave_way);
        let fault = words.as_ref().err().copied().filter(|_| !gave_way);
        if fault.is_some() {
            transcript.forget();
        }
        let took = exchange.now().saturating_duration_since(now);
        match purpose {
            RecognizerPurpose::Partial => self.allowance.spend(took),
            RecognizerPurpose::Final => self.allowance.skip(took),
        }
        let recognition = words.ok();
        exchange.answer(port, RecognizerResult { key, ask, purpose, recognition });
        let waited = now.saturating_duration_since(since);
        let work = match purpose {
            RecognizerPurpose::Partial => Work::Partial,
            RecognizerPurpose::Final => Work::Final,
        };
        Some(StepReport { work, batch: 1, late: usize::from(waited > LATE), waited, fault })
    }

    fn succeed(&mut self, model: LaneModel) -> Result<LaneModel, Refused> {
        let LaneModel::Recognizer(mut new) = model else {
            return Err(Refused::contract(model, self.lane, "recogniser"));
        };
        new.gives_way_to(self.haste.clone());
        // Drafts are tokens of the old model.
        self.slots.each(|listener| listener.more.forget_draft());
        Ok(LaneModel::Recognizer(std::mem::replace(&mut self.model, new)))
    }

    fn shed(&self) -> u64 {
        self.shed + self.slots.shed()
    }
}

/// A question that waits longer than this is heard as a slow reply.
const LATE: Duration = Duration::from_millis(200);

/// A partial question older than this is answered too late to be worth its time: words are shown every 500 ms.
const PARTIAL_PATIENCE: Duration = Duration::from_millis(400);

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
    fn partial_questions_take_half_of_the_time_that_final_ones_leave_who_take_all_they_need() {
        let mut lane = lane();
        lane.step_time = Duration::from_millis(100);
        let begun = lane.now;
        let (mut partial, mut final_) = (0, 0);
        for round in 0..100_u32 {
            for slot in 0..8 {
                hear(&mut lane, key(slot, 1), u64::from(round), 1);
                // A call asks again when its last question has been answered, and pauses once a round.
                let purpose = if round % 20 == u32::from(slot) { Final } else { Partial };
                ask(&mut lane, key(slot, 1), round, 320, purpose);
            }
            while lane.step().is_some() {}
            lane.now += Duration::from_millis(20);
            for (_, answer) in lane.answers.drain(..) {
                match (answer.purpose, answer.recognition) {
                    (Partial, Some(_)) => partial += 1,
                    (Final, Some(_)) => final_ += 1,
                    (Partial, None) => {}
                    (Final, None) => panic!("a final question was left undone"),
                }
            }
        }
        assert_eq!(final_, 40);
        let left = lane.now - begun - lane.step_time * final_;
        let share = (lane.step_time * partial).as_secs_f32() / left.as_secs_f32();
        assert!((0.45..0.6).contains(&share), "{share}");
    }

    #[test]
    fn a_partial_question_that_waited_too_long_is_answered_without_words() {
        let mut lane = lane();
        hear(&mut lane, key(0, 1), 0, 1);
        ask(&mut lane, key(0, 1), 1, 320, Partial);
        lane.now += PARTIAL_PATIENCE + Duration::from_millis(1);
        assert_eq!(settled(&mut lane), [(0, 1, None)]);
        assert_eq!(lane.desk.shed(), 1);
        ask(&mut lane, key(0, 1), 2, 320, Final);
        lane.now += 10 * PARTIAL_PATIENCE;
        assert_eq!(settled(&mut lane), [(0, 2, Some("320".to_owned()))], "a final one waits");
    }

    #[test]
    fn what_is_cancelled_before_it_was_begun_is_not_heard() {
        let mut lane = lane();
        for slot in [0, 1] {
            hear(&mut lane, key(slot, 1), 0, 1);
            ask(&mut lane, key(slot, 1), 1, 320, Final);
        }
        for (slot, ask) in [(0, 1), (1, 2)] {
            let key = key(slot, 1);
            lane.ask(key.slot, RecognizerRequest::Cancel { key, ask: AskId(ask) });
        }
        assert_eq!(settled(&mut lane), [(0, 1, None), (1, 1, Some("320".to_owned()))]);
    }

    #[test]
    fn calls_of_one_share_do_not_keep_those_of_another_waiting() {
        let mut lane = lane();
        for (slot, share) in [(0, 1), (1, 1), (2, 1), (3, 2)] {
            lane.ask(SlotId(slot), RecognizerRequest::Open(key(slot, 1), Share(share)));
            hear(&mut lane, key(slot, 1), 0, 1);
        }
        for slot in 0..4 {
            ask(&mut lane, key(slot, 1), 1, 320, Final);
            lane.now += Duration::from_millis(1);
        }
        let order: Vec<_> = settled(&mut lane).into_iter().map(|(slot, ..)| slot).collect();
        assert_eq!(order, [0, 3, 1, 2]);
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
