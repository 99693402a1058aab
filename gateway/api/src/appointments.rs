//! `/v1/appointments`.
#![expect(unused_qualifications, reason = "utoipa writes the parameters' type with its path")]

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Shared;
use crate::access::Caller;
use crate::failure::Failure;
use crate::params::Params;
use crate::wire::{AppointmentList, Problem, Zones};

/// Which appointments to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only those that begin at this time or later (RFC 3339); the last 24 hours when left out.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-11-21T00:00:00Z")]
    from: Option<String>,
    /// Only those that begin before this time (RFC 3339); 366 days after `from` when left out, and at most.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-12-21T00:00:00Z")]
    to: Option<String>,
    /// Only this tenant's.
    tenant: Option<String>,
}

/// How far back is looked without `from`.
const BACK_DEFAULT: SignedDuration = SignedDuration::from_hours(24);
/// What one answer covers at most: a year, so that no answer grows with the age of the server.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Confirmed appointments in order of time, whatever has become of them.
#[utoipa::path(
    get, path = "/v1/appointments", tag = "appointments", params(ListParams), security(("key" = [])),
    responses(
        (status = 200, body = AppointmentList),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<AppointmentList>, Failure> {
    let business = &shared.api.business;
    let scope = caller.scope(params.tenant.as_deref())?;
    let now = shared.api.clock.now();
    let from = match params.from {
        Some(text) => time("from", &text)?,
        None => now.saturating_sub(BACK_DEFAULT).unwrap_or(now),
    };
    let latest = from.saturating_add(SPAN_MAX).unwrap_or(from);
    let to = match params.to {
        Some(text) => time("to", &text)?,
        None => latest,
    };
    if to < from || to > latest {
        return Err(Failure::BadParameter(
            "`to` is not before `from`, and at most 366 days after it.".to_owned(),
        ));
    }
    let found = business.appointments(&scope, from..to).await?;
    let zones = Zones::of(&business.tenants(&scope));
    let appointments = found.iter().map(|found| zones.appointment(found)).collect();
    Ok(Json(AppointmentList { appointments }))
}

fn time(name: &str, text: &str) -> Result<Timestamp, Failure> {
    // A `+` that was not escaped has become a space on its way through the query.
    text.replace(' ', "+").parse().map_err(|_not_a_time: jiff::Error| {
        Failure::BadParameter(format!(
            "`{name}` is no time in RFC 3339, such as 2026-11-21T08:00:00Z or 2026-11-21T08:00:00-05:00."
        ))
    })
}
