//! The addresses of the Twilio line: one webhook, one socket, two callbacks.
//!
//! | address | asked by | answered with |
//! |---|---|---|
//! | `POST /twilio/voice` | Twilio, when a call comes in | `<Connect><Stream>` with a token, or a busy tone |
//! | `GET /twilio/media/{token}` | Twilio, at once after that | the upgrade to a WebSocket |
//! | `POST /twilio/after` | Twilio, when the stream has ended | `<Hangup>`, `<Dial>`, or an apology |
//! | `POST /twilio/stream-status` | Twilio, when a stream starts, stops or fails | nothing |

#![expect(clippy::disallowed_methods, reason = "the driver of the webhooks: it times tokens")]

use std::io;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use callwright_calls::contract::{AfterCall, Arrival, Refusal};
use tokio::sync::Semaphore;

use super::after::AfterStreams;
use super::options::{TwilioOptions, UpgradeSignature};
use super::public_url::Scheme;
use super::switchboard::Switchboard;
use super::tokens::{Grant, Tokens};
use super::webhook::{BODY_MAX_BYTES, BadForm, Form};
use super::{MESSAGE_MAX_BYTES, driver, metric, signature, twiml};

/// The routes of the Twilio line. Calls go to `switchboard`.
///
/// Serve them from a listener whose sockets have `TCP_NODELAY` set: a packet of sound that waits for an
/// acknowledgement comes 40 ms late.
pub fn routes<S: Switchboard>(options: TwilioOptions, switchboard: Arc<S>) -> Router {
    let shared = Arc::new(Shared {
        places: Arc::new(Semaphore::new(options.streams_max.min(Semaphore::MAX_PERMITS))),
        options,
        switchboard,
        tokens: Tokens::new(),
        after: AfterStreams::new(),
    });
    Router::new()
        .route(VOICE, post(voice::<S>))
        .route(AFTER, post(after::<S>))
        .route(STREAM_STATUS, post(stream_status::<S>))
        .route("/twilio/media/{token}", any(media::<S>))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(shared)
}

/// What all streams and webhooks share.
pub(super) struct Shared<S> {
    pub(super) options: TwilioOptions,
    pub(super) switchboard: Arc<S>,
    pub(super) after: AfterStreams,
    tokens: Tokens,
    /// One for each stream that may be open.
    places: Arc<Semaphore>,
}

const VOICE: &str = "/twilio/voice";
const MEDIA: &str = "/twilio/media";
const AFTER: &str = "/twilio/after";
const STREAM_STATUS: &str = "/twilio/stream-status";
const SIGNATURE: &str = "x-twilio-signature";
/// Octets read from a socket at once: a dozen messages of sound. The library's 128 KiB are for bulk.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Octets that are gathered before they are written though more is ready: as much as a call may have waiting.
const WRITE_BUFFER_BYTES: usize = 32 * 1024;

type SharedState<S> = State<Arc<Shared<S>>>;

async fn voice<S: Switchboard>(
    State(shared): SharedState<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = match shared.signed_form(VOICE, query.as_deref(), &headers, &body) {
        Ok(form) => form,
        Err(error) => return error.answer(metric::webhook),
    };
    let (call, arrival) = match form.call().and_then(|call| Ok((call, form.arrival()?))) {
        Ok(call) => call,
        Err(error) => return NotTaken::BadForm(error).answer(metric::webhook),
    };
    if let Some(refusal) = shared.refuses(&arrival) {
        tracing::warn!(%call, %refusal, "call refused");
        metric::webhook("busy");
        return xml(twiml::busy());
    }
    let grant = Grant { call, arrival: arrival.clone() };
    let (token, voided) = shared.tokens.issue(grant, Instant::now());
    metric::tokens_voided(voided);
    metric::webhook("connect");
    let public = &shared.options.public_url;
    let addresses = twiml::Addresses {
        media: &public.join(Scheme::WebSocket, &format!("{MEDIA}/{token}")),
        after: &public.join(Scheme::Http, AFTER),
        stream_status: &public.join(Scheme::Http, STREAM_STATUS),
    };
    let fallback = shared.switchboard.fallback(&arrival.line);
    xml(twiml::connect(&arrival, addresses, fallback.as_ref()))
}

