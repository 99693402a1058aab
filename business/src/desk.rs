//! The calendar's desk in one call: carries an agent's wishes to storage and brings back answers.

use std::sync::Arc;

use callwright_contract::CallId;
use jiff::{SignedDuration, Timestamp};

use crate::agents::{Answer, Ask, StorageFailed};
use crate::feed::{CallBackWanted, Happening};
use crate::log_writer::LogState;
use crate::scheduling::{AppointmentId, Finding, Slot, Unfit, Wish, reach, seek};
use crate::storage::{
    self, CancelError, ConfirmError, Confirmation, Entry, Held, HoldError, HoldRequest, Storage,
};
use crate::tenants::Tenant;

#[derive(Clone)]
pub(crate) struct Desk {
    pub storage: Storage,
    pub state: Arc<LogState>,
    pub tenant: Arc<Tenant>,
    pub call: CallId,
    /// How long a slot is kept for a caller who has not confirmed it.
    pub hold: SignedDuration,
}

impl Desk {
    /// Does what is asked.
    pub(crate) async fn answer(&self, ask: Ask, now: Timestamp) -> Answer {
        let _asking = self.state.asks();
        match ask {
            Ask::Seek { wish, moving } => Answer::Found(self.seek(&wish, moving, now).await),
            Ask::Hold { slot, moving } => Answer::Held(self.take(slot, moving, now).await),
            Ask::Confirm { hold, name, phone, moving } => {
                let confirmation = Confirmation { hold, call: self.call, name, phone, moving };
                Answer::Confirmed(
                    match self.storage.confirm(&self.tenant, &confirmation, now).await {
                        Ok(appointment) => {
                            self.state.wrote(Ok(()));
                            Ok(Some(appointment))
                        }
                        Err(ConfirmError::Storage(error)) => Err(self.failed(&error)),
                        Err(
                            ConfirmError::HoldGone
                            | ConfirmError::MovingGone
                            | ConfirmError::Unfit(_),
                        ) => Ok(None),
                    },
                )
            }
            Ask::NoteCallBack { phone, name } => {
                let wanted = CallBackWanted { call: self.call, phone, name };
                let what = Happening::CallBackWanted(wanted);
                let entry = Entry { tenant: self.tenant.id.clone(), at: now, what };
                Answer::Noted(match self.storage.append(&[entry]).await {
                    Ok(_) => {
                        self.state.wrote(Ok(()));
                        Ok(())
                    }
                    Err(error) => Err(self.failed(&error)),
                })
            }
            Ask::Release => {
                self.release().await;
                Answer::Released
            }
            Ask::Upcoming { phone } => {
                let standing = self.storage.upcoming(&self.tenant.id, &phone, now).await;
                Answer::Standing(standing.map_err(|error| unread(&error)))
            }
            Ask::Cancel { appointment } => {
                let cancelled =
                    self.storage.cancel(&self.tenant.id, appointment, self.call, now).await;
                Answer::Cancelled(match cancelled {
                    Ok(appointment) => {
                        self.state.wrote(Ok(()));
                        Ok(Some(appointment))
                    }
                    Err(CancelError::Gone) => Ok(None),
                    Err(CancelError::Storage(error)) => Err(self.failed(&error)),
                })
            }
        }
    }

    /// Lets go of what the call holds. A failure is counted; the hold then ends by its time.
    pub(crate) async fn release(&self) {
        if let Err(error) = self.storage.release(&self.tenant.id, self.call).await {
            self.failed(&error);
        }
    }

    async fn seek(
        &self,
        wish: &Wish,
        moving: Option<AppointmentId>,
        now: Timestamp,
    ) -> Result<Finding, StorageFailed> {
        let within = reach(&self.tenant, wish, now);
        let taken = self
            .storage
            .taken(&self.tenant.id, within, self.call, moving, now)
            .await
            .map_err(|error| unread(&error))?;
        Ok(seek(&self.tenant, wish, &taken, now))
    }

    async fn take(
        &self,
        slot: Slot,
        moving: Option<AppointmentId>,
        now: Timestamp,
    ) -> Result<Result<Held, Unfit>, StorageFailed> {
        let request = HoldRequest {
            call: self.call,
            service: slot.service,
            provider: slot.provider,
            start: slot.start,
            moving,
            lasts: self.hold,
        };
        match self.storage.hold(&self.tenant, &request, now).await {
            Ok(held) => Ok(Ok(held)),
            Err(HoldError::Unfit(unfit)) => Ok(Err(unfit)),
            Err(HoldError::Storage(error)) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &sqlx::Error) -> StorageFailed {
        self.state.wrote(Err(error));
        StorageFailed
    }
}

fn unread(error: &sqlx::Error) -> StorageFailed {
    metrics::counter!("callwright_business_read_failures_total").increment(1);
    tracing::error!(code = storage::code(error), "storage cannot be read; a caller is sent on");
    StorageFailed
}
