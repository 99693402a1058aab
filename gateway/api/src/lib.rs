//! What a browser or a program sees of the server over HTTP: REST and events under `/v1`, the page of live calls at
//! `/`, health and metrics beside them.
//!
//! | path | answers | key |
//! |---|---|---|
//! | `/` | the page of live calls | asks for one |
//! | `/v1/calls`, `/v1/calls/{id}` | calls, transcripts, latencies | yes |
//! | `/v1/appointments` | the calendar | yes |
//! | `/v1/tenants` | tenants and their lines | yes |
//! | `/v1/events` | WebSocket of everything that happens | yes |
//! | `/v1/openapi.json` | the description of all this | no |
//! | `/healthz`, `/readyz`, `/metrics` | for those who look after the server | no |
//!
//! **Invariants.** Under `/v1` nothing is told without a key, and a key is told of its own scope alone: the scope goes
//! into every question that the business is asked. Every type that serialises is in [`wire`]. What goes wrong is
//! told as RFC 9457 problem details.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use callwright_business::{Business, Clock};

mod access;
mod appointments;
mod calls;
mod events;
mod failure;
mod headers;
mod openapi;
mod page;
mod params;
mod probes;
mod tenants;
pub mod wire;

pub use access::{KEY_PROTOCOL, STREAM_PROTOCOL};
pub use openapi::openapi_json;

/// What the API is given by the server it belongs to.
#[derive(Clone)]
pub struct Api {
    /// Who knows of calls, appointments and keys.
    pub business: Business,
    /// Who knows how the server fares.
    pub probe: Arc<dyn Probe>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// How the server fares, as it says itself. Both methods are called for each request and answer at once.
pub trait Probe: Send + Sync {
    /// Why no calls are taken; empty when they are.
    fn not_ready(&self) -> Vec<String>;

    /// All metrics in Prometheus's text format.
    fn metrics(&self) -> String;
}

/// The largest request body that is read, in octets: no route takes one.
const BODY_OCTETS_MAX: usize = 16 * 1024;

/// All routes of the API.
pub fn routes(api: Api) -> Router {
    let shared = Arc::new(Shared { api, streams: events::Streams::new() });
    let v1 = Router::new()
        .route("/calls", get(calls::list))
        .route("/calls/{id}", get(calls::one))
        .route("/appointments", get(appointments::list))
        .route("/tenants", get(tenants::list))
        .route("/events", get(events::stream))
        .route("/openapi.json", get(openapi::serve))
        .fallback(failure::no_such_path)
        .method_not_allowed_fallback(failure::no_such_method)
        .layer(headers::never_stored());
    let router = Router::new()
        .nest("/v1", v1)
        .merge(probes::routes())
        .merge(page::routes())
        .layer(DefaultBodyLimit::max(BODY_OCTETS_MAX))
        .with_state(shared);
    headers::secured(router)
}

/// What every handler sees.
struct Shared {
    api: Api,
    streams: events::Streams,
}

#[cfg(test)]
mod tests;
