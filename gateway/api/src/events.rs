//! `/v1/events`: the driver of one WebSocket that tells everything that happens, resumable by sequence.
//!
//! | queue | holds | when full |
//! |---|---|---|
//! | the business's feed | its own bound | the client is told `lagged`, and the connection closes |
//! | the socket | the system's buffer | the feed waits; a client that takes nothing for [`SEND_MAX`] is dropped |
#![expect(unused_qualifications, reason = "utoipa writes the parameters' type with its path")]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use callwright_business::EventFeed;
use callwright_contract::CallId;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, timeout};
use utoipa::IntoParams;

use crate::access::{Caller, STREAM_PROTOCOL};
use crate::failure::Failure;
use crate::params::Params;
use crate::wire::{Notice, Problem, StreamMessage, Zones};
use crate::{Api, Shared};

mod teller;
use teller::{Teller, Telling};

/// Streams that may be open at a time.
const STREAMS_MAX: usize = 256;
/// How often a quiet connection is pinged; one that has not answered by the next time is dropped.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long one message may take to leave.
const SEND_MAX: Duration = Duration::from_secs(10);
/// How long a client may take to answer the end of its stream.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// Clients have nothing to say here.
const MESSAGE_OCTETS_MAX: usize = 4 * 1024;

/// Counts the open streams.
pub(crate) struct Streams(Arc<Semaphore>);

impl Streams {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

/// What to stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamParams {
    /// The last sequence that you have: everything after it follows, the past first. 0 for the whole log. Left out:
    /// only what happens from now on.
    from: Option<u64>,
    /// Only this tenant's.
    tenant: Option<String>,
    /// Only this call's.
    call: Option<String>,
}

/// A WebSocket of everything that happens, one JSON text message each (`StreamMessage`). The first is the notice `ready`.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", params(StreamParams), security(("key" = [])),
    responses(
        (status = 101, description = "The WebSocket opens, with the subprotocol `callwright.v1` where it was offered"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(params): Params<StreamParams>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let scope = caller.scope(params.tenant.as_deref())?;
    let call = params
        .call
        .map(|id| id.parse::<CallId>())
        .transpose()
        .map_err(|wrong| Failure::BadParameter(format!("`call` is wrong: {wrong}.")))?;
    let upgrade = upgrade.map_err(|_plain_request| Failure::NotAWebSocket)?;
    let permit = Arc::clone(&shared.streams.0)
        .try_acquire_owned()
        .map_err(|_none_left| Failure::TooManyStreams)?;
    let Api { business, .. } = shared.api.clone();
    let response = upgrade
        .protocols([STREAM_PROTOCOL])
        .max_message_size(MESSAGE_OCTETS_MAX)
        .max_frame_size(MESSAGE_OCTETS_MAX)
        .on_upgrade(move |socket| async move {
            let teller = Teller::new(Zones::of(&business.tenants(&scope)), call, params.from);
            // From here on nothing is missed, and the client learns so.
            let feed = business.subscribe(scope, params.from);
            serve(socket, feed, teller, params.from, permit).await;
        });
    Ok(response)
}

async fn serve(
    mut socket: WebSocket,
    mut feed: EventFeed,
    mut teller: Teller,
    from: Option<u64>,
    _permit: OwnedSemaphorePermit,
) {
    metrics::gauge!("callwright_api_streams").increment(1.0);
    let ready = StreamMessage::Notice(Notice::Ready { from });
    if send(&mut socket, &ready).await.is_continue() {
        follow(&mut socket, &mut feed, &mut teller).await;
    }
    metrics::gauge!("callwright_api_streams").decrement(1.0);
}

async fn follow(socket: &mut WebSocket, feed: &mut EventFeed, teller: &mut Teller) {
    let mut pings = interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answered = true;
    loop {
        let flow = tokio::select! {
            item = feed.next() => match teller.tell(item) {
                Telling::Nothing => ControlFlow::Continue(()),
                Telling::Event(event) => send(socket, &StreamMessage::Event(*event)).await,
                Telling::Last(notice) => end(socket, notice).await,
            },
            received = socket.recv() => match received {
                None | Some(Err(_) | Ok(Message::Close(_))) => ControlFlow::Break(()),
                Some(Ok(_)) => {
                    answered = true;
                    ControlFlow::Continue(())
                }
            },
            _ = pings.tick() => {
                if !std::mem::take(&mut answered) {
                    return;
                }
                write(socket, Message::Ping(Default::default())).await
            }
        };
        if flow.is_break() {
            return;
        }
    }
}

async fn send(socket: &mut WebSocket, message: &StreamMessage) -> ControlFlow<()> {
    match serde_json::to_string(message) {
        Ok(text) => write(socket, Message::Text(Utf8Bytes::from(text))).await,
        // Plain data of our own always serialises; were it not so, a gap would be worse than an end.
        Err(_) => ControlFlow::Break(()),
    }
}

/// Tells why the stream ends, and ends it.
async fn end(socket: &mut WebSocket, notice: Notice) -> ControlFlow<()> {
    let code = match notice {
        Notice::Stopping {} => close_code::AWAY,
        _ => close_code::AGAIN,
    };
    if send(socket, &StreamMessage::Notice(notice)).await.is_continue() {
        let close = CloseFrame { code, reason: Utf8Bytes::from_static("see the last message") };
        if write(socket, Message::Close(Some(close))).await.is_continue() {
            // A socket that is dropped with something unread in it takes back what is on its way.
            let answered = async { while let Some(Ok(_)) = socket.recv().await {} };
            let _in_time = timeout(CLOSE_MAX, answered).await;
        }
    }
    ControlFlow::Break(())
}

async fn write(socket: &mut WebSocket, message: Message) -> ControlFlow<()> {
    match timeout(SEND_MAX, socket.send(message)).await {
        Ok(Ok(())) => ControlFlow::Continue(()),
        Ok(Err(_)) | Err(_) => ControlFlow::Break(()),
    }
}
