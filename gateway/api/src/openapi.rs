//! `/v1/openapi.json`: made from the handlers and the wire types, and kept beside the code as a golden file.

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::{appointments, calls, events, probes, tenants, wire};

/// The whole description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Callwright",
        description = "Calls, transcripts, appointments and live events of one Callwright server. Times are RFC 3339, \
            lengths of time whole milliseconds. New fields and event types may appear within v1: ignore what you do \
            not know."
    ),
    paths(
        calls::list, calls::one, appointments::list, tenants::list, events::stream,
        probes::health, probes::ready, probes::metrics
    ),
    components(schemas(wire::StreamMessage)),
    modifiers(&Keys)
)]
struct Description;

/// How a key travels.
struct Keys;

impl Modify for Keys {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = description.components.as_mut() {
            let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme("key", bearer);
        }
    }
}

/// The description as JSON text.
pub fn openapi_json() -> String {
    // Serialising plain data of our own cannot fail; an empty description would be caught by the golden test.
    Description::openapi().to_pretty_json().unwrap_or_default() + "\n"
}

pub(crate) async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi_json())
}
