//! Keys the caller presses, told by the line or heard as tones in its sound.

use std::time::Duration;

use callwright_contract::Digit;
use callwright_media::tone::{DtmfDetector, DtmfEvent};

use crate::moment::Moment;

/// Passes keys on, at most as fast as fingers are: a line that floods the call with keys is cut back and counted.
///
/// A key that comes both ways, as an event and as a tone, is one key: each of the one kind is paired with the oldest of
/// the other that came shortly before it and is the same.
#[derive(Debug, Default)]
pub(crate) struct Keypad {
    window_began: Moment,
    in_window: u32,
    flooded: u64,
    /// Keys that came one way and may yet come the other, oldest first.
    single: [Option<(Moment, Way, Digit)>; SINGLE_MAX],
}

/// The way a key came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The line told of it: RFC 4733, a message of the carrier's.
    Event,
    /// It was heard.
    Tone,
}

/// Keys a second; the fastest autodialler sends ten (ITU-T Q.24: 40 ms on, 40 ms off at the least).
const KEYS_PER_SECOND: u32 = 13;
/// Keys of [`TWICE_WITHIN`] at that rate.
const SINGLE_MAX: usize = 16;
/// A tone is known 32 ms after it began, an event when a gateway sends it: at the key's end, and after its buffer.
const TWICE_WITHIN: Duration = Duration::from_secs(1);

impl Keypad {
    /// A key came in; `None` when it came before by the other way, or when there are too many.
    ///
    /// *Real time:* no allocation.
    pub(crate) fn press(&mut self, now: Moment, way: Way, digit: Digit) -> Option<Digit> {
        let twin = |single: &&mut Option<(Moment, Way, Digit)>| {
            single.is_some_and(|(at, by, other)| {
                by != way && other == digit && now.since(at) <= TWICE_WITHIN
            })
        };
        if let Some(twin) = self.single.iter_mut().find(twin) {
            *twin = None;
            return None;
        }
        if now.since(self.window_began) >= Duration::from_secs(1) {
            self.window_began = now;
            self.in_window = 0;
        }
        self.in_window += 1;
        if self.in_window > KEYS_PER_SECOND {
            self.flooded += 1;
            return None;
        }
        self.single.rotate_left(1);
        if let Some(last) = self.single.last_mut() {
            *last = Some((now, way, digit));
        }
        Some(digit)
    }

    /// Keys dropped so far.
    pub(crate) const fn flooded(&self) -> u64 {
        self.flooded
    }
}

/// Hears keys in the sound of a line that does not tell of them otherwise.
#[derive(Debug)]
pub(crate) struct KeyTones(Option<Box<DtmfDetector>>);

/// Keys that can begin in one block of 20 ms: a tone lasts 40 ms.
pub(crate) const KEYS_PER_BLOCK: usize = 2;

impl KeyTones {
    pub(crate) fn new(listens: bool) -> Self {
        Self(listens.then(|| Box::new(DtmfDetector::new())))
    }

    /// The keys that began, as is known now, with these 20 ms at 8 kHz.
    ///
    /// *Real time:* no allocation; about 0.6 us, nothing where no tones are listened for.
    pub(crate) fn hear(&mut self, frame: &[i16]) -> [Option<Digit>; KEYS_PER_BLOCK] {
        let mut keys = [None; KEYS_PER_BLOCK];
        if let Some(detector) = &mut self.0 {
            let mut free = keys.iter_mut();
            detector.feed(frame, |event| {
                if let DtmfEvent::Began { digit, .. } = event
                    && let Some(key) = free.next()
                {
                    *key = Digit::try_from(digit.to_char()).ok();
                }
            });
        }
        keys
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
        let passed =
            (0..100).filter(|_| keypad.press(second(10), Way::Event, five).is_some()).count();
        assert_eq!((passed, keypad.flooded()), (13, 87));
        assert!(keypad.press(second(1_010), Way::Event, five).is_some());
    }

    #[test]
    fn a_key_that_comes_both_ways_is_one_key_and_one_pressed_twice_is_two() {
        let (five, six) = (Digit::try_from('5').unwrap(), Digit::try_from('6').unwrap());
        let mut keypad = Keypad::default();
        let mut passed = Vec::new();
        // The tones of 5, 5, 6; their events come late; a second 6 comes as an event alone.
        for (ms, way, digit) in [
            (30, Way::Tone, five),
            (230, Way::Tone, five),
            (400, Way::Event, five),
            (430, Way::Tone, six),
            (600, Way::Event, five),
            (800, Way::Event, six),
            (1_000, Way::Event, six),
            (2_500, Way::Tone, six),
        ] {
            let at = Moment::new(Duration::from_millis(ms));
            if keypad.press(at, way, digit).is_some() {
                passed.push(ms);
            }
        }
        assert_eq!(passed, [30, 230, 430, 1_000, 2_500]);
        assert_eq!(keypad.flooded(), 0);
    }
}
