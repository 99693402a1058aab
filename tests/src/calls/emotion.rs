//! How the caller comes across: told turn by turn, waited for by nobody, and not at all where it is switched off.

use std::time::Duration;

use callwright_calls::CallMode;
use callwright_contract::{
    CallFact, CallerEmotion, EmotionGuess, EndCause, Evidence, Feeling, Severity, Shift,
    Trajectory, TurnId,
};
use callwright_models::contract::VoiceEmotion;
use callwright_models::scripted::ScriptedEmotion;

use crate::harness::Script;

const CALM: Option<VoiceEmotion> = Some(ScriptedEmotion::CALM);
const ANGRY: Option<VoiceEmotion> = Some(ScriptedEmotion::ANGRY);

fn emotion(fact: &CallFact) -> Option<CallerEmotion> {
    if let CallFact::Emotion(emotion) = fact { Some(*emotion) } else { None }
}

fn shift(fact: &CallFact) -> Option<(TurnId, Shift)> {
    if let CallFact::MoodShifted { turn, shift } = fact { Some((*turn, *shift)) } else { None }
}

fn guess(fact: &CallFact) -> Option<Option<EmotionGuess>> {
    if let CallFact::TurnLikely(guess) = fact { Some(guess.emotion) } else { None }
}

/// The caller says these, each over two seconds and after six.
fn talk(call: &mut Script, said: &[&str]) {
    for (n, said) in (0..).zip(said) {
        call.at(500 + 6_000 * n).caller_says(said, 2_000);
        call.hears_by(
            5_500 + 6_000 * n,
            "the turn is over",
            |f| matches!(f, CallFact::TurnOver(over) if u64::from(over.turn.0) == n),
        );
    }
}

#[test]
fn each_turn_tells_how_the_caller_came_across_right_before_it_is_over() {
    let mut call = Script::with_emotion(CallMode::Converse);
    call.lanes.moods.sound(&[CALM, ANGRY]);
    talk(&mut call, &["On Tuesday, please.", "I already told you my number."]);
    let told = call.facts(emotion);
    let [first, second] = told[..] else { panic!("once a turn: {told:#?}") };
    assert_eq!((first.turn, first.feeling), (TurnId(0), Some(Feeling::Neutral)));
    assert_eq!((first.evidence, first.calibrated), (Evidence::Voice, true));
    assert_eq!(first.arousal, Some(ScriptedEmotion::CALM.arousal));
    assert_eq!((second.turn, second.feeling), (TurnId(1), Some(Feeling::Angry)));
    assert_eq!((second.evidence, second.calibrated), (Evidence::Both, false));
    assert!(second.valence < first.valence && second.trajectory == Trajectory::Rising);
    assert!(second.arousal_lately > first.arousal_lately, "{told:#?}");
    let kinds: Vec<u32> = call.facts(|fact| match fact {
        CallFact::Emotion(emotion) => Some(10 * emotion.turn.0),
        CallFact::TurnOver(over) => Some(10 * over.turn.0 + 1),
        _ => None,
    });
    assert_eq!(kinds, [0, 1, 10, 11]);
}

#[test]
fn a_call_that_grows_tense_escalates_and_comes_to_rest_again() {
    let mut call = Script::with_emotion(CallMode::Converse);
    call.lanes.moods.sound(&[CALM, CALM, ANGRY, ANGRY, CALM, CALM]);
    talk(&mut call, &["One.", "Two.", "Three.", "Four.", "Five.", "Six."]);
    assert_eq!(
        call.facts(shift),
        [
            (TurnId(3), Shift::Escalation(Severity::Severe)),
            (TurnId(5), Shift::DeEscalation(Severity::Severe)),
        ]
    );
}

#[test]
fn a_guess_knows_how_the_caller_comes_across_and_its_turn_tells_the_same() {
    let mut call = Script::with_emotion(CallMode::Converse);
    call.lanes.moods.sound(&[ANGRY]);
    talk(&mut call, &["This is ridiculous, I already told you."]);
    let guessed = call.facts(guess).pop().unwrap().expect("it is known by then");
    assert_eq!(guessed.emotion, call.facts(emotion)[0]);
    assert_eq!(guessed.shift.map(|shift| (TurnId(0), shift)), call.facts(shift).pop());
    assert!(guessed.shift.is_some(), "said outright");
}

