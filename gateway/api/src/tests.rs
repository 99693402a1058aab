//! The API as its clients see it: real business on a file of the test's own, requests through the router, and a real
//! socket for the stream.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use callwright_business::{Business, BusinessOptions, FeedItem, Happening, Scope};
use callwright_contract::{
    Arrival, CallCommand, CallEvent, CallFact, CallId, Carrier, CommandRefused, CommandSink,
    EndCause, Pii, TurnId, TurnOver, TurnReason,
};
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

use crate::wire::{self, PROBLEM_JSON};
use crate::{Api, Probe, routes};

mod page;
mod rest;
mod stream;

const KEY: &str = "the-key-of-the-tests";

/// A server without calls, sockets or models.
struct World {
    business: Business,
    api: Router,
    _folder: tempfile::TempDir,
}

struct Fine;

impl Probe for Fine {
    fn not_ready(&self) -> Vec<String> {
        Vec::new()
    }

    fn metrics(&self) -> String {
        "callwright_calls_live 0\n".to_owned()
    }
}

/// Takes every command and does nothing.
struct Deaf;

impl CommandSink for Deaf {
    fn send(&self, _command: CallCommand) -> Result<(), CommandRefused> {
        Ok(())
    }
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

impl World {
    async fn new() -> Self {
        Self::with(Arc::new(Fine)).await
    }

    async fn with(probe: Arc<dyn Probe>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(now);
        let options = BusinessOptions::new(folder.path().join("callwright.db"), clock.clone())
            .admin_key(Some(KEY.to_owned()));
        let business = Business::open(options).await.unwrap().business;
        let api = routes(Api { business: business.clone(), probe, clock });
        Self { business, api, _folder: folder }
    }

    /// A call to the line that only listens, in which `words` are said; on disk when this returns.
    async fn call(&self, id: CallId, words: &str) {
        self.call_with(id, words, &[]).await;
    }

    /// The same, and right before the words this happens.
    async fn call_with(&self, id: CallId, words: &str, more: &[CallFact]) {
        let line = Pii::from("+15005550177");
        let mut feed = self.business.subscribe(Scope::Platform, None);
        let route = self.business.route(&line).unwrap();
        self.business.take_call(id, &route, Arc::new(Deaf)).unwrap();
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: "CA0".to_owned(),
            line,
            caller: Some(Pii::from("+15005550142")),
        };
        let over = TurnOver {
            turn: TurnId(0),
            text: Pii::from(words),
            confidence: 0.5,
            reason: TurnReason::Judged,
            prepared: None,
        };
        let ended = CallFact::Ended { cause: EndCause::CallerHungUp };
        let said = more.iter().cloned().chain([CallFact::TurnOver(over), ended]);
        let facts = [CallFact::Started(arrival)].into_iter().chain(said);
        for (seq, fact) in (0_u32..).zip(facts) {
            let at = Duration::from_secs(seq.into());
            self.business.hear(CallEvent { call: id, seq, at, fact }, now());
        }
        loop {
            let item = feed.next().await.expect("the business goes on");
            let FeedItem::Logged(logged) = item else { continue };
            if let Happening::Call(CallEvent { call, fact: CallFact::Ended { .. }, .. }) =
                logged.what
            {
                assert_eq!(call, id);
                return;
            }
        }
    }

    async fn ask(&self, path: &str, key: Option<&str>) -> Answer {
        let mut request = Request::get(path);
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.api.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// The JSON at `path`, which is there.
    async fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.ask(path, Some(KEY)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this says what is wrong as RFC 9457 wants it, and gives the detail.
    fn problem(&self, status: StatusCode, kind: &str) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header(header::CONTENT_TYPE), PROBLEM_JSON);
        let problem: wire::Problem = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem.kind, format!("urn:callwright:problem:{kind}"));
        assert_eq!(problem.status, status.as_u16());
        problem.detail
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}
