//! A tenant: a business, its services, its people and its hours.

use callwright_contract::Pii;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::voice::VoiceDocument;

use super::{Opening, ProviderId, ServiceId, TenantId, Tongue};

/// A tenant, parsed from its document and consistent: see `document`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tenant {
    pub id: TenantId,
    /// As it is said.
    pub name: String,
    /// What its callers speak.
    pub tongue: Tongue,
    pub zone: TimeZone,
    /// Digits that complete a national number to E.164.
    pub country_code: String,
    /// Where callers go who need a person: E.164.
    pub transfer_to: Option<Pii<String>>,
    /// The word for money (`dollars`).
    pub currency: String,
    /// Whether it is judged how callers come across; they are told so when they are greeted.
    pub hears_emotion: bool,
    pub opening: Opening,
    pub limits: BookingLimits,
    pub services: Vec<Service>,
    pub providers: Vec<Provider>,
    pub answers: Answers,
    /// How its agents sound, where that differs from their own documents.
    pub voice: VoiceDocument,
    /// What callers are told before anything else; their calls are captured then, and only then.
    pub capture_notice: Option<String>,
}

/// How soon and how far ahead may be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BookingLimits {
    pub lead_minutes: u16,
    pub horizon_days: u16,
}

/// Something that is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub id: ServiceId,
    /// As it is said.
    pub name: String,
    /// Other words for it.
    pub also: Vec<String>,
    /// How long it takes: quarters of an hour, at least one.
    pub minutes: u16,
    /// What it costs, in whole units of the currency.
    pub price: u32,
}

/// Someone whose time is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    pub id: ProviderId,
    /// As it is said.
    pub name: String,
    /// Other words for them, and what their name is misheard as.
    pub also: Vec<String>,
    pub days: Vec<Weekday>,
    pub services: Vec<ServiceId>,
}

/// What is said to questions that do not concern the calendar; what is absent goes to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    /// Said before an urgent caller is connected.
    pub emergency: Option<String>,
    pub address: Option<String>,
    pub insurance: Option<String>,
    pub parking: Option<String>,
    pub payment: Option<String>,
    pub new_patients: Option<String>,
}

impl Tenant {
    pub(crate) fn service(&self, id: &ServiceId) -> Option<&Service> {
        self.services.iter().find(|service| service.id == *id)
    }

    pub(crate) fn provider(&self, id: &ProviderId) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == *id)
    }

    /// The tenant's IANA zone by name.
    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}
