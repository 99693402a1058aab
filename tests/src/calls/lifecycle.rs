//! How calls end, and what a call leaves behind.

use std::time::Duration;

use callwright_calls::{CallLimits, CallMode};
use callwright_contract::{CallFact, EndCause, ReplyOutcome};

use crate::harness::{CALLER_LOUD, Delays, Script, fact};

#[test]
fn a_broken_line_is_told_from_a_hang_up() {
    let mut call = Script::twilio();
    call.at(300).line_breaks();
    call.ended_clean(EndCause::LineLost);
    let mut call = Script::twilio();
    call.at(300).caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
}

#[test]
fn silence_is_reported_and_at_last_ends_the_call() {
    let limits = CallLimits { silence_max: Duration::from_secs(15), ..CallLimits::default() };
    let mut call = Script::with(CallMode::Converse, limits, Delays::default());
    call.at(15_200);
    call.ended_clean(EndCause::CallerSilent);
    let quiet = call
        .facts(|f| if let CallFact::Quiet { lasted } = f { Some(lasted.as_secs()) } else { None });
    assert_eq!(quiet, [6, 12]);
}

#[test]
fn a_call_does_not_outlast_its_limit() {
    let limits = CallLimits { call_max: Duration::from_secs(2), ..CallLimits::default() };
    let mut call = Script::with(CallMode::Listen, limits, Delays::default());
    call.at(100).caller_says("I could talk for ever", 5_000);
    call.at(2_050);
    call.ended_clean(EndCause::TooLong);
}

#[test]
fn a_business_that_never_answers_ends_the_call_so_that_the_carrier_can_apologise() {
    let limits = CallLimits { business_max: Duration::from_secs(3), ..CallLimits::default() };
    let mut call = Script::with(CallMode::Converse, limits, Delays::default());
    call.at(500).caller_says("Hello?", 500);
    call.at(6_000);
    call.ended_clean(EndCause::BusinessGone);
    assert_eq!(call.far.closed, None, "the stream is dropped, not closed in good order");
}

#[test]
fn the_echo_line_returns_every_octet_in_order() {
    let mut call = Script::with(CallMode::Echo, CallLimits::default(), Delays::default());
    call.at(100).caller_says("", 500);
    call.at(1_000);
    let loud = call.far.played.iter().filter(|&&octet| octet | 0x80 == CALLER_LOUD).count();
    assert_eq!(loud, 500 * 8);
    let first = call.first_loud(0).unwrap();
    assert!(first - 100 <= 10, "echoed at {first} ms");
    call.caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
}

#[test]
fn a_flood_of_keys_is_cut_back() {
    let mut call = Script::twilio();
    call.at(100);
    for _ in 0..40 {
        call.caller_presses('5');
    }
    call.at(200);
    let digits = call.facts(|f| matches!(f, CallFact::Digit(_)).then_some(()));
    assert_eq!(digits.len(), 13);
    call.caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
    assert_eq!(call.shard().counts().flooded_keys, 27);
}

#[test]
fn a_reply_that_began_ends_even_when_the_call_panics() {
    let mut call = Script::twilio();
    call.at(100);
    let reply =
        call.agent_says("A defect of ours ends this call in the middle of this sentence.", None);
    call.hears_by(600, "the reply", |fact| matches!(fact, CallFact::ReplyStarted { .. }));
    call.at(900).lanes.panics = true;
    call.hears_by(1_000, "the end", |fact| matches!(fact, CallFact::Ended { .. }));
    let ended = call.facts(fact::reply_ended);
    assert_eq!(ended, [(reply, ReplyOutcome::CallEnded, String::new())]);
    call.ended_clean(EndCause::Fault);
    assert_eq!(call.shard().counts().faults, 1);
}

#[test]
fn nothing_printable_names_the_caller() {
    let mut call = Script::twilio();
    call.at(500).caller_says("My name is Anna Miller.", 1_500);
    call.agent_says("Thank you, Anna Miller.", None);
    call.at(4_000).caller_presses('7').caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
    let printed = format!("{:?}", call.events);
    for secret in ["Anna", "Miller", "5550", "name is", "7'"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
