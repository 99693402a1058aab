//! `X-Twilio-Signature`: who signs knows the account's auth token.
//!
//! Source: Twilio's "Webhooks Security", and the validators of its own SDKs where that page is silent: a repeated
//! parameter counts once for each different value, in order; the port may or may not be part of the address that was
//! signed; a query may have been re-encoded. The address is the configured one, never the one a request claims.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

use super::public_url::{PublicUrl, Scheme};

/// The primary auth token of a Twilio account. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthToken(String);

impl AuthToken {
    /// Takes the token as it stands in Twilio's console. `None` for an empty one, which would let everyone in.
    pub fn new(token: impl Into<String>) -> Option<Self> {
        Some(token.into()).filter(|token| !token.trim().is_empty()).map(Self)
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The parameters of a form, decoded, in the order they came.
pub type Parameters<'a> = [(Cow<'a, str>, Cow<'a, str>)];

/// The signature of a request to `url` with `parameters`, as Twilio would put it into the header.
pub fn sign(token: &AuthToken, url: &str, parameters: &Parameters<'_>) -> String {
    STANDARD.encode(mac(token, url, &signed_form(parameters)).finalize().into_bytes())
}

/// Whether `signature` is Twilio's, for a form posted to our `path` with `query`.
pub(super) fn webhook_is_signed(
    token: &AuthToken,
    signature: Option<&str>,
    urls: &[String],
    parameters: &Parameters<'_>,
) -> bool {
    let Some(signature) = signature.and_then(decode) else { return false };
    let form = signed_form(parameters);
    urls.iter().any(|url| is_signature(mac(token, url, &form), &signature))
}

/// Every address that Twilio may have signed for a form posted to our `path` with `query`.
pub(super) fn webhook_urls(public: &PublicUrl, path: &str, query: Option<&str>) -> Vec<String> {
    let mut queries = BTreeSet::new();
    queries.extend(query.map(|query| format!("?{query}")));
    queries.extend(query.map(|query| format!("?{}", legacy_query(query))));
    if queries.is_empty() {
        queries.insert(String::new());
    }
    let addresses = queries.iter().flat_map(|query| {
        let whole = format!("{path}{query}");
        [
            public.join_without_port(Scheme::Http, &whole),
            public.join_with_port(Scheme::Http, &whole),
        ]
    });
    addresses.collect()
}

/// Which of the addresses that Twilio may have signed for the upgrade of our `path` it was, or `None` when the
/// signature is not Twilio's.
pub(super) fn upgrade_signed_as(
    token: &AuthToken,
    signature: Option<&str>,
    public: &PublicUrl,
    path: &str,
) -> Option<UpgradeVariant> {
    let signature = decode(signature?)?;
    UpgradeVariant::all()
        .find(|variant| is_signature(mac(token, &variant.url(public, path), ""), &signature))
}

/// One way to write the address of a stream. Which of them Twilio signs is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UpgradeVariant {
    scheme: Scheme,
    slash: bool,
    port: bool,
}

impl UpgradeVariant {
    /// The likeliest first.
    fn all() -> impl Iterator<Item = Self> {
        [Scheme::WebSocket, Scheme::Http].into_iter().flat_map(|scheme| {
            [(false, false), (true, false), (false, true), (true, true)].map(|(slash, port)| Self {
                scheme,
                slash,
                port,
            })
        })
    }

    fn url(self, public: &PublicUrl, path: &str) -> String {
        let path = if self.slash { format!("{path}/") } else { path.to_owned() };
        if self.port {
            public.join_with_port(self.scheme, &path)
        } else {
            public.join_without_port(self.scheme, &path)
        }
    }

    /// The variant as a metric names it.
    pub(super) const fn as_str(self) -> &'static str {
        match (self.scheme, self.port, self.slash) {
            (Scheme::WebSocket, false, false) => "wss",
            (Scheme::WebSocket, false, true) => "wss/",
            (Scheme::WebSocket, true, false) => "wss:port",
            (Scheme::WebSocket, true, true) => "wss:port/",
            (Scheme::Http, false, false) => "https",
            (Scheme::Http, false, true) => "https/",
            (Scheme::Http, true, false) => "https:port",
            (Scheme::Http, true, true) => "https:port/",
        }
    }
}

fn mac(token: &AuthToken, url: &str, form: &str) -> Hmac<Sha1> {
    #[expect(clippy::expect_used, reason = "HMAC is defined for keys of every length (RFC 2104)")]
    let mut mac = Hmac::new_from_slice(token.0.as_bytes()).expect("any key will do");
    mac.update(url.as_bytes());
    mac.update(form.as_bytes());
    mac
}

/// Compares in constant time.
fn is_signature(mac: Hmac<Sha1>, signature: &[u8]) -> bool {
    mac.verify_slice(signature).is_ok()
}

fn decode(signature: &str) -> Option<Vec<u8>> {
    STANDARD.decode(signature).ok()
}

/// Every parameter's name and value, sorted, without anything between them.
fn signed_form(parameters: &Parameters<'_>) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in parameters {
        sorted.entry(name).or_default().insert(value);
    }
    let pairs = sorted.iter().flat_map(|(name, values)| values.iter().flat_map(|v| [*name, *v]));
    pairs.collect()
}

