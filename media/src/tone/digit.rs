//! The sixteen keys of a telephone.

/// One key, with its two frequencies (ITU-T Q.23) and its event number (RFC 4733 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digit(u8);

/// The row frequencies in Hz (ITU-T Q.23), top to bottom.
pub(super) const ROWS_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
/// The column frequencies in Hz, left to right.
pub(super) const COLUMNS_HZ: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

/// The event number of each key: rows of the keypad, then columns.
const KEYPAD: [[u8; 4]; 4] = [[1, 2, 3, 12], [4, 5, 6, 13], [7, 8, 9, 14], [10, 0, 11, 15]];
const NAMES: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

impl Digit {
    /// All sixteen, in the order of their event numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..16).map(Self)
    }

    /// The key with this event number of RFC 4733, 0 to 15.
    pub fn from_event(event: u8) -> Option<Self> {
        (event < 16).then_some(Self(event))
    }

    /// The event number of RFC 4733: 0 to 9, 10 for `*`, 11 for `#`, 12 to 15 for A to D.
    pub const fn event(self) -> u8 {
        self.0
    }

    /// The key with this name: `0` to `9`, `*`, `#`, `A` to `D`, `a` to `d`.
    pub fn from_char(name: char) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        let event = NAMES.iter().position(|&known| known == name)?;
        u8::try_from(event).ok().map(Self)
    }

    /// Its name.
    pub fn to_char(self) -> char {
        NAMES.get(usize::from(self.0)).copied().unwrap_or('?')
    }

    /// Its two frequencies in Hz, the lower first.
    pub(super) fn frequencies_hz(self) -> (f64, f64) {
        let places = KEYPAD.iter().zip(ROWS_HZ).flat_map(|(row, low)| {
            row.iter().zip(COLUMNS_HZ).map(move |(&event, high)| (event, low, high))
        });
        places
            .filter(|&(event, _, _)| event == self.0)
            .map(|(_, low, high)| (low, high))
            .next()
            .unwrap_or_default()
    }

    /// The key at a place of the keypad, counted from 0.
    pub(super) fn at(row: usize, column: usize) -> Option<Self> {
        KEYPAD.get(row)?.get(column).copied().map(Self)
    }
}

impl std::fmt::Display for Digit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.to_char())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_one_name_one_number_and_one_pair() {
        for digit in Digit::all() {
            assert_eq!(Digit::from_char(digit.to_char()), Some(digit));
            assert_eq!(Digit::from_event(digit.event()), Some(digit));
        }
        assert_eq!((Digit::from_event(16), Digit::from_char('E')), (None, None));
        let pair = |name| Digit::from_char(name).unwrap().frequencies_hz();
        assert_eq!(pair('1'), (697.0, 1_209.0));
        assert_eq!(pair('0'), (941.0, 1_336.0));
        assert_eq!(pair('d'), (941.0, 1_633.0));
    }
}
