//! The simulated Twilio against a small server of its own, which keeps the rules or breaks them.

use std::path::PathBuf;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message as WsMessage, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_media::g711::{ulaw_decode, ulaw_encode};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::*;

/// How the small server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// As it should, and hangs up after its second reply.
    Polite,
    /// Adds a field to every media message, and sends a binary one.
    Sloppy,
    /// Drops the socket after its greeting and has no answer to what comes next.
    Crashes,
    /// Transfers the call after its second reply.
    Transfers,
    /// Takes no calls.
    Busy,
    /// Answers the webhook with HTML.
    Confused,
}

#[derive(Clone)]
struct Small {
    manner: Manner,
    events: broadcast::Sender<String>,
}

impl Small {
    fn tell(&self, kind: &str, data: &Value) {
        let event = json!({
            "call": "call_1", "tenant": "t", "at": "2026-11-21T15:00:00Z", "type": kind, "data": data,
        });
        self.events.send(event.to_string()).unwrap();
    }
}

async fn serve(manner: Manner) -> Server {
    let small = Small { manner, events: broadcast::channel(64).0 };
    let routes = Router::new()
        .route("/twilio/voice", post(voice))
        .route("/twilio/after", post(after))
        .route("/twilio/media/token", any(media))
        .route("/v1/events", any(events))
        .with_state(small);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    Server::new(&base, "key").unwrap()
}

fn xml(verbs: &str) -> Response {
    ([("content-type", "text/xml")], format!("<Response>{verbs}</Response>")).into_response()
}

async fn voice(State(small): State<Small>) -> Response {
    match small.manner {
        Manner::Busy => xml("<Reject reason='busy'/>"),
        Manner::Confused => "<html>".into_response(),
        _ => xml("<Connect action='https://example.com/twilio/after'>\
             <Stream url='wss://example.com/twilio/media/token'/></Connect><Dial>+1999</Dial>"),
    }
}

async fn after(State(small): State<Small>) -> Response {
    match small.manner {
        Manner::Crashes => StatusCode::BAD_GATEWAY.into_response(),
        Manner::Transfers => xml("<Dial>+1555</Dial>"),
        _ => xml("<Hangup/>"),
    }
}

async fn events(State(small): State<Small>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        let mut events = small.events.subscribe();
        let ready = json!({"type": "ready", "data": {}}).to_string();
        socket.send(WsMessage::text(ready)).await.unwrap();
        while let Ok(event) = events.recv().await {
            if socket.send(WsMessage::text(event)).await.is_err() {
                break;
            }
        }
    })
}

async fn media(State(small): State<Small>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |socket| {
        let mut agent = SmallAgent { small, socket, stream_sid: String::new(), replies: 0 };
        agent.run().await;
    })
}

struct SmallAgent {
    small: Small,
    socket: WebSocket,
    stream_sid: String,
    replies: u32,
}

impl SmallAgent {
    async fn run(&mut self) {
        let (mut heard_speech, mut quiet) = (false, 0);
        while let Some(Ok(WsMessage::Text(text))) = self.socket.recv().await {
            let message: Value = serde_json::from_str(&text).unwrap();
            match message["event"].as_str().unwrap() {
                "start" => {
                    self.stream_sid = message["streamSid"].as_str().unwrap().to_owned();
                    let call_sid = message["start"]["callSid"].clone();
                    let started =
                        json!({"carrier": "twilio", "carrier_call": call_sid, "line": "+1"});
                    self.small.tell("call_started", &started);
                    self.say("Hello.").await;
                    if self.small.manner == Manner::Crashes {
                        self.small.tell("call_ended", &json!({"cause": "fault"}));
                        return;
                    }
                }
                "media" => {
                    let octets = STANDARD.decode(message["media"]["payload"].as_str().unwrap());
                    let loud =
                        octets.unwrap().iter().any(|&o| ulaw_decode(o).unsigned_abs() > 1_000);
                    quiet = if loud { 0 } else { quiet + 1 };
                    heard_speech |= loud;
                    // 200 ms of silence end the turn.
                    if heard_speech && quiet == 10 {
                        heard_speech = false;
                        self.say("Goodbye.").await;
                    }
                }
                "mark" => {
                    let over =
                        json!({"reply": self.replies - 1, "outcome": "finished", "heard": ""});
                    self.small.tell("reply_ended", &over);
                    if self.replies == 2 {
                        self.small.tell("call_ended", &json!({"cause": "agent_hung_up"}));
                        self.socket.send(WsMessage::Close(None)).await.unwrap();
                    }
                }
                "stop" => {
                    self.small.tell("call_ended", &json!({"cause": "caller_hung_up"}));
                }
                _ => {}
            }
        }
    }

