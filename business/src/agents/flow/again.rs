//! Turns that lead nowhere: the question is put otherwise, then there is something to choose from, then a person.
//!
//! A question in the same words again is heard, and misheard, in the same way again.

use jiff::Zoned;
use jiff::civil::Date;

use super::hearing::Heard;
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::language::{Candidate, list_aloud, soon, spoken_weekday};
use crate::scheduling::TimeWish;

impl Receptionist {
    /// What comes after an utterance; `None` when it was not understood. Understood, but of no use to the question, is as
    /// good as not understood.
    pub(super) fn answer_or_again(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        let known = (self.form.clone(), self.digits.clone());
        let next = self.answer(heard, now)?;
        let same = matches!(&next, Next::Ask(question) if *question == self.asked);
        let idle = matches!(self.asked, Question::HowHelp | Question::AnythingElse);
        if same
            && !idle
            && self.preface.is_empty()
            && known == (self.form.clone(), self.digits.clone())
        {
            return Some(self.again(now, None));
        }
        self.failures = 0;
        Some(next)
    }

    /// Words that answer nothing.
    pub(super) fn not_understood(&mut self, now: &Zoned) -> Next {
        // It is the caller who did not understand: nothing is wrong with what was said.
        let lost = self.rapport.is_lost(self.answers);
        self.again(now, Some("Sorry, I didn't understand.").filter(|_| !lost))
    }

    /// Puts the question that stands otherwise, with an apology in front.
    fn again(&mut self, now: &Zoned, sorry: Option<&str>) -> Next {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.document.failures_before_person {
            return self.suggest(now).unwrap_or_else(|| self.give_up());
        }
        if let Some(sorry) = sorry {
            self.prefix(sorry);
        }
        Next::Ask(self.asked.clone())
    }

    /// Names times to choose from, once for each wish, where the question is for a day or a time.
    fn suggest(&mut self, now: &Zoned) -> Option<Next> {
        let seeks =
            matches!(self.goal, Goal::Book | Goal::Reschedule) && self.form.service.is_some();
        if self.asked != Question::When || !seeks || self.form.suggested {
            return None;
        }
        self.form.suggested = true;
        let time = self.form.when.first().and_then(|candidate| candidate.time);
        let time = time.unwrap_or(TimeWish::Any);
        self.form.when =
            vec![Candidate { days: Some(soon(now.date())), time: Some(time), sure: false }];
        self.form.offers.clear();
        self.prefix("Let me suggest something.");
        Some(self.advance(now))
    }

    /// Leaves the caller to a person; without one, a call back may be noted.
    fn give_up(&mut self) -> Next {
        const WHY: &str = "I'm sorry, I still didn't understand. ";
        let reachable = self.form.phone.is_some() || self.caller.is_some();
        if self.tenant.transfer_to.is_none() && reachable && self.asked != Question::CallBack {
            self.prefix(WHY.trim_end());
            return Next::Ask(Question::CallBack);
        }
        self.hand_over(WHY)
    }

    /// What goes in front of a question that was not answered: how it can be.
    pub(super) fn help(&self, question: &Question, now: &Zoned) -> Option<String> {
        let text = match question {
            Question::When => {
                let (near, far) = self.example_days(now)?;
                let time = self.form.when.first().and_then(|candidate| candidate.time);
                match time {
                    Some(_) => format!("For example {far}, or {near}."),
                    None => format!("For example {near} at ten, or {far} afternoon."),
                }
            }
            Question::Service => {
                let services = self.tenant.services.iter().take(2);
                let names: Vec<String> =
                    services.map(|service| self.a_service(&service.id)).collect();
                format!("For example {}.", list_aloud(&names, "or"))
            }
            Question::Offer if self.form.offers.len() > 1 => {
                "You can say the first one, or the second one.".to_owned()
            }
            Question::Name => "Please say it slowly, or spell it.".to_owned(),
            Question::Phone => "You can type it, and press the pound key.".to_owned(),
            Question::Offer
            | Question::OfferBooking(_)
            | Question::ConfirmHeard
            | Question::CallerNumber
            | Question::ConfirmPhone
            | Question::ConfirmBooking
            | Question::ConfirmCancel
            | Question::Person
            | Question::CallBack => "Please say yes or no.".to_owned(),
            Question::HowHelp | Question::AnythingElse => {
                "I can book, move or cancel an appointment, or answer a question.".to_owned()
            }
            Question::MoreDigits | Question::Change | Question::WhichAppointment => return None,
        };
        Some(text)
    }

    /// The next two days on which the business is open, the nearer one first, as a caller would say them.
    fn example_days(&self, now: &Zoned) -> Option<(&'static str, &'static str)> {
        let today = now.date();
        let days = std::iter::successors(today.tomorrow().ok(), |day: &Date| day.tomorrow().ok());
        let mut open = days.take(14).filter(|day| !self.tenant.opening.on(*day).is_empty());
        let said = |day: Date| {
            if today.tomorrow().is_ok_and(|tomorrow| tomorrow == day) {
                "tomorrow"
            } else {
                spoken_weekday(day.weekday())
            }
        };
        Some((said(open.next()?), said(open.next()?)))
    }
}
