//! One-time tokens: what ties a media stream to the webhook that asked for it.
//!
//! Twilio names no caller in `start` and may sign the upgrade in ways that are not settled, so the address of each
//! stream carries a secret of its own that only the answer to that webhook held.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callwright_calls::contract::Arrival;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

use super::Sid;
use super::expiring::Expiring;

/// How long Twilio may take from the answer of the webhook to the opening of the stream. It takes a second.
pub(super) const TOKEN_TIME_TO_LIVE: Duration = Duration::from_secs(60);
/// Tokens that may be out at once: over a hundred new calls a second. When there are more the oldest is void.
pub(super) const TOKENS_MAX: usize = 10_000;
/// Random octets of a token: 192 bits, where 128 cannot be guessed.
const TOKEN_OCTETS: usize = 24;

/// What a token lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// The call whose stream it is.
    pub(super) call: Sid,
    /// The call as the webhook described it.
    pub(super) arrival: Arrival,
}

/// The tokens that are out.
///
/// Kept and looked up by their SHA-256, so that neither a dump of memory nor the time of a comparison tells a token.
#[derive(Debug)]
pub(super) struct Tokens {
    out: Mutex<Expiring<[u8; 32], Grant>>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { out: Mutex::new(Expiring::new(TOKENS_MAX, TOKEN_TIME_TO_LIVE)) }
    }

    /// Makes a token for `grant`: 32 characters that need no escaping in a path. Also returns how many older tokens
    /// had to be voided.
    pub(super) fn issue(&self, grant: Grant, now: Instant) -> (String, usize) {
        let mut secret = [0; TOKEN_OCTETS];
        rand::rng().fill_bytes(&mut secret);
        let token = URL_SAFE_NO_PAD.encode(secret);
        let voided = self.lock().insert(digest(&token), grant, now);
        (token, voided)
    }

    /// What `token` lets in, if it is good; from then on it is not.
    pub(super) fn redeem(&self, token: &str, now: Instant) -> Option<Grant> {
        self.lock().take(&digest(token), now)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Expiring<[u8; 32], Grant>> {
        // No code that holds it can panic halfway through a change.
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a moment to count from")]
mod tests {
    use callwright_calls::contract::Carrier;

    use super::*;

    fn grant() -> Grant {
        Grant {
            call: Sid::try_from("CA1").unwrap(),
            arrival: Arrival {
                carrier: Carrier::Twilio,
                carrier_call: "CA1".into(),
                line: "+15005550100".into(),
                caller: None,
            },
        }
    }

    #[test]
    fn a_token_opens_once_and_for_a_minute() {
        let (tokens, now) = (Tokens::new(), Instant::now());
        let (token, _) = tokens.issue(grant(), now);
        assert_eq!(tokens.redeem("", now), None);
        assert_eq!(tokens.redeem(&token[1..], now), None);
        assert_eq!(tokens.redeem(&token, now), Some(grant()));
        assert_eq!(tokens.redeem(&token, now), None);
        let (token, _) = tokens.issue(grant(), now);
        assert_eq!(tokens.redeem(&token, now + TOKEN_TIME_TO_LIVE), None);
    }

    #[test]
    fn tokens_differ_and_fit_into_a_path() {
        let (tokens, now) = (Tokens::new(), Instant::now());
        let all: std::collections::BTreeSet<String> =
            (0..1_000).map(|_| tokens.issue(grant(), now).0).collect();
        assert_eq!(all.len(), 1_000);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!(all.iter().all(|token| token.len() == 32 && token.bytes().all(plain)));
    }
}