#[test]
fn where_it_is_switched_off_no_sound_reaches_the_lane_and_nothing_is_told() {
    let mut listens = Script::with_emotion(CallMode::Listen);
    let mut echoes = Script::with_emotion(CallMode::Echo);
    let mut forbidden = Script::twilio();
    for call in [&mut listens, &mut echoes, &mut forbidden] {
        call.lanes.moods.sound(&[ANGRY]);
        call.at(500).caller_says("This is ridiculous, I already told you.", 2_000);
        call.at(6_000).caller_hangs_up();
        call.ended_clean(EndCause::CallerHungUp);
        assert!(call.lanes.moods.untouched());
        assert_eq!((call.facts(emotion), call.facts(shift)), (vec![], vec![]));
        assert!(call.facts(guess).iter().all(Option::is_none));
    }
    let mut on = Script::with_emotion(CallMode::Converse);
    on.at(500).caller_says("This is ridiculous.", 2_000).at(6_000);
    assert!(!on.lanes.moods.untouched());
}

#[test]
fn silence_is_kept_from_the_lane() {
    let mut call = Script::with_emotion(CallMode::Converse);
    call.at(10_000);
    assert_eq!(call.lanes.moods.blocks, 0);
    call.caller_says("On Tuesday.", 1_000).at(20_000);
    // The second that was spoken, and the 0.6 s behind it in which the caller might go on.
    assert!(call.lanes.moods.blocks.abs_diff(80) <= 3, "{}", call.lanes.moods.blocks);
}

#[test]
fn a_slow_lane_delays_no_turn_and_is_told_late() {
    let mut quick = Script::with_emotion(CallMode::Converse);
    let mut slow = Script::with_emotion(CallMode::Converse);
    slow.lanes.moods.answer_after(Duration::from_millis(900));
    let over = |call: &mut Script| {
        call.lanes.moods.sound(&[ANGRY]);
        call.at(500).caller_says("On Tuesday.", 2_000);
        call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)))
    };
    assert_eq!(over(&mut quick), over(&mut slow));
    assert_eq!(slow.facts(emotion), []);
    assert_eq!(slow.facts(guess), [None]);
    slow.hears_by(4_500, "it is told", |f| matches!(f, CallFact::Emotion(_)));
    assert_eq!(slow.facts(emotion)[0].feeling, Some(Feeling::Angry));
}

#[test]
fn a_lane_that_never_answers_leaves_the_words() {
    let mut call = Script::with_emotion(CallMode::Converse);
    call.lanes.moods.lose_questions();
    call.at(500).caller_says("I already told you my number.", 2_000);
    let over = call.hears_by(4_000, "over", |f| matches!(f, CallFact::TurnOver(_)));
    let told = call.hears_by(8_000, "told", |f| matches!(f, CallFact::Emotion(_)));
    assert!((1_490..1_520).contains(&(told - over)), "{over} {told}");
    let emotion = call.facts(emotion)[0];
    assert_eq!((emotion.feeling, emotion.arousal), (Some(Feeling::Frustrated), None));
    assert_eq!(emotion.evidence, Evidence::Words);
    call.caller_says("On Tuesday.", 1_000).at(told + 1_700).caller_hangs_up();
    call.ended_clean(EndCause::CallerHungUp);
    assert_eq!(call.facts(emotion_turn), [0, 1], "a call that ends waits for nothing either");
}

fn emotion_turn(fact: &CallFact) -> Option<u32> {
    emotion(fact).map(|emotion| emotion.turn.0)
}

#[test]
fn a_turn_that_goes_on_is_asked_about_again_as_one_utterance_from_its_beginning() {
    let mut call = Script::with_emotion(CallMode::Converse);
    call.lanes.judgements(&[Some(0.1), Some(0.1), Some(0.1), Some(0.1), Some(0.9)]);
    call.at(500).caller_says("I'd like to book", 1_000);
    call.at(2_000).caller_says("a cleaning.", 600);
    call.hears_by(4_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let asked = call.lanes.moods.asked.clone();
    let [(first, from, upto), (second, again, further)] = asked[..] else { panic!("{asked:?}") };
    assert_eq!((first, from), (second, again));
    assert!(further > upto && from < 8_000, "{asked:?}");
    assert_eq!(call.facts(emotion_turn), [0]);
}

#[test]
fn our_own_voice_is_kept_out() {
    let mut call = Script::with_emotion(CallMode::Converse);
    call.echo(160, 0.3);
    call.agent_says("We are open from Monday to Friday, from eight to five.", None);
    call.at(6_000);
    assert_eq!((call.lanes.moods.asked.len(), call.facts(emotion).len()), (0, 0));
    let last = call.last_loud().unwrap();
    call.caller_says("On Tuesday.", 1_000);
    call.hears_by(9_000, "the turn is over", |f| matches!(f, CallFact::TurnOver(_)));
    let (_, from, _) = call.lanes.moods.asked[0];
    assert!(from > (last + 160) * 16, "{from} is the caller's");
    assert_eq!(call.facts(emotion_turn), [0]);
}
