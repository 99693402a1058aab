//! The tables of appointments and taken quarters, and what `booking` and `calendar` do with those of the file.

use std::collections::BTreeMap;
use std::ops::Range;

use callwright_contract::{CallId, Pii};
use jiff::Timestamp;

use super::super::{
    CancelError, ConfirmError, Confirmation, Entry, Held, HoldError, HoldId, HoldRequest,
};
use super::{Operation, StoreModel};
use crate::feed::{AppointmentChange, ChangeKind, Happening};
use crate::scheduling::{
    Appointment, AppointmentId, AppointmentState, Slot, Taken, Unfit, fits, quarters,
};
use crate::tenants::{ProviderId, Scope, ServiceId, Tenant, TenantId};

/// Both tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Calendar {
    rows: BTreeMap<i64, Row>,
    quarters: BTreeMap<(TenantId, ProviderId, Timestamp), i64>,
    last_id: i64,
    pub(super) books_twice: bool,
}

#[derive(Clone, Debug)]
struct Row {
    tenant: TenantId,
    call: CallId,
    service: ServiceId,
    provider: ProviderId,
    start: Timestamp,
    end: Timestamp,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Held { until: Timestamp },
    Was { state: AppointmentState, name: Pii<String>, phone: Pii<String> },
}

impl Row {
    fn is_held(&self) -> bool {
        matches!(self.state, State::Held { .. })
    }

    fn appointment(&self, id: i64) -> Option<Appointment> {
        let State::Was { state, name, phone } = &self.state else { return None };
        Some(Appointment {
            id: AppointmentId(id),
            tenant: self.tenant.clone(),
            service: self.service.clone(),
            provider: self.provider.clone(),
            start: self.start,
            end: self.end,
            state: *state,
            name: name.clone(),
            phone: phone.clone(),
            call: self.call,
        })
    }
}

/// Another's quarter is in the way, as the table's own guard would say.
fn refused() -> sqlx::Error {
    sqlx::Error::Protocol("the quarter is taken".into())
}

/// What is asked about: whose, what is left out, when.
#[derive(Clone, Copy)]
struct Asking<'a> {
    tenant: &'a TenantId,
    call: CallId,
    moving: Option<AppointmentId>,
    now: Timestamp,
}

impl Calendar {
    pub(super) fn held(&self) -> usize {
        self.rows.values().filter(|row| row.is_held()).count()
    }

    pub(super) fn all(&self) -> Vec<Appointment> {
        let mut all: Vec<Appointment> =
            self.rows.iter().filter_map(|(id, row)| row.appointment(*id)).collect();
        all.sort_by_key(|one| (one.start, one.id));
        all
    }

    /// Deletes the rows that `gone` picks, and what they take.
    fn delete(&mut self, gone: impl Fn(&Row) -> bool) -> u64 {
        let before = self.rows.len();
        self.rows.retain(|_, row| !gone(row));
        let rows = &self.rows;
        self.quarters.retain(|_, id| rows.contains_key(id));
        (before - self.rows.len()) as u64
    }

    fn taken(&self, within: (Timestamp, Timestamp), asking: Asking<'_>) -> Vec<Taken> {
        let Asking { tenant, call, moving, now } = asking;
        let counts = |id: i64, row: &Row| {
            row.tenant == *tenant
                && row.end > within.0
                && row.start < within.1
                && moving != Some(AppointmentId(id))
                && match &row.state {
                    State::Held { until } => *until > now && row.call != call,
                    State::Was { state, .. } => *state == AppointmentState::Booked,
                }
        };
        let rows = self.rows.iter().filter(|(id, row)| !self.books_twice && counts(**id, row));
        rows.map(|(_, row)| Taken {
            provider: row.provider.clone(),
            start: row.start,
            end: row.end,
        })
        .collect()
    }

