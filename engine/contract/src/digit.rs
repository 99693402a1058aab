//! A key of a telephone's keypad.

use std::fmt;

/// One of the twelve keys of a telephone, or of the four that only test equipment has (ITU-T Q.23).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digit(char);

impl Digit {
    /// The key as a character: `0`-`9`, `*`, `#`, `A`-`D`.
    pub const fn as_char(self) -> char {
        self.0
    }
}

/// The character is on no keypad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADigit;

impl fmt::Display for NotADigit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a keypad has the keys 0-9, *, # and A-D")
    }
}

impl std::error::Error for NotADigit {}

impl TryFrom<char> for Digit {
    type Error = NotADigit;

    fn try_from(key: char) -> Result<Self, Self::Error> {
        match key.to_ascii_uppercase() {
            upper @ ('0'..='9' | '*' | '#' | 'A'..='D') => Ok(Self(upper)),
            _ => Err(NotADigit),
        }
    }
}

/// Prints no key: what a caller types may be a card number.
impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digit]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_telephone_only() {
        for key in "0123456789*#ABCDabcd".chars() {
            assert_eq!(Digit::try_from(key).unwrap().as_char(), key.to_ascii_uppercase());
        }
        for other in "eE+ -x\u{660}".chars() {
            assert_eq!(Digit::try_from(other), Err(NotADigit));
        }
        assert_eq!(format!("{:?}", Digit::try_from('4').unwrap()), "[digit]");
    }
}
