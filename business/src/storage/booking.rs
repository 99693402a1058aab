//! Taking time in the calendar: a slot is held, then booked, each in one transaction that decides anew.
//!
//! **Invariant.** Whether a slot may be taken is decided by [`fits`] inside the transaction that takes it, on
//! what is taken at that moment; and each quarter of an hour of a provider is a row that exists once.

use callwright_contract::{CallId, Pii};
use jiff::{SignedDuration, Timestamp};
use sqlx::{Sqlite, Transaction};

use super::calendar::{one, taken_now};
use super::event_log::{Entry, insert};
use super::{SqliteFile, restored, stored, unknown, word};
use crate::feed::{AppointmentChange, ChangeKind, Happening};
use crate::scheduling::{
    Appointment, AppointmentId, AppointmentState, Slot, Unfit, fits, quarters,
};
use crate::tenants::{ProviderId, ServiceId, Tenant, TenantId};

/// A held slot's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HoldId(pub i64);

/// A slot to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HoldRequest {
    pub call: CallId,
    pub service: ServiceId,
    pub provider: ProviderId,
    pub start: Timestamp,
    /// The appointment that the new one takes the place of, whose time counts as free.
    pub moving: Option<AppointmentId>,
    /// How long it is held.
    pub lasts: SignedDuration,
}

/// A slot that nobody else can take before it is let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub id: HoldId,
    pub slot: Slot,
}

/// A slot was not held.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HoldError {
    /// It may not be booked: offer others.
    #[error("the slot does not fit: {0}")]
    Unfit(#[from] Unfit),
    /// Nothing was changed.
    #[error("storage: {0}")]
    Storage(#[from] sqlx::Error),
}

/// A held slot to be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Confirmation {
    pub hold: HoldId,
    pub call: CallId,
    pub name: Pii<String>,
    pub phone: Pii<String>,
    /// The appointment whose place it takes.
    pub moving: Option<AppointmentId>,
}

/// A held slot was not booked; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfirmError {
    /// The hold has run out and was let go: seek anew.
    #[error("the hold is gone")]
    HoldGone,
    /// The appointment to be moved is not there any more.
    #[error("the appointment to be moved is gone")]
    MovingGone,
    /// The slot's time has come meanwhile.
    #[error("the slot does not fit any more: {0}")]
    Unfit(#[from] Unfit),
    /// Nothing was changed.
    #[error("storage: {0}")]
    Storage(#[from] sqlx::Error),
}

/// An appointment was not called off; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CancelError {
    /// It is not there, or was called off already.
    #[error("the appointment is gone")]
    Gone,
    /// Nothing was changed.
    #[error("storage: {0}")]
    Storage(#[from] sqlx::Error),
}

impl SqliteFile {
    /// Holds a slot for a call, which lets go of the one it held before.
    pub(crate) async fn hold(
        &self,
        tenant: &Tenant,
        request: &HoldRequest,
        now: Timestamp,
    ) -> Result<Held, HoldError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "DELETE FROM appointments WHERE tenant = $1 AND state = 'held' AND (call_id = $2 OR held_until <= $3)",
        )
        .bind(tenant.id.as_str())
        .bind(request.call.as_u64().cast_signed())
        .bind(stored(now))
        .execute(&mut *transaction)
        .await?;
        let service = tenant.service(&request.service).ok_or(Unfit::NotOffered)?;
        let provider = tenant.provider(&request.provider).ok_or(Unfit::NotOffered)?;
        let around = day_around(request.start);
        let busy =
            taken_now(&mut transaction, &tenant.id, around, request.call, request.moving, now)
                .await?;
        let slot = fits(tenant, (service, provider), request.start, &busy, now)?;
        let until = now.saturating_add(request.lasts).unwrap_or(Timestamp::MAX);
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO appointments (tenant, call_id, service, provider, start_at, end_at, state,
                                       held_until, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'held', $7, $8, $8) RETURNING id",
        )
        .bind(tenant.id.as_str())
        .bind(request.call.as_u64().cast_signed())
        .bind(slot.service.as_str())
        .bind(slot.provider.as_str())
        .bind(stored(slot.start))
        .bind(stored(slot.end))
        .bind(stored(until))
        .bind(stored(now))
        .fetch_one(&mut *transaction)
        .await?;
        take_quarters(&mut transaction, &tenant.id, &slot, id, request.moving).await?;
        transaction.commit().await?;
        Ok(Held { id: HoldId(id), slot })
    }

    /// Books a held slot; with `moving`, in place of that appointment. The log's entry is in the same commit.
    pub(crate) async fn confirm(
        &self,
        tenant: &Tenant,
        confirmation: &Confirmation,
        now: Timestamp,
    ) -> Result<Appointment, ConfirmError> {
        let call = confirmation.call;
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let held: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT service, provider, start_at FROM appointments
             WHERE tenant = $1 AND id = $2 AND call_id = $3 AND state = 'held'",
        )
        .bind(tenant.id.as_str())
        .bind(confirmation.hold.0)
        .bind(call.as_u64().cast_signed())
        .fetch_optional(&mut *transaction)
        .await?;
        let (service, provider, start) = held.ok_or(ConfirmError::HoldGone)?;
        let start = restored(start)?;
        let service = tenant.service(&word(&service)?).ok_or(Unfit::NotOffered)?;
        let provider = tenant.provider(&word(&provider)?).ok_or(Unfit::NotOffered)?;
        let around = day_around(start);
        let busy =
            taken_now(&mut transaction, &tenant.id, around, call, confirmation.moving, now).await?;
        let slot = fits(tenant, (service, provider), start, &busy, now)?;
        if let Some(moving) = confirmation.moving {
            if !leave(&mut transaction, &tenant.id, moving, AppointmentState::Moved, now).await? {
                return Err(ConfirmError::MovingGone);
            }
            // The hold left out the quarters that were the old appointment's: now it takes all of its own.
            free_quarters(&mut transaction, &tenant.id, confirmation.hold.0).await?;
            take_quarters(&mut transaction, &tenant.id, &slot, confirmation.hold.0, None).await?;
        }
        sqlx::query(
            "UPDATE appointments SET state = 'booked', held_until = NULL, name = $1, phone = $2, changed_at = $3
             WHERE tenant = $4 AND id = $5",
        )
        .bind(confirmation.name.reveal())
        .bind(confirmation.phone.reveal())
        .bind(stored(now))
        .bind(tenant.id.as_str())
        .bind(confirmation.hold.0)
        .execute(&mut *transaction)
        .await?;
        let appointment =
            one(&mut transaction, &tenant.id, AppointmentId(confirmation.hold.0)).await?;
        let kind = confirmation.moving.map_or(ChangeKind::Booked, ChangeKind::MovedFrom);
        note(&mut transaction, &appointment, call, kind, now).await?;
        transaction.commit().await?;
        Ok(appointment)
    }

    /// Calls an appointment off. The log's entry is in the same commit.
    pub(crate) async fn cancel(
        &self,
        tenant: &TenantId,
        appointment: AppointmentId,
        call: CallId,
        now: Timestamp,
    ) -> Result<Appointment, CancelError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        if !leave(&mut transaction, tenant, appointment, AppointmentState::Cancelled, now).await? {
            return Err(CancelError::Gone);
        }
        let appointment = one(&mut transaction, tenant, appointment).await?;
        note(&mut transaction, &appointment, call, ChangeKind::Cancelled, now).await?;
        transaction.commit().await?;
        Ok(appointment)
    }

    /// Lets go of what a call holds.
    pub(crate) async fn release(&self, tenant: &TenantId, call: CallId) -> Result<(), sqlx::Error> {
        sqlx::query(
            "DELETE FROM appointments WHERE tenant = $1 AND call_id = $2 AND state = 'held'",
        )
        .bind(tenant.as_str())
        .bind(call.as_u64().cast_signed())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Lets go of everything held: for the start, when no call is live. Spans tenants on purpose.
    pub(crate) async fn release_all(&self) -> Result<u64, sqlx::Error> {
        let done = sqlx::query("DELETE FROM appointments WHERE state = 'held'")
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected())
    }
}

