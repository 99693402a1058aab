//! What is known so far of what the caller wants booked, moved or cancelled.

use callwright_contract::Pii;
use jiff::civil::Date;

use super::hearing::{Heard, ProviderWish};
use crate::language::Candidate;
use crate::scheduling::{Appointment, DaySpan, Slot, TimeWish, When};
use crate::storage::Held;
use crate::tenants::{ProviderId, ServiceId};

/// What the conversation is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Goal {
    #[default]
    Nothing,
    Book,
    Reschedule,
    Cancel,
    /// To be told when the appointment is.
    Lookup,
}

/// The form that a booking fills.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Form {
    pub service: Option<ServiceId>,
    /// Whether the service was only like what was heard.
    pub guessed: bool,
    pub provider: Option<ProviderId>,
    /// Alternatives, the likeliest first.
    pub when: Vec<Candidate>,
    /// Times that were offered and not chosen from yet.
    pub offers: Vec<Slot>,
    /// Whether times were named to a caller who could not be understood to name one.
    pub suggested: bool,
    pub held: Option<Held>,
    pub name: Option<Pii<String>>,
    pub phone: Option<Pii<String>>,
    /// Whether the caller said that the number is right.
    pub phone_sure: bool,
    /// Appointments that were found, to choose from.
    pub found: Vec<Appointment>,
    /// The appointment that is to be moved or cancelled.
    pub chosen: Option<Appointment>,
}

impl Form {
    /// The form for the next wish of the same caller.
    pub(super) fn next_wish(&mut self) {
        *self = Self {
            name: self.name.take(),
            phone: self.phone.take(),
            phone_sure: self.phone_sure,
            ..Self::default()
        };
    }

    /// Takes in service, provider, days and times; `true` if the slot has to be sought anew.
    pub(super) fn take_in(&mut self, heard: &Heard) -> bool {
        let before = (self.service.clone(), self.provider.clone(), self.when.clone());
        // "To the after, a new place" is a misheard day, and sounds like bleaching.
        let known = self.service.is_some() && !self.guessed;
        if let Some(service) = heard.service.as_ref().filter(|_| heard.service_sure || !known) {
            self.service = Some(service.clone());
            self.guessed = false;
        }
        match &heard.provider {
            Some(ProviderWish::One(provider)) => self.provider = Some(provider.clone()),
            Some(ProviderWish::Anyone) => self.provider = None,
            None => {}
        }
        if !heard.when.is_empty() {
            self.when = self.merged(&heard.when);
        }
        let changed = before != (self.service.clone(), self.provider.clone(), self.when.clone());
        if changed {
            self.offers.clear();
            self.held = None;
        }
        changed
    }

    /// New days keep the old time, a new time keeps the old days.
    fn merged(&self, new: &[Candidate]) -> Vec<Candidate> {
        let old = self.when.first();
        new.iter()
            .map(|new| {
                // `Actually, make it Wednesday` after a precise time that did not exist: the part of the day stays.
                let time = new.time.or(old.and_then(|old| old.time));
                let days = new.days.or(old.and_then(|old| old.days));
                Candidate {
                    days,
                    time,
                    sure: new.sure && (new.days.is_some() || old.is_none_or(|old| old.sure)),
                }
            })
            .collect()
    }

    /// The days and times to look for; `soon` for those who said a time or nothing.
    pub(super) fn whens(&self, soon: DaySpan) -> Vec<When> {
        self.when
            .iter()
            .map(|candidate| When {
                days: candidate.days.unwrap_or(soon),
                time: candidate.time.unwrap_or(TimeWish::Any),
            })
            .collect()
    }

    /// Whether it is known on which days to look.
    pub(super) fn has_days(&self) -> bool {
        self.when.iter().any(|candidate| candidate.days.is_some())
    }

    /// Whether everyone would agree on the wish.
    pub(super) fn is_sure(&self) -> bool {
        matches!(self.when.as_slice(), [one] if one.sure)
    }

    /// Wishes for this instead, whatever was wished before.
    pub(super) fn wish_only(&mut self, days: DaySpan, time: TimeWish) {
        self.when = vec![Candidate { days: Some(days), time: Some(time), sure: true }];
        self.offers.clear();
        self.held = None;
    }
}

/// Days after one, as far as anyone books.
pub(super) fn days_after(date: Date) -> DaySpan {
    let first = date.tomorrow().unwrap_or(date);
    let last = first.checked_add(jiff::Span::new().days(60)).unwrap_or(first);
    DaySpan { first, last }
}
