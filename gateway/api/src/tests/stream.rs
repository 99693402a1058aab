//! The event stream over a real socket.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::wire::{Event, EventBody, Notice, StreamMessage};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a message may take before the test says that it never comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves `world` on a free port, and gives its address.
async fn serve(world: &World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = axum::serve(listener, world.api.clone());
    drop(tokio::spawn(serving.into_future()));
    format!("ws://{address}/v1/events")
}

async fn open(url: &str, header: (&'static str, String)) -> Result<(Socket, Response), Error> {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(header.0, header.1.parse().unwrap());
    connect_async(request).await
}

async fn stream(url: &str) -> Socket {
    open(url, ("authorization", format!("Bearer {KEY}"))).await.unwrap().0
}

async fn next(socket: &mut Socket) -> StreamMessage {
    loop {
        let message =
            tokio::time::timeout(PATIENCE, socket.next()).await.expect("a message in time");
        match message.expect("the stream goes on").unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("a text: {other:?}"),
        }
    }
}

async fn event(socket: &mut Socket) -> Event {
    match next(socket).await {
        StreamMessage::Event(event) => event,
        StreamMessage::Notice(notice) => panic!("an event: {notice:?}"),
    }
}

#[tokio::test]
async fn a_call_is_told_as_it_happens_and_again_from_any_point() {
    let world = World::new().await;
    let url = serve(&world).await;
    let mut live = stream(&url).await;
    assert_eq!(next(&mut live).await, StreamMessage::Notice(Notice::Ready { from: None }));
    let id = CallId::new(1_795_262_400_000, 1);
    world.call(id, "hello").await;

    let started = event(&mut live).await;
    assert_eq!(
        (started.call.as_str(), started.tenant.as_str()),
        (&*id.to_string(), "bright-smile")
    );
    assert!(
        matches!(started.body, EventBody::CallStarted { ref line, .. } if line == "+15005550177")
    );
    let said = event(&mut live).await;
    assert!(matches!(said.body, EventBody::TurnOver { ref text, .. } if text == "hello"));
    let ended = event(&mut live).await;
    assert_eq!(ended.body, EventBody::CallEnded { cause: "caller_hung_up".to_owned() });
    let order = [&started, &said, &ended].map(|event| event.seq.expect("the log numbers it"));
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");

    let mut resumed = stream(&format!("{url}?from={}", order[0])).await;
    let ready = StreamMessage::Notice(Notice::Ready { from: Some(order[0]) });
    assert_eq!(next(&mut resumed).await, ready);
    assert_eq!(event(&mut resumed).await, said);
    assert_eq!(event(&mut resumed).await, ended);
}

#[tokio::test]
async fn one_call_can_be_followed_alone() {
    let world = World::new().await;
    let url = serve(&world).await;
    let [one, other] = [1, 2].map(|distinct| CallId::new(1_795_262_400_000, distinct));
    world.call(one, "one").await;
    world.call(other, "other").await;
    let mut socket = stream(&format!("{url}?from=0&call={other}")).await;
    next(&mut socket).await;
    for _ in 0..3 {
        assert_eq!(event(&mut socket).await.call, other.to_string());
    }
}

#[tokio::test]
async fn a_browser_sends_its_key_as_a_subprotocol_and_does_not_get_it_back() {
    let world = World::new().await;
    let url = serve(&world).await;
    let offer = |key: &str| {
        let key = URL_SAFE_NO_PAD.encode(key);
        ("sec-websocket-protocol", format!("callwright.v1, callwright.key.{key}"))
    };
    let (mut socket, response) = open(&url, offer(KEY)).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "callwright.v1");
    assert!(matches!(next(&mut socket).await, StreamMessage::Notice(Notice::Ready { .. })));
    let Err(Error::Http(refused)) = open(&url, offer("another-key-altogether")).await else {
        panic!("refused")
    };
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_closes() {
    let world = World::new().await;
    let url = serve(&world).await;
    let mut socket = stream(&url).await;
    next(&mut socket).await;
    world.business.drain().await;
    assert_eq!(next(&mut socket).await, StreamMessage::Notice(Notice::Stopping {}));
    let last = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a close in time");
    assert!(matches!(last, Some(Ok(Message::Close(Some(_))))), "{last:?}");
}

#[test]
fn messages_are_written_as_published() {
    let event = Event {
        seq: Some(7),
        call: "call_0000000000001".to_owned(),
        tenant: "bright-smile".to_owned(),
        at: now(),
        call_ms: Some(1_200),
        body: EventBody::Interrupted { reply: 2, after_ms: 130 },
    };
    let check = |message: StreamMessage, json: &str| {
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(serde_json::from_str::<StreamMessage>(json).unwrap(), message);
    };
    check(
        StreamMessage::Event(event.clone()),
        r#"{"seq":7,"call":"call_0000000000001","tenant":"bright-smile","at":"2026-11-21T12:00:00Z","call_ms":1200,"type":"interrupted","data":{"reply":2,"after_ms":130}}"#,
    );
    check(
        StreamMessage::Event(Event { seq: None, body: EventBody::SpeechStarted {}, ..event }),
        r#"{"call":"call_0000000000001","tenant":"bright-smile","at":"2026-11-21T12:00:00Z","call_ms":1200,"type":"speech_started","data":{}}"#,
    );
    check(
        StreamMessage::Notice(Notice::Lagged { resume_from: 7 }),
        r#"{"type":"lagged","data":{"resume_from":7}}"#,
    );
    check(StreamMessage::Notice(Notice::Ready { from: None }), r#"{"type":"ready","data":{}}"#);
}
