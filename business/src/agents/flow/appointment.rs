//! Appointments that stand: finding the caller's own, moving and cancelling them.
//!
//! **Invariant.** Nothing of an appointment is told before the caller has given both the number it was booked
//! under and a name like the one it was booked for.

use jiff::Zoned;

use super::hearing::Heard;
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::agents::{Ask, StorageFailed};
use crate::language::{Pick, YesNo, same_person};
use crate::scheduling::Appointment;

impl Receptionist {
    /// What comes next for a caller who has an appointment.
    pub(super) fn advance_to_appointment(&mut self, now: &Zoned) -> Next {
        let Some(chosen) = &self.form.chosen else {
            if !self.form.found.is_empty() {
                return Next::Ask(Question::WhichAppointment);
            }
            if let Some(question) = self.person_question() {
                return Next::Ask(question);
            }
            return match self.form.phone.clone() {
                Some(phone) => Next::Calendar(Ask::Upcoming { phone }),
                None => Next::Ask(Question::Phone),
            };
        };
        match self.goal {
            Goal::Reschedule => {
                self.form.service = Some(chosen.service.clone());
                self.advance_to_slot(now)
            }
            Goal::Cancel => Next::Ask(Question::ConfirmCancel),
            _ => {
                let what = self.an_appointment(&chosen.clone(), now);
                self.prefix(format!("You have {what}."));
                self.goal = Goal::Nothing;
                self.form.next_wish();
                Next::Ask(Question::AnythingElse)
            }
        }
    }

    /// What stands under the number given: only what is also under the name given counts.
    pub(super) fn standing(
        &mut self,
        standing: Result<Vec<Appointment>, StorageFailed>,
        now: &Zoned,
    ) -> Next {
        let Ok(standing) = standing else { return self.calendar_failed() };
        let name = self.form.name.clone();
        let own = |one: &Appointment| {
            name.as_ref().is_some_and(|name| same_person(name.reveal(), one.name.reveal()))
        };
        let mut own: Vec<Appointment> = standing.into_iter().filter(own).collect();
        match own.len() {
            0 => {
                // Neither the name nor the number is said to be the wrong one.
                self.prefix("I can't find an appointment under that name and number.");
                self.goal = Goal::Nothing;
                self.form = super::Form::default();
                Next::Ask(Question::Person)
            }
            1 => {
                self.form.chosen = own.pop();
                if let (Goal::Reschedule, Some(chosen)) = (self.goal, self.form.chosen.clone())
                    && !self.form.has_days()
                {
                    let what = self.an_appointment(&chosen, now);
                    self.prefix(format!("I've found {what}."));
                }
                self.advance_to_appointment(now)
            }
            _ => {
                own.truncate(3);
                self.form.found = own;
                Next::Ask(Question::WhichAppointment)
            }
        }
    }

    pub(super) fn answer_which(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        let found = &self.form.found;
        let start = |one: &Appointment| one.start.to_zoned(self.tenant.zone.clone());
        let by_words: Vec<&Appointment> = found
            .iter()
            .filter(|one| heard.service.as_ref().is_none_or(|service| *service == one.service))
            .filter(|one| {
                heard.when.is_empty()
                    || heard.when.iter().any(|candidate| {
                        let at = start(one);
                        candidate
                            .days
                            .is_none_or(|days| days.first <= at.date() && at.date() <= days.last)
                            && candidate.time.is_none_or(|time| time.allows(at.time()))
                    })
            })
            .collect();
        let said = heard.service.is_some() || !heard.when.is_empty();
        let chosen = match (heard.pick, by_words.as_slice()) {
            (Some(Pick::Place(place)), _) => found.get(place),
            (Some(Pick::Last), _) => found.last(),
            (Some(Pick::Either), _) => None,
            (None, [one]) if said => Some(*one),
            (None, _) => None,
        };
        self.form.chosen = Some(chosen?.clone());
        self.form.found.clear();
        Some(self.advance_to_appointment(now))
    }

    pub(super) fn answer_cancel(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        // `No, move it to Thursday.`
        if !heard.when.is_empty() {
            self.goal = Goal::Reschedule;
            self.form.take_in(heard);
            return Some(self.advance_to_appointment(now));
        }
        match heard.yes_no? {
            YesNo::Yes => {
                let appointment = self.form.chosen.as_ref()?.id;
                Some(Next::Calendar(Ask::Cancel { appointment }))
            }
            YesNo::No => Some(self.drop_it()),
        }
    }

    pub(super) fn cancelled(
        &mut self,
        cancelled: Result<Option<Appointment>, StorageFailed>,
        now: &Zoned,
    ) -> Next {
        match cancelled {
            Ok(Some(appointment)) => {
                self.committed();
                let what = self.an_appointment(&appointment, now);
                // `Your cleaning on Tuesday` rather than `a cleaning`.
                let what = what.split_once(' ').map_or(what.clone(), |(_, rest)| rest.to_owned());
                self.prefix(format!("Your {what} is cancelled."));
            }
            Ok(None) => self.prefix("That appointment isn't there any more."),
            Err(StorageFailed) => return self.calendar_failed(),
        }
        self.goal = Goal::Nothing;
        self.form.next_wish();
        Next::Ask(Question::AnythingElse)
    }
}
