//! The list of calls, and what becomes of those that a killed server left open.

use callwright_contract::{CallEvent, CallFact, CallId, EndCause, Pii};
use jiff::Timestamp;

use super::event_log::{Entry, end_call, insert};
use super::{SqliteFile, event_body, restored, word};
use crate::feed::Happening;
use crate::records::{CallPage, CallSummary};
use crate::tenants::Scope;

/// Most calls that one page may hold.
const PAGE_MAX: u16 = 500;

impl SqliteFile {
    /// Calls within `scope`, newest first.
    pub(crate) async fn calls(
        &self,
        scope: &Scope,
        page: CallPage,
    ) -> Result<Vec<CallSummary>, sqlx::Error> {
        let before = page.before.map_or(i64::MAX, |id| id.as_u64().cast_signed());
        let limit = page.limit.clamp(1, PAGE_MAX);
        let rows: Vec<Row> = match scope.tenant() {
            Some(tenant) => {
                sqlx::query_as(
                    "SELECT id, tenant, carrier, carrier_call, line, caller, started_at, ended_at, cause
                     FROM calls WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                )
                .bind(tenant)
                .bind(before)
                .bind(limit)
                .fetch_all(&self.reader)
                .await?
            }
            // The operator's view spans tenants on purpose.
            None => {
                sqlx::query_as(
                    "SELECT id, tenant, carrier, carrier_call, line, caller, started_at, ended_at, cause
                     FROM calls WHERE id < $1 ORDER BY id DESC LIMIT $2",
                )
                .bind(before)
                .bind(limit)
                .fetch_all(&self.reader)
                .await?
            }
        };
        rows.into_iter().map(summary).collect()
    }

    /// One call, if it is within `scope`.
    pub(crate) async fn call(
        &self,
        scope: &Scope,
        id: CallId,
    ) -> Result<Option<CallSummary>, sqlx::Error> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, tenant, carrier, carrier_call, line, caller, started_at, ended_at, cause
             FROM calls WHERE id = $1 AND ($2 IS NULL OR tenant = $2)",
        )
        .bind(id.as_u64().cast_signed())
        .bind(scope.tenant())
        .fetch_optional(&self.reader)
        .await?;
        row.map(summary).transpose()
    }

    /// Marks every call without an end as ended by the server's death, at the last moment known of it, and
    /// logs that. Spans tenants: a server dies for all of them. Answers how many there were.
    pub(crate) async fn end_calls_left_open(&self, now: Timestamp) -> Result<u64, sqlx::Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let open: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, tenant FROM calls WHERE ended_at IS NULL ORDER BY id")
                .fetch_all(&mut *transaction)
                .await?;
        for (id, tenant) in &open {
            let call = CallId::from_u64(id.cast_unsigned());
            let story: Vec<(i64, String)> = sqlx::query_as(
                "SELECT at, body FROM event_log WHERE tenant = $1 AND call_id = $2 ORDER BY seq",
            )
            .bind(tenant)
            .bind(id)
            .fetch_all(&mut *transaction)
            .await?;
            let mut last = CallEvent {
                call,
                seq: 0,
                at: std::time::Duration::ZERO,
                fact: CallFact::Ended { cause: EndCause::ServerKilled },
            };
            let mut last_at = None;
            for (at, body) in &story {
                last_at = Some(restored(*at)?);
                if let Happening::Call(event) = event_body::decode(tenant, call, body)? {
                    last.seq = last.seq.max(event.seq.saturating_add(1));
                    last.at = last.at.max(event.at);
                }
            }
            let tenant = word(tenant)?;
            insert(&mut transaction, &Entry { tenant, at: now, what: Happening::Call(last) })
                .await?;
            end_call(&mut transaction, call, last_at.unwrap_or(now), EndCause::ServerKilled)
                .await?;
        }
        transaction.commit().await?;
        Ok(u64::try_from(open.len()).unwrap_or(u64::MAX))
    }
}

type Row = (i64, String, String, String, String, Option<String>, i64, Option<i64>, Option<String>);

fn summary(row: Row) -> Result<CallSummary, sqlx::Error> {
    let (id, tenant, carrier, carrier_call, line, caller, started, ended, cause) = row;
    Ok(CallSummary {
        id: CallId::from_u64(id.cast_unsigned()),
        tenant: word(&tenant)?,
        carrier,
        carrier_call,
        line: line.into(),
        caller: caller.map(Pii::new),
        started: restored(started)?,
        ended: ended.map(restored).transpose()?,
        cause: cause.as_deref().map(event_body::cause_of).transpose()?,
    })
}
