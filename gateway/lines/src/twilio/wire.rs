//! The socket and the leg of one stream, waited for at once.
//!
//! It moves frames and decides nothing. Written is whatever is ready, in as few writes as the socket allows; read is
//! only while the call has room; a socket that takes nothing does not keep us from reading it. It reads the clock only
//! when a write gets stuck.

#![expect(clippy::disallowed_methods, reason = "part of the driver: it times a stuck write")]

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use callwright_calls::leg::{LegDriver, LegReady};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite;

use super::end::End;

/// How long a socket may take nothing of what we write. The leg holds a second; a caller who has heard nothing for
/// this long has lost us anyway.
pub const WRITE_PATIENCE: Duration = Duration::from_secs(3);
/// How long the far side may take to answer our close frame.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// The socket of one stream.
pub(super) struct Wire {
    socket: WebSocket,
    /// Something was given to the socket that it has not been told to send.
    unsent: bool,
    /// The socket is full; since when we wait.
    stuck_since: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    timer_at: Option<Instant>,
}

/// What happened first.
pub(super) enum Happened {
    Text(Utf8Bytes),
    Binary,
    /// A ping, which the library answers, or a pong.
    Pong,
    Leg(LegReady),
    /// The deadline given to [`Wire::next`] has passed.
    Deadline(Instant),
    End(End),
}

impl Wire {
    pub(super) fn new(socket: WebSocket) -> Self {
        let timer = Box::pin(sleep_until(Instant::now().into()));
        Self { socket, unsent: false, stuck_since: None, timer, timer_at: None }
    }

    /// Waits for a frame, for the leg, or for `deadline`. With `wants_room` no frame is read and the leg's room is
    /// waited for instead.
    pub(super) async fn next(
        &mut self,
        mut leg: Option<&mut LegDriver>,
        wants_room: bool,
        deadline: Option<Instant>,
    ) -> Happened {
        poll_fn(|cx| self.poll(cx, leg.as_deref_mut(), wants_room, deadline)).await
    }

    /// Hands one text frame to the socket. Call only after [`Self::next`] gave an output of the leg, which it does
    /// while the socket takes more.
    pub(super) fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        self.give(Message::Text(text))
    }

    /// Hands a ping to the socket, whether it takes more or not: its buffer has room for one.
    pub(super) fn ping(&mut self) -> Result<(), End> {
        self.give(Message::Ping(Bytes::new()))
    }

    /// Says goodbye and waits a little for the answer, so that nothing in flight is torn down with the socket.
    pub(super) async fn close(mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_late)) = self.socket.recv().await {}
            }
        };
        // Whether it was in time or not, the socket is dropped now.
        let _in_time = timeout(CLOSE_PATIENCE, goodbye).await;
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        leg: Option<&mut LegDriver>,
        wants_room: bool,
        deadline: Option<Instant>,
    ) -> Poll<Happened> {
        // The call first: a clear must not wait behind what the caller says.
        if let Some(leg) = leg
            && self.has_room(cx)
            && let Poll::Ready(ready) = pin!(leg.ready(wants_room)).poll(cx)
        {
            return Poll::Ready(Happened::Leg(ready));
        }
        if let Err(end) = self.flush(cx) {
            return Poll::Ready(Happened::End(end));
        }
        if !wants_room && let Poll::Ready(frame) = self.socket.poll_next_unpin(cx) {
            return Poll::Ready(frame.map_or(Happened::End(End::Lost), happened));
        }
        self.poll_timer(cx, deadline)
    }

    /// Whether the socket takes more. What it did not take before is tried again first.
    fn has_room(&mut self, cx: &mut Context<'_>) -> bool {
        if self.stuck_since.is_some() && self.flush(cx).is_ok() && self.stuck_since.is_some() {
            return false;
        }
        // An error shows again at the next write.
        self.socket.poll_ready_unpin(cx).is_ready()
    }

    fn give(&mut self, message: Message) -> Result<(), End> {
        self.unsent = true;
        self.socket.start_send_unpin(message).map_err(end_of)
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        if self.unsent {
            match self.socket.poll_flush_unpin(cx) {
                Poll::Ready(Ok(())) => {
                    self.unsent = false;
                    self.stuck_since = None;
                }
                Poll::Ready(Err(error)) => return Err(end_of(error)),
                Poll::Pending => {
                    self.stuck_since.get_or_insert_with(Instant::now);
                }
            }
        }
        Ok(())
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>, deadline: Option<Instant>) -> Poll<Happened> {
        let stuck_until = self.stuck_since.map(|since| since + WRITE_PATIENCE);
        let Some(at) = [deadline, stuck_until].into_iter().flatten().min() else {
            return Poll::Pending;
        };
        if self.timer_at != Some(at) {
            self.timer.as_mut().reset(at.into());
            self.timer_at = Some(at);
        }
        self.timer.as_mut().poll(cx).map(|()| match stuck_until {
            Some(until) if until == at => Happened::End(End::Stuck),
            _ => Happened::Deadline(at),
        })
    }
}

fn happened(frame: Result<Message, axum::Error>) -> Happened {
    match frame {
        Ok(Message::Text(text)) => Happened::Text(text),
        Ok(Message::Binary(_)) => Happened::Binary,
        Ok(Message::Ping(_) | Message::Pong(_)) => Happened::Pong,
        Ok(Message::Close(frame)) => Happened::End(match frame.map(|frame| frame.code) {
            // Normal, going away, and no code at all.
            None | Some(1_000 | 1_001 | 1_005) => End::CallerGone,
            Some(_) => End::Lost,
        }),
        Err(error) => Happened::End(end_of(error)),
    }
}

/// Whose fault it was: that of the connection, unless the peer broke a rule.
fn end_of(error: axum::Error) -> End {
    use tungstenite::error::{Error, ProtocolError};
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => End::TooLong,
        Some(Error::Utf8(_)) => End::NotUtf8,
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Lost,
        Some(Error::Protocol(_)) => End::Protocol,
        _ => End::Lost,
    }
}