    /// Speaks for 200 ms.
    async fn say(&mut self, text: &str) {
        self.small.tell("agent_said", &json!({"reply": self.replies, "text": text}));
        self.small.tell("reply_started", &json!({"reply": self.replies}));
        self.replies += 1;
        let payload = STANDARD.encode([ulaw_encode(8_000); 1_600]);
        let mut media = json!({
            "event": "media", "streamSid": self.stream_sid, "media": {"payload": payload},
        });
        self.send(&media).await;
        if self.small.manner == Manner::Sloppy {
            media["media"]["track"] = json!("outbound");
            self.send(&media).await;
            self.socket.send(WsMessage::binary(vec![1, 2])).await.unwrap();
        }
        let mark = json!({"event": "mark", "streamSid": self.stream_sid, "mark": {"name": text}});
        self.send(&mark).await;
    }

    async fn send(&mut self, message: &Value) {
        self.socket.send(WsMessage::text(message.to_string())).await.unwrap();
    }
}

/// A call to a server of this manner by a caller who says one thing.
async fn call(manner: Manner) -> (Made, Vec<String>) {
    let server = serve(manner).await;
    let yaml = "name: n\npause_ms: 100\npatience_ms: 3000\nsteps: [{say: hello}]";
    let scenario = Scenario::parse(yaml, "test", PathBuf::new()).unwrap();
    let clip = Arc::new(Clip::new(&[6_000; 2_400]));
    let clips = scenario.voices().map(|voice| (voice, Arc::clone(&clip))).collect();
    let who =
        Identity { account_sid: "AC1".into(), call_sid: "CA1".into(), stream_sid: "MZ1".into() };
    let plan = CallPlan {
        scenario: &scenario,
        clips: &clips,
        server: &server,
        public_url: "https://example.com",
        auth_token: None,
        who,
        line: None,
    };
    let mut seen = Vec::new();
    let made = make(&plan, &mut |entry| seen.push(entry.what.to_string())).await.unwrap();
    (made, seen)
}

fn codes(offences: &[Offence]) -> Vec<u32> {
    offences.iter().map(|offence| offence.error.code()).collect()
}

#[tokio::test]
async fn a_polite_server_is_called_and_measured() {
    let (made, seen) = call(Manner::Polite).await;
    let heard = made.heard.unwrap();
    assert_eq!((codes(&made.offences), codes(&heard.offences)), (vec![], vec![]));
    assert_eq!(heard.call.as_deref(), Some("call_1"));
    assert_eq!((heard.hung_up, made.transferred_to), (false, None));
    // The server answers after 200 ms of silence; what it takes on top is this machine's.
    let reply = heard.responses[0].reply_after.unwrap();
    assert!(reply >= Duration::from_millis(200) && reply < Duration::from_secs(2), "{reply:?}");
    // The caller waited for the greeting and its pause: 300 ms, in frames.
    assert!(heard.responses[0].utterance.span.start >= 300 * 8);
    let loud = heard.recording.agent().iter().filter(|&&o| ulaw_decode(o) > 1_000).count();
    assert_eq!(loud, 3_200, "both replies were played whole");
    for line in ["agent   Hello.", "caller  hello", "agent   Goodbye.", "        then: hang up"] {
        assert!(seen.iter().any(|entry| entry == line), "{line:?} in {seen:?}");
    }
}

#[tokio::test]
async fn a_sloppy_server_is_told_twilios_codes() {
    let (made, _) = call(Manner::Sloppy).await;
    let heard = made.heard.unwrap();
    assert_eq!(codes(&heard.offences), [31_951, 31_950, 31_951, 31_950]);
}

#[tokio::test]
async fn a_server_that_crashes_leaves_its_fallback() {
    let (made, _) = call(Manner::Crashes).await;
    assert_eq!(codes(&made.offences), [31_921]);
    assert_eq!(made.transferred_to.as_deref(), Some("+1999"));
}

#[tokio::test]
async fn a_transfer_is_followed() {
    let (made, _) = call(Manner::Transfers).await;
    assert_eq!(made.transferred_to.as_deref(), Some("+1555"));
    assert!(made.offences.is_empty());
}

#[tokio::test]
async fn a_refused_call_has_no_stream() {
    let (made, _) = call(Manner::Busy).await;
    assert_eq!(made.refused.as_deref(), Some("busy"));
    assert!(made.heard.is_none() && made.offences.is_empty());
}

#[tokio::test]
async fn a_webhook_that_is_not_twiml_ends_the_call() {
    let (made, _) = call(Manner::Confused).await;
    assert_eq!(codes(&made.offences), [12_300]);
    assert!(made.heard.is_none());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_to_be_started() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Server::new(&base, "key").unwrap().events().await.unwrap_err().to_string();
    assert!(error.contains("./callwright up") && error.contains(&base), "{error}");
}
