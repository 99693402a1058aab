//! What the business was at one moment, as far as one call could see it: the tenant, the lines, what was taken of the
//! calendar. From it a business can be opened in which the call is had again.

use std::fmt;

use callwright_contract::Pii;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::changes::changed;
use crate::storage::{Storage, StoredLine, StoredTenant, TakenTime};
use crate::tenants::{LineRoute, keeps_voice_prints};

/// What the business was at one moment, as far as one call could see it.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessMoment {
    /// The tenant's id.
    tenant: String,
    /// The tenant's document (YAML).
    document: String,
    /// What was called.
    line: String,
    purpose: String,
    agent: Option<String>,
    /// What was booked or held.
    taken: Vec<TakenTime>,
}

/// Names and numbers of the caller may be inside.
impl fmt::Debug for BusinessMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessMoment").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// The text describes no moment of a business.
#[derive(Debug, thiserror::Error)]
#[error("the state of the business cannot be read: {0}")]
pub struct MomentError(#[from] serde_yaml_ng::Error);

impl BusinessMoment {
    /// The moment as text (YAML).
    ///
    /// # Errors
    /// [`MomentError`], for what no moment has.
    pub fn to_text(&self) -> Result<String, MomentError> {
        Ok(serde_yaml_ng::to_string(self)?)
    }

    /// A moment as [`Self::to_text`] wrote it, with `tenant_changes`, a YAML mapping, made to the tenant's document.
    ///
    /// # Errors
    /// [`MomentError`].
    pub fn from_text(text: &str, tenant_changes: Option<&str>) -> Result<Self, MomentError> {
        let mut moment: Self = serde_yaml_ng::from_str(text)?;
        if let Some(changes) = tenant_changes {
            moment.document = changed(&moment.document, changes)?;
        }
        Ok(moment)
    }

    /// The tenant's id.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Whether the tenant let it be kept what callers who agreed sound like.
    ///
    /// # Errors
    /// [`MomentError`], for a document of another version.
    pub fn keeps_voice_prints(&self) -> Result<bool, MomentError> {
        Ok(keeps_voice_prints(&self.document)?)
    }

    pub(crate) async fn of(
        storage: &Storage,
        route: &LineRoute,
        (line, caller): (&Pii<String>, Option<&Pii<String>>),
        now: Timestamp,
    ) -> Result<Option<Self>, sqlx::Error> {
        let Some(document) = storage.document(&route.tenant).await? else { return Ok(None) };
        let since = now.saturating_sub(EARLIER).unwrap_or(Timestamp::MIN);
        let mut taken = storage.taken_times(&route.tenant, since, now).await?;
        let caller = caller.map(|caller| caller.reveal().as_str());
        for time in &mut taken {
            if caller.is_none() || time.phone.as_deref() != caller {
                (time.name, time.phone) = (None, None);
            }
        }
        Ok(Some(Self {
            tenant: route.tenant.as_str().to_owned(),
            document,
            line: line.reveal().clone(),
            purpose: route.purpose.as_str().to_owned(),
            agent: route.agent.as_ref().map(|agent| agent.as_str().to_owned()),
            taken,
        }))
    }

    /// Fills an empty file.
    pub(crate) async fn put_into(
        &self,
        storage: &Storage,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let tenant = StoredTenant {
            id: self.tenant.clone(),
            document: self.document.clone(),
            default: true,
        };
        let line = StoredLine {
            address: self.line.clone(),
            tenant: self.tenant.clone(),
            purpose: self.purpose.clone(),
            agent: self.agent.clone(),
        };
        storage.add_tenant(&tenant, &[line], now).await?;
        storage.add_taken(&self.tenant, &self.taken, now).await
    }
}

/// What began earlier than this before the call is over by the call's time.
const EARLIER: SignedDuration = SignedDuration::from_hours(24);
