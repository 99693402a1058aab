//! Looking for slots that meet a wish, and for the next best when none does.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::fit::{Slot, Taken, Unfit, fits};
use super::wish::{DaySpan, TimeWish, When, Wish, minutes_of};
use crate::tenants::Tenant;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Slots to offer, the best first, at most [`OFFERS`]; each fits.
    pub offers: Vec<Slot>,
    /// Why the wish itself could not be met; `None` when the offers meet it.
    pub unmet: Option<Unfit>,
}

/// How many slots a caller can keep in mind.
const OFFERS: usize = 2;
/// Furthest from the days wished that other days are looked at.
const NEARBY_DAYS: i64 = 21;
/// Offers of one day are at least this far apart, where that is possible.
const APART_MINUTES: u32 = 60;

/// Slots for `wish`, given what is taken.
pub(crate) fn seek(tenant: &Tenant, wish: &Wish, taken: &[Taken], now: Timestamp) -> Finding {
    let search = Search { tenant, wish, taken, now };
    let mut unmet = None;
    for when in &wish.when {
        let offers = search.meeting(*when);
        if !offers.is_empty() {
            return Finding { offers, unmet: None };
        }
        unmet = unmet.or(Some(search.reason(*when)));
    }
    let offers = wish.when.first().map(|when| search.near(*when)).unwrap_or_default();
    Finding { offers, unmet: unmet.or(Some(Unfit::Closed)) }
}

/// The stretch of time whose bookings decide about a wish.
pub(crate) fn reach(tenant: &Tenant, wish: &Wish, now: Timestamp) -> (Timestamp, Timestamp) {
    let last = wish.when.iter().map(|when| when.days.last).max().unwrap_or(Date::MIN);
    let end = last
        .checked_add(jiff::Span::new().days(NEARBY_DAYS + 1))
        .ok()
        .and_then(|date| date.to_zoned(tenant.zone.clone()).ok())
        .map_or(Timestamp::MAX, |zoned| zoned.timestamp());
    (now, end.max(now))
}

struct Search<'a> {
    tenant: &'a Tenant,
    wish: &'a Wish,
    taken: &'a [Taken],
    now: Timestamp,
}

