//! Finding a time, holding it, booking it: for a new appointment and for one that moves.

use jiff::Zoned;
use jiff::civil::Time;

use super::form::days_after;
use super::hearing::Heard;
use super::question::Question;
use super::{Goal, Next, Receptionist};
use crate::agents::{Ask, StorageFailed};
use crate::language::{Intent, Pick, Shift, YesNo, name_answer, soon, spoken_day_and_time};
use crate::scheduling::{
    Appointment, AppointmentId, DaySpan, Finding, Slot, TimeWish, Unfit, Wish,
};
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
            Some(super::hearing::ProviderWish::One(provider)) => *provider == held.slot.provider,
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
        self.form.when = vec![crate::language::Candidate {
            days: Some(DaySpan::day(start.date())),
            time: Some(TimeWish::At(start.time())),
            sure: true,
        }];
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
