//! The names that Twilio gives to calls and streams.

use std::fmt;

use arrayvec::ArrayString;
use serde::{Deserialize, Deserializer, de};

/// Longest name, in octets. Twilio's own have 34; the rest is room for others who speak its protocol.
pub const SID_MAX_BYTES: usize = 64;

/// A CallSid or StreamSid: 1 to [`SID_MAX_BYTES`] letters, digits, `-` and `_`.
///
/// Nothing in it needs escaping, in JSON, in XML or in a log, and it names no person.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sid(ArrayString<SID_MAX_BYTES>);

impl Sid {
    /// The name as Twilio wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a name as Twilio makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SID is 1 to {SID_MAX_BYTES} letters, digits, '-' and '_'")]
pub struct NotASid;

impl TryFrom<&str> for Sid {
    type Error = NotASid;

    fn try_from(text: &str) -> Result<Self, NotASid> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if text.is_empty() || !text.bytes().all(plain) {
            return Err(NotASid);
        }
        ArrayString::from(text).map(Self).map_err(|_too_long| NotASid)
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Sid;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a SID")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Sid, E> {
                Sid::try_from(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_names_pass() {
        for good in ["CA0123456789abcdef0123456789abcdef", "x", "a-b_c", &"m".repeat(64)] {
            assert_eq!(Sid::try_from(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\"", "<a>", "é", "a\n", &"m".repeat(65)] {
            assert_eq!(Sid::try_from(bad), Err(NotASid), "{bad:?}");
        }
    }
}
