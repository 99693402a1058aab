//! Finding a time, holding it, booking it: for a new appointment and for one that moves.
//!
//! **Invariant.** `You're booked` is said by [`Receptionist::confirmed`] alone, in answer to the commit.

use jiff::Zoned;

use super::hearing::Heard;
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::agents::{Ask, StorageFailed};
use crate::language::{Intent, YesNo, soon, spoken_day_and_time};
use crate::scheduling::{Appointment, AppointmentId, Finding, Slot, TimeWish, Unfit, Wish};
use crate::storage::Held;

impl Receptionist {
    /// What comes next on the way to the goal.
    pub(super) fn advance(&mut self, now: &Zoned) -> Next {
        match self.goal {
            Goal::Nothing => Next::Ask(self.idle_question()),
            Goal::Book => match &self.form.service {
                None => Next::Ask(Question::Service),
                Some(_) => self.advance_to_slot(now),
            },
            _ => self.advance_to_appointment(now),
        }
    }

    /// A service is known: a slot, then the person, then the booking.
    pub(super) fn advance_to_slot(&mut self, now: &Zoned) -> Next {
        if self.form.held.is_none() {
            if !self.form.offers.is_empty() {
                return Next::Ask(Question::Offer);
            }
            return if self.form.has_days() { self.seek(now) } else { Next::Ask(Question::When) };
        }
        Next::Ask(self.person_question().unwrap_or(Question::ConfirmBooking))
    }

    fn seek(&self, now: &Zoned) -> Next {
        let Some(service) = self.form.service.clone() else { return Next::Ask(Question::Service) };
        let when = self.form.whens(soon(now.date()));
        let wish = Wish { service, provider: self.form.provider.clone(), when };
        Next::Calendar(Ask::Seek { wish, moving: self.moving() })
    }

    fn moving(&self) -> Option<AppointmentId> {
        self.form.chosen.as_ref().map(|chosen| chosen.id)
    }

    pub(super) fn found(&mut self, found: Result<Finding, StorageFailed>, now: &Zoned) -> Next {
        let Ok(finding) = found else { return self.calendar_failed() };
        if let Some(why) = finding.unmet {
            let sentence = self.unmet(why, now);
            self.prefix(sentence);
        }
        let exact =
            self.form.when.iter().any(|candidate| matches!(candidate.time, Some(TimeWish::At(_))));
        match finding.offers.as_slice() {
            [] => {
                self.form.when.clear();
                if finding.unmet.is_none() {
                    self.prefix("I couldn't find a free time there.");
                }
                Next::Ask(Question::When)
            }
            // What was asked for, beyond doubt: no need to ask again.
            [slot] if finding.unmet.is_none() && exact && self.form.is_sure() => {
                self.hold(slot.clone())
            }
            _ => {
                self.form.offers = finding.offers;
                Next::Ask(Question::Offer)
            }
        }
    }

    /// Why there is nothing at the time wished.
    fn unmet(&self, why: Unfit, now: &Zoned) -> String {
        let wish = self.form.when.first();
        let exact = wish.is_some_and(|wish| matches!(wish.time, Some(TimeWish::At(_))));
        let past = wish.and_then(|wish| wish.days).is_some_and(|days| days.last <= now.date());
        let provider = self.form.provider.as_ref().and_then(|id| self.tenant.provider(id));
        let provider = provider.map_or("The dentist", |provider| provider.name.as_str());
        match why {
            Unfit::Taken if exact => "That time is already taken.".to_owned(),
            Unfit::Taken => "I have nothing free then.".to_owned(),
            Unfit::Closed => "We're closed then.".to_owned(),
            Unfit::Holiday => "We're closed that day.".to_owned(),
            Unfit::ProviderAway => format!("{provider} isn't in that day."),
            Unfit::NotOffered => format!("{provider} doesn't do that."),
            Unfit::TooSoon if past => "It's too late for that today.".to_owned(),
            Unfit::TooSoon => "That's too soon for me to book.".to_owned(),
            Unfit::TooFar => "I can't book that far ahead.".to_owned(),
            Unfit::OffGrid => "Appointments start on the quarter hour.".to_owned(),
        }
    }

    pub(super) fn hold(&mut self, slot: Slot) -> Next {
        Next::Calendar(Ask::Hold { slot, moving: self.moving() })
    }

    pub(super) fn held(
        &mut self,
        held: Result<Result<Held, Unfit>, StorageFailed>,
        now: &Zoned,
    ) -> Next {
        match held {
            Ok(Ok(held)) => {
                let start = held.slot.start.to_zoned(self.tenant.zone.clone());
                let when = spoken_day_and_time(&start, now.date());
                let who = self.provider_name(&held.slot).to_owned();
                self.form.offers.clear();
                self.form.held = Some(held);
                let next = self.advance(now);
                // The last question names it all; before the others it is said that the time is theirs.
                if next != Next::Ask(Question::ConfirmBooking) {
                    self.prefix(format!("Good, I have {when}, with {who}."));
                }
                next
            }
            Ok(Err(_)) => {
                self.prefix("I'm sorry, that time has just been taken.");
                self.form.offers.clear();
                self.seek(now)
            }
            Err(StorageFailed) => self.calendar_failed(),
        }
    }

    /// The answer to `shall I book it?`.
    pub(super) fn answer_confirmation(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        if self.corrects(heard) {
            return Some(self.advance(now));
        }
        match heard.yes_no? {
            YesNo::Yes => {
                let (Some(held), Some(name), Some(phone)) =
                    (self.form.held.as_ref(), self.form.name.clone(), self.form.phone.clone())
                else {
                    return Some(self.advance(now));
                };
                let (hold, moving) = (held.id, self.moving());
                Some(Next::Calendar(Ask::Confirm { hold, name, phone, moving }))
            }
            YesNo::No => Some(Next::Ask(Question::Change)),
        }
    }

    pub(super) fn confirmed(
        &mut self,
        confirmed: Result<Option<Appointment>, StorageFailed>,
        now: &Zoned,
    ) -> Next {
        match confirmed {
            // The commit has been made: only here may this be said.
            Ok(Some(appointment)) => {
                self.committed();
                let what = self.an_appointment(&appointment, now);
                let moved = self.form.chosen.is_some();
                self.prefix(if moved {
                    format!("Done. You now have {what}.")
                } else {
                    format!("You're booked for {what}.")
                });
                self.goal = Goal::Nothing;
                self.form.next_wish();
                Next::Ask(Question::AnythingElse)
            }
            Ok(None) => {
                self.prefix("I'm sorry, that time is not free any more.");
                self.form.held = None;
                self.form.offers.clear();
                self.seek(now)
            }
            Err(StorageFailed) => self.calendar_failed(),
        }
    }

    /// The caller wants none of it.
    pub(super) fn drop_it(&mut self) -> Next {
        self.goal = Goal::Nothing;
        self.form.next_wish();
        self.prefix("All right, I've left everything as it is.");
        // What was held is let go before anything else is asked.
        Next::Calendar(Ask::Release)
    }

    pub(super) fn calendar_failed(&mut self) -> Next {
        self.hand_over("I'm sorry, I can't reach our calendar right now. ")
    }

    /// Whether an utterance begins a booking by what it says.
    pub(super) fn begins_booking(&self, heard: &Heard) -> bool {
        heard.wants(Intent::Book) || heard.service.is_some() || !heard.when.is_empty()
    }
}
