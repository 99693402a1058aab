//! What `/healthz` and `/readyz` answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The program runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `alive`.
    pub status: String,
    /// The program's version.
    pub version: String,
}

/// Whether calls are taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Whether calls are taken.
    pub ready: bool,
    /// Why not; empty when they are.
    pub reasons: Vec<String>,
}
