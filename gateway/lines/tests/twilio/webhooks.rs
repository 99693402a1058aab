//! Who is let in, and who is not.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use callwright_lines::twilio::UpgradeSignature;
use tower::ServiceExt as _;

use crate::call_end::{Plays, line};
use crate::carrier::{Caller, Came, Server, start};

fn voice(plays: Plays) -> String {
    format!("CallSid=CA1&From=%2B15005550042&To=%2B{}", &line(plays)[1..])
}

#[tokio::test]
async fn a_call_is_answered_with_a_stream_and_a_fallback_behind_it() {
    let server = Server::start().await;
    let (status, twiml) = server.post("/twilio/voice", &voice(Plays::Vanishes)).await;
    assert_eq!(status, StatusCode::OK);
    for part in [
        "<Connect action=\"http://127.0.0.1:",
        "/twilio/after\"><Stream url=\"ws://127.0.0.1:",
        "statusCallback=\"http://127.0.0.1:",
        "<Parameter name=\"line\" value=\"+15005550004\"/>",
        "<Parameter name=\"caller\" value=\"+15005550042\"/></Stream></Connect><Say>",
        "</Say><Dial><Number>+15005550123</Number></Dial></Response>",
    ] {
        assert!(twiml.contains(part), "{part} in {twiml}");
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_taken_is_busy() {
    let server = Server::start().await;
    let (status, twiml) = server.post("/twilio/voice", &voice(Plays::Busy)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(twiml.contains("<Response><Reject reason=\"busy\"/></Response>"), "{twiml}");
}

#[tokio::test]
async fn as_many_streams_are_open_as_may_be() {
    let mut server = Server::start_with(None, |options| options.streams_max = 1).await;
    let (_, early) = server.announce(Plays::Echo).await;
    let mut caller = server.call(Plays::Echo).await;
    assert_eq!(server.open(&early).await.err(), Some(StatusCode::SERVICE_UNAVAILABLE));
    let (_, twiml) = server.post("/twilio/voice", &voice(Plays::Echo)).await;
    assert!(twiml.contains("<Reject reason=\"busy\"/>"), "{twiml}");
    caller.is_served().await;
    // The place is free again as soon as the socket is closed on our side.
    caller.say(crate::carrier::STOP).await;
    assert_eq!(caller.comes().await, Came::Close(1_000));
    assert_eq!(caller.comes().await, Came::Nothing);
    server.lived().await;
    let mut caller = loop {
        let (_, twiml) = server.post("/twilio/voice", &voice(Plays::Echo)).await;
        if twiml.contains("<Stream") {
            break server.call(Plays::Echo).await;
        }
        tokio::task::yield_now().await;
    };
    caller.is_served().await;
}

#[tokio::test]
async fn wrong_forms_are_refused() {
    let server = Server::start().await;
    for body in ["", "CallSid=CA1", "To=%2B15005550199", "CallSid=%3C&To=1", "\u{0}\u{1}"] {
        let (status, answer) = server.post("/twilio/voice", body).await;
        assert_eq!((status, answer.as_str()), (StatusCode::BAD_REQUEST, ""), "{body}");
    }
    let (status, _) = server.post("/twilio/voice", &"x".repeat(1 << 20)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let get = Request::get("/twilio/voice").body(Body::empty()).unwrap();
    let answer = server.router.clone().oneshot(get).await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn with_an_auth_token_only_twilio_is_heard() {
    let mut server = Server::start_with(Some("12345"), |_| {}).await;
    for path in ["/twilio/voice", "/twilio/after", "/twilio/stream-status"] {
        let body = voice(Plays::Echo);
        for wrong in [None, Some(""), Some("RSOYDt4T1cUTdK1PDd93/VVr8B8=")] {
            let (status, answer) = server.post_signed(path, &body, wrong).await;
            assert_eq!((status, answer.as_str()), (StatusCode::FORBIDDEN, ""), "{path} {wrong:?}");
        }
        let (status, _) = server.post(path, &body).await;
        assert!(status.is_success(), "{path} {status}");
    }
    let (_, url) = server.announce(Plays::Echo).await;
    for wrong in [None, Some("7PR3qMkpDyEJtMrVOY/LDyNq8J8=")] {
        assert_eq!(server.open_signed(&url, wrong).await.err(), Some(StatusCode::FORBIDDEN));
    }
    // A stranger's attempts have not used the token up.
    assert!(server.open(&url).await.is_ok());
    server.call(Plays::Echo).await.is_served().await;
}

#[tokio::test]
async fn observed_signatures_leave_it_to_the_token() {
    let observe = |options: &mut callwright_lines::twilio::TwilioOptions| {
        options.upgrade_signature = UpgradeSignature::Observe;
    };
    let mut server = Server::start_with(Some("12345"), observe).await;
    let (_, url) = server.announce(Plays::Echo).await;
    assert!(server.open_signed(&url, None).await.is_ok());
    assert_eq!(server.open_signed(&url, None).await.err(), Some(StatusCode::NOT_FOUND));
}

#[tokio::test]
async fn a_token_opens_one_stream() {
    let mut server = Server::start().await;
    let (call, url) = server.announce(Plays::Echo).await;
    let mut caller = Caller::new(server.open(&url).await.unwrap());
    caller.say(&start(&call)).await;
    for stranger in [url.clone(), format!("{url}x"), url.replace("/media/", "/media/x")] {
        assert_eq!(server.open(&stranger).await.err(), Some(StatusCode::NOT_FOUND));
    }
    let bare = url.split_once("/media/").unwrap().0.to_owned() + "/media/";
    assert_eq!(server.open(&bare).await.err(), Some(StatusCode::NOT_FOUND));
    caller.is_served().await;
}

#[tokio::test]
async fn a_stream_must_be_of_the_call_that_its_token_was_given_to() {
    let mut server = Server::start().await;
    let (_, url) = server.announce(Plays::Echo).await;
    let mut thief = Caller::new(server.open(&url).await.unwrap());
    thief.say(&start("CA999")).await;
    assert_eq!(thief.comes().await, Came::Close(1_008));
}

#[tokio::test]
async fn what_twilio_reports_is_taken() {
    let server = Server::start().await;
    let body = "CallSid=CA1&StreamSid=MZ1&StreamEvent=stream-error&StreamError=31920%20-%20x";
    let (status, answer) = server.post("/twilio/stream-status", body).await;
    assert_eq!((status, answer.as_str()), (StatusCode::NO_CONTENT, ""));
}

#[tokio::test]
async fn the_media_address_is_for_sockets_only() {
    let mut server = Server::start().await;
    let (_, url) = server.announce(Plays::Echo).await;
    let path = url.split_once("/twilio/").unwrap().1;
    let get = Request::get(format!("/twilio/{path}")).body(Body::empty()).unwrap();
    let answer = server.router.clone().oneshot(get).await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(server.open(&url).await.is_ok());
}
