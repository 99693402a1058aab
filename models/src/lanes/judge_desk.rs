//! The turn judge's desk: keeps the last seconds of every slot and answers one question after the other.
//!
//! One at a time: Smart Turn takes four times as long for four turns as for one (104 ms and 24 ms on one core), so that
//! together the first would only wait for the last.
//!
//! What is left undone when there is more to do than time, in this order:
//!
//! 1. A question about a pause that was judged before gets at most half of the time that first ones leave
//!    ([`Allowance`]), goes after all first ones, and is answered with nothing when it has waited for
//!    [`AGAIN_PATIENCE`].
//! 2. A question is replaced by a newer one of the same call; the first about a pause is never left undone otherwise,
//!    unless the call takes it back.

use std::time::{Duration, Instant};

use super::allowance::Allowance;
use super::desk::{Desk, Exchange, PortId, StepReport};
use super::guard::{Fault, guarded};
use super::listeners::Listeners;
use super::load::Work;
use super::queue::{Queue, Waits};
use super::succession::{LaneModel, Refused};
use crate::contract::{
    AskId, JUDGE_SPAN, JudgeRequest, JudgeResult, SamplePos, Share, SlotId, SlotKey, TurnJudge,
};

/// The recent past of every slot, and at most one question of each.
pub(super) struct JudgeDesk {
    model: Box<dyn TurnJudge>,
    slots: Listeners<()>,
    questions: Queue<Question>,
    /// Questions that will not be judged.
    dropped: Vec<Question>,
    allowance: Allowance,
    turn: Vec<i16>,
    shed: u64,
}

#[derive(Clone, Copy)]
struct Question {
    key: SlotKey,
    share: Share,
    port: PortId,
    ask: AskId,
    from: SamplePos,
    upto: SamplePos,
    again: bool,
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

impl JudgeDesk {
    pub(super) fn new(model: Box<dyn TurnJudge>, slots: usize) -> Self {
        Self {
            model,
            slots: Listeners::new(slots, JUDGE_SPAN),
            questions: Queue::new(),
            dropped: Vec::new(),
            allowance: Allowance::default(),
            turn: Vec::new(),
            shed: 0,
        }
    }

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
        // The newest moment is the one that matters. A first question keeps the place of one: the caller has been
        // silent for as long.
        let since = if old.again { question.since } else { old.since };
        let again = old.again && question.again;
        self.dropped.push(std::mem::replace(old, Question { since, again, ..question }));
    }

    /// Takes the next question out of the queue.
    fn next(&mut self, now: Instant) -> Option<Question> {
        let stale = self.questions.remove(|question| {
            question.again && now.saturating_duration_since(question.since) > AGAIN_PATIENCE
        });
        self.shed += stale.len() as u64;
        self.dropped.extend(stale);
        if let Some(question) = self.questions.next(|question| !question.again) {
            return Some(question);
        }
        if self.allowance.any(now) { self.questions.next(|question| question.again) } else { None }
    }
}

impl Desk for JudgeDesk {
    type Request = JudgeRequest;
    type Answer = JudgeResult;

    const WORKS: &'static [Work] = &[Work::Judgement, Work::SecondOpinion];

    fn rehearse(&mut self, _: Work) -> Result<(), Fault> {
        guarded("lane-turn-0", || self.model.rehearse())
    }

    fn take(&mut self, port: PortId, request: JudgeRequest, now: Instant) {
        match request {
            JudgeRequest::Open(key, share) => {
                if self.slots.open(key, share).is_some() {
                    self.questions.forget(key.slot);
                }
            }
            JudgeRequest::Audio(key, block) => {
                if self.slots.hear(key, &block) {
                    self.questions.forget(key.slot);
                }
            }
            JudgeRequest::Judge { key, ask, from, upto, again } => {
                let (share, since) = (Share::default(), now);
                self.ask(Question { key, share, port, ask, from, upto, again, since });
            }
            JudgeRequest::Cancel { key, ask } => {
                let cancelled = self.questions.remove(|q| q.key == key && q.ask == ask);
                self.dropped.extend(cancelled);
            }
            JudgeRequest::Close(key) => {
                if self.slots.close(key) {
                    self.questions.forget(key.slot);
                }
            }
        }
    }