    fn take_quarters(
        &mut self,
        tenant: &TenantId,
        slot: &Slot,
        (id, but_for): (i64, Option<AppointmentId>),
    ) -> Result<(), sqlx::Error> {
        for quarter in quarters(slot.start, slot.end) {
            let place = (tenant.clone(), slot.provider.clone(), quarter);
            match self.quarters.get(&place) {
                Some(taken) if but_for == Some(AppointmentId(*taken)) => {}
                Some(_) if !self.books_twice => return Err(refused()),
                _ => {
                    self.quarters.insert(place, id);
                }
            }
        }
        Ok(())
    }

    fn hold(
        &mut self,
        tenant: &Tenant,
        request: &HoldRequest,
        now: Timestamp,
    ) -> Result<Held, HoldError> {
        let HoldRequest { call, start, moving, .. } = *request;
        self.delete(|row| match row.state {
            State::Held { until } => row.tenant == tenant.id && (row.call == call || until <= now),
            State::Was { .. } => false,
        });
        let service = tenant.service(&request.service).ok_or(Unfit::NotOffered)?;
        let provider = tenant.provider(&request.provider).ok_or(Unfit::NotOffered)?;
        let asking = Asking { tenant: &tenant.id, call, moving, now };
        let busy = self.taken(super::super::booking::day_around(start), asking);
        let slot = fits(tenant, (service, provider), start, &busy, now)?;
        self.last_id += 1;
        let id = self.last_id;
        let until = now.saturating_add(request.lasts).unwrap_or(Timestamp::MAX);
        let row = Row {
            tenant: tenant.id.clone(),
            call,
            service: slot.service.clone(),
            provider: slot.provider.clone(),
            start: slot.start,
            end: slot.end,
            state: State::Held { until },
        };
        self.rows.insert(id, row);
        self.take_quarters(&tenant.id, &slot, (id, moving))?;
        Ok(Held { id: HoldId(id), slot })
    }

    fn confirm(
        &mut self,
        tenant: &Tenant,
        confirmation: &Confirmation,
        now: Timestamp,
    ) -> Result<Appointment, ConfirmError> {
        let Confirmation { hold: HoldId(id), call, moving, .. } = *confirmation;
        let held = self
            .rows
            .get(&id)
            .filter(|row| row.tenant == tenant.id && row.call == call && row.is_held());
        let held = held.ok_or(ConfirmError::HoldGone)?;
        let start = held.start;
        let service = tenant.service(&held.service).ok_or(Unfit::NotOffered)?;
        let provider = tenant.provider(&held.provider).ok_or(Unfit::NotOffered)?;
        let asking = Asking { tenant: &tenant.id, call, moving, now };
        let busy = self.taken(super::super::booking::day_around(start), asking);
        let slot = fits(tenant, (service, provider), start, &busy, now)?;
        if let Some(moving) = moving {
            if !self.leave(&tenant.id, moving, AppointmentState::Moved) {
                return Err(ConfirmError::MovingGone);
            }
            self.quarters.retain(|_, taken| *taken != id);
            self.take_quarters(&tenant.id, &slot, (id, None))?;
        }
        let row = self.rows.get_mut(&id).ok_or(ConfirmError::HoldGone)?;
        row.state = State::Was {
            state: AppointmentState::Booked,
            name: confirmation.name.clone(),
            phone: confirmation.phone.clone(),
        };
        row.appointment(id).ok_or(ConfirmError::HoldGone)
    }

    /// Ends a standing appointment and frees its time; `false` when it does not stand.
    fn leave(
        &mut self,
        tenant: &TenantId,
        AppointmentId(id): AppointmentId,
        to: AppointmentState,
    ) -> bool {
        self.quarters.retain(|(of, ..), taken| of != tenant || *taken != id);
        let row = self.rows.get_mut(&id).filter(|row| row.tenant == *tenant);
        match row.map(|row| &mut row.state) {
            Some(State::Was { state, .. }) if *state == AppointmentState::Booked => {
                *state = to;
                true
            }
            _ => false,
        }
    }
}

impl super::Tables {
    /// Does `deed` with the calendar and notes what has changed, both or neither.
    fn change<T, E: From<sqlx::Error>>(
        &mut self,
        deed: impl FnOnce(&mut Calendar) -> Result<(T, Option<Entry>), E>,
    ) -> Result<T, E> {
        let mut calendar = self.calendar.clone();
        let (done, entry) = deed(&mut calendar)?;
        if let Some(entry) = entry {
            self.log.append(&[entry]);
        }
        self.calendar = calendar;
        Ok(done)
    }
}

