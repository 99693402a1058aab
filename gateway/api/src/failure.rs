//! What went wrong with a request, each kind with its status and what to do about it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callwright_business::ReadError;

use crate::wire::{PROBLEM_JSON, Problem};

/// Why a request under `/v1` got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(
        "Send the header `Authorization: Bearer KEY`. The first run of the server printed a key and left it in \
         `admin.key` in its data folder; CALLWRIGHT_ADMIN_KEY sets one. A browser's WebSocket, which can set no \
         header, offers the subprotocols `callwright.v1` and `callwright.key.` followed by the key in base64url \
         without padding."
    )]
    KeyMissing,
    #[error(
        "The key is not known here. Look for spaces or line ends around it; the key of the first run is in \
         `admin.key` in the server's data folder."
    )]
    KeyUnknown,
    #[error("This key belongs to another tenant. Leave `tenant` out, or use that tenant's key.")]
    TenantOutOfScope,
    #[error("{0}")]
    BadParameter(String),
    #[error("There is no such call, or it is not this key's to see.")]
    NoSuchCall,
    #[error("There is nothing at this path. `/v1/openapi.json` lists what there is.")]
    NoSuchPath,
    #[error("This path does not take this method. `/v1/openapi.json` lists what it takes.")]
    NoSuchMethod,
    #[error("Connect with a WebSocket client (`ws://` or `wss://`).")]
    NotAWebSocket,
    #[error("As many streams are open as this server allows. Close some, or try again later.")]
    TooManyStreams,
    #[error("The server cannot read its database just now. Try again; its log says what is wrong.")]
    StorageUnreadable,
}

impl Failure {
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::KeyMissing => (StatusCode::UNAUTHORIZED, "key_missing", "A key is needed"),
            Self::KeyUnknown => (StatusCode::UNAUTHORIZED, "key_unknown", "The key is wrong"),
            Self::TenantOutOfScope => {
                (StatusCode::FORBIDDEN, "tenant_out_of_scope", "Not this key's tenant")
            }
            Self::BadParameter(_) => {
                (StatusCode::BAD_REQUEST, "bad_parameter", "A parameter is wrong")
            }
            Self::NoSuchCall => (StatusCode::NOT_FOUND, "no_such_call", "No such call"),
            Self::NoSuchPath => (StatusCode::NOT_FOUND, "no_such_path", "No such path"),
            Self::NoSuchMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, "no_such_method", "No such method")
            }
            Self::NotAWebSocket => {
                (StatusCode::UPGRADE_REQUIRED, "not_a_websocket", "This is a WebSocket")
            }
            Self::TooManyStreams => {
                (StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", "Too many streams")
            }
            Self::StorageUnreadable => {
                (StatusCode::SERVICE_UNAVAILABLE, "storage_unreadable", "Storage cannot be read")
            }
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        tracing::error!(%error, "a request went unanswered");
        Self::StorageUnreadable
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, kind, title) = self.kind();
        metrics::counter!("callwright_api_refused_total", "problem" => kind).increment(1);
        let problem = Problem {
            kind: format!("urn:callwright:problem:{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        response
    }
}

pub(crate) async fn no_such_path() -> Failure {
    Failure::NoSuchPath
}

pub(crate) async fn no_such_method() -> Failure {
    Failure::NoSuchMethod
}
