//! Captured calls run again: the same events, the same octets on the line; and what is changed shows.

use std::time::Duration;

use callwright_calls::capture::{Capture, CaptureError, CaptureLimits, Recorder, TapeEnd};
use callwright_calls::{CallMode, Differs, Setting, replay};
use callwright_contract::{
    AfterCall, CallCommand, CallEvent, CallFact, Expectation, Protection, ReplyId, TurnId,
};

use crate::harness::{Delays, Script};

fn captured() -> Script {
    Script::captured(CallMode::Converse, Delays::default())
}

fn over(fact: &CallFact) -> bool {
    matches!(fact, CallFact::TurnOver(_))
}

fn booked() -> Script {
    let mut call = captured();
    call.agent_says("Good morning, how can I help?", None);
    call.at(2_200).caller_says("I'd like to come in tomorrow.", 1_500);
    call.hears_by(5_000, "the turn is over", over);
    call.agent_says("Certainly. Goodbye!", Some(TurnId(0)));
    call.command(CallCommand::Finish(AfterCall::HangUp));
    call.at(9_000);
    call
}

fn interrupted() -> Script {
    let mut call = captured();
    call.agent_says("We are open from eight to five on every day of the week but Sunday.", None);
    call.at(1_200).caller_says("No, wait, I want to book.", 1_400);
    call.at(5_000).agent_says("Of course. For which day?", Some(TurnId(0)));
    call.at(8_000);
    call
}

fn nodded_to() -> Script {
    let mut call = captured();
    call.agent_says("We are open from eight to five on every day of the week but Sunday.", None);
    call.at(1_000).caller_says("Mm-hm.", 300);
    call.at(5_000);
    call
}

fn quiet() -> Script {
    let mut call = captured();
    call.agent_says("Hello?", None);
    call.at(20_000);
    call
}

fn cut_off_in_mid_word() -> Script {
    let mut call = captured();
    call.agent_says("One moment, please, I will look for a time that suits you.", None);
    call.at(900).caller_hangs_up();
    call.at(1_200);
    call
}

fn typed() -> Script {
    let mut call = captured();
    call.command(CallCommand::Expect(Expectation::Digits.into()));
    call.agent_says("Please type your number.", None);
    for (n, key) in "5552123456#".chars().enumerate() {
        call.at(1_500 + 180 * n as u64).caller_presses(key);
    }
    call.at(4_500);
    call
}

fn over_a_bad_line() -> Script {
    let mut call = captured();
    call.late = true;
    call.echo(120, 0.2).agent_says("Is it for yourself or for somebody else?", None);
    call.at(2_500).caller_says("It is for my daughter.", 1_300);
    call.at(3_000).stalled = true;
    call.at(3_700).stalled = false;
    call.hears_by(8_000, "the turn is over", over);
    call.at(8_500).line_breaks();
    call.at(9_000);
    call
}

fn guessed() -> Script {
    let mut call = captured();
    call.lanes.judgements(&[Some(0.1), Some(0.1), Some(0.9)]);
    call.at(500).caller_says("On Tuesday.", 900);
    let guess = |script: &Script| {
        script.facts(|fact| {
            if let CallFact::TurnLikely(guess) = fact {
                Some((guess.guess, guess.turn))
            } else {
                None
            }
        })
    };
    call.until(4_000, "a guess", |script| !guess(script).is_empty());
    let (of, turn) = guess(&call)[0];
    call.agent_prepares(of, turn, "Tuesday at nine?");
    call.at(5_000);
    call
}

fn with_failing_lanes() -> Script {
    let delays = Delays { recognizer: Duration::from_millis(700), ..Delays::default() };
    let mut call = Script::captured(CallMode::Converse, delays);
    call.lanes.judgements(&[None, Some(0.2), None]);
    call.at(400).caller_says("Are you there?", 800);
    call.at(3_500).lanes.become_deaf();
    call.caller_says("Hello?", 900);
    call.at(6_200).agent_says("One moment.", None);
    call.at(8_000).lanes.become_mute();
    call.agent_says_so("Sorry?", Some(TurnId(1)), Protection::Opening);
    call.at(9_000);
    call
}

fn taken_back() -> Script {
    let mut call = captured();
    call.agent_says("The first thing, which is long enough to be taken back.", None);
    call.agent_says("The second thing.", None);
    call.at(700).command(CallCommand::Cancel(ReplyId(1)));
    call.at(1_500).command(CallCommand::Cancel(ReplyId(0)));
    call.at(2_500).command(CallCommand::Finish(AfterCall::Transfer("+15005550123".into())));
    call.at(3_500);
    call
}