    fn step(
        &mut self,
        exchange: &mut dyn Exchange<JudgeRequest, JudgeResult>,
    ) -> Option<StepReport> {
        let now = exchange.now();
        let question = self.next(now);
        for Question { key, port, ask, .. } in self.dropped.drain(..) {
            exchange.answer(port, JudgeResult { key, ask, over: None });
        }
        let Question { key, port, ask, from, upto, again, since, .. } = question?;
        self.slots.at(key)?.past.copy(from, upto, &mut self.turn);
        let mut over = [0.0];
        let fault =
            guarded("lane-turn-0", || self.model.judge(&[self.turn.as_slice()], &mut over)).err();
        let [over] = over;
        let over = fault.is_none().then_some(over);
        let took = exchange.now().saturating_duration_since(now);
        if again {
            self.allowance.spend(took);
        } else {
            self.allowance.skip(took);
        }
        exchange.answer(port, JudgeResult { key, ask, over });
        let waited = now.saturating_duration_since(since);
        let late = usize::from(waited > LATE);
        let work = if again { Work::SecondOpinion } else { Work::Judgement };
        Some(StepReport { work, batch: 1, late, waited, fault })
    }

    fn succeed(&mut self, model: LaneModel) -> Result<LaneModel, Refused> {
        let LaneModel::Judge(new) = model else {
            return Err(Refused::contract(model, "lane-turn-0", "turn judge"));
        };
        Ok(LaneModel::Judge(std::mem::replace(&mut self.model, new)))
    }

    fn shed(&self) -> u64 {
        self.shed + self.slots.shed()
    }
}

