//! A Twilio that does what Twilio never does.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_api::wire::{Event, EventBody, StreamMessage};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Longer than anything that is waited for here takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The form of a voice webhook.
pub(super) fn form(call_sid: &str, to: &str) -> Vec<(String, String)> {
    [
        ("AccountSid", "AC00000000000000000000000000000000"),
        ("CallSid", call_sid),
        ("From", "+12025550199"),
        ("To", to),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Posts a form; gives status and body.
pub(super) async fn post(
    base: &str,
    path: &str,
    form: &[(String, String)],
    signature: Option<&str>,
) -> (u16, String) {
    let mut request = reqwest::Client::new().post(format!("{base}{path}")).form(form);
    if let Some(signature) = signature {
        request = request.header("X-Twilio-Signature", signature);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Opens the stream that `twiml` names. The error is the HTTP status.
pub(super) async fn upgrade(
    base: &str,
    twiml: &str,
    signature: Option<&str>,
) -> Result<Socket, u16> {
    let (_, rest) = twiml.split_once("/twilio/media/").expect("the answer names a stream");
    let token = rest.split('"').next().unwrap();
    open(base, token, signature).await
}

/// Opens a stream by its token. The error is the HTTP status.
pub(super) async fn open(base: &str, token: &str, signature: Option<&str>) -> Result<Socket, u16> {
    let authority = base.strip_prefix("http://").unwrap();
    let address = format!("ws://{authority}/twilio/media/{token}");
    let mut request = address.into_client_request().unwrap();
    if let Some(signature) = signature {
        request.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("no answer to the handshake: {error}"),
    }
}

/// A stream of a call to the echo line.
pub(super) struct Rude {
    pub(super) call_sid: String,
    pub(super) socket: Socket,
    pub(super) twiml: String,
}

impl Rude {
    /// A stream whose socket is open and on which nothing was said; `number` makes its names unique.
    pub(super) async fn connect(base: &str, number: u32) -> Self {
        let call_sid = format!("CA{number:032x}");
        let form = form(&call_sid, "+15005550199");
        let (status, twiml) = post(base, "/twilio/voice", &form, None).await;
        assert_eq!(status, 200);
        let socket = upgrade(base, &twiml, None).await.unwrap();
        Self { call_sid, socket, twiml }
    }

    /// A stream that has begun as it should.
    pub(super) async fn begin(base: &str, number: u32) -> Self {
        let mut rude = Self::connect(base, number).await;
        rude.send(&json!({"event": "connected", "protocol": "Call", "version": "1.0.0"})).await;
        let start = rude.start();
        rude.send(&start).await;
        rude
    }

    pub(super) fn stream_sid(&self) -> String {
        self.call_sid.replacen("CA", "MZ", 1)
    }

    /// A proper `start`.
    pub(super) fn start(&self) -> Value {
        json!({
            "event": "start", "sequenceNumber": "1", "streamSid": self.stream_sid(),
            "start": {
                "accountSid": "AC00000000000000000000000000000000", "streamSid": self.stream_sid(),
                "callSid": self.call_sid, "tracks": ["inbound"], "customParameters": {},
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            },
        })
    }

    /// A proper `media` with 20 ms of this octet.
    pub(super) fn media(&self, chunk: u32, octet: u8) -> Value {
        json!({
            "event": "media", "sequenceNumber": (chunk + 1).to_string(), "streamSid": self.stream_sid(),
            "media": {
                "track": "inbound", "chunk": chunk.to_string(), "timestamp": ((chunk - 1) * 20).to_string(),
                "payload": STANDARD.encode([octet; 160]),
            },
        })
    }

    pub(super) async fn send(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Sends a text that need not arrive: the server may have closed.
    pub(super) async fn send_anything(&mut self, message: Message) {
        let _may_be_closed = self.socket.send(message).await;
    }

    /// The octets that the server sends until there are `count`.
    pub(super) async fn hear(&mut self, count: usize) -> Vec<u8> {
        let mut octets = Vec::new();
        let hearing = async {
            while octets.len() < count {
                let message = self.socket.next().await.expect("the stream is open").unwrap();
                let Message::Text(text) = message else { continue };
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["event"] == "media" {
                    let payload = message["media"]["payload"].as_str().unwrap();
                    octets.extend(STANDARD.decode(payload).unwrap());
                }
            }
        };
        timeout(PATIENCE, hearing).await.expect("the server sends sound");
        octets
    }

    /// Reads until the server has closed the stream, however it does.
    pub(super) async fn is_closed_by_the_server(&mut self) {
        let closing = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                }
            }
        };
        timeout(PATIENCE, closing).await.expect("the server closes the stream");
    }
}

/// What `/v1/events` tells, as far as it is about how calls began and ended.
pub(super) struct Watch {
    socket: Socket,
    /// The server's name of each of the carrier's calls.
    calls: HashMap<String, String>,
    /// Why each call ended, by the server's name.
    ended: HashMap<String, String>,
}

impl Watch {
    pub(super) async fn begin(base: &str, key: &str) -> Self {
        let authority = base.strip_prefix("http://").unwrap();
        let mut request = format!("ws://{authority}/v1/events").into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        // The first message says that nothing after it is missed.
        socket.next().await.unwrap().unwrap();
        Self { socket, calls: HashMap::new(), ended: HashMap::new() }
    }

    /// Waits for the end of the carrier's call, and gives its cause.
    pub(super) async fn end_of(&mut self, call_sid: &str) -> String {
        timeout(PATIENCE, self.wait_for(call_sid)).await.expect("the call ends")
    }

    async fn wait_for(&mut self, call_sid: &str) -> String {
        loop {
            let ended = self.calls.get(call_sid).and_then(|call| self.ended.get(call));
            if let Some(cause) = ended {
                return cause.clone();
            }
            let message = self.socket.next().await.expect("the events go on").unwrap();
            let Message::Text(text) = message else { continue };
            let Ok(StreamMessage::Event(event)) = serde_json::from_str(&text) else { continue };
            self.note(event);
        }
    }

    fn note(&mut self, event: Event) {
        match event.body {
            EventBody::CallStarted { carrier_call, .. } => {
                self.calls.insert(carrier_call, event.call);
            }
            EventBody::CallEnded { cause } => {
                self.ended.insert(event.call, cause);
            }
            _ => {}
        }
    }
}
