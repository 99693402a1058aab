//! Fetching models over HTTP and HTTPS.

use std::sync::Arc;
use std::time::Duration;

use callwright_models::pull::{Body, Fetch, FetchError};
use ureq::Agent;
use ureq::http::{HeaderMap, header};
use ureq::tls::{RootCerts, TlsConfig};

/// A client that follows redirects and the proxies of the environment, and trusts the authorities that the system
/// trusts. It needs no more trust than that: what it brings is held to a hash.
pub(super) struct Http(Agent);

impl Http {
    pub(super) fn new() -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_MAX))
            .timeout_recv_response(Some(SILENCE_MAX))
            .timeout_per_read(Some(SILENCE_MAX))
            .user_agent(concat!("callwright/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(config.new_agent())
    }
}

impl Fetch for Http {
    fn open(&mut self, url: &str, from: u64) -> Result<Body, FetchError> {
        let mut request = self.0.get(url);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let response = request.call().map_err(|why| FetchError::Unreachable(why.to_string()))?;
        let status = response.status().as_u16();
        let (from, whole) = match status {
            200 => (0, number(response.headers(), header::CONTENT_LENGTH)),
            206 => part(response.headers()).filter(|(begin, _)| *begin == from).ok_or(
                // It sends some other part than was asked for, which would make a file of two halves.
                FetchError::Status(status),
            )?,
            416 => return Err(FetchError::Range),
            other => return Err(FetchError::Status(other)),
        };
        Ok(Body { from, whole, octets: Box::new(response.into_body().into_reader()) })
    }
}

fn number(headers: &HeaderMap, name: header::HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Where a part begins, and the length of the whole (RFC 9110, 14.4): `bytes 200-999/1000`.
fn part(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (places, whole) = range.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (begin, _) = places.split_once('-')?;
    Some((begin.trim().parse().ok()?, whole.trim().parse().ok()))
}

const CONNECT_MAX: Duration = Duration::from_secs(15);
/// A server that says nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_it_begins() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, header::HeaderValue::from_static(text));
            part(&headers)
        };
        assert_eq!(of("bytes 200-999/1000"), Some((200, Some(1_000))));
        assert_eq!(of("bytes 200-999/*"), Some((200, None)));
        for wrong in ["bytes */1000", "lines 1-2/3", "bytes 1", "bytes -5-9/10"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
