//! Tenants and their lines as `/v1/tenants` tells them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The tenants that the key may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantList {
    /// By id.
    pub tenants: Vec<Tenant>,
}

/// One business with lines of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tenant {
    /// Its id.
    #[schema(example = "bright-smile")]
    pub id: String,
    /// Its name, as its agents say it.
    pub name: String,
    /// Its IANA time zone.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// The addresses that lead to it.
    pub lines: Vec<Line>,
    /// Whether calls to unknown numbers are its own.
    pub default: bool,
}

/// An address that calls arrive at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// An E.164 number or a SIP user.
    #[schema(example = "+15005550100")]
    pub address: String,
    /// What becomes of its calls: `agent`, `echo` or `listen`.
    #[schema(example = "agent")]
    pub purpose: String,
}
