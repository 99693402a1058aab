//! The caller speaks while the agent does.

use callwright_contract::{CallFact, EndCause, ReplyOutcome};

use crate::harness::{Script, fact};

const LONG: &str =
    "We are open from Monday to Friday, from eight in the morning until five in the afternoon.";

#[test]
fn barge_in_silences_the_line_within_180_ms_and_history_keeps_what_was_heard() {
    let mut call = Script::twilio();
    let reply = call.agent_says(LONG, None);
    call.at(1_500).caller_says("Stop, please.", 900);
    call.hears_by(2_000, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    call.at(2_100);
    let last = call.last_loud().unwrap();
    assert!(last <= 1_500 + 180, "the agent spoke until {last} ms");
    let (of, outcome, heard) = call.facts(fact::reply_ended).remove(0);
    assert_eq!((of, outcome), (reply, ReplyOutcome::Interrupted));
    assert!(LONG.starts_with(&heard) && !heard.is_empty());
    // 50 ms a character: what was heard is what was played, to the word.
    let played = call.far.loud_ms.iter().filter(|&&loud| loud).count() / 50;
    assert!(
        heard.len() <= played + 1 && played - heard.len() < 12,
        "{heard:?} of {played} characters"
    );
    call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.facts(fact::turn_over)[0].text.reveal(), "Stop, please.");
}

#[test]
fn a_click_lowers_the_voice_and_the_reply_goes_on() {
    let mut call = Script::twilio();
    let reply = call.agent_says(LONG, None);
    call.at(1_500).caller_says("", 40);
    call.hears_by(8_000, "the reply is over", |f| matches!(f, CallFact::ReplyEnded { .. }));
    assert_eq!(call.facts(fact::reply_ended), [(reply, ReplyOutcome::Finished, LONG.to_owned())]);
    assert_eq!(call.far.clears, 0);
}

#[test]
fn a_protected_sentence_is_spoken_to_its_end() {
    let mut call = Script::twilio();
    let reply = call.agent_insists(LONG);
    call.at(1_500).caller_says("But I want to say something.", 1_500);
    call.hears_by(8_000, "the reply is over", |f| matches!(f, CallFact::ReplyEnded { .. }));
    assert_eq!(call.facts(fact::reply_ended), [(reply, ReplyOutcome::Finished, LONG.to_owned())]);
}

#[test]
fn a_reply_to_a_turn_that_goes_on_is_never_spoken() {
    let mut call = Script::twilio();
    call.at(500).caller_says("I'd like to book a cleaning.", 1_200);
    call.hears_by(2_500, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let turn = call.facts(fact::turn_over)[0].turn;
    call.caller_says("On Tuesday afternoon, please.", 1_500);
    let at = call.events.last().map_or(0, |event| event.at.as_millis() as u64);
    call.at(at + 120);
    let reply = call.agent_says("Of course.", Some(turn));
    call.hears_by(at + 3_000, "the reply is over", |f| matches!(f, CallFact::ReplyEnded { .. }));
    assert_eq!(call.facts(fact::reply_ended), [(reply, ReplyOutcome::Interrupted, String::new())]);
    assert_eq!(call.first_loud(0), None);
}

#[test]
fn a_key_cuts_a_prompt_short() {
    let mut call = Script::twilio();
    call.agent_says(LONG, None);
    call.at(1_000).caller_presses('1');
    call.hears_by(1_100, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    call.at(1_300);
    call.line_is_silent(1_030, 1_300);
    let digits =
        call.facts(|f| if let CallFact::Digit(digit) = f { Some(digit.as_char()) } else { None });
    assert_eq!(digits, ['1']);
}

#[test]
fn hanging_up_mid_sentence_ends_the_call_and_says_what_was_heard() {
    let mut call = Script::twilio();
    call.agent_says(LONG, None);
    call.at(1_500).caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
    let (_, outcome, heard) = call.facts(fact::reply_ended).remove(0);
    assert_eq!(outcome, ReplyOutcome::CallEnded);
    assert!(LONG.starts_with(&heard) && (10..40).contains(&heard.len()), "{heard:?}");
}
