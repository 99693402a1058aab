use std::path::PathBuf;

use super::super::recording::Recording;
use super::super::report::{Interruption, Reply};
use super::super::scenario::Scenario;
use super::super::twilio::TwilioError;
use super::*;

fn expect(yaml: &str) -> Expect {
    let text = format!("name: n\nsteps: []\nexpect: {yaml}");
    Scenario::parse(&text, "test", PathBuf::new()).unwrap().expect
}

fn report() -> CallReport {
    CallReport {
        scenario: "n".into(),
        passed: true,
        call: Some("call_1".into()),
        lasted_ms: 10_000,
        ended_by: Some("agent"),
        transferred_to: None,
        conversation: Vec::new(),
        replies: vec![Reply {
            said: "a".into(),
            understood: None,
            reply_ms: Some(500),
            talked_over: false,
            parts: None,
        }],
        interruptions: vec![Interruption {
            said: "stop".into(),
            last_sound_ms: 200,
            clear_ms: Some(150),
            server_ms: None,
        }],
        reply_p50_ms: Some(500),
        reply_p95_ms: Some(500),
        caller_spoke_ms: 0,
        agent_spoke_ms: 0,
        stutters: 0,
        checks: Vec::new(),
        recording: Recording::default(),
    }
}

fn heard() -> Heard {
    Heard {
        call: None,
        log: Vec::new(),
        responses: Vec::new(),
        spoken: Vec::new(),
        turns: Vec::new(),
        interruptions: vec![Duration::from_millis(150)],
        talked: Default::default(),
        stutters: 0,
        cut_off: Duration::ZERO,
        recording: Recording::default(),
        offences: Vec::new(),
        hung_up: false,
        failure: None,
        events: Default::default(),
    }
}

fn call(cause: &str) -> Call {
    serde_json::from_value(serde_json::json!({
        "id": "call_1", "tenant": "t", "carrier": "twilio", "carrier_call": "CA", "line": "+1",
        "started": "2026-11-21T15:00:00Z", "ended": "2026-11-21T15:01:00Z", "cause": cause, "live": false,
        "transcript": [
            {"who": "agent", "at": "2026-11-21T15:00:01Z", "call_ms": 0, "interrupted": true,
             "text": "Hello, I am an assistant. What can I do for you?", "heard": "Hello, I am an"},
            {"who": "caller", "at": "2026-11-21T15:00:05Z", "call_ms": 1, "interrupted": false, "text": "A cleaning."},
            {"who": "agent", "at": "2026-11-21T15:00:09Z", "call_ms": 2, "interrupted": false, "text": "Booked."},
        ],
        "latencies": [],
    }))
    .unwrap()
}

fn appointment() -> Appointment {
    serde_json::from_value(serde_json::json!({
        "id": 1, "tenant": "t", "service": "check_up", "provider": "p",
        // 15:30 in New York on Tuesday, the 24th.
        "start": "2026-11-24T20:30:00Z", "end": "2026-11-24T21:00:00Z",
        "local_start": "2026-11-24T15:30:00-05:00", "time_zone": "America/New_York",
        "state": "booked", "name": "Anna Miller", "phone": "+1", "call": "call_1",
    }))
    .unwrap()
}

/// What fails of `yaml` for a call that the agent ended and that booked [`appointment`].
fn failing(yaml: &str) -> Vec<String> {
    let (report, heard, call) = (report(), heard(), call("agent_hung_up"));
    let facts = Facts {
        report: &report,
        heard: Some(&heard),
        offences: &[],
        refused: None,
        ended_by: Some(Side::Agent),
        call: Some(&call),
        rows: &[appointment()],
    };
    let checks = check(&expect(yaml), &facts);
    checks.into_iter().filter(|check| !check.ok).map(|check| check.to_string()).collect()
}

#[test]
fn what_came_as_expected_passes() {
    for yaml in [
        "{}",
        "{agent_says: [hello, booked], agent_never_says: [what can I do]}",
        "{caller_is_heard: [[whitening, cleaning]]}",
        "{appointment: {}}",
        "{appointment: {service: check up, day: tuesday, from: \"15:30\", until: \"15:31\", name: anna miller}}",
        "{ended_by: agent, interrupted: true, agent_stops_within_ms: 200}",
        "{reply_p50_at_most_ms: 500, replies_at_least: 1}",
    ] {
        assert_eq!(failing(yaml), Vec::<String>::new(), "{yaml}");
    }
}

#[test]
fn what_did_not_come_is_named() {
    for (yaml, what) in [
        ("{agent_says: [booked, hello]}", "the agent says “hello”"),
        ("{agent_says: [what can I do]}", "the agent says “what can I do”"),
        ("{agent_never_says: [booked]}", "the agent never says “booked”"),
        ("{caller_is_heard: [whitening]}", "heard to say “whitening”"),
        ("{no_appointment: true}", "nothing is booked — check_up at 2026-11-24T15:30"),
        ("{appointment: {service: cleaning}}", "service “cleaning”"),
        ("{appointment: {day: wednesday}}", "on Wednesday"),
        ("{appointment: {from: \"15:31\"}}", "from 15:31"),
        ("{appointment: {until: \"15:30\"}}", "before 15:30"),
        ("{appointment: {name: bob}}", "name “bob”"),
        ("{ended_by: caller}", "ended by caller — agent"),
        ("{transfer_to: \"+1\"}", "goes on to +1 — it does not"),
        ("{interrupted: false}", "is not cut off"),
        ("{agent_stops_within_ms: 199}", "within 199 ms — 200 ms"),
        ("{reply_p50_at_most_ms: 499}", "within 499 ms — 500 ms"),
        ("{replies_at_least: 2}", "at least 2 replies — 1"),
    ] {
        let failing = failing(yaml);
        assert_eq!(failing.len(), 1, "{yaml}: {failing:?}");
        assert!(failing[0].contains(what), "{yaml}: {failing:?}");
    }
}

#[test]
fn every_call_keeps_the_rules() {
    let (report, call) = (report(), call("agent_hung_up"));
    let offence = Offence::new(TwilioError::InvalidMessage, "extra field");
    let mut gave_up = heard();
    gave_up.failure = Some("no answer".into());
    gave_up.cut_off = Duration::from_millis(300);
    let facts = Facts {
        report: &report,
        heard: Some(&gave_up),
        offences: std::slice::from_ref(&offence),
        refused: None,
        ended_by: Some(Side::Caller),
        call: Some(&call),
        rows: &[],
    };
    let ok: Vec<_> = check(&expect("{}"), &facts).iter().map(|check| check.ok).collect();
    assert_eq!(ok, [false; 4], "an offence, a caller lost, words not played, a wrong cause");
    let refused = Facts { heard: None, refused: Some("busy"), offences: &[], ..facts };
    let checks = check(&expect("{ended_by: agent}"), &refused);
    assert_eq!(checks.len(), 2, "what was expected of a call that was not is no news");
    assert!(checks[0].ok && !checks[1].ok && checks[1].found.contains("busy"), "{checks:?}");
}
