//! `/v1/tenants`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::Shared;
use crate::access::Caller;
use crate::failure::Failure;
use crate::wire::{Problem, Tenant, TenantList};

/// The tenants that the key may see, and the lines that lead to them.
#[utoipa::path(
    get, path = "/v1/tenants", tag = "tenants", security(("key" = [])),
    responses(
        (status = 200, body = TenantList),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
) -> Result<Json<TenantList>, Failure> {
    let scope = caller.scope(None)?;
    let tenants = shared.api.business.tenants(&scope).iter().map(Tenant::from).collect();
    Ok(Json(TenantList { tenants }))
}
