//! Which language is spoken?

use std::fmt;

/// A language, by the code that Whisper and ISO 639 know it by: two or three lower-case letters ("en", "haw"). Cheap to
/// clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language([u8; 3]);

impl Language {
    /// English: what the models of every server know.
    pub const ENGLISH: Self = Self(*b"en\0");

    /// The language of a code; `None` for what is no code. Whether a model knows it is for the model to say.
    pub fn parse(code: &str) -> Option<Self> {
        if !code.bytes().all(|b| b.is_ascii_lowercase()) {
            return None;
        }
        match *code.as_bytes() {
            [a, b] => Some(Self([a, b, 0])),
            [a, b, c] => Some(Self([a, b, c])),
            _ => None,
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        let Self(letters) = self;
        let code = letters.split(|letter| *letter == 0).next().unwrap_or_default();
        // Letters of ASCII, or there would be no language.
        std::str::from_utf8(code).unwrap_or_default()
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Language").field(&self.code()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_short_code() {
        for code in ["haw", "de"] {
            assert_eq!(Language::parse(code).unwrap().code(), code);
        }
        assert_eq!(Language::parse("en"), Some(Language::ENGLISH));
        for wrong in ["", "e", "EN", "en-GB", "auto", "d\0"] {
            assert_eq!(Language::parse(wrong), None, "{wrong:?}");
        }
    }
}
