//! What the receptionist has asked, and so what the next words are an answer to.

use callwright_contract::Expectation;

use crate::tenants::ServiceId;

/// The question that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// How can I help?
    HowHelp,
    /// Anything else?
    AnythingElse,
    /// A price was told: would you like to book?
    OfferBooking(ServiceId),
    /// What was heard was not clear: is that right?
    ConfirmHeard,
    Service,
    When,
    /// Which of these times?
    Offer,
    Name,
    /// Is the number you call from good?
    CallerNumber,
    Phone,
    /// Some digits came; more are to come.
    MoreDigits,
    ConfirmPhone,
    ConfirmBooking,
    /// Something is wrong with the booking: what?
    Change,
    WhichAppointment,
    ConfirmCancel,
    /// Shall a person help?
    Person,
    /// There is none: shall a call back be noted?
    CallBack,
}

impl Question {
    /// What kind of answer the call should wait for.
    pub(super) fn expectation(&self) -> Expectation {
        match self {
            Self::HowHelp | Self::Service | Self::Change | Self::WhichAppointment => {
                Expectation::Anything
            }
            Self::AnythingElse
            | Self::OfferBooking(_)
            | Self::ConfirmHeard
            | Self::ConfirmBooking
            | Self::ConfirmCancel
            | Self::ConfirmPhone
            | Self::CallerNumber
            | Self::Person
            | Self::CallBack => Expectation::YesNo,
            Self::When | Self::Offer => Expectation::DateTime,
            Self::Name => Expectation::Name,
            Self::Phone | Self::MoreDigits => Expectation::Digits,
        }
    }

    /// Whether a day or a time is a likely answer, so that a lone number is one.
    pub(super) fn is_about_time(&self) -> bool {
        matches!(self, Self::When | Self::Offer | Self::WhichAppointment)
    }

    /// Whether keys are collected into a number.
    pub(super) fn takes_digits(&self) -> bool {
        matches!(self, Self::Phone | Self::MoreDigits | Self::ConfirmPhone | Self::CallerNumber)
    }
}
