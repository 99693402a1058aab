//! A tenant's document and calendar as they are now, and as they were put back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SqliteFile, restored, stored};
use crate::scheduling::quarters;
use crate::tenants::TenantId;

/// Time of a provider that is booked, or held by another call.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize, sqlx::FromRow)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakenTime {
    pub service: String,
    pub provider: String,
    /// Microseconds since 1970, as are the others.
    pub start: i64,
    pub end: i64,
    /// Until when it is held; `None` when it is booked.
    pub held_until: Option<i64>,
    /// Whose it is, where that may be kept.
    pub name: Option<String>,
    pub phone: Option<String>,
}

impl SqliteFile {
    /// A tenant's document.
    pub(crate) async fn document(&self, tenant: &TenantId) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("SELECT document FROM tenants WHERE id = $1")
            .bind(tenant.as_str())
            .fetch_optional(&self.reader)
            .await
    }

    /// What is booked or held of a tenant's time that ends after `since`.
    pub(crate) async fn taken_times(
        &self,
        tenant: &TenantId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<TakenTime>, sqlx::Error> {
        sqlx::query_as(
            "SELECT service, provider, start_at AS \"start\", end_at AS \"end\", held_until, name, phone
             FROM appointments
             WHERE tenant = $1 AND end_at > $2
               AND (state = 'booked' OR (state = 'held' AND held_until > $3))
             ORDER BY start_at, id",
        )
        .bind(tenant.as_str())
        .bind(stored(since))
        .bind(stored(now))
        .fetch_all(&self.reader)
        .await
    }

    /// Puts taken time back into an empty calendar, all or nothing.
    pub(crate) async fn add_taken(
        &self,
        tenant: &str,
        times: &[TakenTime],
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        // Each hold is another call's; a call has one at a time.
        for (call, time) in (0_i64..).zip(times) {
            let state = if time.held_until.is_some() { "held" } else { "booked" };
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO appointments (tenant, call_id, service, provider, start_at, end_at, state, held_until,
                                           name, phone, created_at, changed_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) RETURNING id",
            )
            .bind(tenant)
            .bind(call)
            .bind(&time.service)
            .bind(&time.provider)
            .bind(time.start)
            .bind(time.end)
            .bind(state)
            .bind(time.held_until)
            .bind(time.name.as_deref().unwrap_or_default())
            .bind(time.phone.as_deref().unwrap_or_default())
            .bind(stored(now))
            .fetch_one(&mut *transaction)
            .await?;
            for quarter in quarters(restored(time.start)?, restored(time.end)?) {
                sqlx::query(
                    "INSERT OR IGNORE INTO taken_quarters (tenant, provider, quarter_at, appointment_id)
                     VALUES ($1, $2, $3, $4)",
                )
                .bind(tenant)
                .bind(&time.provider)
                .bind(stored(quarter))
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            }
        }
        transaction.commit().await
    }
}
