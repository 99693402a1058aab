//! Numbers, texts and times as octets: LEB128 for what is usually small, lengths before what has one.

use std::time::Duration;

/// What should be a capture is none, or not of this version: where, and what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

/// Appends to a buffer that keeps its room from record to record.
pub(super) trait Put {
    fn octet(&mut self, octet: u8);
    fn octets(&mut self, octets: &[u8]);

    /// Seven bits an octet, the lowest first.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.octet(number as u8 | 0x80);
            number >>= 7;
        }
        self.octet(number as u8);
    }

    /// Small numbers of either sign stay short.
    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    fn float(&mut self, number: f32) {
        self.octets(&number.to_bits().to_le_bytes());
    }

    fn time(&mut self, time: Duration) {
        self.number(nanos(time));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.octets(text.as_bytes());
    }

    fn maybe<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.octet(value.is_some().into());
        if let Some(value) = value {
            put(self, value);
        }
    }
}

/// Nanoseconds, of which 64 bits last for 584 years.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Put for Vec<u8> {
    fn octet(&mut self, octet: u8) {
        self.push(octet);
    }

    fn octets(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }
}

/// Reads what [`Put`] wrote. Never allocates more than there are octets to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Take<'a> {
    rest: &'a [u8],
}

/// A text of a capture is never longer than a block.
pub(super) type Taken<T> = Result<T, Malformed>;

impl<'a> Take<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn octet(&mut self) -> Taken<u8> {
        let (&first, rest) = self.rest.split_first().ok_or(Malformed("a record ends too soon"))?;
        self.rest = rest;
        Ok(first)
    }

    pub(super) fn octets(&mut self, count: usize) -> Taken<&'a [u8]> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or(Malformed("a record ends too soon"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn number(&mut self) -> Taken<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            let bits = u64::from(octet & 0x7F);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed("a number is too large"))
    }

    pub(super) fn signed(&mut self) -> Taken<i64> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn small(&mut self) -> Taken<u32> {
        u32::try_from(self.number()?).map_err(|_large| Malformed("a number is too large"))
    }

    /// A count of things that take at least an octet each.
    pub(super) fn count(&mut self) -> Taken<usize> {
        let count = self.number()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(Malformed("a length goes beyond its record")),
        }
    }

    pub(super) fn float(&mut self) -> Taken<f32> {
        let octets = self.octets(4)?.try_into().map_err(|_len| Malformed("a number is cut off"))?;
        Ok(f32::from_bits(u32::from_le_bytes(octets)))
    }

    pub(super) fn time(&mut self) -> Taken<Duration> {
        self.number().map(Duration::from_nanos)
    }

    pub(super) fn text(&mut self) -> Taken<&'a str> {
        let count = self.count()?;
        std::str::from_utf8(self.octets(count)?).map_err(|_other| Malformed("a text is no UTF-8"))
    }

    pub(super) fn maybe<T>(
        &mut self,
        take: impl FnOnce(&mut Self) -> Taken<T>,
    ) -> Taken<Option<T>> {
        match self.octet()? {
            0 => Ok(None),
            1 => take(self).map(Some),
            _ => Err(Malformed("a mark of presence is neither 0 nor 1")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_and_what_is_cut_off_is_refused() {
        let mut octets = Vec::new();
        let numbers = [0, 1, 127, 128, 1 << 40, u64::MAX];
        let signed = [0, -1, 1, i64::MIN, i64::MAX];
        numbers.iter().for_each(|&n| octets.number(n));
        signed.iter().for_each(|&n| octets.signed(n));
        octets.text("na\u{ef}ve");
        octets.float(f32::NAN);
        let mut take = Take::new(&octets);
        numbers.iter().for_each(|&n| assert_eq!(take.number(), Ok(n)));
        signed.iter().for_each(|&n| assert_eq!(take.signed(), Ok(n)));
        assert_eq!(take.text(), Ok("na\u{ef}ve"));
        assert!(take.float().unwrap().is_nan() && take.is_empty());
        assert!(take.octet().is_err());
        assert!(Take::new(&[0xFF; 20]).number().is_err());
        assert!(Take::new(&[200, 1, 7]).text().is_err(), "a length beyond what is there");
    }
}
