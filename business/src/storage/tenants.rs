//! Tenants as documents, and the lines that lead to them.

use jiff::Timestamp;

use super::{SqliteFile, stored};

/// A tenant as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StoredTenant {
    pub id: String,
    /// Its document (YAML), parsed by `tenants`.
    pub document: String,
    pub default: bool,
}

/// A line as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StoredLine {
    pub address: String,
    pub tenant: String,
    pub purpose: String,
    pub agent: Option<String>,
}

impl SqliteFile {
    /// Every tenant, by id: read once, when the server starts.
    pub(crate) async fn tenants(&self) -> Result<Vec<StoredTenant>, sqlx::Error> {
        let rows: Vec<(String, String, bool)> =
            sqlx::query_as("SELECT id, document, is_default FROM tenants ORDER BY id")
                .fetch_all(&self.writer)
                .await?;
        Ok(rows
            .into_iter()
            .map(|(id, document, default)| StoredTenant { id, document, default })
            .collect())
    }

    /// Every line, by address: read once, when the server starts.
    pub(crate) async fn lines(&self) -> Result<Vec<StoredLine>, sqlx::Error> {
        let rows: Vec<(String, String, String, Option<String>)> =
            sqlx::query_as("SELECT address, tenant, purpose, agent FROM lines ORDER BY address")
                .fetch_all(&self.writer)
                .await?;
        Ok(rows
            .into_iter()
            .map(|(address, tenant, purpose, agent)| StoredLine { address, tenant, purpose, agent })
            .collect())
    }

    /// Adds a tenant with its lines, all or nothing.
    pub(crate) async fn add_tenant(
        &self,
        tenant: &StoredTenant,
        lines: &[StoredLine],
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "INSERT INTO tenants (id, document, is_default, created_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(&tenant.id)
        .bind(&tenant.document)
        .bind(tenant.default)
        .bind(stored(now))
        .execute(&mut *transaction)
        .await?;
        for line in lines {
            sqlx::query(
                "INSERT INTO lines (address, tenant, purpose, agent) VALUES ($1, $2, $3, $4)",
            )
            .bind(&line.address)
            .bind(&line.tenant)
            .bind(&line.purpose)
            .bind(&line.agent)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await
    }
}