/// The query decoded and encoded again in the older way, which leaves `!'()*~` as they are.
fn legacy_query(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(name, value)| format!("{}={}", escape(&name), escape(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => escaped.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> AuthToken {
        AuthToken::new("12345").unwrap()
    }

    fn form<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect()
    }

    const CALL: [(&str, &str); 5] = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ];

    #[test]
    fn the_vector_of_twilios_own_libraries_holds() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(sign(&token(), url, &form(&CALL)), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        let public: PublicUrl = "https://mycompany.com".parse().unwrap();
        let urls = webhook_urls(&public, "/myapp.php", Some("foo=1&bar=2"));
        let check = |signature: Option<&str>, pairs: &[(&str, &str)]| {
            webhook_is_signed(&token(), signature, &urls, &form(pairs))
        };
        let good = Some("RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        assert!(check(good, &CALL));
        let mut reversed = CALL;
        reversed.reverse();
        assert!(check(good, &reversed));
        assert!(!check(good, &CALL[1..]));
        assert!(!check(Some("RSOYDt4T1cUTdK1PDd93/VVr8B9="), &CALL));
        for wrong in [None, Some(""), Some("RSOYDt4T1cUTdK1PDd93"), Some("*")] {
            assert!(!check(wrong, &CALL), "{wrong:?}");
        }
    }

    #[test]
    fn the_vectors_of_upgrades_hold() {
        for (url, signature) in [
            ("wss://example.com/media", "7PR3qMkpDyEJtMrVOY/LDyNq8J8="),
            ("wss://example.com/media/", "T+WBXwUXC0/CyoZ1DA+p9ilZORs="),
            ("https://example.com/media", "6HZQ7Cq/dSYDCAiy3qRA6PZfACI="),
            ("wss://example.com:443/media", "zyyJQiPZXIGCLy3HYdHEfry0yDg="),
        ] {
            assert_eq!(sign(&token(), url, &[]), signature, "{url}");
        }
    }

    #[test]
    fn every_variant_of_the_upgrade_is_taken_and_named() {
        let public: PublicUrl = "https://example.com".parse().unwrap();
        let path = "/media";
        let check = |signature: &str| {
            let variant = upgrade_signed_as(&token(), Some(signature), &public, path);
            variant.map(UpgradeVariant::as_str)
        };
        for (variant, url) in [
            ("wss", "wss://example.com/media"),
            ("wss/", "wss://example.com/media/"),
            ("wss:port", "wss://example.com:443/media"),
            ("wss:port/", "wss://example.com:443/media/"),
            ("https", "https://example.com/media"),
            ("https/", "https://example.com/media/"),
            ("https:port", "https://example.com:443/media"),
            ("https:port/", "https://example.com:443/media/"),
        ] {
            assert_eq!(check(&sign(&token(), url, &[])), Some(variant), "{url}");
        }
        assert_eq!(check(&sign(&token(), "wss://example.org/media", &[])), None);
        assert_eq!(
            check(&sign(&AuthToken::new("12346").unwrap(), "wss://example.com/media", &[])),
            None
        );
        assert_eq!(upgrade_signed_as(&token(), None, &public, path), None);
    }

    #[test]
    fn the_port_may_or_may_not_be_signed() {
        let public: PublicUrl = "https://example.com:8443".parse().unwrap();
        let urls = webhook_urls(&public, "/twilio/voice", None);
        for url in ["https://example.com/twilio/voice", "https://example.com:8443/twilio/voice"] {
            let signature = sign(&token(), url, &form(&CALL));
            assert!(webhook_is_signed(&token(), Some(&signature), &urls, &form(&CALL)), "{url}");
        }
        let public: PublicUrl = "http://example.com".parse().unwrap();
        let urls = webhook_urls(&public, "/x", None);
        assert_eq!(urls, ["http://example.com/x", "http://example.com:80/x"]);
    }

    #[test]
    fn a_query_may_have_been_encoded_again() {
        let public: PublicUrl = "https://example.com".parse().unwrap();
        let urls = webhook_urls(&public, "/x", Some("a=it%27s&b=(1)"));
        let signature = sign(&token(), "https://example.com/x?a=it's&b=(1)", &[]);
        assert!(webhook_is_signed(&token(), Some(&signature), &urls, &[]));
        let signature = sign(&token(), "https://example.com:443/x?a=it%27s&b=(1)", &[]);
        assert!(webhook_is_signed(&token(), Some(&signature), &urls, &[]));
    }

    #[test]
    fn repeated_parameters_count_once_for_each_value() {
        let parameters =
            form(&[("b", "2"), ("a", "x"), ("b", "1"), ("b", "2"), ("c", ""), ("d", " ")]);
        assert_eq!(signed_form(&parameters), "axb1b2cd ");
    }

    #[test]
    fn tokens_are_not_printed() {
        assert_eq!(format!("{:?}", token()), "[secret]");
        assert_eq!((AuthToken::new(""), AuthToken::new(" ")), (None, None));
    }
}
