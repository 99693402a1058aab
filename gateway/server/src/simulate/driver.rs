//! Makes one call over real sockets: moves texts and events, and reads the clock. Decides nothing.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the caller's driver: the one place that reads its clock"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use callwright_api::wire::Event;
use callwright_contract::Pii;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::conversation::{Conversation, Heard, OnTheLine};
use super::ear::time_of;
use super::log::{Entry, What};
use super::mouth::{Clip, FRAME};
use super::scenario::{Scenario, Voice};
use super::server::{ANSWER_MAX, Server, ServerError, innermost};
use super::twilio::{Identity, Offence, StreamTarget, TwilioError, Verb};
use super::webhook::Webhooks;

/// What a call needs to be made.
pub(super) struct CallPlan<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) clips: &'a HashMap<Voice, Arc<Clip>>,
    pub(super) server: &'a Server,
    pub(super) public_url: &'a str,
    pub(super) auth_token: Option<&'a Pii<String>>,
    pub(super) who: Identity,
}

/// How Twilio's side of a call went.
#[derive(Debug)]
pub(super) struct Made {
    /// What the caller heard; `None` when no stream came about.
    pub(super) heard: Option<Heard>,
    /// What was wrong outside of the stream.
    pub(super) offences: Vec<Offence>,
    /// The number that the call went on to.
    pub(super) transferred_to: Option<String>,
    /// The call was refused, for this reason.
    pub(super) refused: Option<String>,
    /// From the beginning of the stream, or of the call when there was none, to its end.
    pub(super) lasted: Duration,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Makes the call, telling `watch` what happens while it does.
///
/// # Errors
/// [`ServerError`] when the server cannot be asked at all; what it does wrong as a server of Twilio's is in [`Made`].
pub(super) async fn make(
    plan: &CallPlan<'_>,
    watch: &mut (dyn FnMut(&Entry) + Send),
) -> Result<Made, ServerError> {
    let mut events = plan.server.events().await?;
    let webhooks = Webhooks {
        server: plan.server,
        public_url: plan.public_url,
        auth_token: plan.auth_token,
        who: &plan.who,
        from: &plan.scenario.caller,
        to: &plan.scenario.line,
    };
    let begun = Instant::now();
    let mut made = Made {
        heard: None,
        offences: Vec::new(),
        transferred_to: None,
        refused: None,
        lasted: Duration::ZERO,
    };
    let mut verbs = match webhooks.incoming().await {
        Ok(verbs) => verbs.into_iter(),
        Err(offence) => {
            made.offences.push(offence);
            return Ok(made);
        }
    };
    while let Some(verb) = verbs.next() {
        let at = begun.elapsed();
        watch(&Entry { at, what: What::Verb(describe(&verb)) });
        match verb {
            Verb::Connect { action, stream } => {
                let heard = connect(plan, &webhooks, &stream, &mut events, &mut made, watch).await;
                let (broken, hung_up) = heard
                    .as_ref()
                    .map_or((true, false), |(heard, broken)| (*broken, heard.hung_up));
                made.heard = heard.map(|(heard, _)| heard);
                if hung_up {
                    break;
                }
                let Some(action) = action else { continue };
                match webhooks.after_stream(&action).await {
                    Ok(next) => verbs = next.into_iter(),
                    // A server that is gone with its stream: what was said to come after the stream comes.
                    Err(_gone) if broken => {}
                    Err(offence) => {
                        made.offences.push(offence);
                        break;
                    }
                }
            }
            Verb::Dial(number) => {
                made.transferred_to = Some(number);
                break;
            }
            Verb::Reject(reason) => {
                made.refused = Some(reason);
                break;
            }
            Verb::Hangup => break,
            Verb::Say(_) | Verb::Pause => {}
        }
    }
    if made.lasted.is_zero() {
        made.lasted = begun.elapsed();
    }
    Ok(made)
}

fn describe(verb: &Verb) -> String {
    match verb {
        Verb::Connect { .. } => "connect to the stream".to_owned(),
        Verb::Say(text) => format!("Twilio says “{text}”"),
        Verb::Dial(number) => format!("dial {number}"),
        Verb::Hangup => "hang up".to_owned(),
        Verb::Reject(reason) => format!("reject ({reason})"),
        Verb::Pause => "pause".to_owned(),
    }
}

/// Opens the stream and holds the conversation. Gives what was heard and whether the stream broke; nothing when it
/// did not open.
async fn connect(
    plan: &CallPlan<'_>,
    webhooks: &Webhooks<'_>,
    target: &StreamTarget,
    events: &mut mpsc::Receiver<Event>,
    made: &mut Made,
    watch: &mut (dyn FnMut(&Entry) + Send),
) -> Option<(Heard, bool)> {
    let socket = match open(webhooks, target).await {
        Ok(socket) => socket,
        Err(offence) => {
            webhooks.stream_status(target, "stream-error", Timestamp::now()).await;
            made.offences.push(offence);
            return None;
        }
    };
    webhooks.stream_status(target, "stream-started", Timestamp::now()).await;
    let begun = Instant::now();
    let parameters = &target.parameters;
    let conversation = Conversation::new(plan.scenario, plan.clips, plan.who.clone(), parameters);
    let mut line = Line { begun, socket, conversation, seen: 0, watch };
    let broken = line.hold(events).await;
    made.lasted = begun.elapsed();
    webhooks.stream_status(target, "stream-stopped", Timestamp::now()).await;
    line.wait_for_the_end(events).await;
    if let Some(why) = &broken {
        made.offences.push(Offence::new(TwilioError::Close, why.clone()));
    }
    Some((line.conversation.finish(), broken.is_some()))
}

async fn open(webhooks: &Webhooks<'_>, target: &StreamTarget) -> Result<Socket, Offence> {
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

/// An open stream.
struct Line<'a, 's> {
    begun: Instant,
    socket: Socket,
    conversation: Conversation<'s>,
    /// Entries of the log that were shown.
    seen: usize,
    watch: &'a mut (dyn FnMut(&Entry) + Send),
}

impl Line<'_, '_> {
    /// Holds the conversation until one side ends it. Gives why, when the stream broke.
    async fn hold(&mut self, events: &mut mpsc::Receiver<Event>) -> Option<String> {
        let mut frames = 1;
        let mut events_open = true;
        loop {
            if let Err(error) = self.flush().await {
                return Some(self.broke(innermost(&error)));
            }
            let next_frame = time_of(frames * FRAME as u64);
            let wake =
                self.conversation.next_deadline().map_or(next_frame, |at| at.min(next_frame));
            tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        self.conversation.text(text.as_str(), self.begun.elapsed());
                    }
                    Some(Ok(Message::Binary(bytes))) => {
                        self.conversation.binary(bytes.len(), self.begun.elapsed());
                    }
                    Some(Ok(Message::Close(_))) => {
                        self.conversation.note(self.begun.elapsed(), What::StreamOver);
                        self.show();
                        return None;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Some(self.broke(innermost(&error))),
                    None => return Some(self.broke("closed without a closing handshake".to_owned())),
                },
                event = events.recv(), if events_open => match event {
                    Some(event) => self.conversation.event(&event, self.begun.elapsed()),
                    None => events_open = false,
                },
                () = sleep_until(self.begun + wake) => {}
            }
            let now = self.begun.elapsed();
            self.conversation.tick(now);
            while time_of(frames * FRAME as u64) <= self.begun.elapsed() {
                frames += 1;
                if self.conversation.frame(self.begun.elapsed()) == OnTheLine::HungUp {
                    return self.close().await;
                }
            }
        }
    }

