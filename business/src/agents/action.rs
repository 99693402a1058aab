//! What goes into an agent and what comes out of it.

use callwright_contract::{CallCommand, CallEvent, Pii};

use crate::scheduling::{Appointment, AppointmentId, Finding, Slot, Unfit, Wish};
use crate::storage::{Held, HoldId};

/// What an agent is told.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    /// Something happened in its call.
    Event(&'a CallEvent),
    /// What it asked of the calendar.
    Answered(Answer),
}

/// What an agent wants done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// To the call.
    Command(CallCommand),
    /// To the calendar.
    Ask(Ask),
}

/// A wish to the calendar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ask {
    /// Which slots meet this? With `moving`, that appointment's time counts as free.
    Seek { wish: Wish, moving: Option<AppointmentId> },
    /// Keep this slot for the call.
    Hold { slot: Slot, moving: Option<AppointmentId> },
    /// Book what is held, in place of `moving`.
    Confirm { hold: HoldId, name: Pii<String>, phone: Pii<String>, moving: Option<AppointmentId> },
    /// Let go of what is held.
    Release,
    /// What stands under this number?
    Upcoming { phone: Pii<String> },
    /// Call this off.
    Cancel { appointment: AppointmentId },
    /// Write down that the caller would like to be called back.
    NoteCallBack { phone: Pii<String>, name: Option<Pii<String>> },
}

impl Ask {
    /// Nothing changes by asking this.
    pub(crate) const fn is_only_a_look(&self) -> bool {
        match self {
            Self::Seek { .. } | Self::Upcoming { .. } => true,
            Self::Hold { .. } | Self::Confirm { .. } | Self::Release => false,
            Self::Cancel { .. } | Self::NoteCallBack { .. } => false,
        }
    }
}

/// The calendar's answer; each belongs to the wish of the same name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Found(Result<Finding, StorageFailed>),
    Held(Result<Result<Held, Unfit>, StorageFailed>),
    /// The commit: only now is anyone booked. `Ok(None)`: the hold is gone.
    Confirmed(Result<Option<Appointment>, StorageFailed>),
    Released,
    Standing(Result<Vec<Appointment>, StorageFailed>),
    /// `Ok(None)`: it did not stand any more.
    Cancelled(Result<Option<Appointment>, StorageFailed>),
    /// The commit: only now is it noted.
    Noted(Result<(), StorageFailed>),
}

/// The calendar cannot be reached; what was asked has not been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StorageFailed;
