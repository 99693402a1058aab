//! Who the calls belong to: tenants, what they offer, and the lines they are reached by.

mod directory;
mod document;
mod id;
mod line;
mod opening;
mod tenant;
mod tongue;

pub(crate) use directory::{Directory, DirectoryError, seed};
pub(crate) use document::{DocumentError, keeps_voice_prints, parse as parse_document};
pub use id::{AgentName, InvalidId, ProviderId, Scope, ServiceId, TenantId};
pub use line::{LinePurpose, LineRoute};
pub(crate) use opening::{Opening, Span};
pub(crate) use tenant::{Answers, BookingLimits, Provider, Service, Tenant};
pub use tongue::Tongue;

/// A tenant as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSummary {
    /// Its id.
    pub id: TenantId,
    /// Its name, as its agents say it.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// What its callers speak.
    pub tongue: Tongue,
    /// The addresses that lead to it, and what each is for.
    pub lines: Vec<(String, LinePurpose)>,
    /// Whether calls to unknown lines are its own.
    pub default: bool,
}
