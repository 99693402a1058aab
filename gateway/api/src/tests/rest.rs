//! REST: keys, calls, appointments, tenants, probes, and the description of it all.

use callwright_contract::{CallerEmotion, Evidence, Feeling, Severity, Shift, Trajectory};

use super::*;

#[tokio::test]
async fn nothing_is_told_without_a_key_and_the_answer_says_how_to_send_one() {
    let world = World::new().await;
    for path in [
        "/v1/calls",
        "/v1/calls/call_0000000000001",
        "/v1/appointments",
        "/v1/tenants",
        "/v1/events",
    ] {
        let answer = world.ask(path, None).await;
        let detail = answer.problem(StatusCode::UNAUTHORIZED, "key_missing");
        assert!(detail.contains("Authorization: Bearer"), "{detail}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
        let wrong = world.ask(path, Some("another-key-altogether")).await;
        wrong.problem(StatusCode::UNAUTHORIZED, "key_unknown");
        assert!(!wrong.text.contains("another-key"), "{}", wrong.text);
    }
}

#[tokio::test]
async fn a_call_is_told_with_what_was_said() {
    let world = World::new().await;
    let id = CallId::new(1_795_262_400_000, 1);
    world.call(id, "it was the best of times").await;

    let list: wire::CallList = world.read("/v1/calls").await;
    assert_eq!(list.next, None);
    let [summary] = list.calls.as_slice() else { panic!("one call: {list:?}") };
    assert_eq!(summary.id, id.to_string());
    assert_eq!(summary.caller.as_deref(), Some("+15005550142"));
    assert_eq!((summary.cause.as_deref(), summary.live), (Some("caller_hung_up"), false));

    let call: wire::Call = world.read(&format!("/v1/calls/{id}")).await;
    assert_eq!(&call.summary, summary);
    let [line] = call.transcript.as_slice() else { panic!("one line: {call:?}") };
    assert_eq!((line.who, line.text.as_str()), (wire::Speaker::Caller, "it was the best of times"));
    assert_eq!((line.call_ms, line.turn, line.confidence), (1_000, Some(0), Some(0.5)));
}

#[tokio::test]
async fn a_call_tells_how_the_caller_came_across_as_it_was_told_live() {
    let emotion = CallerEmotion {
        turn: TurnId(0),
        feeling: Some(Feeling::Frustrated),
        confidence: 0.5,
        calibrated: false,
        evidence: Evidence::Both,
        arousal: Some(0.75),
        valence: 0.25,
        arousal_lately: Some(0.5),
        valence_lately: 0.25,
        trajectory: Trajectory::Rising,
    };
    let nothing = CallerEmotion { turn: TurnId(1), feeling: None, arousal: None, ..emotion };
    let shift = Shift::Escalation(Severity::Strong);
    let facts = [
        CallFact::Emotion(emotion),
        CallFact::MoodShifted { turn: TurnId(0), shift },
        CallFact::Emotion(nothing),
        CallFact::MoodShifted { turn: TurnId(1), shift: Shift::DeEscalation(Severity::Strong) },
    ];
    let world = World::new().await;
    let id = CallId::new(1_795_262_400_000, 1);
    world.call_with(id, "I already told you", &facts).await;
    let call: wire::Call = world.read(&format!("/v1/calls/{id}")).await;
    let [first, second] = call.emotions.as_slice() else { panic!("two turns: {call:?}") };
    let wire::EventBody::Emotion(told) = live(&facts[0]) else { panic!("an emotion") };
    assert_eq!((&first.emotion, first.call_ms), (&told, 1_000));
    assert_eq!(told.feeling.as_deref(), Some("frustrated"));
    assert_eq!(
        serde_json::to_value(live(&facts[1])).unwrap(),
        serde_json::json!({
            "type": "mood_shifted",
            "data": { "turn": 0, "change": "escalation", "severity": "strong" },
        })
    );
    assert_eq!(
        first.shift,
        Some(wire::MoodShift {
            change: wire::MoodChange::Escalation,
            severity: wire::MoodSeverity::Strong,
        })
    );
    assert_eq!((second.emotion.feeling.as_deref(), second.emotion.arousal), (None, None));
    assert_eq!(second.shift.map(|shift| shift.change), Some(wire::MoodChange::DeEscalation));
}

/// What the stream tells of a fact.
fn live(fact: &CallFact) -> wire::EventBody {
    wire::EventBody::of(fact).unwrap()
}

#[tokio::test]
async fn calls_come_in_pages_newest_first() {
    let world = World::new().await;
    let ids = [1, 2, 3].map(|distinct| CallId::new(1_795_262_400_000, distinct));
    for id in ids {
        world.call(id, "hello").await;
    }
    let first: wire::CallList = world.read("/v1/calls?limit=2").await;
    let named: Vec<_> = first.calls.iter().map(|call| call.id.clone()).collect();
    assert_eq!(named, [ids[2].to_string(), ids[1].to_string()]);
    let next = first.next.expect("there is more");
    let second: wire::CallList = world.read(&format!("/v1/calls?limit=2&before={next}")).await;
    assert_eq!(second.calls.len(), 1);
    assert_eq!((second.calls[0].id.clone(), second.next), (ids[0].to_string(), None));
}

#[tokio::test]
async fn a_call_that_is_not_there_is_not_found_whatever_its_name() {
    let world = World::new().await;
    for name in ["call_0000000000001", "call_", "1", "..%2f..%2fetc"] {
        let answer = world.ask(&format!("/v1/calls/{name}"), Some(KEY)).await;
        answer.problem(StatusCode::NOT_FOUND, "no_such_call");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let world = World::new().await;
    for (path, named) in [
        ("/v1/calls?limit=0", "`limit`"),
        ("/v1/calls?limit=501", "`limit`"),
        ("/v1/calls?limit=many", "limit"),
        ("/v1/calls?before=yesterday", "`before`"),
        ("/v1/calls?limti=5", "limti"),
        ("/v1/calls?tenant=No%20Such", "`tenant`"),
        ("/v1/appointments?from=tomorrow", "`from`"),
        ("/v1/appointments?to=2020-01-01T00:00:00Z", "`to`"),
        ("/v1/appointments?from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z", "366 days"),
    ] {
        let detail =
            world.ask(path, Some(KEY)).await.problem(StatusCode::BAD_REQUEST, "bad_parameter");
        assert!(detail.contains(named), "{path}: {detail}");
    }
}

#[tokio::test]
async fn an_empty_calendar_is_an_empty_list() {
    let world = World::new().await;
    for path in [
        "/v1/appointments",
        "/v1/appointments?from=2026-11-21T08:00:00-05:00",
        "/v1/appointments?from=2026-11-21T08:00:00+01:00&to=2026-11-22T08:00:00%2B01:00",
    ] {
        let list: wire::AppointmentList = world.read(path).await;
        assert_eq!(list.appointments, []);
    }
}

#[tokio::test]
async fn tenants_are_told_with_their_lines() {
    let world = World::new().await;
    let list: wire::TenantList = world.read("/v1/tenants").await;
    let [tenant] = list.tenants.as_slice() else { panic!("one tenant: {list:?}") };
    assert_eq!((tenant.id.as_str(), tenant.default), ("bright-smile", true));
    let agent = wire::Line { address: "+15005550100".to_owned(), purpose: "agent".to_owned() };
    assert!(tenant.lines.contains(&agent), "{tenant:?}");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_that_says_where_to_look() {
    let world = World::new().await;
    let detail =
        world.ask("/v1/nothing", Some(KEY)).await.problem(StatusCode::NOT_FOUND, "no_such_path");
    assert!(detail.contains("openapi.json"), "{detail}");
    let post = Request::post("/v1/calls").body(Body::empty()).unwrap();
    world.send(post).await.problem(StatusCode::METHOD_NOT_ALLOWED, "no_such_method");
    let plain = world.ask("/v1/events", Some(KEY)).await;
    plain.problem(StatusCode::UPGRADE_REQUIRED, "not_a_websocket");
}

#[tokio::test]
async fn answers_that_quote_people_are_never_stored() {
    let world = World::new().await;
    for path in ["/v1/calls", "/v1/appointments", "/v1/nothing", "/metrics", "/readyz"] {
        let answer = world.ask(path, Some(KEY)).await;
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "", "{path}");
    }
}

#[tokio::test]
async fn a_server_that_takes_calls_is_ready_and_one_that_does_not_says_why() {
    struct Stopping;
    impl Probe for Stopping {
        fn not_ready(&self) -> Vec<String> {
            vec!["the server is stopping".to_owned()]
        }

        fn metrics(&self) -> String {
            String::new()
        }
    }
    let world = World::new().await;
    assert_eq!(world.ask("/healthz", None).await.json()["status"], "alive");
    assert_eq!(world.ask("/readyz", None).await.status, StatusCode::OK);
    let metrics = world.ask("/metrics", None).await;
    assert_eq!(metrics.text, "callwright_calls_live 0\n");
    assert!(metrics.header(header::CONTENT_TYPE).starts_with("text/plain; version=0.0.4"));

    let stopping = World::with(Arc::new(Stopping)).await;
    let answer = stopping.ask("/readyz", None).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["reasons"][0], "the server is stopping");
    assert_eq!(stopping.ask("/healthz", None).await.status, StatusCode::OK);
}

/// The description that is published is the file beside the code, so that a change of it is seen in review. To write
/// it anew: `CALLWRIGHT_BLESS=1 cargo test -p callwright-api description`.
#[tokio::test]
async fn the_description_is_the_one_that_was_reviewed() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let served = World::new().await.ask("/v1/openapi.json", None).await;
    if std::env::var_os("CALLWRIGHT_BLESS").is_some() {
        std::fs::write(golden, &served.text).unwrap();
    }
    assert_eq!(served.text, std::fs::read_to_string(golden).unwrap());
    let paths = served.json()["paths"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        paths,
        [
            "/healthz",
            "/metrics",
            "/readyz",
            "/v1/appointments",
            "/v1/calls",
            "/v1/calls/{id}",
            "/v1/events",
            "/v1/tenants",
        ]
    );
}

#[test]
fn the_guide_names_every_message_and_every_path() {
    let guide = include_str!("../../../../docs/api.md");
    let description: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    for schema in ["EventBody", "Notice"] {
        let kinds = description["components"]["schemas"][schema]["oneOf"].as_array().unwrap();
        assert!(kinds.len() > 3, "{schema}");
        for kind in kinds {
            let name = kind["properties"]["type"]["enum"][0].as_str().unwrap();
            assert!(guide.contains(&format!("`{name}`")), "{name}");
        }
    }
    for path in description["paths"].as_object().unwrap().keys() {
        assert!(guide.contains(&format!("`GET {path}`")), "{path}");
    }
}
