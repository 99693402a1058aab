//! Keys that the caller presses, told by the line or heard in its sound.

use callwright_contract::CallFact;

use crate::harness::Script;

fn keys(call: &Script) -> String {
    let keys = call.facts(|fact| match fact {
        CallFact::Digit(digit) => Some(digit.as_char()),
        _ => None,
    });
    keys.into_iter().collect()
}

#[test]
fn keys_that_are_tones_in_the_sound_are_keys() {
    let mut call = Script::with_tones();
    call.at(500).caller_sounds("2025550111#");
    call.at(4_000);
    assert_eq!(keys(&call), "2025550111#");
}

#[test]
fn a_line_that_tells_of_keys_is_not_listened_to_for_them() {
    let mut call = Script::twilio();
    call.at(500).caller_sounds("123");
    call.at(2_000);
    assert_eq!(keys(&call), "");
}

#[test]
fn a_key_that_comes_as_a_tone_and_as_an_event_is_one_key() {
    let mut call = Script::with_tones();
    call.at(500).caller_sounds("55");
    // A gateway tells of each key when it was let go and its buffer has run.
    call.at(760).caller_presses('5').at(960).caller_presses('5');
    call.at(2_000);
    assert_eq!(keys(&call), "55");
}

#[test]
fn a_key_that_sounds_cuts_a_prompt_short() {
    let mut call = Script::with_tones();
    call.agent_says(
        "For a cleaning, press one. For a check-up, press two. For anything else, wait.",
        None,
    );
    call.at(1_000).caller_sounds("1");
    call.hears_by(1_100, "interrupted", |f| matches!(f, CallFact::Interrupted { .. }));
    assert_eq!(keys(&call), "1");
}