impl Search<'_> {
    /// Up to [`OFFERS`] slots that meet `when`: one for an exact time, otherwise the first and one apart.
    fn meeting(&self, when: When) -> Vec<Slot> {
        let mut offers: Vec<Slot> = Vec::new();
        for date in self.days(when.days) {
            let free = self.free(date, when.time);
            let wanted = if matches!(when.time, TimeWish::At(_)) { 1 } else { OFFERS };
            for slot in spread(free, self.tenant) {
                if offers.len() < wanted {
                    offers.push(slot);
                }
            }
            if offers.len() >= wanted {
                break;
            }
        }
        offers
    }

    /// The slots nearest to what was wished: on the same days, then at a like time on days after them.
    fn near(&self, when: When) -> Vec<Slot> {
        let mut offers: Vec<Slot> = Vec::new();
        for date in self.days(when.days) {
            let mut free = self.free(date, TimeWish::Any);
            self.nearest_first(&mut free, when.time);
            offers.extend(spread(free, self.tenant).into_iter().take(OFFERS - offers.len()));
            if offers.len() == OFFERS {
                break;
            }
        }
        for days in 1..=NEARBY_DAYS {
            if offers.len() >= OFFERS {
                break;
            }
            let Ok(date) = when.days.last.checked_add(jiff::Span::new().days(days)) else { break };
            let mut free = self.free(date, when.time);
            if free.is_empty() {
                free = self.free(date, TimeWish::Any);
            }
            self.nearest_first(&mut free, when.time);
            offers.extend(free.into_iter().take(1));
        }
        offers.sort_by_key(|slot| slot.start);
        offers
    }

    fn nearest_first(&self, free: &mut [Slot], wanted: TimeWish) {
        if let Some(centre) = wanted.centre() {
            free.sort_by_key(|slot| self.distance(slot, centre));
        }
    }

    /// Why nothing of `when` is free: taken, if anything of it could be booked at all.
    fn reason(&self, when: When) -> Unfit {
        let mut first = None;
        for date in self.days(when.days) {
            let times: Vec<Time> = match when.time {
                TimeWish::At(time) => vec![time],
                _ => self.grid(date).filter(|&time| when.time.allows(time)).collect(),
            };
            if self.tenant.opening.is_holiday(date) {
                first = first.or(Some(Unfit::Holiday));
            }
            for time in times {
                match self.at(date, time) {
                    Err(Unfit::Taken) => return Unfit::Taken,
                    Err(other) => first = first.or(Some(other)),
                    Ok(_) => {}
                }
            }
        }
        first.unwrap_or(Unfit::Closed)
    }

    /// The days of a span that may be booked at all, so that no wish makes the search long.
    fn days(&self, span: DaySpan) -> impl Iterator<Item = Date> + use<> {
        let today = self.now.to_zoned(self.tenant.zone.clone()).date();
        let horizon = jiff::Span::new().days(i64::from(self.tenant.limits.horizon_days) + 1);
        let last = today.checked_add(horizon).unwrap_or(Date::MAX).min(span.last);
        let first = span.first.max(today);
        std::iter::successors(Some(first), |date| date.tomorrow().ok())
            .take_while(move |&date| date <= last)
    }

    /// Free slots of a day that begin at a time allowed, in order, one provider each.
    fn free(&self, date: Date, time: TimeWish) -> Vec<Slot> {
        match time {
            TimeWish::At(time) => self.at(date, time).into_iter().collect(),
            _ => self
                .grid(date)
                .filter(|&t| time.allows(t))
                .filter_map(|t| self.at(date, t).ok())
                .collect(),
        }
    }

    /// The slot that begins then, by the provider wished or the first who is free.
    fn at(&self, date: Date, time: Time) -> Result<Slot, Unfit> {
        let service = self.tenant.service(&self.wish.service).ok_or(Unfit::NotOffered)?;
        // A time that a change of the clocks leaves out, or brings twice, is not offered.
        let start = self
            .tenant
            .zone
            .to_ambiguous_timestamp(date.to_datetime(time))
            .unambiguous()
            .ok()
            .ok_or(Unfit::Closed)?;
        let mut reason = Unfit::NotOffered;
        for provider in &self.tenant.providers {
            if self.wish.provider.as_ref().is_some_and(|wanted| *wanted != provider.id) {
                continue;
            }
            match fits(self.tenant, (service, provider), start, self.taken, self.now) {
                Ok(slot) => return Ok(slot),
                // Taken says more than away: it would have been possible.
                Err(Unfit::Taken) => reason = Unfit::Taken,
                Err(other) if reason == Unfit::NotOffered => reason = other,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    /// The quarters of an hour in which the tenant is open: only these are worth asking [`fits`] about.
    fn grid(&self, date: Date) -> impl Iterator<Item = Time> + use<> {
        let spans = self.tenant.opening.on(date).to_vec();
        (0..24_i8)
            .flat_map(|hour| [0, 15, 30, 45].map(|minute| Time::constant(hour, minute, 0, 0)))
            .filter(move |&time| spans.iter().any(|span| span.from <= time && time < span.until))
    }

    fn distance(&self, slot: &Slot, centre: Time) -> u32 {
        let start = slot.start.to_zoned(self.tenant.zone.clone()).time();
        minutes_of(start).abs_diff(minutes_of(centre))
    }
}

/// The first slot and the next ones well apart from it, in the order given, half hours before quarters.
fn spread(free: Vec<Slot>, tenant: &Tenant) -> Vec<Slot> {
    let minutes = |slot: &Slot| minutes_of(slot.start.to_zoned(tenant.zone.clone()).time());
    let round: Vec<Slot> = free.iter().filter(|slot| minutes(slot) % 30 == 0).cloned().collect();
    let pool = if round.is_empty() { free } else { round };
    let mut chosen: Vec<Slot> = Vec::new();
    for slot in &pool {
        let apart = |other: &Slot| minutes(slot).abs_diff(minutes(other)) >= APART_MINUTES;
        if chosen.iter().all(apart) {
            chosen.push(slot.clone());
        }
    }
    if chosen.len() < OFFERS { pool } else { chosen }
}
