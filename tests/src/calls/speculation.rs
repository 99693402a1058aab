//! A reply that is prepared while the caller may still go on.

use callwright_contract::{CallFact, EndCause, GuessId, TurnGuess, TurnId};

use crate::harness::{Script, fact};

fn guess(fact: &CallFact) -> Option<TurnGuess> {
    if let CallFact::TurnLikely(guess) = fact { Some(guess.clone()) } else { None }
}

fn guessed(call: &mut Script, by: u64) -> TurnGuess {
    call.hears_by(by, "a guess", |f| matches!(f, CallFact::TurnLikely(_)));
    call.facts(guess).pop().unwrap()
}

#[test]
fn a_prepared_reply_begins_the_moment_the_turn_is_over() {
    let mut call = Script::twilio();
    call.lanes.judgements(&[Some(0.1), Some(0.9)]);
    call.at(500).caller_says("I'd like to book a cleaning.", 1_500);
    let guess = guessed(&mut call, 2_300);
    assert_eq!(guess.text.reveal(), "I'd like to book a cleaning.");
    let reply = call.agent_prepares(guess.guess, guess.turn, "Of course.");
    let over = call.hears_by(3_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.facts(fact::turn_over)[0].prepared, Some(guess.guess));
    call.at(over + 25);
    assert!(call.first_loud(0).unwrap() <= over + 5, "sound follows in the same tick");
    call.at(4_500);
    assert_eq!(call.facts(fact::reply_ended)[0].0, reply);
    let parts =
        call.facts(|f| if let CallFact::Latency { parts, .. } = f { Some(*parts) } else { None });
    assert!(parts[0].first_audio_made < parts[0].turn_judged, "{parts:?}");
}

#[test]
fn what_was_prepared_is_dropped_without_a_trace_when_the_caller_goes_on() {
    let mut call = Script::twilio();
    call.lanes.judgements(&[Some(0.1), Some(0.1), Some(0.1), Some(0.1), Some(0.9)]);
    call.at(500).caller_says("I'd like to book", 1_000);
    let first = guessed(&mut call, 2_000);
    call.agent_prepares(first.guess, first.turn, "What would you like to book?");
    call.at(2_000).caller_says("a cleaning.", 600);
    call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let over = call.facts(fact::turn_over).remove(0);
    assert_eq!(over.text.reveal(), "I'd like to book a cleaning.");
    assert_eq!(over.prepared, None);
    call.at(5_500);
    assert_eq!(call.first_loud(0), None);
    assert_eq!(call.facts(fact::reply_ended), []);
}

#[test]
fn what_comes_too_late_or_for_another_guess_is_ignored() {
    let mut call = Script::twilio();
    call.at(500).caller_says("I'd like to book a cleaning.", 1_500);
    call.hears_by(3_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let late = call.facts(guess).remove(0);
    call.agent_prepares(late.guess, late.turn, "Late.");
    call.agent_prepares(GuessId(7), TurnId(0), "Never asked.");
    call.at(4_000);
    assert_eq!(call.first_loud(0), None);
    let reply = call.agent_says("Of course.", Some(TurnId(0)));
    call.at(6_000);
    assert_eq!(call.facts(fact::reply_ended)[0].0, reply);
}

#[test]
fn a_conversation_that_has_moved_on_says_nothing_that_was_prepared_before() {
    let mut call = Script::twilio();
    call.lanes.judgements(&[Some(0.1); 4]);
    call.at(500).caller_says("I'd like to book", 1_000);
    let guess = guessed(&mut call, 2_000);
    call.agent_prepares(guess.guess, guess.turn, "What would you like to book?");
    call.at(1_800).caller_presses('0');
    call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.facts(fact::turn_over)[0].prepared, None);
    call.caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
    assert_eq!(call.facts(fact::reply_ended), []);
}

#[test]
fn an_answer_that_is_owed_is_asked_for_once() {
    let mut call = Script::twilio();
    call.at(500).caller_says("Are you open on Saturday?", 1_500);
    let over = call.hears_by(3_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let owed = call.hears_by(4_000, "owed", |f| matches!(f, CallFact::AnswerOwed { .. }));
    assert!((over + 700..over + 710).contains(&owed), "over at {over}, owed at {owed}");
    call.agent_says("One moment, please.", None);
    call.at(5_900);
    let times = call.facts(|f| matches!(f, CallFact::AnswerOwed { .. }).then_some(()));
    assert_eq!(times.len(), 1);
}

#[test]
fn the_end_of_a_call_tells_how_it_went() {
    let mut call = Script::twilio();
    call.agent_says("Hello, how can I help you?", None);
    call.at(2_000).caller_says("I'd like to book a cleaning.", 1_600);
    call.hears_by(4_500, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    call.agent_says("Of course. When would you like to come?", Some(TurnId(0)));
    call.at(5_000).caller_says("On Tuesday afternoon.", 1_200);
    call.at(12_000).caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
    let told = call.facts(|f| if let CallFact::Measured(m) = f { Some(*m) } else { None });
    let [measures] = told[..] else { panic!("told once: {told:?}") };
    assert_eq!((measures.turns, measures.replies, measures.interruptions), (2, 1, 1));
    let spoke = measures.caller_spoke.as_millis();
    assert!((2_600..3_000).contains(&spoke), "the caller spoke for {spoke} ms");
    let agent = measures.agent_spoke.as_millis() as u64;
    assert!(agent.abs_diff(call.spoke_ms()) <= 40, "{agent} ms, heard {}", call.spoke_ms());
    let dead = measures.dead_air.as_millis();
    assert!((3_000..4_200).contains(&dead), "{dead} ms of dead air");
}