fn only_echoed() -> Script {
    let mut call = Script::captured(CallMode::Echo, Delays::default());
    call.late = true;
    call.at(500).caller_says("one two three", 900);
    call.at(2_500);
    call
}

/// A call by name.
type Story = (&'static str, fn() -> Script);

/// What a call did, as it was captured.
fn captures() -> Vec<(&'static str, Capture)> {
    let calls: [Story; 11] = [
        ("booked", booked),
        ("interrupted", interrupted),
        ("nodded to", nodded_to),
        ("quiet", quiet),
        ("cut off in mid-word", cut_off_in_mid_word),
        ("typed", typed),
        ("over a bad line", over_a_bad_line),
        ("guessed", guessed),
        ("with failing lanes", with_failing_lanes),
        ("taken back", taken_back),
        ("only echoed", only_echoed),
    ];
    calls.into_iter().map(|(name, call)| (name, call().capture())).collect()
}

#[test]
fn captured_calls_replay_to_the_same_events_and_the_same_octets() {
    for (name, call) in [
        ("booked", booked as fn() -> Script),
        ("over a bad line", over_a_bad_line),
        ("with failing lanes", with_failing_lanes),
    ] {
        let mut script = call();
        script.caller_hangs_up();
        let soon = script.events.last().map(|event| event.at).unwrap_or_default();
        script.at(soon.as_millis() as u64 + 10_000);
        let capture = Capture::read(&script.capture_file()).unwrap();
        let again = replay(&capture).unwrap();
        assert_eq!(again.difference, None, "{name}");
        assert_eq!(again.events, script.events, "{name}");
    }
    for (name, capture) in captures() {
        assert_eq!(capture.end, Some(TapeEnd::CallOver), "{name}");
        let again = replay(&capture).unwrap();
        assert_eq!(again.difference, None, "{name}");
        assert!(matches!(again.events.last().unwrap().fact, CallFact::Ended { .. }), "{name}");
        assert!(again.played.octets > 0, "{name} was heard");
    }
}

#[test]
fn a_changed_threshold_shows_as_the_first_event_that_differs() {
    let mut capture = interrupted().capture();
    let settings = capture.header.spec.settings();
    for (name, setting) in settings {
        if let ("barge_in.silencing_windows", Setting::Count(windows)) = (name, setting) {
            *windows = 6;
        }
    }
    let difference = replay(&capture).unwrap().difference.unwrap();
    // The line was cleared later, which is seen before any event is.
    let Differs::Event { expected: Some(expected), got } = &difference.what else {
        let Differs::Line { expected, got } = &difference.what else { panic!("{difference:?}") };
        assert_ne!(expected.digest, got.digest);
        assert!(difference.before.iter().any(|event| event.contains("speech_started")));
        return;
    };
    assert!(expected.contains("interrupted"), "{difference:?}");
    assert_ne!(got.as_ref(), Some(expected));
}

#[test]
fn a_changed_patience_shows_as_a_turn_that_ends_at_another_time() {
    let mut call = captured();
    call.lanes.judgements(&[None; 12]);
    call.at(400).caller_says("Are you there?", 800);
    call.hears_by(3_000, "the turn is over", over);
    let mut capture = call.capture();
    capture.header.spec.tuning.patience.no_judge = Duration::from_millis(1_100);
    let difference = replay(&capture).unwrap().difference.unwrap();
    let Differs::Event { expected, got } = &difference.what else { panic!("{difference:?}") };
    let expected = expected.as_deref().unwrap_or_default();
    assert!(expected.contains("turn_over") && expected.contains("Are you there?"), "{expected}");
    assert_ne!(got.as_deref(), Some(expected));
    assert!(!difference.before.is_empty());
}

#[test]
fn a_capture_that_was_cut_off_replays_up_to_its_last_second() {
    let mut script = booked();
    let whole = replay(&Capture::read(&script.capture_file()).unwrap()).unwrap();
    let file = script.capture_file();
    let mut longest = Duration::ZERO;
    for cut in (0..file.len()).step_by(97) {
        match Capture::read(&file[..cut]) {
            Ok(capture) => {
                let again = replay(&capture).unwrap();
                assert_eq!(again.difference, None, "cut at {cut}");
                longest = longest.max(again.lasted);
            }
            Err(error) => assert!(
                matches!(error, CaptureError::NoCapture | CaptureError::Empty),
                "cut at {cut}: {error}"
            ),
        }
    }
    assert!(longest + Duration::from_millis(1_100) >= whole.lasted, "{longest:?}");
    script.caller_hangs_up();
}

#[test]
fn a_process_that_is_killed_leaves_what_was_heard_a_second_ago() {
    let mut call = captured();
    call.agent_says("Good morning, how can I help?", None);
    call.at(5_000);
    let capture = Capture::read(&call.capture_file()).unwrap();
    assert_eq!(capture.end, None);
    let again = replay(&capture).unwrap();
    assert_eq!(again.difference, None);
    assert!(again.lasted >= Duration::from_millis(3_900), "{:?}", again.lasted);
}

#[test]
fn a_writer_that_is_too_slow_ends_the_capture_and_not_the_call() {
    let recorder = Recorder::with_room(CaptureLimits::default(), 20_000);
    let mut call = Script::captured_within(CallMode::Converse, Delays::default(), recorder);
    call.at(1_000).agent_says("This makes more sound at once than the ring has room for.", None);
    call.at(6_000).caller_hangs_up();
    call.at(6_100);
    assert!(matches!(call.events.last().unwrap().fact, CallFact::Ended { .. }));
    let capture = Capture::read(&call.capture_file()).unwrap();
    assert_eq!(capture.end, Some(TapeEnd::Broken));
    let again = replay(&capture).unwrap();
    assert_eq!(again.difference, None, "what is there is right");
    assert!(again.lasted < Duration::from_millis(1_100), "{:?}", again.lasted);
}

#[test]
fn a_capture_ends_at_its_limit_and_the_call_goes_on() {
    let limits = CaptureLimits { length_max: Duration::from_secs(3), ..CaptureLimits::default() };
    let mut call =
        Script::captured_within(CallMode::Converse, Delays::default(), Recorder::new(limits));
    call.agent_says("Good morning, how can I help?", None);
    call.at(6_000);
    let capture = Capture::read(&call.capture_file()).unwrap();
    assert_eq!(capture.end, Some(TapeEnd::Limit));
    let again = replay(&capture).unwrap();
    assert_eq!((again.difference, again.lasted.as_secs()), (None, 3));
    let still_there = call.shard().live();
    assert_eq!(still_there, 1);
}

/// What a kept call must come to, by the names of its account.
fn unmet(events: &[CallEvent], expected: &serde_json::Value) -> Vec<String> {
    let measured = events.iter().find_map(|event| match &event.fact {
        CallFact::Measured(measures) => Some(*measures),
        _ => None,
    });
    let ended = events.iter().find_map(|event| match &event.fact {
        CallFact::Ended { cause } => Some(cause.as_str()),
        _ => None,
    });
    let measured = measured.unwrap_or_default();
    let expected = expected.as_object().expect("expectations are a JSON object");
    let unmet = expected.iter().filter_map(|(name, wanted)| {
        let got: serde_json::Value = match name.as_str() {
            "turns" => measured.turns.into(),
            "interruptions" => measured.interruptions.into(),
            "false_interruptions" => measured.false_interruptions.into(),
            "false_cut_offs" => measured.false_cut_offs.into(),
            "replies" => measured.replies.into(),
            "ended" => ended.into(),
            _ => panic!("{name} is nothing that a call can be held to"),
        };
        (got != *wanted).then(|| format!("{name} is {got}, not {wanted}"))
    });
    unmet.collect()
}

#[test]
fn every_kept_capture_comes_out_as_it_must() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "cwc") {
            continue;
        }
        let name = path.display();
        let capture = Capture::read(&std::fs::read(&path).unwrap());
        let again = replay(&capture.unwrap_or_else(|error| panic!("{name}: {error}"))).unwrap();
        match std::fs::read(path.with_extension("json")) {
            Ok(expected) => {
                let expected = serde_json::from_slice(&expected).unwrap();
                assert_eq!(unmet(&again.events, &expected), [""; 0], "{name}");
            }
            Err(_none) => assert_eq!(again.difference, None, "{name}"),
        }
    }
}

#[test]
fn a_kept_capture_is_held_to_what_is_expected_of_it() {
    let again = replay(&interrupted().capture()).unwrap();
    let expected = serde_json::json!({ "interruptions": 1, "ended": "caller_hung_up" });
    assert_eq!(unmet(&again.events, &expected), [""; 0]);
    let expected = serde_json::json!({ "interruptions": 0 });
    assert_eq!(unmet(&again.events, &expected), ["interruptions is 1, not 0"]);
}
