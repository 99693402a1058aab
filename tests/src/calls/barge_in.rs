//! The caller speaks while the agent does.

use callwright_contract::{
    Aside, CallCommand, CallFact, EndCause, Expectation, Protection, ReplyOutcome, TurnId,
};

use crate::harness::{Script, fact};

const LONG: &str =
    "We are open from Monday to Friday, from eight in the morning until five in the afternoon.";

/// How long a simulated voice takes for it.
const LONG_MS: u64 = LONG.len() as u64 * 50;

fn went_on(fact: &CallFact) -> Option<(Aside, u64)> {
    match fact {
        CallFact::WentOn { aside, silent, .. } => Some((*aside, silent.as_millis() as u64)),
        _ => None,
    }
}

#[test]
fn barge_in_silences_the_line_within_180_ms_and_history_keeps_what_was_heard() {
    let mut call = Script::twilio();
    let reply = call.agent_says(LONG, None);
    call.at(1_500).caller_says("Stop, please.", 900);
    call.hears_by(2_300, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    call.at(2_400);
    let last = call.last_loud().unwrap();
    assert!(last <= 1_500 + 130, "the agent spoke until {last} ms");
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
    assert!(call.far.flanks().abs_diff(LONG_MS * 8 / 10) <= 4, "{} flanks", call.far.flanks());
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

#[test]
fn after_a_back_channel_the_reply_goes_on_from_the_same_sample() {
    let mut call = Script::twilio();
    let reply = call.agent_says(LONG, None);
    call.at(1_500).caller_says("Mm-hm.", 240);
    call.at(8_000);
    let asides = call.facts(went_on);
    assert!(matches!(asides[..], [(Aside::BackChannel, silent)] if silent <= 300), "{asides:?}");
    assert_eq!(call.facts(fact::reply_ended), [(reply, ReplyOutcome::Finished, LONG.to_owned())]);
    assert_eq!(call.facts(fact::turn_over), [], "a sign of listening is no turn");
    // The simulated voice is a square wave with a flank each 10 samples of the line.
    assert!(call.far.flanks().abs_diff(LONG_MS * 8 / 10) <= 4, "{} flanks", call.far.flanks());
}

#[test]
fn a_cough_costs_a_quarter_of_a_second_and_nothing_of_the_reply() {
    let mut call = Script::twilio();
    let reply = call.agent_says(LONG, None);
    call.at(1_500).caller_says("", 150);
    call.at(8_000);
    let asides = call.facts(went_on);
    assert!(matches!(asides[..], [(Aside::Noise, silent)] if silent <= 300), "{asides:?}");
    assert_eq!(call.facts(fact::reply_ended), [(reply, ReplyOutcome::Finished, LONG.to_owned())]);
    assert_eq!(call.facts(fact::turn_over), []);
    assert!(call.far.flanks().abs_diff(LONG_MS * 8 / 10) <= 4, "{} flanks", call.far.flanks());
}

#[test]
fn a_word_that_begins_with_an_s_silences_the_agent_before_its_vowel() {
    let mut call = Script::twilio();
    call.agent_says(LONG, None);
    call.at(1_500).caller_hisses(140);
    call.at(1_640).caller_says("Sorry, one more question.", 1_200);
    call.hears_by(2_300, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    call.at(2_400);
    let last = call.last_loud().unwrap();
    assert!(last <= 1_500 + 130, "the agent spoke until {last} ms");
    let after = call.facts(|f| match f {
        CallFact::Interrupted { after, .. } => Some(after.as_millis()),
        _ => None,
    });
    assert!(matches!(after[..], [40..=100]), "counted from the hiss: {after:?}");
    call.hears_by(4_500, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let over = call.facts(fact::turn_over).remove(0);
    assert_eq!(over.text.reveal(), "Sorry, one more question.");
}

#[test]
fn a_hiss_that_is_no_word_costs_a_quarter_of_a_second_and_only_twice() {
    let mut call = Script::twilio();
    let reply = call.agent_says(LONG, None);
    for at in [800, 1_800, 2_800, 3_600] {
        call.at(at).caller_hisses(200);
    }
    call.at(8_000);
    let asides = call.facts(went_on);
    let short = |aside: &(Aside, u64)| matches!(aside, (Aside::Noise, ..=300));
    assert!(asides.len() == 2 && asides.iter().all(short), "{asides:?}");
    assert_eq!(call.facts(fact::reply_ended), [(reply, ReplyOutcome::Finished, LONG.to_owned())]);
    assert_eq!(call.facts(fact::turn_over), []);
    assert!(call.far.flanks().abs_diff(LONG_MS * 8 / 10) <= 4, "{} flanks", call.far.flanks());
}

#[test]
fn an_okay_that_becomes_a_sentence_takes_the_floor() {
    let mut call = Script::twilio();
    call.agent_says(LONG, None);
    call.at(1_500).caller_says("Okay but I need something else.", 1_800);
    call.hears_by(2_600, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    call.hears_by(5_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let over = call.facts(fact::turn_over).remove(0);
    assert_eq!(over.text.reveal(), "Okay but I need something else.");
}

#[test]
fn yes_to_a_question_that_is_still_being_asked_is_an_answer() {
    let mut call = Script::twilio();
    call.command(CallCommand::Expect(Expectation::YesNo.into()));
    call.agent_says("We have ten o'clock on Friday. Shall I book that for you?", None);
    call.at(2_000).caller_says("Yes.", 300);
    call.hears_by(2_600, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    call.hears_by(3_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    assert_eq!(call.facts(went_on), []);
}

#[test]
fn yes_before_the_question_is_a_back_channel() {
    let mut call = Script::twilio();
    call.command(CallCommand::Expect(Expectation::YesNo.into()));
    call.agent_says("We have ten o'clock on Friday. Shall I book that for you?", None);
    call.at(700).caller_says("Yes.", 240);
    call.at(4_000);
    assert!(matches!(call.facts(went_on)[..], [(Aside::BackChannel, _)]));
}

#[test]
fn a_mumble_that_goes_on_is_given_the_floor() {
    let mut call = Script::twilio();
    call.agent_says(LONG, None);
    call.at(1_500).caller_says("", 2_000);
    call.hears_by(2_900, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
}

#[test]
fn the_opening_of_a_greeting_cannot_be_cut_off_and_the_rest_can() {
    let mut call = Script::twilio();
    call.at(700).agent_says_so(LONG, None, Protection::Opening);
    call.caller_says("Hello, is this the dentist?", 1_500);
    let at = call.hears_by(2_700, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    let opening = call.far.loud_ms.iter().take(at as usize).filter(|&&loud| loud).count();
    assert!((290..460).contains(&opening), "{opening} ms were spoken");
}

#[test]
fn people_who_talk_around_the_caller_do_not_cut_a_greeting_off_and_the_caller_does() {
    // 20 dB below the caller, and loud enough for the detector to take it for speech.
    let mut call = Script::twilio();
    call.others_talk(700);
    let reply = call.agent_says_so(LONG, None, Protection::Opening);
    call.at(8_000);
    let ends = call.facts(fact::reply_ended);
    assert_eq!(ends, [(reply, ReplyOutcome::Finished, LONG.to_owned())]);
    let mut call = Script::twilio();
    call.others_talk(700);
    call.agent_says_so(LONG, None, Protection::Opening);
    call.at(2_000).caller_says("Stop, please.", 900);
    call.hears_by(2_900, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    call.at(3_000);
    assert!(call.last_loud().unwrap() <= 2_000 + 130, "as soon as in silence");
}

#[test]
fn a_voice_much_fainter_than_the_caller_does_not_interrupt() {
    let mut call = Script::twilio();
    call.at(500).caller_says("I'd like to book a cleaning.", 1_200);
    call.hears_by(2_500, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let reply = call.agent_says(LONG, Some(TurnId(0)));
    call.at(4_000).others_talk(700).at(4_600).others_talk(0);
    call.at(9_000);
    let ends = call.facts(fact::reply_ended);
    assert_eq!(ends, [(reply, ReplyOutcome::Finished, LONG.to_owned())]);
}

#[test]
fn our_own_voice_from_a_speakerphone_is_not_the_caller() {
    for delay in [50, 120, 250] {
        let mut call = Script::twilio();
        let reply = call.agent_says(LONG, None);
        call.echo(delay, 0.1);
        call.at(8_000);
        let ends = call.facts(fact::reply_ended);
        assert_eq!(ends, [(reply, ReplyOutcome::Finished, LONG.to_owned())], "{delay} ms");
        assert_eq!(call.far.clears, 0, "{delay} ms");
        assert_eq!(call.facts(fact::turn_over), [], "{delay} ms");
    }
}

#[test]
fn a_caller_is_heard_over_the_echo_of_our_voice() {
    let mut call = Script::twilio();
    call.agent_says(LONG, None);
    call.echo(120, 0.1);
    call.at(2_000).caller_says("Stop, please.", 900);
    call.hears_by(2_900, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
}