/// No appointment is longer than a day, so that what could overlap lies within this.
pub(super) fn day_around(start: Timestamp) -> (Timestamp, Timestamp) {
    let day = SignedDuration::from_hours(24);
    (
        start.saturating_sub(day).unwrap_or(Timestamp::MIN),
        start.saturating_add(day).unwrap_or(Timestamp::MAX),
    )
}

async fn take_quarters(
    transaction: &mut Transaction<'_, Sqlite>,
    tenant: &TenantId,
    slot: &Slot,
    id: i64,
    but_for: Option<AppointmentId>,
) -> Result<(), sqlx::Error> {
    for quarter in quarters(slot.start, slot.end) {
        // An expired hold's quarters are gone with it; another's make the insertion fail, and with it all.
        sqlx::query(
            "INSERT INTO taken_quarters (tenant, provider, quarter_at, appointment_id)
             SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
                 SELECT 1 FROM taken_quarters
                 WHERE tenant = $1 AND provider = $2 AND quarter_at = $3 AND appointment_id = $5)",
        )
        .bind(tenant.as_str())
        .bind(slot.provider.as_str())
        .bind(stored(quarter))
        .bind(id)
        .bind(but_for.map_or(0, |id| id.0))
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

async fn free_quarters(
    transaction: &mut Transaction<'_, Sqlite>,
    tenant: &TenantId,
    id: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM taken_quarters WHERE tenant = $1 AND appointment_id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Ends a standing appointment and frees its time; `false` when it does not stand.
async fn leave(
    transaction: &mut Transaction<'_, Sqlite>,
    tenant: &TenantId,
    id: AppointmentId,
    state: AppointmentState,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE appointments SET state = $1, changed_at = $2 WHERE tenant = $3 AND id = $4 AND state = 'booked'",
    )
    .bind(state.as_str())
    .bind(stored(now))
    .bind(tenant.as_str())
    .bind(id.0)
    .execute(&mut **transaction)
    .await?;
    free_quarters(transaction, tenant, id.0).await?;
    Ok(changed.rows_affected() == 1)
}

async fn note(
    transaction: &mut Transaction<'_, Sqlite>,
    appointment: &Appointment,
    call: CallId,
    kind: ChangeKind,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let change = AppointmentChange { call, kind, appointment: appointment.clone() };
    let entry =
        Entry { tenant: appointment.tenant.clone(), at: now, what: Happening::Appointment(change) };
    if insert(transaction, &entry).await? { Ok(()) } else { Err(unknown("appointment")) }
}
