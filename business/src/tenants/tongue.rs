//! What the callers of a tenant speak.

use std::fmt;

/// A language, or whichever one a caller speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tongue {
    /// English, which every server understands, and the only one that the agents that ship speak.
    #[default]
    English,
    /// Another, by its code of ISO 639: two or three lower-case letters ("de").
    Other(Box<str>),
    /// Whichever one: it is found out while they speak.
    Any,
}

impl Tongue {
    /// What a document says: a code, or `auto`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let code =
            (2..=3).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_lowercase());
        match text {
            "auto" => Some(Self::Any),
            "en" => Some(Self::English),
            text => code.then(|| Self::Other(text.into())),
        }
    }
}

impl fmt::Display for Tongue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::English => "en",
            Self::Other(code) => code,
            Self::Any => "auto",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tongue_is_a_code_or_found_out() {
        assert_eq!(Tongue::parse("en"), Some(Tongue::English));
        assert_eq!(Tongue::parse("auto"), Some(Tongue::Any));
        for code in ["en", "auto", "de", "haw"] {
            assert_eq!(Tongue::parse(code).unwrap().to_string(), code);
        }
        for wrong in ["", "d", "DE", "de-AT", "german", "d\u{e9}"] {
            assert_eq!(Tongue::parse(wrong), None, "{wrong}");
        }
    }
}
