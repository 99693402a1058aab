//! Keys the caller presses.

use std::time::Duration;

use callwright_contract::Digit;

use crate::moment::Moment;

/// Passes keys on, at most as fast as fingers are: a line that floods the call with keys is cut back and counted.
#[derive(Debug, Default)]
pub(crate) struct Keypad {
    window_began: Moment,
    in_window: u32,
    flooded: u64,
}

/// Keys a second; the fastest autodialler sends ten (ITU-T Q.24: 40 ms on, 40 ms off at the least).
const KEYS_PER_SECOND: u32 = 13;

impl Keypad {
    /// A key came in; `None` when there are too many.
    pub(crate) fn press(&mut self, now: Moment, digit: Digit) -> Option<Digit> {
        if now.since(self.window_began) >= Duration::from_secs(1) {
            self.window_began = now;
            self.in_window = 0;
        }
        self.in_window += 1;
        if self.in_window > KEYS_PER_SECOND {
            self.flooded += 1;
            return None;
        }
        Some(digit)
    }

    /// Keys dropped so far.
    pub(crate) const fn flooded(&self) -> u64 {
        self.flooded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_to_what_fingers_can_do() {
        let mut keypad = Keypad::default();
        let five = Digit::try_from('5').unwrap();
        let second = |ms| Moment::new(Duration::from_millis(ms));
        let passed = (0..100).filter(|_| keypad.press(second(10), five).is_some()).count();
        assert_eq!((passed, keypad.flooded()), (13, 87));
        assert!(keypad.press(second(1_010), five).is_some());
    }
}
