//! Whether the address is free, and what carriers will find there.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use super::Finding;
use crate::config::Config;
use crate::serve::ListenError;

/// How long a server on the same machine may take to say that it is one.
const ANSWER_MAX: Duration = Duration::from_secs(2);

pub(super) fn listen(addr: SocketAddr) -> Finding {
    const WHAT: &str = "address";
    match TcpListener::bind(addr).map_err(|cause| ListenError::new(addr, cause)) {
        Ok(_free) => Finding::good(WHAT, format!("{addr} is free")),
        Err(ListenError::InUse { .. }) if callwright_answers(addr) => {
            Finding::good(WHAT, format!("a Callwright server answers at {addr}"))
        }
        Err(error) => Finding::bad(WHAT, error.to_string(), None),
    }
}

fn callwright_answers(addr: SocketAddr) -> bool {
    let answer = async {
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_MAX).build().ok()?;
        let answer = client.get(format!("http://{addr}/healthz")).send().await.ok()?;
        answer.json::<callwright_api::wire::Health>().await.ok()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.is_ok_and(|runtime| runtime.block_on(answer).is_some())
}

pub(super) fn reach(config: &Config) -> Vec<Finding> {
    const WHAT: &str = "Twilio";
    let mut findings = Vec::new();
    match config.public_url.as_ref().map(ToString::to_string) {
        None => findings.push(Finding::note(
            WHAT,
            "no public URL is set, so that only this machine can call",
            "For a real number: run a tunnel or a proxy with a certificate, and set CALLWRIGHT_PUBLIC_URL to its https \
             address.",
        )),
        Some(url) if url.starts_with("https://") => {
            findings.push(Finding::good(WHAT, format!("the voice webhook is {url}/twilio/voice")));
        }
        Some(url) => findings.push(Finding::note(
            WHAT,
            format!("{url} is not https"),
            "Twilio streams calls over wss only: set CALLWRIGHT_PUBLIC_URL to an https address.",
        )),
    }
    let reachable = config.public_url.is_some() || !config.listen.ip().is_loopback();
    if reachable && config.twilio_auth_token.is_none() {
        findings.push(Finding::note(
            WHAT,
            "TWILIO_AUTH_TOKEN is not set, so that anyone who can reach the server may place calls",
            "Set it to the auth token of the Twilio account.",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn an_address_that_another_program_has_is_bad() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        // Whoever connects is closed upon at once: no server of ours.
        let addr = taken.local_addr().unwrap();
        let closer = std::thread::scope(|scope| {
            scope.spawn(|| drop(taken.accept()));
            listen(addr)
        });
        assert_eq!(closer.state, State::Bad);
        assert!(closer.detail.contains("--listen"), "{}", closer.detail);
        drop(taken);
        assert_eq!(listen(addr).state, State::Good);
    }

    #[test]
    fn an_open_server_without_a_token_is_noted() {
        let mut config = Config::local("var".as_ref(), "models".into());
        assert_eq!(reach(&config).len(), 1);
        config.public_url = Some("http://calls.example.com".parse().unwrap());
        assert!(reach(&config).iter().all(|finding| finding.state == State::Note));
        config.public_url = Some("https://calls.example.com".parse().unwrap());
        let states: Vec<_> = reach(&config).iter().map(|finding| finding.state).collect();
        assert_eq!(states, [State::Good, State::Note]);
    }
}
