//! A changed mind: what differs from what is known replaces it, and what was not said again stays.

use jiff::Zoned;

use super::hearing::{Heard, ProviderWish};
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::language::{Candidate, YesNo, name_answer};
use crate::scheduling::{DaySpan, TimeWish};

impl Receptionist {
    /// What should be changed.
    pub(super) fn answer_change(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        if self.corrects(heard) {
            return Some(self.advance(now));
        }
        let says = |words: &[&str]| heard.words.has_any(words);
        if says(&["number", "phone", "telephone", "the last", "fourth"]) {
            self.form.phone = None;
            self.digits.clear();
            return Some(Next::Ask(Question::Phone));
        }
        if says(&["name", "the third"]) {
            self.form.name = None;
            return Some(Next::Ask(Question::Name));
        }
        if says(&["day", "time", "date", "when", "hour", "the second"]) {
            self.form.when.clear();
            self.form.offers.clear();
            self.form.held = None;
            return Some(Next::Ask(Question::When));
        }
        if says(&["service", "treatment", "the first", "what for"]) && self.goal == Goal::Book {
            self.form.service = None;
            self.form.held = None;
            return Some(Next::Ask(Question::Service));
        }
        (heard.yes_no == Some(YesNo::No)).then(|| self.drop_it())
    }

    /// Takes in what differs from what is held or known; `true` if anything does.
    pub(super) fn corrects(&mut self, heard: &Heard) -> bool {
        let mut changed = false;
        if heard.has_content() && !self.is_what_is_held(heard) {
            self.keep_day_of_held(heard);
            if self.goal == Goal::Reschedule {
                // What is moved stays what it is.
                let service = self.form.service.clone();
                changed |= self.form.take_in(heard);
                self.form.service = service;
            } else {
                changed |= self.form.take_in(heard);
            }
            self.form.held = None;
        }
        if let Some(name) = heard.name.clone().or_else(|| self.name_correction(heard)) {
            changed |= self.form.name.as_ref().is_none_or(|known| *known.reveal() != name);
            self.form.name = Some(name.into());
        }
        if heard.digits.len() >= 7 {
            self.take_number_in_passing(heard);
            changed = true;
        }
        changed
    }

    /// `No, it's Hannah Miller`, said to the whole booking.
    fn name_correction(&self, heard: &Heard) -> Option<String> {
        let corrects = heard.yes_no == Some(YesNo::No)
            && heard.words.has_any(&["it's", "i'm", "it is", "i am"]);
        if corrects && !heard.has_content() { name_answer(&heard.words) } else { None }
    }

    /// Whether what was said only repeats what is held.
    fn is_what_is_held(&self, heard: &Heard) -> bool {
        let Some(held) = &self.form.held else { return false };
        let start = held.slot.start.to_zoned(self.tenant.zone.clone());
        let service = heard.service.as_ref().is_none_or(|service| *service == held.slot.service);
        let provider = match &heard.provider {
            Some(ProviderWish::One(provider)) => *provider == held.slot.provider,
            _ => true,
        };
        let when = heard.when.is_empty()
            || heard.when.iter().any(|candidate| {
                candidate
                    .days
                    .is_none_or(|days| days.first <= start.date() && start.date() <= days.last)
                    && candidate.time.is_none_or(|time| time.allows(start.time()))
            });
        service && provider && when
    }

    /// A time alone is a time of the day that is held, a day alone means the same time on it.
    fn keep_day_of_held(&mut self, heard: &Heard) {
        let Some(held) = &self.form.held else { return };
        if heard.when.is_empty() && heard.service.is_none() && heard.provider.is_none() {
            return;
        }
        let start = held.slot.start.to_zoned(self.tenant.zone.clone());
        self.form.when = vec![Candidate {
            days: Some(DaySpan::day(start.date())),
            time: Some(TimeWish::At(start.time())),
            sure: true,
        }];
    }
}
