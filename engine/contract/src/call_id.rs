//! The name of a call.

use std::fmt;
use std::str::FromStr;

/// A call's name, unique over restarts and ordered by the time the call began.
///
/// 44 bits of milliseconds since 1970 (enough until the year 2527) and 20 bits that tell calls of one
/// millisecond apart. Written as `call_` and 13 digits of Crockford's base 32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

impl CallId {
    /// The id of a call that began `unix_ms` milliseconds after 1970, told from its siblings by the low 20
    /// bits of `distinct`.
    pub const fn new(unix_ms: u64, distinct: u32) -> Self {
        Self((unix_ms << DISTINCT_BITS) | (distinct as u64 & ((1 << DISTINCT_BITS) - 1)))
    }

    /// The number behind the name, as storage keeps it.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The id behind a stored number.
    pub const fn from_u64(id: u64) -> Self {
        Self(id)
    }

    /// Milliseconds since 1970 at which the call began.
    pub const fn unix_ms(self) -> u64 {
        self.0 >> DISTINCT_BITS
    }
}

const DISTINCT_BITS: u32 = 20;
const PREFIX: &str = "call_";
const DIGITS: usize = 13;
/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        for place in (0..DIGITS).rev() {
            let digit = (self.0 >> (place * 5)) & 31;
            write!(f, "{}", char::from(ALPHABET[digit as usize]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a call's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseCallIdError;

impl fmt::Display for ParseCallIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call id is `call_` and 13 characters of 0-9 a-z without i, l, o, u")
    }
}

impl std::error::Error for ParseCallIdError {}

impl FromStr for CallId {
    type Err = ParseCallIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix(PREFIX).ok_or(ParseCallIdError)?;
        if digits.len() != DIGITS {
            return Err(ParseCallIdError);
        }
        digits
            .bytes()
            .try_fold(0_u64, |id, byte| {
                let digit = ALPHABET.iter().position(|&known| known == byte)?;
                id.checked_mul(32)?.checked_add(digit as u64)
            })
            .map(Self)
            .ok_or(ParseCallIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_round_trip_and_sort_by_time() {
        for id in
            [CallId::from_u64(0), CallId::from_u64(u64::MAX), CallId::new(1_795_000_000_000, 7)]
        {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert!(CallId::new(1, u32::MAX).to_string() < CallId::new(2, 0).to_string());
        assert_eq!(CallId::new(1_795_000_000_000, 7).unix_ms(), 1_795_000_000_000);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "call_", "call_000000000000u", "CALL_0000000000000", "call_zzzzzzzzzzzzz"]
        {
            assert_eq!(text.parse::<CallId>(), Err(ParseCallIdError), "{text}");
        }
    }
}
