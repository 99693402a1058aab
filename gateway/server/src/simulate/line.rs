//! The socket of a media stream from Twilio's side: opens it, carries texts both ways, and keeps its time. What is said
//! is up to the [`Party`].

use std::time::Duration;

use callwright_api::wire::Event;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::ear::time_of;
use super::mouth::FRAME;
use super::server::{ANSWER_MAX, innermost};
use super::twilio::{Offence, StreamTarget, TwilioError};
use super::webhook::Webhooks;

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Whether the caller is still on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum OnTheLine {
    /// Yes.
    Yes,
    /// The caller hung up: `stop` is the last message.
    HungUp,
}

/// Twilio and a caller at one end of a stream, sans-IO. Times are since the stream began.
///
/// > After every call of a method, send all of [`Self::poll_text`]; after [`OnTheLine::HungUp`], close the socket.
pub(crate) trait Party {
    /// The next text message for the server.
    fn poll_text(&mut self) -> Option<String>;
    /// When [`Self::tick`] wants to be called, besides every frame.
    fn next_deadline(&self) -> Option<Duration>;
    /// A text message came from the server.
    fn text(&mut self, text: &str, now: Duration);
    /// A binary message came from the server.
    fn binary(&mut self, length: usize, now: Duration);
    /// Plays up to `now`.
    fn tick(&mut self, now: Duration);
    /// 20 ms more have passed, the last of them at `due`: sends them, and decides what comes next.
    fn frame(&mut self, due: Duration, now: Duration) -> OnTheLine;
    /// Something happened in some call of the server.
    fn event(&mut self, event: &Event, now: Duration);
    /// The server closed the stream, or it `broke` for this reason.
    fn over(&mut self, broke: Option<&str>, now: Duration);
}

/// Opens the stream that TwiML asks for.
///
/// # Errors
/// [`Offence`] when the server does not take it.
pub(crate) async fn open(
    webhooks: &Webhooks<'_>,
    target: &StreamTarget,
) -> Result<Socket, Offence> {
    let (address, signature) = webhooks.stream_address(target)?;
    let failed = |what: String| Offence::new(TwilioError::Handshake, what);
    let mut request = address.into_client_request().map_err(|error| failed(innermost(&error)))?;
    if let Some(signature) = signature {
        let value = signature.parse().map_err(|_odd| failed("an odd signature".to_owned()))?;
        request.headers_mut().insert("x-twilio-signature", value);
    }
    let opening = tokio_tungstenite::connect_async_with_config(request, None, true);
    match timeout(ANSWER_MAX, opening).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(tungstenite::Error::Http(answer))) => {
            Err(failed(format!("the stream's address answered {}", answer.status())))
        }
        Ok(Err(error)) => Err(failed(innermost(&error))),
        Err(_late) => Err(failed("no answer to the handshake".to_owned())),
    }
}

/// Holds the stream that began at `begun` until one side ends it. Gives why, when it broke.
pub(crate) async fn hold(
    begun: Instant,
    mut socket: Socket,
    party: &mut impl Party,
    events: &mut mpsc::Receiver<Event>,
) -> Option<String> {
    let mut frames = 1;
    let mut events_open = true;
    loop {
        if let Err(error) = flush(&mut socket, party).await {
            return Some(broke(party, begun, innermost(&error)));
        }
        let next_frame = time_of(frames * FRAME as u64);
        let wake = party.next_deadline().map_or(next_frame, |at| at.min(next_frame));
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => party.text(text.as_str(), begun.elapsed()),
                Some(Ok(Message::Binary(bytes))) => party.binary(bytes.len(), begun.elapsed()),
                Some(Ok(Message::Close(_))) => {
                    party.over(None, begun.elapsed());
                    return None;
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Some(broke(party, begun, innermost(&error))),
                None => {
                    let why = "closed without a closing handshake".to_owned();
                    return Some(broke(party, begun, why));
                }
            },
            event = events.recv(), if events_open => match event {
                Some(event) => party.event(&event, begun.elapsed()),
                None => events_open = false,
            },
            () = sleep_until(begun + wake) => {}
        }
        party.tick(begun.elapsed());
        while time_of(frames * FRAME as u64) <= begun.elapsed() {
            let due = time_of(frames * FRAME as u64);
            frames += 1;
            if party.frame(due, begun.elapsed()) == OnTheLine::HungUp {
                close(socket, party).await;
                return None;
            }
        }
    }
}

fn broke(party: &mut impl Party, begun: Instant, why: String) -> String {
    party.over(Some(&why), begun.elapsed());
    why
}

async fn flush(socket: &mut Socket, party: &mut impl Party) -> Result<(), tungstenite::Error> {
    while let Some(text) = party.poll_text() {
        socket.feed(Message::text(text)).await?;
    }
    socket.flush().await
}

/// The caller hung up: `stop` goes out, and the socket is closed in good order.
async fn close(mut socket: Socket, party: &mut impl Party) {
    // The server may have gone at the same moment; the call is over either way.
    if flush(&mut socket, party).await.is_err() || socket.close(None).await.is_err() {
        return;
    }
    let drained = async { while let Some(Ok(_)) = socket.next().await {} };
    let _in_time = timeout(ANSWER_MAX, drained).await;
}
