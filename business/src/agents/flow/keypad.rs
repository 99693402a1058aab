//! Keys: a number that is typed, one of the times offered, or 0 for a person.

use jiff::Zoned;

use super::question::Question;
use super::{Next, Receptionist};

/// Longest number that is collected: E.164 has 15 digits.
const DIGITS_MAX: usize = 16;

impl Receptionist {
    /// One key. `#` ends a number, `*` begins it anew.
    pub(super) fn key(&mut self, key: char, now: &Zoned) -> Next {
        self.silences = 0;
        self.answers = None;
        self.earlier = None;
        if self.asked.takes_digits() {
            return self.key_of_number(key, now);
        }
        match (key, &self.asked) {
            ('0', _) => self.hand_over(""),
            ('1' | '2', Question::Offer) => {
                let place = usize::from(key == '2');
                match self.form.offers.get(place).cloned() {
                    Some(slot) => self.hold(slot),
                    None => Next::Listen,
                }
            }
            _ => Next::Listen,
        }
    }

    fn key_of_number(&mut self, key: char, now: &Zoned) -> Next {
        if self.asked != Question::MoreDigits && self.asked != Question::Phone {
            // Typing answers `is that right?` with a number of their own.
            self.digits.clear();
            self.form.phone = None;
            self.asked = Question::Phone;
        }
        match key {
            '#' => self.number_complete(now),
            '*' => {
                self.digits.clear();
                Next::Listen
            }
            '0'..='9' if self.digits.len() < DIGITS_MAX => {
                self.digits.push(key);
                if self.phones.is_whole(&self.digits) {
                    self.number_complete(now)
                } else {
                    Next::Listen
                }
            }
            _ => Next::Listen,
        }
    }
}
