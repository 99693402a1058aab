//! Twilio's end of the line: it posts the webhook, opens the socket, and says what a test has it say.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::serve::ListenerExt as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_lines::twilio::{AuthToken, TwilioOptions, routes, sign};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::frame::coding::CloseCode};
use tokio_tungstenite::{WebSocketStream, client_async};
use tower::ServiceExt as _;

use crate::call_end::{FakeSwitchboard, Lived, Plays, line};

/// Nothing in these tests takes a tenth of it; who waits longer waits for ever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) switchboard: Arc<FakeSwitchboard>,
    life: mpsc::Receiver<Lived>,
    address: SocketAddr,
    auth_token: Option<AuthToken>,
    calls: u32,
}

pub(crate) type Socket = WebSocketStream<TcpStream>;

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(None, |_| {}).await
    }

    pub(crate) async fn start_with(
        auth_token: Option<&str>,
        change: impl FnOnce(&mut TwilioOptions),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let auth_token = auth_token.and_then(AuthToken::new);
        let url = format!("http://{address}").parse().unwrap();
        let mut options = TwilioOptions::new(url, auth_token.clone());
        change(&mut options);
        let (switchboard, life) = FakeSwitchboard::new();
        let switchboard = Arc::new(switchboard);
        let router = routes(options, Arc::clone(&switchboard));
        let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).unwrap());
        tokio::spawn(axum::serve(listener, router.clone()).into_future());
        Self { router, switchboard, life, address, auth_token, calls: 0 }
    }

    /// The next thing that any call lived through.
    pub(crate) async fn lived(&mut self) -> Lived {
        timeout(PATIENCE, self.life.recv()).await.expect("a call lives on").unwrap()
    }

    /// Posts `body` to `path`, signed if the server wants it so.
    pub(crate) async fn post(&self, path: &str, body: &str) -> (StatusCode, String) {
        let parameters: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
        let signature = self
            .auth_token
            .as_ref()
            .map(|token| sign(token, &format!("http://{}{path}", self.address), &parameters));
        self.post_signed(path, body, signature.as_deref()).await
    }

    pub(crate) async fn post_signed(
        &self,
        path: &str,
        body: &str,
        signature: Option<&str>,
    ) -> (StatusCode, String) {
        let mut request = Request::post(path);
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Announces a call; gives its name and the address of its stream.
    pub(crate) async fn announce(&mut self, plays: Plays) -> (String, String) {
        self.calls += 1;
        let call = format!("CA{}", self.calls);
        let body = format!("CallSid={call}&From=%2B15005550042&To=%2B{}", &line(plays)[1..]);
        let (status, twiml) = self.post("/twilio/voice", &body).await;
        assert_eq!(status, StatusCode::OK, "{twiml}");
        let url = twiml.split_once("<Stream url=\"").expect("a stream").1;
        (call, url.split_once('"').unwrap().0.to_owned())
    }

    /// Opens the socket of a stream as Twilio does.
    pub(crate) async fn open(&self, url: &str) -> Result<Socket, StatusCode> {
        let signature = self.auth_token.as_ref().map(|token| sign(token, url, &[]));
        self.open_signed(url, signature.as_deref()).await
    }

    pub(crate) async fn open_signed(
        &self,
        url: &str,
        signature: Option<&str>,
    ) -> Result<Socket, StatusCode> {
        let socket = TcpSocket::new_v4().unwrap();
        // Little, so that a peer that does not read is felt soon.
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        let tcp = socket.connect(self.address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let mut request = url.into_client_request().unwrap();
        if let Some(signature) = signature {
            request.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
        }
        match client_async(request, tcp).await {
            Ok((socket, _response)) => Ok(socket),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A call whose stream has begun.
    pub(crate) async fn call(&mut self, plays: Plays) -> Caller {
        let (call, url) = self.announce(plays).await;
        let mut caller = Caller::new(self.open(&url).await.unwrap());
        caller.say(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#).await;
        caller.say(&start(&call)).await;
        let began = Lived::Began {
            line: line(plays).into(),
            caller: Some("+15005550042".into()),
            carrier_call: call,
        };
        assert_eq!(self.lived().await, began);
        caller
    }
}

pub(crate) fn start(call: &str) -> String {
    format!(
        r#"{{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{{"accountSid":"AC1","streamSid":"MZ1","callSid":"{call}","tracks":["inbound"],"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},"customParameters":{{"line":"x"}}}}}}"#
    )
}

pub(crate) const STOP: &str = r#"{"event":"stop","sequenceNumber":"9","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}"#;

/// Twilio's side of a stream.
pub(crate) struct Caller {
    pub(crate) socket: Socket,
    chunk: u64,
}

/// What came over the socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Came {
    Media(Vec<u8>),
    Mark(String),
    Clear,
    Close(u16),
    /// The connection is gone.
    Nothing,
}

impl Caller {
    pub(crate) fn new(socket: Socket) -> Self {
        Self { socket, chunk: 0 }
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next piece of sound.
    pub(crate) fn media(&mut self, octets: &[u8]) -> String {
        self.chunk += 1;
        let (chunk, timestamp) = (self.chunk, (self.chunk - 1) * 20);
        let payload = STANDARD.encode(octets);
        format!(
            r#"{{"event":"media","sequenceNumber":"{chunk}","streamSid":"MZ1","media":{{"track":"inbound","chunk":"{chunk}","timestamp":"{timestamp}","payload":"{payload}"}}}}"#
        )
    }

    pub(crate) async fn say_media(&mut self, octets: &[u8]) {
        let text = self.media(octets);
        self.say(&text).await;
    }

    pub(crate) async fn press(&mut self, key: char) {
        let text = format!(
            r#"{{"event":"dtmf","sequenceNumber":"5","streamSid":"MZ1","dtmf":{{"track":"inbound_track","digit":"{key}"}}}}"#
        );
        self.say(&text).await;
    }

    /// What comes next, as strictly as Twilio takes it: exactly these shapes, for exactly this stream.
    pub(crate) async fn comes(&mut self) -> Came {
        let next = timeout(PATIENCE, self.socket.next()).await.expect("something comes");
        let text = match next {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map_or(CloseCode::Status, |frame| frame.code);
                return Came::Close(code.into());
            }
            Some(Ok(other)) => panic!("{other:?}"),
            Some(Err(_)) | None => return Came::Nothing,
        };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let rebuilt = |came: &Came| match came {
            Came::Media(octets) => serde_json::json!({"event": "media", "streamSid": "MZ1",
                "media": {"payload": STANDARD.encode(octets)}}),
            Came::Mark(name) => serde_json::json!({"event": "mark", "streamSid": "MZ1",
                "mark": {"name": name}}),
            _ => serde_json::json!({"event": "clear", "streamSid": "MZ1"}),
        };
        let came = match json["event"].as_str().unwrap() {
            "media" => {
                let payload = json["media"]["payload"].as_str().unwrap();
                Came::Media(STANDARD.decode(payload).unwrap())
            }
            "mark" => Came::Mark(json["mark"]["name"].as_str().unwrap().into()),
            "clear" => Came::Clear,
            other => panic!("{other}"),
        };
        assert_eq!(json, rebuilt(&came));
        came
    }

    /// Listens until this many octets of sound have come.
    pub(crate) async fn hears(&mut self, octets: usize) -> Vec<u8> {
        let mut heard = Vec::new();
        while heard.len() < octets {
            match self.comes().await {
                Came::Media(more) => heard.extend(more),
                other => panic!("{other:?} after {} octets", heard.len()),
            }
        }
        heard
    }

    /// Says something and hears it back: this call is alive.
    pub(crate) async fn is_served(&mut self) {
        let octets: Vec<u8> = (0..160).map(|i| (i + self.chunk) as u8).collect();
        self.say_media(&octets).await;
        assert_eq!(self.hears(160).await, octets);
    }
}
