//! The calendar: what may be booked when, and what is.

mod appointment;
mod fit;
mod seek;
mod wish;

pub use appointment::{Appointment, AppointmentId, AppointmentState};
pub(crate) use fit::{Slot, Taken, Unfit, fits, quarters};
pub(crate) use seek::{Finding, reach, seek};
pub(crate) use wish::{DaySpan, TimeWish, When, Wish};
