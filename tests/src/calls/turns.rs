//! The caller's turns.

use std::time::Duration;

use callwright_calls::{CallLimits, CallMode};
use callwright_contract::{CallCommand, CallFact, Expectation, TurnReason};

use crate::harness::{Delays, Script, fact};

#[test]
fn a_turn_is_over_a_third_of_a_second_after_the_caller_stops() {
    let mut call = Script::twilio();
    call.at(500).caller_says("I'd like to book a cleaning.", 1_500);
    let over = call.hears_by(3_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert!((2_120..2_400).contains(&over), "over at {over} ms, stopped at 2,000 ms");
    let turns = call.facts(fact::turn_over);
    assert_eq!(turns[0].text.reveal(), "I'd like to book a cleaning.");
    assert_eq!(turns[0].reason, TurnReason::Judged);
}

#[test]
fn words_are_shown_while_the_caller_speaks_and_what_is_stable_stays() {
    let mut call = Script::twilio();
    call.at(500).caller_says("I would like to move my appointment to next Friday please.", 4_000);
    call.hears_by(6_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let partials = call.facts(fact::partial);
    assert!(partials.len() >= 5, "{partials:?}");
    for pair in partials.windows(2) {
        assert!(pair[1].0.starts_with(&pair[0].1), "{:?} keeps {:?}", pair[1].0, pair[0].1);
    }
}

#[test]
fn a_judge_that_wavers_is_asked_again_and_costs_a_tenth_of_a_second() {
    let mut call = Script::twilio();
    call.lanes.judgements(&[Some(0.2), Some(0.9)]);
    call.at(500).caller_says("I'd like to book a cleaning.", 1_500);
    let over = call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert!((2_150..2_450).contains(&over), "over at {over} ms, stopped at 2,000 ms");
}

#[test]
fn a_pause_inside_a_sentence_does_not_end_the_turn() {
    let mut call = Script::twilio();
    call.lanes.judgements(&[Some(0.1), Some(0.1), Some(0.1), Some(0.1), Some(0.9)]);
    call.at(500).caller_says("I need an appointment", 1_000);
    call.at(2_200).caller_says("on Tuesday.", 800);
    call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let turns = call.facts(fact::turn_over);
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].text.reveal(), "I need an appointment on Tuesday.");
}

#[test]
fn what_was_asked_about_a_gap_between_words_is_taken_back_when_the_caller_goes_on() {
    let half_a_second = Duration::from_millis(500);
    let slow = Delays { judge: half_a_second, recognizer: half_a_second, ..Delays::default() };
    let mut call = Script::with(CallMode::Converse, CallLimits::default(), slow);
    call.at(500).caller_says("I need an appointment", 1_000);
    call.at(1_500 + 110).caller_says("on Tuesday.", 800);
    call.at(2_000);
    assert_eq!(call.lanes.taken_back().len(), 2, "its words and its judgement");
    call.hears_by(5_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.lanes.taken_back().len(), 2, "and nothing that the end waited for");
    assert_eq!(call.facts(fact::turn_over)[0].text.reveal(), "I need an appointment on Tuesday.");
}

#[test]
fn a_number_read_in_groups_is_one_turn_when_a_number_was_asked_for() {
    let mut call = Script::twilio();
    call.command(CallCommand::Expect(Expectation::Digits.into()));
    call.at(500).caller_says("five five five", 900);
    call.at(2_600).caller_says("two one two", 900);
    call.at(4_700).caller_says("three four five six", 1_000);
    call.hears_by(8_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let turns = call.facts(fact::turn_over);
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].text.reveal(), "five five five two one two three four five six");
}

#[test]
fn a_trailing_and_is_waited_for() {
    let mut call = Script::twilio();
    call.at(500).caller_says("A cleaning and", 800);
    let over = call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert!(over >= 1_300 + 1_300, "over at {over} ms");
    assert_eq!(call.facts(fact::turn_over)[0].reason, TurnReason::Patience);
}

#[test]
fn a_yes_is_answered_at_once_when_it_was_asked_for() {
    let mut call = Script::twilio();
    call.command(CallCommand::Expect(Expectation::YesNo.into()));
    call.lanes.judgements(&[Some(0.1); 6]);
    call.at(500).caller_says("Yes.", 300);
    let over = call.hears_by(2_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert!((800..1_050).contains(&over), "over at {over} ms, stopped at 800 ms");
}

#[test]
fn a_spelled_address_is_one_turn_and_ends_with_its_ending() {
    let mut call = Script::twilio();
    call.command(CallCommand::Expect(Expectation::Spelling.into()));
    call.at(500).caller_says("J O", 600);
    call.at(2_500).caller_says("at example", 800);
    call.at(4_700).caller_says("dot com", 700);
    let over = call.hears_by(8_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.facts(fact::turn_over)[0].text.reveal(), "J O at example dot com");
    assert!((5_800..6_050).contains(&over), "over at {over} ms, stopped at 5,400 ms");
}

#[test]
fn a_card_number_read_in_groups_is_one_turn() {
    let mut call = Script::twilio();
    call.command(CallCommand::Expect(Expectation::Digits.into()));
    for (group, at) in [(0, 500), (1, 2_900), (2, 5_300), (3, 7_700)] {
        call.at(at).caller_says(["4000", "1234", "5678", "9010"][group], 1_000);
        if group < 3 {
            call.at(at + 2_300);
            assert_eq!(call.facts(fact::turn_over), [], "after group {group}");
        }
    }
    call.hears_by(11_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
}

#[test]
fn who_has_to_look_something_up_is_waited_for() {
    let mut call = Script::twilio();
    call.lanes.judgements(&[Some(0.98); 6]);
    call.at(500).caller_says("Let me check.", 900);
    call.at(4_400).caller_says("Friday is fine.", 900);
    call.hears_by(7_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let turns = call.facts(fact::turn_over);
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].text.reveal(), "Let me check. Friday is fine.");
}

#[test]
fn a_click_is_no_turn_and_noise_without_words_is_an_empty_one() {
    let mut call = Script::twilio();
    call.at(500).caller_says("", 120);
    call.at(2_000);
    assert_eq!(call.facts(fact::turn_over), []);
    call.caller_says("", 1_200);
    call.hears_by(5_000, "a turn", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.facts(fact::turn_over)[0].text.reveal(), "");
}

#[test]
fn a_turn_longer_than_the_recogniser_hears_at_once_loses_no_word() {
    let words: Vec<String> = (0..90).map(|n| format!("w{n}")).collect();
    let mut call = Script::with(CallMode::Listen, CallLimits::default(), Delays::default());
    call.at(500).caller_says(&words.join(" "), 45_000);
    call.hears_by(48_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.facts(fact::turn_over)[0].text.reveal(), &words.join(" "));
    assert!(call.lanes.asked().iter().all(|(from, upto)| upto - from <= 20 * 16_000));
}

#[test]
fn a_turn_ends_even_when_the_judge_and_the_recogniser_fail() {
    let mut call = Script::twilio();
    call.lanes.judgements(&[None]);
    call.at(500).caller_says("Hello there.", 1_000);
    call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    call.lanes.become_deaf();
    call.at(5_000).caller_says("Hello again.", 1_000);
    let two = |call: &Script| call.facts(fact::turn_over).len() == 2;
    call.until(10_000, "the second turn is over", two);
    assert_eq!(call.facts(fact::turn_over)[1].text.reveal(), "");
}
