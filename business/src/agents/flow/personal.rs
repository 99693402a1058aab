//! Who the caller is: a name and a telephone number.

use callwright_contract::Pii;
use jiff::Zoned;

use super::hearing::Heard;
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::language::{YesNo, name_answer};

impl Receptionist {
    /// The answer to the question for a name.
    pub(super) fn answer_name(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        // `Actually, make it Wednesday` and `a check-up instead` are no names; `Bill Philling` may be one.
        let changes = ["a", "an", "instead", "actually", "sorry", "rather", "change"];
        let service = heard.service.is_some() && heard.words.has_any(&changes);
        if heard.name.is_none() && (service || !heard.when.is_empty()) {
            return None;
        }
        let name = name_answer(&heard.words)?;
        self.take_number_in_passing(heard);
        let thanks = format!("Thanks, {name}.");
        self.form.name = Some(Pii::new(name));
        self.prefix(thanks);
        Some(self.advance(now))
    }

    /// The answer to whether the number that the call comes from is the one.
    pub(super) fn answer_caller_number(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        if heard.digits.len() >= 3 {
            return Some(self.more_digits(&heard.digits, now));
        }
        match heard.yes_no? {
            YesNo::Yes => {
                self.form.phone.clone_from(&self.caller);
                self.form.phone_sure = true;
                Some(self.advance(now))
            }
            YesNo::No => {
                self.digits.clear();
                Some(Next::Ask(Question::Phone))
            }
        }
    }

    /// Digits, or the end of them.
    pub(super) fn answer_phone(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        let own = [
            "this number",
            "this one",
            "the number i'm calling from",
            "same number",
            "my number",
            "calling from",
        ];
        if heard.digits.is_empty() && self.caller.is_some() && heard.words.has_any(&own) {
            self.form.phone.clone_from(&self.caller);
            self.form.phone_sure = true;
            return Some(self.advance(now));
        }
        if heard.digits.is_empty() {
            return None;
        }
        if heard.words.has_any(&["no", "sorry", "wait", "actually", "start over"]) {
            self.digits.clear();
        }
        Some(self.more_digits(&heard.digits, now))
    }

    pub(super) fn answer_confirm_phone(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        if heard.digits.len() >= 3 {
            self.digits.clear();
            return Some(self.more_digits(&heard.digits, now));
        }
        match heard.yes_no? {
            YesNo::Yes => {
                self.form.phone_sure = true;
                Some(self.advance(now))
            }
            YesNo::No => {
                self.form.phone = None;
                self.digits.clear();
                self.prefix("Sorry about that.");
                Some(Next::Ask(Question::Phone))
            }
        }
    }

    /// Adds digits to those that came before: people say a number in groups, with pauses between.
    fn more_digits(&mut self, digits: &str, now: &Zoned) -> Next {
        self.digits.push_str(digits);
        if let Some(number) = self.phones.heard(&self.digits) {
            return self.number_given(number, now);
        }
        if self.phones.goes_on(&self.digits) {
            return Next::Ask(Question::MoreDigits);
        }
        self.number_unusable()
    }

    fn number_given(&mut self, number: Pii<String>, now: &Zoned) -> Next {
        self.digits.clear();
        self.form.phone = Some(number);
        self.form.phone_sure = false;
        self.advance(now)
    }

    /// The number is typed to its end.
    pub(super) fn number_complete(&mut self, now: &Zoned) -> Next {
        match self.phones.number(&std::mem::take(&mut self.digits)) {
            Some(number) => self.number_given(number, now),
            None => self.number_unusable(),
        }
    }

    fn number_unusable(&mut self) -> Next {
        self.digits.clear();
        self.prefix("That doesn't sound like a whole phone number. Let's try once more, with the area code.");
        Next::Ask(Question::Phone)
    }

    /// A whole number in a sentence about something else.
    pub(super) fn take_number_in_passing(&mut self, heard: &Heard) {
        if heard.digits.len() >= 7
            && let Some(number) = self.phones.heard(&heard.digits)
        {
            self.form.phone = Some(number);
            self.form.phone_sure = false;
        }
    }

    /// The next thing to ask about the person; `None` when they are known well enough.
    pub(super) fn person_question(&self) -> Option<Question> {
        if self.form.name.is_none() {
            return Some(Question::Name);
        }
        match (&self.form.phone, &self.caller) {
            (None, Some(_)) => Some(Question::CallerNumber),
            (None, None) => Some(Question::Phone),
            // A number that is only looked up is not read back: it either finds something or not.
            (Some(_), _) if !self.form.phone_sure && self.goal == Goal::Book => {
                Some(Question::ConfirmPhone)
            }
            (Some(_), _) => None,
        }
    }
}
