//! The answer to an offer of times: one of them, another wish, or other times.

use jiff::Zoned;
use jiff::civil::Time;

use super::form::days_after;
use super::hearing::Heard;
use super::question::Question;
use super::{Next, Receptionist};
use crate::language::{Pick, Shift, YesNo};
use crate::scheduling::{DaySpan, Slot, TimeWish};

impl Receptionist {
    /// The answer to an offer of times.
    pub(super) fn answer_offer(&mut self, heard: &Heard, now: &Zoned) -> Option<Next> {
        // A word about the service or the dentist asks for other times.
        let changes = heard
            .service
            .as_ref()
            .is_some_and(|service| Some(service) != self.form.service.as_ref())
            || heard.provider.is_some();
        if !changes && !heard.when.is_empty() {
            let matching = self.offers_meeting(heard);
            match matching.as_slice() {
                [slot] => return Some(self.hold(slot.clone())),
                [] => {}
                // `In the afternoon`, and both are: the first is as good.
                [_, _, ..] if heard.pick.is_none() => return Some(Next::Ask(Question::Offer)),
                _ => {}
            }
        }
        if !changes && let Some(slot) = self.picked(heard) {
            return Some(self.hold(slot));
        }
        if changes || !heard.when.is_empty() {
            self.keep_day_of_offers(heard);
            self.form.take_in(heard);
            self.form.offers.clear();
            return Some(self.advance(now));
        }
        if let Some(shift) = heard.shift {
            self.shift(shift, now);
            return Some(self.advance(now));
        }
        match (heard.yes_no?, self.form.offers.as_slice()) {
            (YesNo::Yes, [only]) => Some(self.hold(only.clone())),
            (YesNo::Yes, _) => {
                self.prefix("Which one?");
                Some(Next::Ask(Question::Offer))
            }
            (YesNo::No, _) => {
                self.form.when.clear();
                self.form.offers.clear();
                self.prefix("All right.");
                Some(Next::Ask(Question::When))
            }
        }
    }

    /// The offers that what was said allows.
    fn offers_meeting(&self, heard: &Heard) -> Vec<Slot> {
        let meets = |slot: &&Slot| {
            let start = slot.start.to_zoned(self.tenant.zone.clone());
            heard.when.iter().any(|candidate| {
                let day = candidate
                    .days
                    .is_none_or(|days| days.first <= start.date() && start.date() <= days.last);
                day && candidate.time.is_none_or(|time| time.allows(start.time()))
            })
        };
        self.form.offers.iter().filter(meets).cloned().collect()
    }

    fn picked(&self, heard: &Heard) -> Option<Slot> {
        let offers = &self.form.offers;
        match heard.pick? {
            Pick::Place(place) => offers.get(place),
            Pick::Last => offers.last(),
            Pick::Either => offers.first(),
        }
        .cloned()
    }

    /// A time alone, said to offers of one day, is a time of that day.
    fn keep_day_of_offers(&mut self, heard: &Heard) {
        let date = |slot: &Slot| slot.start.to_zoned(self.tenant.zone.clone()).date();
        let says_day = heard.when.iter().any(|candidate| candidate.days.is_some());
        if let (false, Some(first), Some(last)) =
            (says_day, self.form.offers.first(), self.form.offers.last())
            && date(first) == date(last)
        {
            let day = DaySpan::day(date(first));
            for candidate in &mut self.form.when {
                candidate.days = Some(day);
                candidate.sure = true;
            }
        }
    }

    /// Earlier, later, or anything but what was offered.
    fn shift(&mut self, shift: Shift, now: &Zoned) {
        let at = |slot: &Slot| slot.start.to_zoned(self.tenant.zone.clone()).datetime();
        let (Some(first), Some(last)) =
            (self.form.offers.first().map(at), self.form.offers.last().map(at))
        else {
            return;
        };
        let quarter = jiff::Span::new().minutes(15);
        match shift {
            Shift::Earlier => {
                let until = first.time().saturating_sub(quarter);
                let days = DaySpan { first: now.date().min(first.date()), last: first.date() };
                let day = DaySpan::day(first.date());
                let days = if until.hour() < 8 { days } else { day };
                self.form.wish_only(days, TimeWish::Between(Time::midnight(), until));
            }
            Shift::Later => {
                let from = last.time().saturating_add(quarter);
                let end = Time::constant(23, 59, 0, 0);
                self.form.wish_only(DaySpan::day(last.date()), TimeWish::Between(from, end));
            }
            Shift::Other => self.form.wish_only(days_after(last.date()), TimeWish::Any),
        }
    }
}
