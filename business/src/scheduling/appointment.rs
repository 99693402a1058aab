//! An appointment: a provider's time, promised to a person.

use std::fmt;

use callwright_contract::{CallId, Pii};
use jiff::Timestamp;

use crate::tenants::{ProviderId, ServiceId, TenantId};

/// An appointment's number, unique over all tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppointmentId(pub i64);

impl fmt::Display for AppointmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What an appointment has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppointmentState {
    /// It stands.
    Booked,
    /// It was called off.
    Cancelled,
    /// Another one, later or earlier, took its place.
    Moved,
}

impl AppointmentState {
    /// The state as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Cancelled => "cancelled",
            Self::Moved => "moved",
        }
    }
}

/// A confirmed appointment. A slot that is only held is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Appointment {
    /// Its number.
    pub id: AppointmentId,
    /// Whose calendar it is in.
    pub tenant: TenantId,
    /// What is done.
    pub service: ServiceId,
    /// Who does it.
    pub provider: ProviderId,
    /// When it begins.
    pub start: Timestamp,
    /// When the provider is free again.
    pub end: Timestamp,
    /// What has become of it.
    pub state: AppointmentState,
    /// Who comes.
    pub name: Pii<String>,
    /// Where they are reached: an E.164 number where it could be completed to one, otherwise its digits.
    pub phone: Pii<String>,
    /// The call it was booked in.
    pub call: CallId,
}
