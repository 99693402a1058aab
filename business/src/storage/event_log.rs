//! The append-only log of what happened, and the calls that it is the story of.

use callwright_contract::{CallFact, CallId, EndCause};
use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::{SqliteFile, event_body, restored, stored, word};
use crate::feed::{Happening, LoggedEvent};
use crate::tenants::{Scope, TenantId};

/// Something to be written to the log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub tenant: TenantId,
    pub at: Timestamp,
    pub what: Happening,
}

/// Which entries to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventPage {
    /// Only those after this number.
    pub after: u64,
    /// At most this many.
    pub limit: u32,
}

impl SqliteFile {
    /// Writes entries in one commit; answers how many could not be written down and were left out.
    pub(crate) async fn append(&self, entries: &[Entry]) -> Result<u64, sqlx::Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let mut left_out = 0;
        for entry in entries {
            if !insert(&mut transaction, entry).await? {
                left_out += 1;
            }
            if let Happening::Call(event) = &entry.what {
                match &event.fact {
                    CallFact::Started(_) => insert_call(&mut transaction, entry).await?,
                    CallFact::Ended { cause } => {
                        end_call(&mut transaction, event.call, entry.at, *cause).await?;
                    }
                    _ => {}
                }
            }
        }
        transaction.commit().await?;
        Ok(left_out)
    }

    /// The next page of the log within `scope`, in order.
    pub(crate) async fn events(
        &self,
        scope: &Scope,
        page: EventPage,
    ) -> Result<Vec<LoggedEvent>, sqlx::Error> {
        let after = i64::try_from(page.after).unwrap_or(i64::MAX);
        let rows: Vec<Row> = match scope.tenant() {
            Some(tenant) => {
                sqlx::query_as(
                    "SELECT seq, tenant, call_id, at, body FROM event_log
                     WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                )
                .bind(tenant)
                .bind(after)
                .bind(page.limit)
                .fetch_all(&self.reader)
                .await?
            }
            // The operator's view spans tenants on purpose.
            None => {
                sqlx::query_as(
                    "SELECT seq, tenant, call_id, at, body FROM event_log
                     WHERE seq > $1 ORDER BY seq LIMIT $2",
                )
                .bind(after)
                .bind(page.limit)
                .fetch_all(&self.reader)
                .await?
            }
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    /// Everything logged of one call of `tenant`, in order.
    pub(crate) async fn events_of_call(
        &self,
        tenant: &TenantId,
        call: CallId,
    ) -> Result<Vec<LoggedEvent>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT seq, tenant, call_id, at, body FROM event_log
             WHERE tenant = $1 AND call_id = $2 ORDER BY seq",
        )
        .bind(tenant.as_str())
        .bind(call.as_u64().cast_signed())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    /// The newest number of the log; 0 when it is empty.
    pub(crate) async fn newest_seq(&self) -> Result<u64, sqlx::Error> {
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT max(seq) FROM event_log").fetch_one(&self.reader).await?;
        Ok(newest.unwrap_or(0).unsigned_abs())
    }
}

type Row = (i64, String, i64, i64, String);

/// An entry that this program can read. One that it cannot, written by a later version or damaged, must not
/// stop all that come after it.
fn readable(row: Row) -> Option<LoggedEvent> {
    let entry = logged(row);
    if entry.is_err() {
        metrics::counter!("callwright_business_unreadable_entries_total").increment(1);
    }
    entry.ok()
}

fn logged((seq, tenant, call, at, body): Row) -> Result<LoggedEvent, sqlx::Error> {
    let call = CallId::from_u64(call.cast_unsigned());
    Ok(LoggedEvent {
        seq: seq.unsigned_abs(),
        what: event_body::decode(&tenant, call, &body)?,
        tenant: word(&tenant)?,
        at: restored(at)?,
    })
}

/// Writes one entry; `false` when it has no written form.
pub(super) async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    entry: &Entry,
) -> Result<bool, sqlx::Error> {
    let Ok(body) = event_body::encode(&entry.what) else { return Ok(false) };
    sqlx::query("INSERT INTO event_log (tenant, call_id, at, body) VALUES ($1, $2, $3, $4)")
        .bind(entry.tenant.as_str())
        .bind(entry.what.call().as_u64().cast_signed())
        .bind(stored(entry.at))
        .bind(body)
        .execute(&mut **transaction)
        .await?;
    Ok(true)
}

async fn insert_call(
    transaction: &mut Transaction<'_, Sqlite>,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    let Happening::Call(event) = &entry.what else { return Ok(()) };
    let CallFact::Started(arrival) = &event.fact else { return Ok(()) };
    sqlx::query(
        "INSERT INTO calls (id, tenant, carrier, carrier_call, line, caller, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
    )
    .bind(event.call.as_u64().cast_signed())
    .bind(entry.tenant.as_str())
    .bind(arrival.carrier.as_str())
    .bind(&arrival.carrier_call)
    .bind(arrival.line.reveal())
    .bind(arrival.caller.as_ref().map(callwright_contract::Pii::reveal))
    .bind(stored(entry.at))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

pub(super) async fn end_call(
    transaction: &mut Transaction<'_, Sqlite>,
    call: CallId,
    at: Timestamp,
    cause: EndCause,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE calls SET ended_at = $1, cause = $2 WHERE id = $3 AND ended_at IS NULL")
        .bind(stored(at))
        .bind(cause.as_str())
        .bind(call.as_u64().cast_signed())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
