//! A model of the file, for simulations on a virtual clock: what the tables would hold, in memory.
//!
//! The same questions, the same decisions ([`fits`]), the same written form of the log; no SQL, no disk and no thread.
//! `tests/alike` holds it to the file: whatever is asked of both in whatever order, the answers are the same. A
//! [`Weather`] says how long each question takes, and which ones fail.

mod calendar;
mod log;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{StoredKey, StoredLine, StoredTenant};
use crate::options::Clock;
use crate::scheduling::{Appointment, AppointmentState};
use calendar::Calendar;
use log::Log;

/// Something that is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Which times are taken, what stands under a number.
    Look,
    /// Keep a slot.
    Hold,
    /// Book what is held.
    Confirm,
    /// Call an appointment off.
    Cancel,
    /// Let go of what is held.
    Release,
    /// Write entries of the log.
    Append,
    /// Read the log.
    Read,
}

/// What becomes of something that is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// How long it takes.
    pub takes: Duration,
    /// How it ends.
    pub outcome: Outcome,
}

/// How something that is asked ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    #[default]
    Done,
    /// With an error; nothing was done.
    Failed,
    /// With an error although it was done: the answer was lost. An [`Operation::Append`] fails instead, since the log's
    /// writer would write everything again.
    DoneAndUnsaid,
    /// As if it had been done, which it was not: a defect, for proving that a simulation finds it.
    SaidAndUndone,
}

/// Decides what becomes of what is asked.
pub trait Weather: Send + Sync {
    /// What becomes of the next `operation`.
    fn fate(&self, operation: Operation) -> Fate;

    /// The clock on which what is asked takes its time.
    fn clock(&self) -> &dyn Clock;
}

/// The tables. Cheap to clone; clones are the same store, which outlives whoever opened it.
#[derive(Clone)]
pub struct StoreModel {
    tables: Arc<Mutex<Tables>>,
    weather: Arc<dyn Weather>,
}

impl fmt::Debug for StoreModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreModel").finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Tables {
    tenants: BTreeMap<String, StoredTenant>,
    lines: BTreeMap<String, StoredLine>,
    keys: Vec<StoredKey>,
    calendar: Calendar,
    log: Log,
}

impl StoreModel {
    /// An empty store in this weather.
    pub fn new(weather: Arc<dyn Weather>) -> Self {
        Self { tables: Arc::default(), weather }
    }

    /// Slots that are held now, expired ones that nobody has swept up included.
    pub fn held(&self) -> usize {
        self.lock().calendar.held()
    }

    /// Appointments that stand now.
    pub fn booked(&self) -> Vec<Appointment> {
        let mut all = self.lock().calendar.all();
        all.retain(|one| one.state == AppointmentState::Booked);
        all
    }

    /// From now on slots may be held and booked that are taken: a defect, for proving that a simulation finds it.
    pub fn books_twice(&self) {
        self.lock().calendar.books_twice = true;
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        // Nothing in here panics halfway through a change.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `deed` with the tables, as the weather allows.
    async fn ask<T, E: From<sqlx::Error>>(
        &self,
        operation: Operation,
        deed: impl FnOnce(&mut Tables) -> Result<T, E>,
    ) -> Result<T, E> {
        let Fate { takes, outcome } = self.weather.fate(operation);
        if !takes.is_zero() {
            self.weather.clock().pass(takes).await;
        }
        match outcome {
            Outcome::Done => deed(&mut self.lock()),
            Outcome::DoneAndUnsaid if operation != Operation::Append => {
                deed(&mut self.lock())?;
                Err(sqlx::Error::WorkerCrashed.into())
            }
            Outcome::SaidAndUndone => {
                let mut tables = self.lock();
                let before = tables.calendar.clone();
                let said = deed(&mut tables);
                tables.calendar = before;
                said
            }
            Outcome::Failed | Outcome::DoneAndUnsaid => Err(sqlx::Error::WorkerCrashed.into()),
        }
    }

    pub(super) async fn keys(&self) -> Result<Vec<StoredKey>, sqlx::Error> {
        Ok(self.lock().keys.clone())
    }

    pub(super) async fn add_key(&self, key: &StoredKey, _: Timestamp) -> Result<(), sqlx::Error> {
        let keys = &mut self.lock().keys;
        if keys.iter().all(|known| known.hash != key.hash) {
            keys.push(key.clone());
        }
        Ok(())
    }

    pub(super) async fn tenants(&self) -> Result<Vec<StoredTenant>, sqlx::Error> {
        Ok(self.lock().tenants.values().cloned().collect())
    }

    pub(super) async fn lines(&self) -> Result<Vec<StoredLine>, sqlx::Error> {
        Ok(self.lock().lines.values().cloned().collect())
    }

    pub(super) async fn add_tenant(
        &self,
        tenant: &StoredTenant,
        lines: &[StoredLine],
        _: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut tables = self.lock();
        tables.tenants.insert(tenant.id.clone(), tenant.clone());
        tables.lines.extend(lines.iter().map(|line| (line.address.clone(), line.clone())));
        Ok(())
    }
}