    fn broke(&mut self, why: String) -> String {
        self.conversation.note(self.begun.elapsed(), What::StreamBroke(why.clone()));
        self.show();
        why
    }

    async fn flush(&mut self) -> Result<(), tungstenite::Error> {
        self.show();
        while let Some(text) = self.conversation.poll_text() {
            self.socket.feed(Message::text(text)).await?;
        }
        self.socket.flush().await
    }

    fn show(&mut self) {
        for entry in self.conversation.log_from(self.seen) {
            (self.watch)(entry);
            self.seen += 1;
        }
    }

    /// The caller hung up: `stop` goes out, and the socket is closed in good order.
    async fn close(&mut self) -> Option<String> {
        // The server may have gone at the same moment; the call is over either way.
        if self.flush().await.is_err() || self.socket.close(None).await.is_err() {
            return None;
        }
        let drained = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _in_time = timeout(ANSWER_MAX, drained).await;
        None
    }

    /// Listens to the server until it says that the call is over.
    async fn wait_for_the_end(&mut self, events: &mut mpsc::Receiver<Event>) {
        let deadline = Instant::now() + ANSWER_MAX;
        while !self.conversation.server_ended() {
            let Ok(Some(event)) = tokio::time::timeout_at(deadline, events.recv()).await else {
                break;
            };
            self.conversation.event(&event, self.begun.elapsed());
        }
        self.show();
    }
}

#[cfg(test)]
mod tests;
