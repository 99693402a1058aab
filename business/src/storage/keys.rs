//! The hashes of API keys.

use jiff::Timestamp;

use super::{SqliteFile, stored, unknown, word};
use crate::tenants::{Scope, TenantId};

/// A key as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StoredKey {
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    pub name: String,
    pub scope: Scope,
}

impl SqliteFile {
    /// Every key of every tenant: whose a key is shows only once it is found.
    pub(crate) async fn keys(&self) -> Result<Vec<StoredKey>, sqlx::Error> {
        let rows: Vec<(Vec<u8>, String, Option<String>)> =
            sqlx::query_as("SELECT hash, name, tenant FROM api_keys ORDER BY created_at, hash")
                .fetch_all(&self.writer)
                .await?;
        rows.into_iter()
            .map(|(hash, name, tenant)| {
                let tenant: Option<TenantId> = tenant.as_deref().map(word).transpose()?;
                Ok(StoredKey {
                    hash: hash.try_into().ok().ok_or_else(|| unknown("hash of a key"))?,
                    name,
                    scope: tenant.map_or(Scope::Platform, Scope::Tenant),
                })
            })
            .collect()
    }

    /// Adds a key; one that is there already stays as it is.
    pub(crate) async fn add_key(&self, key: &StoredKey, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO api_keys (hash, name, tenant, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (hash) DO NOTHING",
        )
        .bind(key.hash.as_slice())
        .bind(&key.name)
        .bind(key.scope.tenant())
        .bind(stored(now))
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
