//! Which topic an utterance belongs to: what always counts, then the question that stands, then a new wish.

use jiff::Zoned;

use super::hearing::Heard;
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::language::{Intent, YesNo, soon};
use crate::scheduling::TimeWish;

impl Receptionist {
    /// What comes after an utterance; `None` when it was not understood.
    pub(super) fn answer(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        if let Some(next) = self.always(heard, now) {
            return Some(next);
        }
        let answered = match self.asked.clone() {
            Question::HowHelp => None,
            Question::AnythingElse => self.answer_anything_else(heard),
            Question::OfferBooking(service) => match heard.yes_no {
                Some(YesNo::Yes) => {
                    self.begin(Goal::Book);
                    self.form.service = Some(service);
                    self.form.take_in(heard);
                    Some(self.advance(now))
                }
                Some(YesNo::No) if !heard.has_content() => Some(Next::Ask(Question::AnythingElse)),
                _ => None,
            },
            Question::ConfirmHeard => self.answer_confirm_heard(heard, now),
            Question::Offer => self.answer_offer(heard, now),
            Question::Name => self.answer_name(heard, now),
            Question::CallerNumber => self.answer_caller_number(heard, now),
            Question::Phone | Question::MoreDigits => self.answer_phone(heard, now),
            Question::ConfirmPhone => self.answer_confirm_phone(heard, now),
            Question::ConfirmBooking => self.answer_confirmation(heard, now),
            Question::Change => self.answer_change(heard, now),
            Question::WhichAppointment => self.answer_which(heard, now),
            Question::ConfirmCancel => self.answer_cancel(heard, now),
            Question::Person => self.answer_person(heard, now),
            Question::CallBack => self.answer_call_back(heard, now),
            Question::Service => None,
            Question::When => self.answer_when(heard, now),
        };
        answered.or_else(|| self.inform(heard, now)).or_else(|| self.wish(heard, now))
    }

    /// What counts whatever was asked.
    fn always(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        if heard.wants(Intent::Emergency) && self.asked != Question::Person {
            // If they rather come in, the soonest visit is looked for.
            self.begin(Goal::Book);
            let urgent =
                self.tenant.services.iter().find(|service| service.name.contains("emergency"));
            self.form.service = heard.service.clone().or(urgent.map(|service| service.id.clone()));
            self.form.wish_only(soon(now.date()), TimeWish::Any);
            return Some(self.urgent());
        }
        if heard.wants(Intent::Person) {
            return Some(self.hand_over(""));
        }
        let short = heard.words.len() <= 7;
        let what = heard.words.is_only(&[
            "what",
            "sorry",
            "sorry what",
            "what sorry",
            "huh",
            "hello",
            "excuse me",
        ]);
        if (heard.wants(Intent::Repeat) && short && !heard.has_content()) || what {
            return Some(Next::Repeat);
        }
        if heard.wants(Intent::NeverMind) && self.goal != Goal::Nothing {
            return Some(self.drop_it());
        }
        let idle = self.goal == Goal::Nothing;
        if heard.wants(Intent::Goodbye) && !heard.has_content() && (idle || short) {
            return Some(self.goodbye());
        }
        // In the middle of a booking, `cancel` means this one; `cancel my appointment` another.
        let own = !heard.words.has_any(&["appointment", "booking"]);
        if heard.wants(Intent::Cancel) && self.goal == Goal::Book && own {
            return Some(self.drop_it());
        }
        None
    }

    fn answer_anything_else(&mut self, heard: &Heard) -> Option<Next> {
        let nothing_new = !heard.has_content()
            && heard
                .intents
                .iter()
                .all(|intent| matches!(intent, Intent::Thanks | Intent::Goodbye));
        if !nothing_new {
            return None;
        }
        match heard.yes_no {
            Some(YesNo::No) => Some(self.goodbye()),
            _ if heard.wants(Intent::Thanks) => Some(self.goodbye()),
            Some(YesNo::Yes) => Some(Next::Ask(Question::HowHelp)),
            None => None,
        }
    }

    fn answer_confirm_heard(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        if heard.has_content() {
            self.form.take_in(heard);
            return Some(self.advance(now));
        }
        match heard.yes_no? {
            YesNo::Yes => Some(self.advance(now)),
            // What was understood besides stays.
            YesNo::No if self.form.guessed => {
                self.form.service = None;
                self.form.guessed = false;
                self.prefix("Sorry about that.");
                Some(Next::Ask(Question::Service))
            }
            YesNo::No => {
                self.goal = Goal::Nothing;
                self.form.next_wish();
                self.prefix("Sorry about that.");
                Some(Next::Ask(Question::HowHelp))
            }
        }
    }

    fn answer_when(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        let whenever = heard.pick.is_some()
            || heard.words.has_any(&[
                "any day",
                "whenever",
                "i don't mind",
                "don't care",
                "doesn't matter",
            ]);
        if !heard.when.is_empty() || !whenever {
            return None;
        }
        // The time of day that was said before stays.
        let time = self.form.when.first().and_then(|candidate| candidate.time);
        self.form.wish_only(soon(now.date()), time.unwrap_or(TimeWish::Any));
        Some(self.advance(now))
    }

    /// A new wish, or more of the one under way.
    fn wish(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        let goal = heard.intents.iter().find_map(|intent| match intent {
            Intent::Cancel => Some(Goal::Cancel),
            Intent::Reschedule => Some(Goal::Reschedule),
            Intent::Lookup => Some(Goal::Lookup),
            Intent::Book => Some(Goal::Book),
            _ => None,
        });
        let begins = match goal {
            // Changing one's mind about what is being booked is no wish to move an appointment.
            Some(Goal::Reschedule) if self.goal == Goal::Book && !self.is_idle() => {
                if !heard.has_content() {
                    return Some(Next::Ask(Question::Change));
                }
                None
            }
            Some(goal) => Some(goal),
            None if self.goal == Goal::Nothing && self.begins_booking(heard) => Some(Goal::Book),
            None => None,
        };
        let mut understood = false;
        if let Some(goal) = begins {
            understood = true;
            if goal != self.goal {
                self.begin(goal);
            }
        }
        if let Some(name) = &heard.name {
            self.form.name = Some(name.clone().into());
            understood = true;
        }
        if heard.digits.len() >= 7 {
            self.take_number_in_passing(heard);
            understood |= self.form.phone.is_some();
        }
        if heard.has_content() && self.goal != Goal::Nothing {
            understood |= self.corrects(heard) || self.form.service.is_some();
        }
        let wanting = self.goal == Goal::Book && self.form.service.is_none();
        if let Some(service) = heard.perhaps.clone().filter(|_| wanting) {
            self.form.service = Some(service);
            self.form.guessed = true;
            return Some(Next::Ask(Question::ConfirmHeard));
        }
        if !understood {
            return None;
        }
        if self.goal == Goal::Nothing {
            return Some(Next::Ask(Question::HowHelp));
        }
        if heard.confidence < self.document.unsure_below && begins.is_some() {
            return Some(Next::Ask(Question::ConfirmHeard));
        }
        Some(self.advance(now))
    }

    fn is_idle(&self) -> bool {
        self.form.service.is_none() && self.form.when.is_empty()
    }

    /// Begins something new; what is known of the person stays.
    fn begin(&mut self, goal: Goal) {
        self.goal = goal;
        self.form.next_wish();
    }
}