async fn media<S: Switchboard>(
    State(shared): SharedState<S>,
    Path(token): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !shared.upgrade_is_signed(&token, &headers) {
        metric::handshake("forbidden");
        tracing::warn!("media stream refused: its signature is not Twilio's");
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(grant) = shared.tokens.redeem(&token, Instant::now()) else {
        metric::handshake("unknown_token");
        tracing::warn!("media stream refused: its token is unknown, used or too old");
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        metric::handshake("full");
        tracing::warn!(call = %grant.call, "media stream refused: too many are open");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    metric::handshake("accepted");
    let open = metric::OpenStream::new(place);
    upgrade
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(2 * WRITE_BUFFER_BYTES)
        .on_upgrade(move |socket| driver::serve(socket, grant, shared, open))
}

async fn after<S: Switchboard>(
    State(shared): SharedState<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = match shared.signed_form(AFTER, query.as_deref(), &headers, &body) {
        Ok(form) => form,
        Err(error) => return error.answer(metric::after),
    };
    let call = match form.call() {
        Ok(call) => call,
        Err(error) => return NotTaken::BadForm(error).answer(metric::after),
    };
    if let Some(after) = shared.after.recall(call, Instant::now()) {
        metric::after(match after {
            AfterCall::HangUp => "hang_up",
            AfterCall::Transfer(_) => "dial",
        });
        return xml(twiml::after(&after));
    }
    tracing::warn!(%call, "a caller lost us and is sent to the fallback");
    metric::after("lost");
    let fallback = form.line().ok().and_then(|line| shared.switchboard.fallback(&line));
    xml(twiml::lost(fallback.as_ref()))
}

async fn stream_status<S: Switchboard>(
    State(shared): SharedState<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = match shared.signed_form(STREAM_STATUS, query.as_deref(), &headers, &body) {
        Ok(form) => form,
        Err(error) => return error.answer(metric::stream_status),
    };
    let status = form.stream_status();
    metric::stream_status(status.event);
    let call = status.call.map(tracing::field::display);
    if status.event == "error" || status.error.is_some() {
        tracing::warn!(call, code = status.error, "Twilio reports an error of a media stream");
    } else {
        tracing::debug!(call, event = status.event, "Twilio reports on a media stream");
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Why a webhook is not taken.
enum NotTaken {
    Forbidden,
    BadForm(BadForm),
}

impl NotTaken {
    /// Counts it and tells the sender no more than it must know.
    fn answer(self, count: fn(&'static str)) -> Response {
        match self {
            Self::Forbidden => {
                count("forbidden");
                tracing::warn!("webhook refused: its signature is not Twilio's");
                StatusCode::FORBIDDEN.into_response()
            }
            Self::BadForm(error) => {
                count("bad_form");
                tracing::warn!(%error, "webhook refused");
                StatusCode::BAD_REQUEST.into_response()
            }
        }
    }
}

impl<S: Switchboard> Shared<S> {
    fn signed_form<'a>(
        &self,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &'a [u8],
    ) -> Result<Form<'a>, NotTaken> {
        let form = Form::parse(body).map_err(NotTaken::BadForm)?;
        if let Some(token) = &self.options.auth_token {
            let urls = signature::webhook_urls(&self.options.public_url, path, query);
            if !signature::webhook_is_signed(token, signed(headers), &urls, form.parameters()) {
                return Err(NotTaken::Forbidden);
            }
        }
        Ok(form)
    }

    fn upgrade_is_signed(&self, token: &str, headers: &HeaderMap) -> bool {
        let Some(auth_token) = &self.options.auth_token else { return true };
        let path = format!("{MEDIA}/{token}");
        let public = &self.options.public_url;
        let signature = signed(headers);
        let variant = signature::upgrade_signed_as(auth_token, signature, public, &path);
        metric::upgrade_signature(match (variant, signature) {
            (Some(variant), _) => variant.as_str(),
            (None, Some(_)) => "wrong",
            (None, None) => "missing",
        });
        variant.is_some() || self.options.upgrade_signature == UpgradeSignature::Observe
    }

    fn refuses(&self, arrival: &Arrival) -> Option<Refusal> {
        if self.places.available_permits() == 0 {
            return Some(Refusal::AtCapacity);
        }
        self.switchboard.refuses(arrival)
    }
}

fn signed(headers: &HeaderMap) -> Option<&str> {
    headers.get(SIGNATURE).and_then(|value| value.to_str().ok())
}

fn xml(document: io::Result<Vec<u8>>) -> Response {
    match document {
        Ok(document) => {
            ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], document).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "TwiML could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
