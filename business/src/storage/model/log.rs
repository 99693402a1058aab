//! The tables of calls and of the event log, and what `calls` and `event_log` do with those of the file.

use std::collections::BTreeMap;
use std::time::Duration;

use callwright_contract::{CallEvent, CallFact, CallId, EndCause};
use jiff::Timestamp;

use super::super::{Entry, EventPage, event_body};
use super::{Operation, StoreModel};
use crate::feed::{Happening, LoggedEvent};
use crate::records::{CallPage, CallSummary};
use crate::tenants::{Scope, TenantId};

/// Both tables.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The log, in order; the n-th has number n + 1.
    rows: Vec<Row>,
    calls: BTreeMap<CallId, CallSummary>,
}

/// An entry as the file would hold it.
#[derive(Debug)]
struct Row {
    tenant: TenantId,
    call: CallId,
    at: Timestamp,
    body: String,
}

impl Log {
    /// Writes entries; answers how many could not be written down.
    pub(super) fn append(&mut self, entries: &[Entry]) -> u64 {
        let mut left_out = 0;
        for entry in entries {
            let (tenant, at) = (entry.tenant.clone(), entry.at);
            match event_body::encode(&entry.what) {
                Ok(body) => {
                    self.rows.push(Row { tenant, call: entry.what.call(), at, body });
                }
                Err(_) => left_out += 1,
            }
            if let Happening::Call(event) = &entry.what {
                self.follow(event, &entry.tenant, at);
            }
        }
        left_out
    }

    fn follow(&mut self, event: &CallEvent, tenant: &TenantId, at: Timestamp) {
        match &event.fact {
            CallFact::Started(arrival) => {
                self.calls.entry(event.call).or_insert_with(|| CallSummary {
                    id: event.call,
                    tenant: tenant.clone(),
                    carrier: arrival.carrier.as_str().to_owned(),
                    carrier_call: arrival.carrier_call.clone(),
                    line: arrival.line.clone(),
                    caller: arrival.caller.clone(),
                    started: at,
                    ended: None,
                    cause: None,
                });
            }
            CallFact::Ended { cause } => self.end_call(event.call, at, *cause),
            _ => {}
        }
    }

    fn end_call(&mut self, call: CallId, at: Timestamp, cause: EndCause) {
        if let Some(open) = self.calls.get_mut(&call).filter(|call| call.ended.is_none()) {
            (open.ended, open.cause) = (Some(at), Some(cause));
        }
    }

    fn events(&self, wanted: impl Fn(&Row) -> bool, page: EventPage) -> Vec<LoggedEvent> {
        let after = usize::try_from(page.after).unwrap_or(usize::MAX);
        let rows = self.rows.iter().enumerate().skip(after).filter(|(_, row)| wanted(row));
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let read = |(place, row): (usize, &Row)| {
            let what = event_body::decode(row.tenant.as_str(), row.call, &row.body).ok()?;
            let (tenant, at) = (row.tenant.clone(), row.at);
            Some(LoggedEvent { seq: place as u64 + 1, tenant, at, what })
        };
        rows.take(limit).filter_map(read).collect()
    }

    fn end_calls_left_open(&mut self, now: Timestamp) -> u64 {
        let open: Vec<(CallId, TenantId)> = self
            .calls
            .values()
            .filter(|call| call.ended.is_none())
            .map(|call| (call.id, call.tenant.clone()))
            .collect();
        for (call, tenant) in &open {
            let mut last = CallEvent {
                call: *call,
                seq: 0,
                at: Duration::ZERO,
                fact: CallFact::Ended { cause: EndCause::ServerKilled },
            };
            let mut last_at = None;
            let whole = EventPage { after: 0, limit: u32::MAX };
            for entry in self.events(|row| row.call == *call && row.tenant == *tenant, whole) {
                last_at = Some(entry.at);
                if let Happening::Call(event) = entry.what {
                    last.seq = last.seq.max(event.seq.saturating_add(1));
                    last.at = last.at.max(event.at);
                }
            }
            // The call's end is put down as the last moment known of it, before the entry itself is read as one.
            self.end_call(*call, last_at.unwrap_or(now), EndCause::ServerKilled);
            self.append(&[Entry { tenant: tenant.clone(), at: now, what: Happening::Call(last) }]);
        }
        open.len() as u64
    }
}

impl StoreModel {
    pub(in super::super) async fn append(&self, entries: &[Entry]) -> Result<u64, sqlx::Error> {
        self.ask(Operation::Append, |tables| Ok(tables.log.append(entries))).await
    }

    pub(in super::super) async fn events(
        &self,
        scope: &Scope,
        page: EventPage,
    ) -> Result<Vec<LoggedEvent>, sqlx::Error> {
        let wanted = |row: &Row| scope.covers(&row.tenant);
        self.ask(Operation::Read, |tables| Ok(tables.log.events(wanted, page))).await
    }

    pub(in super::super) async fn events_of_call(
        &self,
        tenant: &TenantId,
        call: CallId,
    ) -> Result<Vec<LoggedEvent>, sqlx::Error> {
        let wanted = |row: &Row| row.call == call && row.tenant == *tenant;
        let whole = EventPage { after: 0, limit: u32::MAX };
        Ok(self.lock().log.events(wanted, whole))
    }

    pub(in super::super) async fn newest_seq(&self) -> Result<u64, sqlx::Error> {
        Ok(self.lock().log.rows.len() as u64)
    }

    pub(in super::super) async fn calls(
        &self,
        scope: &Scope,
        page: CallPage,
    ) -> Result<Vec<CallSummary>, sqlx::Error> {
        let before = page.before.unwrap_or(CallId::from_u64(i64::MAX.cast_unsigned()));
        let tables = self.lock();
        let calls = tables.log.calls.range(..before).rev().map(|(_, call)| call);
        let covered = calls.filter(|call| scope.covers(&call.tenant));
        Ok(covered.take(usize::from(page.limit.clamp(1, 500))).cloned().collect())
    }

    pub(in super::super) async fn call(
        &self,
        scope: &Scope,
        id: CallId,
    ) -> Result<Option<CallSummary>, sqlx::Error> {
        let tables = self.lock();
        Ok(tables.log.calls.get(&id).filter(|call| scope.covers(&call.tenant)).cloned())
    }

    pub(in super::super) async fn end_calls_left_open(
        &self,
        now: Timestamp,
    ) -> Result<u64, sqlx::Error> {
        Ok(self.lock().log.end_calls_left_open(now))
    }
}