/// An answer that begins later than this after the question is no help in deciding when to speak.
const LATE: Duration = Duration::from_millis(100);
/// After a longer wait the silence itself says more than a reading of its beginning.
const AGAIN_PATIENCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{BLOCK_SAMPLES, ModelError};
    use crate::lanes::test_exchange::{TestExchange, block, key};

    /// Answers with the number of samples of the turn; panics at a sample of 666.
    struct Probe;

    impl TurnJudge for Probe {
        fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
            for (turn, over) in turns.iter().zip(over) {
                assert!(!turn.contains(&666), "a bug");
                *over = turn.len() as f32;
            }
            Ok(())
        }
    }

    fn lane() -> TestExchange<JudgeDesk> {
        TestExchange::new(JudgeDesk::new(Box::new(Probe), 8))
    }

    fn hear(lane: &mut TestExchange<JudgeDesk>, key: SlotKey, number: u64, value: i16) {
        lane.ask(key.slot, JudgeRequest::Audio(key, block(number, value)));
    }

    fn judge(lane: &mut TestExchange<JudgeDesk>, key: SlotKey, ask: u32, from: u64, upto: u64) {
        let (from, upto) = (SamplePos(from), SamplePos(upto));
        lane.ask(key.slot, JudgeRequest::Judge { key, ask: AskId(ask), from, upto, again: false });
    }

    fn judge_again(lane: &mut TestExchange<JudgeDesk>, key: SlotKey, ask: u32) {
        let (from, upto) = (SamplePos(0), SamplePos(320));
        lane.ask(key.slot, JudgeRequest::Judge { key, ask: AskId(ask), from, upto, again: true });
    }

    #[test]
    fn a_turn_is_heard_from_its_beginning_to_the_moment_asked_for() {
        let mut lane = lane();
        for number in 0..10 {
            hear(&mut lane, key(3, 1), number, 1);
        }
        judge(&mut lane, key(3, 1), 9, 500, 2_000);
        assert_eq!(
            lane.settle(),
            [JudgeResult { key: key(3, 1), ask: AskId(9), over: Some(1_500.0) }]
        );
        judge(&mut lane, key(3, 1), 10, 0, 99_999);
        assert_eq!(
            lane.settle()[0].over,
            Some(10.0 * BLOCK_SAMPLES as f32),
            "as far as it is known"
        );
    }

    #[test]
    fn the_oldest_question_goes_first() {
        let mut lane = lane();
        for slot in [4, 2, 7] {
            hear(&mut lane, key(slot, 1), 0, 1);
            judge(&mut lane, key(slot, 1), 1, 0, 320);
        }
        assert_eq!(lane.step().unwrap().batch, 1);
        let order: Vec<u16> = lane.settle().iter().map(|a| a.key.slot.0).collect();
        assert_eq!(order, [4, 2, 7]);
    }

    #[test]
    fn a_newer_question_takes_the_place_of_one_that_waits() {
        let mut lane = lane();
        hear(&mut lane, key(0, 1), 0, 1);
        judge(&mut lane, key(0, 1), 1, 0, 100);
        judge(&mut lane, key(0, 1), 2, 0, 200);
        let answers: Vec<_> = lane.settle().iter().map(|a| (a.ask.0, a.over)).collect();
        assert_eq!(answers, [(1, None), (2, Some(200.0))]);
    }

    #[test]
    fn a_pause_is_judged_again_after_all_first_judgements_and_in_half_of_what_they_leave() {
        let mut lane = lane();
        lane.step_time = Duration::from_millis(100);
        let begun = lane.now;
        let (mut first, mut further) = (0, 0);
        for round in 0..100_u32 {
            for slot in 0..8 {
                hear(&mut lane, key(slot, 1), u64::from(round), 1);
                if round % 20 == u32::from(slot) {
                    judge(&mut lane, key(slot, 1), 1_000 + round, 0, 320);
                } else {
                    judge_again(&mut lane, key(slot, 1), round);
                }
            }
            while lane.step().is_some() {}
            lane.now += Duration::from_millis(20);
            for (_, answer) in lane.answers.drain(..) {
                match (answer.ask.0 >= 1_000, answer.over) {
                    (true, Some(_)) => first += 1,
                    (false, Some(_)) => further += 1,
                    (false, None) => {}
                    (true, None) => panic!("a first judgement was left undone"),
                }
            }
        }
        assert_eq!(first, 40);
        let left = lane.now - begun - lane.step_time * first;
        let share = (lane.step_time * further).as_secs_f32() / left.as_secs_f32();
        assert!((0.45..0.6).contains(&share), "{share}");
    }

    #[test]
    fn a_first_judgement_takes_the_place_of_a_further_one_and_keeps_none_of_its_age() {
        let mut lane = lane();
        for slot in [0, 1] {
            hear(&mut lane, key(slot, 1), 0, 1);
        }
        judge_again(&mut lane, key(0, 1), 1);
        lane.now += AGAIN_PATIENCE / 2;
        judge(&mut lane, key(1, 1), 1, 0, 320);
        lane.now += Duration::from_millis(1);
        judge(&mut lane, key(0, 1), 2, 0, 320);
        let answers: Vec<_> =
            lane.settle().iter().map(|a| (a.key.slot.0, a.ask.0, a.over)).collect();
        assert_eq!(answers, [(0, 1, None), (1, 1, Some(320.0)), (0, 2, Some(320.0))]);
        judge_again(&mut lane, key(0, 1), 3);
        lane.now += AGAIN_PATIENCE + Duration::from_millis(1);
        assert_eq!(lane.settle()[0].over, None, "it would come too late");
    }

    #[test]
    fn what_is_cancelled_before_it_was_begun_is_not_judged() {
        let mut lane = lane();
        for slot in [0, 1] {
            hear(&mut lane, key(slot, 1), 0, 1);
            judge(&mut lane, key(slot, 1), 1, 0, 320);
        }
        for (slot, ask) in [(0, 1), (1, 2)] {
            let key = key(slot, 1);
            lane.ask(key.slot, JudgeRequest::Cancel { key, ask: AskId(ask) });
        }
        let answers: Vec<_> = lane.settle().iter().map(|a| (a.key.slot.0, a.over)).collect();
        assert_eq!(answers, [(0, None), (1, Some(320.0))], "the other's is of another name");
    }

    #[test]
    fn after_a_panic_the_question_is_answered_with_nothing_and_the_lane_goes_on() {
        let mut lane = lane();
        hear(&mut lane, key(0, 1), 0, 666);
        judge(&mut lane, key(0, 1), 1, 0, 320);
        assert_eq!(lane.step().unwrap().fault, Some(Fault::Panicked));
        assert_eq!(lane.settle()[0].over, None);
        hear(&mut lane, key(1, 1), 0, 1);
        judge(&mut lane, key(1, 1), 1, 0, 320);
        assert_eq!(lane.settle()[0].over, Some(320.0));
    }

    #[test]
    fn questions_of_a_call_that_is_over_are_forgotten() {
        let mut lane = lane();
        hear(&mut lane, key(0, 1), 0, 1);
        judge(&mut lane, key(0, 1), 1, 0, 320);
        lane.ask(key(0, 1).slot, JudgeRequest::Close(key(0, 1)));
        judge(&mut lane, key(0, 1), 2, 0, 320);
        assert_eq!(lane.settle(), []);
    }
}
