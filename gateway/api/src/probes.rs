//! `/healthz`, `/readyz` and `/metrics`, for those who look after the server. They name no tenant and no person, and
//! need no key.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};

use crate::Shared;
use crate::headers;
use crate::wire::{Health, Readiness};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .layer(headers::never_stored())
}

/// The program runs.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "alive".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() })
}

/// Whether calls are taken, and why not.
#[utoipa::path(
    get, path = "/readyz", tag = "server",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub(crate) async fn ready(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let mut reasons = shared.api.probe.not_ready();
    if !shared.api.business.storage_is_writable() {
        reasons.push("the database cannot be written; the log says why".to_owned());
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready: reasons.is_empty(), reasons }))
}

/// All metrics in Prometheus's text format.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4"))
)]
pub(crate) async fn metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, shared.api.probe.metrics())
}
