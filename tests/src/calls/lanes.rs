//! Lanes that are slow, late or gone.

use std::time::Duration;

use callwright_calls::{CallLimits, CallMode};
use callwright_contract::{CallFact, EndCause};

use crate::harness::{Delays, Script, fact};

#[test]
fn a_slow_recogniser_delays_the_turn_and_loses_no_word() {
    let delays = Delays { recognizer: Duration::from_millis(900), ..Delays::default() };
    let mut call = Script::with(CallMode::Converse, CallLimits::default(), delays);
    call.at(500).caller_says("Is anybody there today?", 1_500);
    let over = call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert!((2_900..3_300).contains(&over), "over at {over} ms");
    assert_eq!(call.facts(fact::turn_over)[0].text.reveal(), "Is anybody there today?");
}

#[test]
fn an_answer_that_comes_after_the_caller_went_on_is_thrown_away() {
    let delays = Delays { recognizer: Duration::from_millis(600), ..Delays::default() };
    let mut call = Script::with(CallMode::Converse, CallLimits::default(), delays);
    call.at(500).caller_says("On Tuesday.", 700);
    // The pause is 400 ms: asked about, and gone on before the answer.
    call.at(1_600).caller_says("No, on Wednesday.", 900);
    call.hears_by(5_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let turns = call.facts(fact::turn_over);
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].text.reveal(), "On Tuesday. No, on Wednesday.");
}

#[test]
fn answers_for_a_call_that_is_gone_are_counted_and_reach_nobody() {
    let delays = Delays { recognizer: Duration::from_millis(500), ..Delays::default() };
    let mut call = Script::with(CallMode::Converse, CallLimits::default(), delays);
    call.at(500).caller_says("Goodbye.", 700);
    call.at(1_500).caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
    let heard = call.events.len();
    call.at(3_000);
    assert_eq!(call.events.len(), heard);
    assert!(call.shard().counts().stale_answers > 0);
}

#[test]
fn a_stall_of_the_network_neither_ends_a_turn_early_nor_loses_it() {
    let mut call = Script::twilio();
    call.at(500).caller_says("I'd like to come in tomorrow.", 2_000);
    call.at(1_000).stalled = true;
    call.at(1_600).stalled = false;
    call.hears_by(6_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let turns = call.facts(fact::turn_over);
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].text.reveal(), "I'd like to come in tomorrow.");
}
