//! `X-Twilio-Signature`, as Twilio computes it: HMAC-SHA1 over the address and the sorted parameters.
//!
//! Written apart from the server's own check, so that a mistake in one is not repeated in the other.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

/// The signature of a request to `url` with the form fields `parameters` (none for a GET), keyed by the account's
/// auth token. <https://www.twilio.com/docs/usage/webhooks/webhooks-security>
pub fn sign(auth_token: &str, url: &str, parameters: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in parameters {
        sorted.entry(name).or_default().insert(value);
    }
    let mut signed = url.to_owned();
    for (name, values) in sorted {
        for value in values {
            signed.push_str(name);
            signed.push_str(value);
        }
    }
    // HMAC takes keys of any length, so there is always one.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()) else {
        return String::new();
    };
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_twilios_own_libraries() {
        let parameters = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("Caller", "+14158675309"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &parameters),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        );
        assert_eq!(sign("12345", "wss://example.com/media", &[]), "7PR3qMkpDyEJtMrVOY/LDyNq8J8=");
        assert_eq!(
            sign("12345", "wss://example.com:443/media", &[]),
            "zyyJQiPZXIGCLy3HYdHEfry0yDg="
        );
    }
}
