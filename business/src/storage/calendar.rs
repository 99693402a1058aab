//! Looking into the calendar: what is taken, what stands, what has become of appointments.

use callwright_contract::{CallId, Pii};
use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::{SqliteFile, event_body, restored, stored, word};
use crate::scheduling::{Appointment, AppointmentId, Taken};
use crate::tenants::{Scope, TenantId};

impl SqliteFile {
    /// What is taken of a tenant's time within `within`, but for what `call` itself holds and for the
    /// appointment that it is about to move.
    pub(crate) async fn taken(
        &self,
        tenant: &TenantId,
        within: (Timestamp, Timestamp),
        call: CallId,
        moving: Option<AppointmentId>,
        now: Timestamp,
    ) -> Result<Vec<Taken>, sqlx::Error> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(TAKEN)
            .bind(tenant.as_str())
            .bind(stored(within.0))
            .bind(stored(within.1))
            .bind(stored(now))
            .bind(call.as_u64().cast_signed())
            .bind(moving.map_or(0, |id| id.0))
            .fetch_all(&self.reader)
            .await?;
        rows.into_iter().map(taken).collect()
    }

    /// Appointments of `tenant` that stand, have not begun, and were booked under this number.
    pub(crate) async fn upcoming(
        &self,
        tenant: &TenantId,
        phone: &Pii<String>,
        now: Timestamp,
    ) -> Result<Vec<Appointment>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, tenant, call_id, service, provider, start_at, end_at, state, name, phone
             FROM appointments WHERE tenant = $1 AND phone = $2 AND state = 'booked' AND start_at > $3
             ORDER BY start_at, id LIMIT 20",
        )
        .bind(tenant.as_str())
        .bind(phone.reveal())
        .bind(stored(now))
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(appointment).collect()
    }

    /// Appointments within `scope` that begin within a range.
    pub(crate) async fn appointments(
        &self,
        scope: &Scope,
        range: &std::ops::Range<Timestamp>,
    ) -> Result<Vec<Appointment>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, tenant, call_id, service, provider, start_at, end_at, state, name, phone
             FROM appointments
             WHERE ($1 IS NULL OR tenant = $1) AND state <> 'held' AND start_at >= $2 AND start_at < $3
             ORDER BY start_at, id",
        )
        .bind(scope.tenant())
        .bind(stored(range.start))
        .bind(stored(range.end))
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(appointment).collect()
    }
}

const TAKEN: &str = "SELECT provider, start_at, end_at FROM appointments
    WHERE tenant = $1 AND end_at > $2 AND start_at < $3
      AND (state = 'booked' OR (state = 'held' AND held_until > $4 AND call_id <> $5))
      AND id <> $6";

/// What is taken, as it is inside a transaction that is about to take more.
pub(super) async fn taken_now(
    transaction: &mut Transaction<'_, Sqlite>,
    tenant: &TenantId,
    within: (Timestamp, Timestamp),
    call: CallId,
    moving: Option<AppointmentId>,
    now: Timestamp,
) -> Result<Vec<Taken>, sqlx::Error> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(TAKEN)
        .bind(tenant.as_str())
        .bind(stored(within.0))
        .bind(stored(within.1))
        .bind(stored(now))
        .bind(call.as_u64().cast_signed())
        .bind(moving.map_or(0, |id| id.0))
        .fetch_all(&mut **transaction)
        .await?;
    rows.into_iter().map(taken).collect()
}

/// One appointment, booked or not any more.
pub(super) async fn one(
    transaction: &mut Transaction<'_, Sqlite>,
    tenant: &TenantId,
    id: AppointmentId,
) -> Result<Appointment, sqlx::Error> {
    let row: Row = sqlx::query_as(
        "SELECT id, tenant, call_id, service, provider, start_at, end_at, state, name, phone
         FROM appointments WHERE tenant = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.0)
    .fetch_one(&mut **transaction)
    .await?;
    appointment(row)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    tenant: String,
    call_id: i64,
    service: String,
    provider: String,
    start_at: i64,
    end_at: i64,
    state: String,
    name: String,
    phone: String,
}

fn taken((provider, start, end): (String, i64, i64)) -> Result<Taken, sqlx::Error> {
    Ok(Taken { provider: word(&provider)?, start: restored(start)?, end: restored(end)? })
}

fn appointment(row: Row) -> Result<Appointment, sqlx::Error> {
    Ok(Appointment {
        id: AppointmentId(row.id),
        tenant: word(&row.tenant)?,
        service: word(&row.service)?,
        provider: word(&row.provider)?,
        start: restored(row.start_at)?,
        end: restored(row.end_at)?,
        state: event_body::state_of(&row.state)?,
        name: row.name.into(),
        phone: row.phone.into(),
        call: CallId::from_u64(row.call_id.cast_unsigned()),
    })
}
