//! `/v1/calls` and `/v1/calls/{id}`.
#![expect(unused_qualifications, reason = "utoipa writes the parameters' type with its path")]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use callwright_business::CallPage;
use callwright_contract::CallId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Shared;
use crate::access::Caller;
use crate::failure::Failure;
use crate::params::Params;
use crate::wire::{Call, CallList, CallSummary, Problem};

/// Which calls to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only calls older than this one: the `next` of the page before.
    before: Option<String>,
    /// How many at most, 1 to 500.
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: Option<u16>,
    /// Only this tenant's.
    tenant: Option<String>,
}

const LIMIT_DEFAULT: u16 = 50;
const LIMIT_MAX: u16 = 500;

/// Calls, newest first, live ones included.
#[utoipa::path(
    get, path = "/v1/calls", tag = "calls", params(ListParams), security(("key" = [])),
    responses(
        (status = 200, body = CallList),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<CallList>, Failure> {
    let scope = caller.scope(params.tenant.as_deref())?;
    let limit = params.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Failure::BadParameter(format!("`limit` is 1 to {LIMIT_MAX}.")));
    }
    let before = params
        .before
        .map(|id| id.parse::<CallId>())
        .transpose()
        .map_err(|wrong| Failure::BadParameter(format!("`before` is wrong: {wrong}.")))?;
    let found = shared.api.business.calls(&scope, CallPage { before, limit }).await?;
    // A full page may have another after it; at worst that one is empty.
    let full = found.len() >= usize::from(limit);
    let calls: Vec<_> = found.iter().map(CallSummary::from).collect();
    let next = calls.last().filter(|_| full).map(|last| last.id.clone());
    Ok(Json(CallList { calls, next }))
}

/// One call with its transcript and the latency of every reply.
#[utoipa::path(
    get, path = "/v1/calls/{id}", tag = "calls", security(("key" = [])),
    params(("id" = String, Path, description = "The call's name", example = "call_1j2rgxqg00003")),
    responses(
        (status = 200, body = Call),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Call>, Failure> {
    let id: CallId = id.parse().map_err(|_not_a_name| Failure::NoSuchCall)?;
    let scope = caller.scope(None)?;
    let call = shared.api.business.call(&scope, id).await?.ok_or(Failure::NoSuchCall)?;
    Ok(Json(Call::from(&call)))
}
