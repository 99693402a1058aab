//! What the desk promises, with a model that answers with the sound it hears.

use super::*;
use crate::contract::{BLOCK_SAMPLES, ModelError, VoiceEmotion};
use crate::lanes::test_exchange::{TestExchange, block, key};

/// Answers with the length of the utterance, whether it is a new caller's, and whether it went on; panics at a sample of
/// 666.
struct Probe;

impl EmotionModel for Probe {
    fn slots(&self) -> usize {
        8
    }

    fn judge(
        &mut self,
        steps: &[EmotionStep<'_>],
        heard: &mut [Option<VoiceEmotion>],
    ) -> Result<(), ModelError> {
        for (step, heard) in steps.iter().zip(heard) {
            assert!(!step.utterance.contains(&666), "a bug");
            *heard = step.utterance.first().map(|&first| VoiceEmotion {
                arousal: f32::from(first),
                valence: f32::from(u8::from(step.gone_on)),
                classes: [0.0; 4],
                voice_ms: u32::try_from(step.utterance.len()).unwrap(),
                against_own: !step.fresh,
            });
        }
        Ok(())
    }
}

type Lane = TestExchange<EmotionDesk>;

fn lane() -> Lane {
    TestExchange::new(EmotionDesk::new(Box::new(Probe), 8))
}

fn hear(lane: &mut Lane, key: SlotKey, number: u64, value: i16) {
    lane.ask(key.slot, EmotionRequest::Audio(key, block(number, value)));
}

fn judge(lane: &mut Lane, key: SlotKey, ask: u32, blocks: std::ops::Range<u64>) {
    judge_of(lane, key, (ask, ask), blocks);
}

/// Asks about an utterance by its number.
fn judge_of(
    lane: &mut Lane,
    key: SlotKey,
    (ask, utterance): (u32, u32),
    blocks: std::ops::Range<u64>,
) {
    let position = |block: u64| SamplePos(block * BLOCK_SAMPLES as u64);
    let (from, upto) = (position(blocks.start), position(blocks.end));
    lane.ask(key.slot, EmotionRequest::Judge { key, ask: AskId(ask), utterance, from, upto });
}

/// Slot, number of the question; samples heard, first sample, and whether the caller was known.
type Answered = (u16, u32, Option<(u32, f32, bool)>);

fn answers(lane: &mut Lane) -> Vec<Answered> {
    let heard = |heard: VoiceEmotion| (heard.voice_ms, heard.arousal, heard.against_own);
    lane.settle().iter().map(|a| (a.key.slot.0, a.ask.0, a.heard.map(heard))).collect()
}

#[test]
fn an_utterance_is_heard_from_its_beginning_to_its_end() {
    let mut lane = lane();
    for number in 0..10 {
        hear(&mut lane, key(3, 1), number, 7);
    }
    judge(&mut lane, key(3, 1), 1, 2..5);
    judge(&mut lane, key(5, 1), 1, 0..5);
    assert_eq!(answers(&mut lane), [(3, 1, Some((960, 7.0, false))), (5, 1, None)]);
    judge(&mut lane, key(3, 1), 2, 6..99);
    assert_eq!(answers(&mut lane), [(3, 2, Some((1_280, 7.0, true)))], "as far as it is known");
}

#[test]
fn the_next_caller_of_a_slot_is_a_stranger_and_hears_nothing_of_the_last() {
    let mut lane = lane();
    hear(&mut lane, key(0, 1), 0, 5);
    judge(&mut lane, key(0, 1), 1, 0..1);
    assert_eq!(answers(&mut lane), [(0, 1, Some((320, 5.0, false)))]);
    lane.ask(key(0, 1).slot, EmotionRequest::Close(key(0, 1)));
    judge(&mut lane, key(0, 1), 2, 0..1);
    judge(&mut lane, key(0, 2), 1, 0..1);
    assert_eq!(answers(&mut lane), [(0, 1, None)], "of the last caller's sound there is nothing");
    hear(&mut lane, key(0, 3), 0, 6);
    judge(&mut lane, key(0, 3), 1, 0..1);
    assert_eq!(answers(&mut lane), [(0, 1, Some((320, 6.0, false)))]);
}

#[test]
fn an_utterance_that_goes_on_is_told_from_the_next() {
    let mut lane = lane();
    for number in 0..10 {
        hear(&mut lane, key(0, 1), number, 7);
    }
    let mut gone_on = |utterance: u32, blocks| {
        judge_of(&mut lane, key(0, 1), (0, utterance), blocks);
        lane.settle()[0].heard.unwrap().valence == 1.0
    };
    assert!(!gone_on(3, 0..2), "a stranger's");
    assert!(gone_on(3, 0..4));
    assert!(!gone_on(4, 5..7));
    assert!(gone_on(4, 5..9));
    lane.ask(key(0, 1).slot, EmotionRequest::Close(key(0, 1)));
    hear(&mut lane, key(0, 2), 0, 6);
    judge_of(&mut lane, key(0, 2), (0, 4), 0..1);
    assert_eq!(lane.settle()[0].heard.unwrap().valence, 0.0, "another caller's");
}

#[test]
fn several_callers_are_heard_in_one_step_and_each_gets_its_own() {
    let mut lane = lane();
    for slot in 0..6 {
        hear(&mut lane, key(slot, 1), 0, i16::try_from(slot).unwrap() + 10);
        judge(&mut lane, key(slot, 1), 1, 0..1);
    }
    assert_eq!(lane.step().unwrap().batch, BATCH_MAX);
    let found: Vec<_> =
        lane.settle().iter().map(|a| (a.key.slot.0, a.heard.unwrap().arousal)).collect();
    assert_eq!(found, [0, 1, 2, 3, 4, 5].map(|slot| (slot, f32::from(slot) + 10.0)));
}

#[test]
fn a_question_that_waits_too_long_is_given_up_and_counted() {
    let mut lane = lane();
    hear(&mut lane, key(0, 1), 0, 1);
    judge(&mut lane, key(0, 1), 1, 0..1);
    lane.now += PATIENCE + Duration::from_millis(1);
    hear(&mut lane, key(1, 1), 0, 1);
    judge(&mut lane, key(1, 1), 1, 0..1);
    assert_eq!(answers(&mut lane), [(0, 1, None), (1, 1, Some((320, 1.0, false)))]);
    assert_eq!(lane.desk.shed(), 1);
}

#[test]
fn a_newer_question_takes_the_place_of_one_that_waits() {
    let mut lane = lane();
    hear(&mut lane, key(0, 1), 0, 1);
    judge(&mut lane, key(0, 1), 1, 0..1);
    judge(&mut lane, key(0, 1), 2, 0..1);
    assert_eq!(answers(&mut lane), [(0, 1, None), (0, 2, Some((320, 1.0, false)))]);
}

#[test]
fn after_a_panic_the_question_is_answered_with_nothing_and_the_lane_goes_on() {
    let mut lane = lane();
    hear(&mut lane, key(0, 1), 0, 666);
    judge(&mut lane, key(0, 1), 1, 0..1);
    assert_eq!(lane.step().unwrap().fault, Some(Fault::Panicked));
    assert_eq!(answers(&mut lane), [(0, 1, None)]);
    hear(&mut lane, key(1, 1), 0, 1);
    judge(&mut lane, key(1, 1), 1, 0..1);
    assert_eq!(answers(&mut lane), [(1, 1, Some((320, 1.0, false)))]);
}

#[test]
fn a_slot_that_the_lane_does_not_have_is_counted() {
    let mut lane = lane();
    hear(&mut lane, key(8, 1), 0, 1);
    judge(&mut lane, key(8, 1), 1, 0..1);
    assert_eq!((answers(&mut lane), lane.desk.shed()), (vec![], 2));
}
