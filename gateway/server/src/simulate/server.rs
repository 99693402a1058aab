//! The server that is called, as its operator sees it: `/v1` over HTTP and the event WebSocket.

use std::time::Duration;

use callwright_api::wire::{
    Appointment, AppointmentList, Call, CallList, CallSummary, Event, Notice, StreamMessage,
};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message};

/// Events that may wait to be looked at; the socket is not read while they do.
const EVENTS_WAITING: usize = 256;
/// The longest wait for an answer of the server.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Where the server is and what opens it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    base: String,
    key: String,
    http: reqwest::Client,
}

/// The server could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Nobody answers.
    #[error(
        "no server answers at {base} ({why}); start it with `./callwright up`, or let this command run one of its \
         own with `--serve`"
    )]
    NotRunning {
        /// The address.
        base: String,
        /// What the network said.
        why: String,
    },
    /// The key is not accepted.
    #[error(
        "the server does not accept the key; it wrote its own to `admin.key` in its home folder (CALLWRIGHT_HOME), \
         give it with --key or CALLWRIGHT_ADMIN_KEY"
    )]
    Key,
    /// Another answer than was asked for.
    #[error("{path} answered {what}")]
    Answer {
        /// What was asked.
        path: String,
        /// The status, or what is wrong with the body.
        what: String,
    },
    /// The address is not one.
    #[error("{base:?} is not an address as http://127.0.0.1:8080")]
    Address {
        /// The address.
        base: String,
    },
}

impl Server {
    /// A server at `base`, an `http://` address without a path.
    pub(crate) fn new(base: &str, key: &str) -> Result<Self, ServerError> {
        let base = base.trim_end_matches('/').to_owned();
        let wrong = || ServerError::Address { base: base.clone() };
        let rest = base.strip_prefix("http://").ok_or_else(wrong)?;
        if rest.is_empty() || rest.contains(['/', '?', '#']) {
            return Err(wrong());
        }
        let http = reqwest::Client::builder()
            .timeout(ANSWER_MAX)
            .no_proxy()
            .build()
            .map_err(|_error| wrong())?;
        Ok(Self { http, key: key.to_owned(), base })
    }

    /// The address, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.base.strip_prefix("http://").unwrap_or(&self.base)
    }

    /// For requests that carry no key.
    pub(crate) const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Whether anybody is there.
    pub(crate) async fn answers(&self) -> Result<(), ServerError> {
        let asked = self.http.get(format!("{}/healthz", self.base)).send().await;
        asked.map(drop).map_err(|error| self.not_running(&error))
    }

    /// The call with this name, with everything that was said.
    pub(crate) async fn call(&self, id: &str) -> Result<Call, ServerError> {
        self.get(&format!("/v1/calls/{id}")).await
    }

    /// The newest calls, at most `limit` (1 to 500) of them.
    pub(crate) async fn newest_calls(&self, limit: u16) -> Result<Vec<CallSummary>, ServerError> {
        let list: CallList = self.get(&format!("/v1/calls?limit={limit}")).await?;
        Ok(list.calls)
    }

    /// All metrics, in Prometheus's text format.
    pub(crate) async fn metrics(&self) -> Result<String, ServerError> {
        let path = "/metrics";
        let asked = self.http.get(format!("{}{path}", self.base)).send().await;
        let answer = asked.map_err(|error| self.not_running(&error))?;
        let odd = |what: String| ServerError::Answer { path: path.to_owned(), what };
        if !answer.status().is_success() {
            return Err(odd(answer.status().to_string()));
        }
        answer.text().await.map_err(|error| odd(innermost(&error)))
    }

    /// All appointments.
    pub(crate) async fn appointments(&self) -> Result<Vec<Appointment>, ServerError> {
        let list: AppointmentList = self.get("/v1/appointments").await?;
        Ok(list.appointments)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ServerError> {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
        let answer = request.send().await.map_err(|error| self.not_running(&error))?;
        if answer.status() == reqwest::StatusCode::UNAUTHORIZED {
            return Err(ServerError::Key);
        }
        let odd = |what: String| ServerError::Answer { path: path.to_owned(), what };
        if !answer.status().is_success() {
            return Err(odd(answer.status().to_string()));
        }
        answer.json().await.map_err(|error| odd(innermost(&error)))
    }

    fn not_running(&self, error: &dyn std::error::Error) -> ServerError {
        ServerError::NotRunning { base: self.base.clone(), why: innermost(error) }
    }

    /// Everything that happens in all calls from now on, until the receiver is dropped or the server ends the
    /// stream.
    pub(crate) async fn events(&self) -> Result<mpsc::Receiver<Event>, ServerError> {
        use tungstenite::client::IntoClientRequest as _;
        use tungstenite::http::header::AUTHORIZATION;

        let wrong = || ServerError::Address { base: self.base.clone() };
        let address = format!("ws://{}/v1/events", self.authority());
        let mut request = address.into_client_request().map_err(|_error| wrong())?;
        let bearer = format!("Bearer {}", self.key).parse().map_err(|_error| ServerError::Key)?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let opened = tokio_tungstenite::connect_async(request).await;
        let (mut socket, _) = opened.map_err(|error| match &error {
            tungstenite::Error::Http(answer) if answer.status() == 401 => ServerError::Key,
            tungstenite::Error::Http(answer) => ServerError::Answer {
                path: "/v1/events".to_owned(),
                what: answer.status().to_string(),
            },
            _ => self.not_running(&error),
        })?;
        let (sender, receiver) = mpsc::channel(EVENTS_WAITING);
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let mut ready = Some(ready);
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else { continue };
                match serde_json::from_str(text.as_str()) {
                    Ok(StreamMessage::Event(event)) => {
                        if sender.send(event).await.is_err() {
                            break;
                        }
                    }
                    Ok(StreamMessage::Notice(Notice::Ready { .. })) => {
                        // Fails when nobody waits any more, and then there is nobody to tell.
                        let _told = ready.take().map(|ready| ready.send(()));
                    }
                    Ok(StreamMessage::Notice(_)) => break,
                    // A kind of event that this program does not know yet.
                    Err(_) => {}
                }
            }
        });
        is_ready.await.map_err(|_closed| ServerError::Answer {
            path: "/v1/events".to_owned(),
            what: "nothing, and closed".to_owned(),
        })?;
        Ok(receiver)
    }
}

/// The first cause of an error, without the layers that wrap it.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_they_are_called() {
        for base in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://localhost"] {
            assert!(Server::new(base, "k").is_ok(), "{base}");
        }
        for base in ["https://a", "127.0.0.1:8080", "http://", "http://a/b", "http://a?b"] {
            assert!(Server::new(base, "k").is_err(), "{base}");
        }
    }
}
