//! What the agent says, and what of it was heard.

use callwright_contract::{AfterCall, CallCommand, CallFact, EndCause, Pii, ReplyOutcome};

use crate::harness::{Script, fact};

#[test]
fn a_reply_is_heard_to_its_end_and_then_reported() {
    let mut call = Script::twilio();
    let text = "Good morning, how can I help?";
    let reply = call.agent_says(text, None);
    let ended =
        call.hears_by(4_000, "the reply is over", |f| matches!(f, CallFact::ReplyEnded { .. }));
    assert_eq!(call.facts(fact::reply_ended), [(reply, ReplyOutcome::Finished, text.to_owned())]);
    let last = call.last_loud().unwrap();
    assert!((last..last + 60).contains(&ended), "reported at {ended} ms, heard until {last} ms");
    // 50 ms a character, at the caller's ear.
    assert!((text.len() as u64 * 50).abs_diff(call.far.played.len() as u64 / 8) <= 20);
}

#[test]
fn audio_is_never_further_ahead_than_the_lead_and_never_runs_dry() {
    let mut call = Script::twilio();
    call.agent_says("A long sentence that goes on for a good while, so that pacing shows.", None);
    let began = call.until(500, "sound", |call| call.first_loud(0).is_some());
    for ms in (began + 1)..3_000 {
        call.at(ms);
        assert!(call.far.waiting_ms() <= 180, "{} ms ahead", call.far.waiting_ms());
        assert!(call.far.waiting_ms() > 0, "ran dry at {ms} ms");
    }
}

#[test]
fn replies_are_spoken_in_order_without_a_gap() {
    let mut call = Script::twilio();
    let first = call.agent_says("One moment.", None);
    let second = call.agent_says("Here it is.", None);
    call.until(4_000, "both are over", |call| call.facts(fact::reply_ended).len() == 2);
    let replies: Vec<_> =
        call.facts(fact::reply_ended).into_iter().map(|(reply, ..)| reply).collect();
    assert_eq!(replies, [first, second]);
    let (from, to) = (call.first_loud(0).unwrap(), call.last_loud().unwrap());
    let silent = (from..to).filter(|&ms| !call.far.loud_ms[ms as usize]).count();
    assert!(silent < 40, "{silent} ms of silence");
}

#[test]
fn a_voice_that_fails_is_reported_and_the_call_goes_on() {
    let mut call = Script::twilio();
    call.lanes.become_mute();
    let reply = call.agent_says("Hello?", None);
    call.hears_by(500, "the reply is over", |f| matches!(f, CallFact::ReplyEnded { .. }));
    let (of, outcome, _) = call.facts(fact::reply_ended).remove(0);
    assert_eq!((of, outcome), (reply, ReplyOutcome::Failed));
}

#[test]
fn goodbye_is_heard_before_the_line_closes() {
    let mut call = Script::twilio();
    call.agent_says("Goodbye.", None);
    call.command(CallCommand::Finish(AfterCall::HangUp));
    let closed = call.until(3_000, "closed", |call| call.far.closed.is_some());
    assert_eq!(call.far.closed, Some(AfterCall::HangUp));
    assert!(closed >= call.last_loud().unwrap());
    call.ended_clean(EndCause::AgentHungUp);
}

#[test]
fn a_transfer_closes_the_stream_with_the_number_to_dial() {
    let mut call = Script::twilio();
    call.agent_says("I'll put you through.", None);
    let person = Pii::from("+15005550123");
    call.command(CallCommand::Finish(AfterCall::Transfer(person.clone())));
    call.until(4_000, "closed", |call| call.far.closed.is_some());
    assert_eq!(call.far.closed, Some(AfterCall::Transfer(person)));
    call.ended_clean(EndCause::Transferred);
}

#[test]
fn a_reply_taken_back_before_it_is_spoken_is_never_heard() {
    let mut call = Script::twilio();
    call.at(100);
    let first = call.agent_says("Let me see.", None);
    let second = call.agent_says("This is withdrawn.", None);
    call.at(200).command(CallCommand::Cancel(second));
    call.until(3_000, "both are over", |call| call.facts(fact::reply_ended).len() == 2);
    let ends = call.facts(fact::reply_ended);
    assert!(ends.contains(&(second, ReplyOutcome::Cancelled, String::new())));
    assert!(ends.contains(&(first, ReplyOutcome::Finished, "Let me see.".to_owned())));
}

#[test]
fn the_account_of_a_reply_names_every_part_in_order() {
    let mut call = Script::twilio();
    call.at(500).caller_says("What are your hours?", 1_000);
    call.hears_by(2_500, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let turn = call.facts(fact::turn_over)[0].turn;
    call.agent_says("We open at eight.", Some(turn));
    call.hears_by(3_000, "the account", |f| matches!(f, CallFact::Latency { .. }));
    let parts = call
        .facts(|f| if let CallFact::Latency { parts, .. } = f { Some(*parts) } else { None })[0];
    call.until(3_000, "sound at the ear", |call| call.first_loud(1_500).is_some());
    let order = [
        parts.pause_detected,
        parts.words_final,
        parts.turn_judged,
        parts.agent_ready,
        parts.first_audio_made,
        parts.first_audio_sent,
    ]
    .map(|part| part.expect("every part happened"));
    assert!(order.is_sorted(), "{order:?}");
    let ear = call.first_loud(1_500).unwrap() - 1_500;
    let sent = order[5].as_millis() as u64;
    assert!(ear.abs_diff(sent) <= 40, "{ear} ms at the ear, {sent} ms by our account");
}
