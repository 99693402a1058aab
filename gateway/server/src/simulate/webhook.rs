//! Twilio's HTTP requests: the voice webhook, the `<Connect>` action, the stream's status, each signed as Twilio signs.
//!
//! Every request goes to the server that is simulated against, whatever public name the address has: as a tunnel
//! would bring it there. It is signed over the public name.

use callwright_contract::Pii;
use jiff::Timestamp;

use super::server::{Server, innermost};
use super::twilio::{Identity, Offence, StreamTarget, TwilioError, Verb, parse_twiml, sign};

/// Twilio's side of the HTTP requests of one call.
#[derive(Debug)]
pub(crate) struct Webhooks<'a> {
    pub(crate) server: &'a Server,
    /// Where the world reaches the server, without a slash at its end.
    pub(crate) public_url: &'a str,
    /// Requests are signed when it is given.
    pub(crate) auth_token: Option<&'a Pii<String>>,
    pub(crate) who: &'a Identity,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
}

impl Webhooks<'_> {
    /// A call comes in: what to do with it?
    pub(crate) async fn incoming(&self) -> Result<Vec<Verb>, Offence> {
        let url = format!("{}/twilio/voice", self.public_url);
        self.twiml(&url, self.parameters("ringing")).await
    }

    /// The stream is over: what next?
    pub(crate) async fn after_stream(&self, action: &str) -> Result<Vec<Verb>, Offence> {
        self.twiml(action, self.parameters("in-progress")).await
    }

    /// Tells how the stream fares, as `statusCallback` asks. Twilio does not care about the answer.
    pub(crate) async fn stream_status(&self, target: &StreamTarget, event: &str, now: Timestamp) {
        let Some(url) = &target.status_callback else { return };
        let now = now.to_string();
        let parameters = [
            ("AccountSid", self.who.account_sid.as_str()),
            ("CallSid", self.who.call_sid.as_str()),
            ("StreamSid", self.who.stream_sid.as_str()),
            ("StreamName", self.who.stream_sid.as_str()),
            ("StreamEvent", event),
            ("Timestamp", now.as_str()),
        ];
        let owned = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let _answer = self.post(url, &owned).await;
    }

    /// Where a stream's socket is opened, and the signature of the request.
    pub(crate) fn stream_address(
        &self,
        target: &StreamTarget,
    ) -> Result<(String, Option<String>), Offence> {
        let url = &target.url;
        let scheme = |what: &str| {
            Err(Offence::new(TwilioError::Scheme, format!("{what}: a stream's address is wss://")))
        };
        let (secure, rest) = match url.split_once("://") {
            Some(("wss", rest)) => (true, rest),
            Some(("ws", rest)) => (false, rest),
            _ => return scheme("no WebSocket address"),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // Twilio takes wss only; on this machine there is nothing between the two that could listen.
        if !secure && !is_loopback(authority) {
            return scheme("ws:// to another machine");
        }
        let local = format!("ws://{}{path}", self.server.authority());
        Ok((local, self.signature(url, &[])))
    }

    fn parameters(&self, status: &str) -> Vec<(String, String)> {
        [
            ("AccountSid", self.who.account_sid.as_str()),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", self.who.call_sid.as_str()),
            ("CallStatus", status),
            ("Called", self.to),
            ("CalledCity", ""),
            ("Caller", self.from),
            ("Direction", "inbound"),
            ("From", self.from),
            ("To", self.to),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    fn signature(&self, url: &str, parameters: &[(String, String)]) -> Option<String> {
        self.auth_token.map(|token| sign(token.reveal(), url, parameters))
    }

    async fn twiml(
        &self,
        url: &str,
        parameters: Vec<(String, String)>,
    ) -> Result<Vec<Verb>, Offence> {
        let not_had = |what: String| Offence::new(TwilioError::HttpRetrieval, what);
        let answer = self
            .post(url, &parameters)
            .await
            .map_err(|error| not_had(format!("{url}: {}", innermost(&error))))?;
        if answer.status() == reqwest::StatusCode::FORBIDDEN {
            return Err(not_had(format!(
                "{url} answered {}: TWILIO_AUTH_TOKEN and the public address must be the server's",
                answer.status()
            )));
        }
        if !answer.status().is_success() {
            return Err(not_had(format!("{url} answered {}", answer.status())));
        }
        let content_type = answer.headers().get(reqwest::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
        if !matches!(essence.as_str(), "text/xml" | "application/xml") {
            let what = format!("{url} answered with content type {content_type:?}");
            return Err(Offence::new(TwilioError::ContentType, what));
        }
        let document = answer
            .text()
            .await
            .map_err(|error| not_had(format!("{url}: {}", innermost(&error))))?;
        parse_twiml(&document)
    }

    async fn post(
        &self,
        url: &str,
        parameters: &[(String, String)],
    ) -> Result<reqwest::Response, reqwest::Error> {
        let path = url.split_once("://").map_or(url, |(_, rest)| {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
        });
        let request = self.server.http().post(format!("{}{path}", self.server.base()));
        let request = match self.signature(url, parameters) {
            Some(signature) => request.header("X-Twilio-Signature", signature),
            None => request,
        };
        request.form(parameters).send().await
    }
}

/// Whether `authority` (host, or host and port) is this machine and nothing else.
fn is_loopback(authority: &str) -> bool {
    if let Ok(address) = authority.parse::<std::net::SocketAddr>() {
        return address.ip().is_loopback();
    }
    let bracketed = authority.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host == "localhost"
        || bracketed.unwrap_or(host).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_called_without_tls() {
        for (authority, expected) in [
            ("127.0.0.1:8080", true),
            ("127.0.0.1", true),
            ("[::1]:80", true),
            ("[::1]", true),
            ("localhost:1", true),
            ("localhost.example.com", false),
            ("10.0.0.1:8080", false),
            ("example.com", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(authority), expected, "{authority}");
        }
    }

    #[test]
    fn a_stream_is_opened_where_the_server_is_and_signed_for_its_public_name() {
        let server = Server::new("http://127.0.0.1:9", "k").unwrap();
        let who =
            Identity { account_sid: "AC".into(), call_sid: "CA".into(), stream_sid: "MZ".into() };
        let token = Pii::new("12345".to_owned());
        let webhooks = Webhooks {
            server: &server,
            public_url: "https://example.com",
            auth_token: Some(&token),
            who: &who,
            from: "+1",
            to: "+2",
        };
        let target = |url: &str| StreamTarget {
            url: url.to_owned(),
            status_callback: None,
            parameters: Vec::new(),
        };
        assert_eq!(
            webhooks.stream_address(&target("wss://example.com/media")).unwrap(),
            ("ws://127.0.0.1:9/media".into(), Some("7PR3qMkpDyEJtMrVOY/LDyNq8J8=".into()))
        );
        assert!(webhooks.stream_address(&target("ws://127.0.0.1:9/media")).is_ok());
        for url in ["ws://example.com/media", "https://example.com/media", "media"] {
            let offence = webhooks.stream_address(&target(url)).unwrap_err();
            assert_eq!(offence.error, TwilioError::Scheme, "{url}");
        }
    }
}