fn note(appointment: &Appointment, call: CallId, kind: ChangeKind, at: Timestamp) -> Option<Entry> {
    let change = AppointmentChange { call, kind, appointment: appointment.clone() };
    Some(Entry { tenant: appointment.tenant.clone(), at, what: Happening::Appointment(change) })
}

impl StoreModel {
    pub(in super::super) async fn hold(
        &self,
        tenant: &Tenant,
        request: &HoldRequest,
        now: Timestamp,
    ) -> Result<Held, HoldError> {
        self.ask(Operation::Hold, |tables| {
            tables.change(|calendar| Ok((calendar.hold(tenant, request, now)?, None)))
        })
        .await
    }

    pub(in super::super) async fn confirm(
        &self,
        tenant: &Tenant,
        confirmation: &Confirmation,
        now: Timestamp,
    ) -> Result<Appointment, ConfirmError> {
        self.ask(Operation::Confirm, |tables| {
            tables.change(|calendar| {
                let appointment = calendar.confirm(tenant, confirmation, now)?;
                let kind = confirmation.moving.map_or(ChangeKind::Booked, ChangeKind::MovedFrom);
                let entry = note(&appointment, confirmation.call, kind, now);
                Ok((appointment, entry))
            })
        })
        .await
    }

    pub(in super::super) async fn cancel(
        &self,
        tenant: &TenantId,
        appointment: AppointmentId,
        call: CallId,
        now: Timestamp,
    ) -> Result<Appointment, CancelError> {
        self.ask(Operation::Cancel, |tables| {
            tables.change(|calendar| {
                if !calendar.leave(tenant, appointment, AppointmentState::Cancelled) {
                    return Err(CancelError::Gone);
                }
                let row = calendar.rows.get(&appointment.0);
                let gone = row.and_then(|row| row.appointment(appointment.0));
                let gone = gone.ok_or(CancelError::Gone)?;
                let entry = note(&gone, call, ChangeKind::Cancelled, now);
                Ok((gone, entry))
            })
        })
        .await
    }

    pub(in super::super) async fn release(
        &self,
        tenant: &TenantId,
        call: CallId,
    ) -> Result<(), sqlx::Error> {
        self.ask(Operation::Release, |tables| {
            tables
                .calendar
                .delete(|row| row.tenant == *tenant && row.call == call && row.is_held());
            Ok(())
        })
        .await
    }

    pub(in super::super) async fn release_all(&self) -> Result<u64, sqlx::Error> {
        Ok(self.lock().calendar.delete(Row::is_held))
    }

    pub(in super::super) async fn taken(
        &self,
        tenant: &TenantId,
        within: (Timestamp, Timestamp),
        call: CallId,
        moving: Option<AppointmentId>,
        now: Timestamp,
    ) -> Result<Vec<Taken>, sqlx::Error> {
        let asking = Asking { tenant, call, moving, now };
        self.ask(Operation::Look, |tables| Ok(tables.calendar.taken(within, asking))).await
    }

    pub(in super::super) async fn upcoming(
        &self,
        tenant: &TenantId,
        phone: &Pii<String>,
        now: Timestamp,
    ) -> Result<Vec<Appointment>, sqlx::Error> {
        self.ask(Operation::Look, |tables| {
            let mut standing = tables.calendar.all();
            standing.retain(|one| {
                one.tenant == *tenant
                    && one.phone == *phone
                    && one.state == AppointmentState::Booked
                    && one.start > now
            });
            standing.truncate(20);
            Ok(standing)
        })
        .await
    }

    pub(in super::super) async fn appointments(
        &self,
        scope: &Scope,
        range: &Range<Timestamp>,
    ) -> Result<Vec<Appointment>, sqlx::Error> {
        let mut all = self.lock().calendar.all();
        all.retain(|one| scope.covers(&one.tenant) && range.contains(&one.start));
        Ok(all)
    }
}
