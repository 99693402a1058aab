//! Makes one call of a scenario: the webhook, what its TwiML says, the stream, what comes after it. Decides nothing.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the caller's driver: the one place that reads its clock"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use callwright_api::wire::Event;
use callwright_contract::Pii;
use callwright_media::impair::{Line, LineSettings};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::conversation::{Conversation, Heard};
use super::line::{OnTheLine, Party, hold, open};
use super::log::{Entry, What};
use super::mouth::Clip;
use super::scenario::{Scenario, Voice};
use super::server::{ANSWER_MAX, Server, ServerError};
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
    /// What is done to the caller's sound; nothing without it.
    pub(super) line: Option<&'a LineSettings>,
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
    let line = plan.line.map(Line::new).transpose().map(|line| line.map(Box::new));
    let conversation = line.and_then(|line| {
        Conversation::new(plan.scenario, plan.clips, plan.who.clone(), parameters, line)
    });
    let conversation = match conversation {
        Ok(conversation) => conversation,
        Err(error) => {
            made.offences.push(Offence::new(TwilioError::Close, error.to_string()));
            return None;
        }
    };
    let mut watched = Watched { conversation, seen: 0, watch };
    let broken = hold(begun, socket, &mut watched, events).await;
    made.lasted = begun.elapsed();
    webhooks.stream_status(target, "stream-stopped", Timestamp::now()).await;
    watched.wait_for_the_end(begun, events).await;
    if let Some(why) = &broken {
        made.offences.push(Offence::new(TwilioError::Close, why.clone()));
    }
    Some((watched.conversation.finish(), broken.is_some()))
}

/// The conversation, with somebody who looks at its log while it goes on.
struct Watched<'a, 's> {
    conversation: Conversation<'s>,
    /// Entries of the log that were shown.
    seen: usize,
    watch: &'a mut (dyn FnMut(&Entry) + Send),
}

impl Watched<'_, '_> {
    fn show(&mut self) {
        for entry in self.conversation.log_from(self.seen) {
            (self.watch)(entry);
            self.seen += 1;
        }
    }

    /// Listens to the server until it says that the call is over.
    async fn wait_for_the_end(&mut self, begun: Instant, events: &mut mpsc::Receiver<Event>) {
        let deadline = Instant::now() + ANSWER_MAX;
        while !self.conversation.server_ended() {
            let Ok(Some(event)) = tokio::time::timeout_at(deadline, events.recv()).await else {
                break;
            };
            self.conversation.event(&event, begun.elapsed());
        }
        self.show();
    }
}

impl Party for Watched<'_, '_> {
    fn poll_text(&mut self) -> Option<String> {
        self.show();
        self.conversation.poll_text()
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.conversation.next_deadline()
    }

    fn text(&mut self, text: &str, now: Duration) {
        self.conversation.text(text, now);
    }

    fn binary(&mut self, length: usize, now: Duration) {
        self.conversation.binary(length, now);
    }

    fn tick(&mut self, now: Duration) {
        self.conversation.tick(now);
    }

    fn frame(&mut self, due: Duration, now: Duration) -> OnTheLine {
        self.conversation.frame(due, now)
    }

    fn event(&mut self, event: &Event, now: Duration) {
        self.conversation.event(event, now);
    }

    fn over(&mut self, broke: Option<&str>, now: Duration) {
        let what = broke.map_or(What::StreamOver, |why| What::StreamBroke(why.to_owned()));
        self.conversation.note(now, what);
        self.show();
    }
}

#[cfg(test)]
mod tests;
