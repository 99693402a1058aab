//! Appointments as `/v1/appointments` tells them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Appointments, in order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppointmentList {
    /// All that begin within the time asked for.
    pub appointments: Vec<Appointment>,
}

/// A confirmed appointment. A slot that is only held for a caller is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Appointment {
    /// Its number.
    pub id: i64,
    /// Whose calendar it is in.
    #[schema(example = "bright-smile")]
    pub tenant: String,
    /// What is done.
    #[schema(example = "cleaning")]
    pub service: String,
    /// Who does it.
    pub provider: String,
    /// When it begins.
    pub start: Timestamp,
    /// When the provider is free again.
    pub end: Timestamp,
    /// When it begins on the tenant's own clock, with its distance from UTC.
    #[schema(example = "2026-11-24T15:00:00-05:00")]
    pub local_start: String,
    /// The tenant's IANA time zone.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// `booked`, `cancelled` or `moved` (another one took its place).
    #[schema(example = "booked")]
    pub state: String,
    /// Who comes.
    pub name: String,
    /// Where they are reached.
    pub phone: String,
    /// The call it was made in.
    #[schema(example = "call_1j2rgxqg00003")]
    pub call: String,
}
