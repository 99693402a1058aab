//! The one function that decides whether a slot may be offered, held or booked.

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

use crate::tenants::{Provider, ProviderId, Service, ServiceId, Tenant};

/// A provider's time that could be booked. Made by [`fits`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub service: ServiceId,
    pub provider: ProviderId,
    pub start: Timestamp,
    pub end: Timestamp,
}

/// A provider's time that is held or booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub provider: ProviderId,
    pub start: Timestamp,
    pub end: Timestamp,
}

/// Why a slot may not be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the provider does not offer the service")]
    NotOffered,
    #[error("it is past or too soon")]
    TooSoon,
    #[error("it is further ahead than may be booked")]
    TooFar,
    #[error("appointments begin at quarters of an hour")]
    OffGrid,
    #[error("it is a holiday")]
    Holiday,
    #[error("it is outside the opening hours")]
    Closed,
    #[error("the provider does not work that day")]
    ProviderAway,
    #[error("the time is taken")]
    Taken,
}

/// Length of the grid that appointments begin on.
pub(crate) const QUARTER: SignedDuration = SignedDuration::from_mins(15);

/// Whether `service` by `provider` may begin at `start`, given what is `taken` of that provider's time.
///
/// # Errors
/// The first reason against it, from the general to the particular: what is taken comes last, so that
/// [`Unfit::Taken`] means that the wish was a sensible one.
pub(crate) fn fits(
    tenant: &Tenant,
    (service, provider): (&Service, &Provider),
    start: Timestamp,
    taken: &[Taken],
    now: Timestamp,
) -> Result<Slot, Unfit> {
    if !provider.services.contains(&service.id) {
        return Err(Unfit::NotOffered);
    }
    let lead = SignedDuration::from_mins(i64::from(tenant.limits.lead_minutes));
    if start < now.saturating_add(lead).unwrap_or(Timestamp::MAX) {
        return Err(Unfit::TooSoon);
    }
    let horizon = SignedDuration::from_hours(24 * i64::from(tenant.limits.horizon_days));
    if start > now.saturating_add(horizon).unwrap_or(Timestamp::MAX) {
        return Err(Unfit::TooFar);
    }
    let end = start
        .checked_add(SignedDuration::from_mins(i64::from(service.minutes)))
        .ok()
        .ok_or(Unfit::TooFar)?;
    let (from, until) = (start.to_zoned(tenant.zone.clone()), end.to_zoned(tenant.zone.clone()));
    let on_grid =
        Time::constant(from.hour(), from.minute(), 0, 0) == from.time() && from.minute() % 15 == 0;
    if !on_grid {
        return Err(Unfit::OffGrid);
    }
    if tenant.opening.is_holiday(from.date()) {
        return Err(Unfit::Holiday);
    }
    let open = from.date() == until.date()
        && tenant.opening.on(from.date()).iter().any(|span| span.holds(from.time(), until.time()));
    if !open {
        return Err(Unfit::Closed);
    }
    if !provider.days.contains(&from.weekday()) {
        return Err(Unfit::ProviderAway);
    }
    if taken
        .iter()
        .any(|other| other.provider == provider.id && other.start < end && start < other.end)
    {
        return Err(Unfit::Taken);
    }
    Ok(Slot { service: service.id.clone(), provider: provider.id.clone(), start, end })
}

/// The quarters of an hour that a slot covers, by their starts.
pub(crate) fn quarters(start: Timestamp, end: Timestamp) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(Some(start), |at| at.checked_add(QUARTER).ok())
        .take_while(move |&at| at < end)
}
