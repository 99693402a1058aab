//! Calls as they should be.

use axum::http::StatusCode;
use callwright_calls::leg::{Gone, MarkId};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use crate::call_end::{Lived, Plays};
use crate::carrier::{Caller, Came, STOP, Server};

#[tokio::test]
async fn the_echo_returns_what_it_hears_octet_for_octet() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Echo).await;
    let mut said = Vec::new();
    for length in [160, 160, 1, 0, 320, 159, 1_000, 7, 160] {
        let octets: Vec<u8> = (0..length).map(|i| (i * 7 + length) as u8).collect();
        caller.say_media(&octets).await;
        assert_eq!(caller.hears(length).await, octets);
        said.extend(octets);
    }
    caller.say(STOP).await;
    assert_eq!(server.lived().await, Lived::Over { gone: Gone::HungUp, heard: said });
    assert_eq!(caller.comes().await, Came::Close(1_000));
}

#[tokio::test]
async fn keys_marks_and_clears_cross_in_order() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Echo).await;
    caller.press('*').await;
    assert_eq!(server.lived().await, Lived::Pressed('*'));
    assert_eq!(caller.comes().await, Came::Mark("m1".into()));
    assert_eq!(caller.comes().await, Came::Clear);
    assert_eq!(caller.comes().await, Came::Mark("m2".into()));
    for name in ["m1", "not-ours", "m2"] {
        let text = format!(
            r#"{{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{{"name":"{name}"}}}}"#
        );
        caller.say(&text).await;
    }
    assert_eq!(server.lived().await, Lived::Marked(MarkId(1)));
    assert_eq!(server.lived().await, Lived::Marked(MarkId(2)));
    caller.is_served().await;
}

#[tokio::test]
async fn a_ping_is_answered() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Echo).await;
    caller.socket.send(Message::Ping("are you there".into())).await.unwrap();
    let pong = caller.socket.next().await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("are you there".into()));
}

#[tokio::test]
async fn a_transfer_is_the_answer_to_what_comes_after_the_stream() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Transfers).await;
    caller.say_media(&[1; 160]).await;
    assert_eq!(caller.comes().await, Came::Close(1_000));
    let (status, twiml) = server.post("/twilio/after", "CallSid=CA1&To=%2B15005550003").await;
    assert_eq!(status, StatusCode::OK);
    assert!(twiml.contains("<Response><Dial><Sip>sip:desk@example.com</Sip></Dial></Response>"));
    // Asked again, it is a call that we know nothing of.
    let (_, twiml) = server.post("/twilio/after", "CallSid=CA1&To=%2B15005550003").await;
    assert!(twiml.contains("<Say>Sorry"), "{twiml}");
}

#[tokio::test]
async fn a_caller_who_hung_up_is_not_missed() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Echo).await;
    caller.say(STOP).await;
    assert_eq!(caller.comes().await, Came::Close(1_000));
    let (_, twiml) = server.post("/twilio/after", "CallSid=CA1&To=%2B15005550199").await;
    assert!(twiml.contains("<Response><Hangup/></Response>"), "{twiml}");
}

#[tokio::test]
async fn a_caller_whose_call_vanishes_reaches_the_fallback() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Vanishes).await;
    caller.say_media(&[1; 160]).await;
    assert_eq!(caller.comes().await, Came::Close(1_011));
    let (_, twiml) = server.post("/twilio/after", "CallSid=CA1&To=%2B15005550004").await;
    assert!(twiml.contains("</Say><Dial><Number>+15005550123</Number></Dial>"), "{twiml}");
}

#[tokio::test]
async fn a_call_refused_at_the_last_moment_is_told_to_try_later() {
    let mut server = Server::start().await;
    let (call, url) = server.announce(Plays::Refused).await;
    let mut caller = Caller::new(server.open(&url).await.unwrap());
    caller.say(&crate::carrier::start(&call)).await;
    assert_eq!(caller.comes().await, Came::Close(1_013));
}

#[tokio::test]
async fn a_closed_socket_is_a_hang_up_and_a_broken_one_is_not() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Echo).await;
    caller.socket.close(None).await.unwrap();
    let over = |gone| Lived::Over { gone, heard: Vec::new() };
    assert_eq!(server.lived().await, over(Gone::HungUp));
    let caller = server.call(Plays::Echo).await;
    drop(caller);
    assert_eq!(server.lived().await, over(Gone::Lost));
}

/// The call takes nothing for a while: the line stops reading, and not an octet is lost.
#[tokio::test]
async fn a_call_that_falls_behind_loses_nothing() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Stalls).await;
    let go = std::sync::Arc::clone(&server.switchboard.go);
    let mut said = Vec::new();
    for piece in 0..2_000_u32 {
        let octets = [piece as u8; 160];
        said.extend(octets);
        if piece == 1_000 {
            go.notify_one();
        }
        caller.say_media(&octets).await;
    }
    caller.say(STOP).await;
    assert_eq!(server.lived().await, Lived::Over { gone: Gone::HungUp, heard: said });
}

/// The far end takes nothing: what the caller says is still heard, until the line is given up.
#[tokio::test]
async fn a_socket_that_takes_nothing_does_not_deafen_us() {
    let mut server = Server::start().await;
    let mut caller = server.call(Plays::Floods).await;
    let mut last = None;
    // Long after the socket is full, twenty times a second, until it is given up.
    let mut beat = tokio::time::interval(std::time::Duration::from_millis(50));
    let mut said = 0;
    let over = loop {
        tokio::select! {
            lived = server.lived() => match lived {
                Lived::Pressed('7') => last = Some(said),
                over => break over,
            },
            _ = beat.tick() => {
                let text = r#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"7"}}"#;
                if caller.socket.send(Message::text(text)).await.is_ok() {
                    said += 1;
                }
            }
        }
    };
    assert_eq!(over, Lived::Over { gone: Gone::Lost, heard: Vec::new() });
    // Three seconds of patience are sixty keys; all but those under way at the end were heard.
    assert!(said >= 60, "{said}");
    assert!(last.is_some_and(|last| last + 10 >= said), "{last:?} of {said}");
}
