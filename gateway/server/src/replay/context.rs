//! What is kept with a capture besides what went into the call: the models' files and the business as it was.

use serde::{Deserialize, Serialize};

/// What the program knew of a call besides what went into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The models that listened and spoke.
    pub models: Vec<ModelContext>,
    /// The business as it was when the call began, as
    /// [`BusinessMoment`](callwright_business::BusinessMoment) writes it.
    pub business: Option<String>,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ModelContext {
    /// Its name in the catalog.
    pub name: String,
    /// What it did.
    pub task: String,
    /// The SHA-256 of its files, as the catalog has them; none for what the system brings.
    pub sha256: Vec<String>,
}

impl Context {
    /// As it is kept: JSON.
    pub fn to_octets(&self) -> Vec<u8> {
        // Texts and lists of texts cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// As it was kept.
    ///
    /// # Errors
    /// The octets are of another version, or none of ours.
    pub fn from_octets(octets: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(octets)
    }
}
