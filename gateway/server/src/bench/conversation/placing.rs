//! Makes the calls of one row over real sockets: so many callers at a time, staggered, who call again when the server
//! ends a call early.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the callers' driver: it begins and ends calls in real time"
)]

use std::sync::Arc;
use std::time::Duration;

use callwright_api::wire::Call;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::talk::{Circumstances, Talk, Talked};
use super::talker::Talker;
use super::voices::Repertoire;
use crate::simulate::line::{hold, open};
use crate::simulate::server::Server;
use crate::simulate::twilio::{Identity, Offence, StreamTarget, Verb};
use crate::simulate::webhook::Webhooks;

/// What a row's callers have in common.
#[derive(Clone, Debug)]
pub(super) struct Callers {
    pub(super) server: Server,
    pub(super) voices: Vec<Arc<Repertoire>>,
    pub(super) talk_share: f64,
    pub(super) seed: u64,
    /// How long the row lasts.
    pub(super) lasts: Duration,
    /// Within how long all have dialled.
    pub(super) ramp: Duration,
    /// Both sides of every call are kept.
    pub(super) record: bool,
}

/// What came of one dialling.
#[derive(Debug)]
pub(super) enum Dialled {
    /// The call was held.
    Held(Held),
    /// The server was busy.
    Refused,
    /// The call could not be made, for this reason.
    Failed(String),
}

/// A call that was held.
#[derive(Debug)]
pub(super) struct Held {
    /// Twilio's name for it.
    pub(super) call_sid: String,
    /// When its stream began, since the row did.
    pub(super) began: Duration,
    pub(super) talked: Talked,
    /// The server's own account of it, once it was asked.
    pub(super) account: Option<Call>,
}

/// A call that the server ends within this long without a word was refused after all.
const REFUSED_WITHIN: Duration = Duration::from_secs(3);
/// Shorter calls are not begun.
const WORTH_A_CALL: Duration = Duration::from_secs(10);
/// Between a call that the server ended and the next.
const DIAL_AGAIN: Duration = Duration::from_secs(1);
/// The noise around callers lies between a quiet room and a busy one.
const NOISE_DBOV: std::ops::RangeInclusive<f32> = -70.0..=-52.0;
/// The receptionist of the sample clinic.
const LINE: &str = "+15005550100";

impl Callers {
    /// Makes `calls` calls at a time until the row is over. Gives what came of each.
    pub(super) async fn talk(&self, calls: u16) -> Vec<Dialled> {
        let begun = Instant::now();
        let mut callers = JoinSet::new();
        for index in 0..calls {
            let (all, seed) = (self.clone(), self.seed.wrapping_add(u64::from(index) << 32));
            callers.spawn(async move { all.caller(index, seed, begun).await });
        }
        callers.join_all().await.into_iter().flatten().collect()
    }

    /// One caller, from dialling to the end of the row.
    async fn caller(&self, index: u16, seed: u64, begun: Instant) -> Vec<Dialled> {
        let mut random = StdRng::seed_from_u64(seed);
        // The first dials at once, so that a row of one call has none of its time to lose.
        let stagger = random.random_range(0.0..=self.ramp.as_secs_f64());
        if index > 0 {
            sleep_until(begun + Duration::from_secs_f64(stagger)).await;
        }
        let mut dialled = Vec::new();
        while begun.elapsed() + WORTH_A_CALL < self.lasts {
            let one = self.dial(index, &mut random, begun).await;
            let again = matches!(&one, Dialled::Held(held) if !held.talked.hung_up);
            dialled.push(one);
            if !again {
                break;
            }
            sleep_until(Instant::now() + DIAL_AGAIN).await;
        }
        dialled
    }

    async fn dial(&self, index: u16, random: &mut StdRng, begun: Instant) -> Dialled {
        let who = Identity::random();
        let from = format!("+1202555{:04}", 1_000 + index % 9_000);
        let webhooks = Webhooks {
            server: &self.server,
            public_url: self.server.base(),
            auth_token: None,
            who: &who,
            from: &from,
            to: LINE,
        };
        let verbs = match webhooks.incoming().await {
            Ok(verbs) => verbs,
            Err(offence) => return Dialled::Failed(offence.to_string()),
        };
        for verb in verbs {
            match verb {
                Verb::Reject(_) => return Dialled::Refused,
                Verb::Connect { action, stream } => {
                    let talked = match self.hold(&webhooks, &stream, index, random, begun).await {
                        Ok((began, talked)) => (began, talked),
                        Err(offence) => return Dialled::Failed(offence.to_string()),
                    };
                    return after(&webhooks, action.as_deref(), talked).await;
                }
                _ => {}
            }
        }
        Dialled::Failed("the TwiML opens no stream".to_owned())
    }

    async fn hold(
        &self,
        webhooks: &Webhooks<'_>,
        target: &StreamTarget,
        index: u16,
        random: &mut StdRng,
        begun: Instant,
    ) -> Result<(Duration, Talked), Offence> {
        let socket = open(webhooks, target).await?;
        webhooks.stream_status(target, "stream-started", Timestamp::now()).await;
        let began = Instant::now();
        let voice = self.voices.iter().cycle().nth(usize::from(index));
        let talker =
            Talker::new(voice.cloned().unwrap_or_default(), self.talk_share, random.random());
        let circumstances = Circumstances {
            noise_dbov: random.random_range(NOISE_DBOV),
            hang_up_at: (begun + self.lasts).saturating_duration_since(began),
            record: self.record,
        };
        let mut talk = Talk::new(webhooks.who.clone(), &target.parameters, talker, circumstances);
        // Nobody sends: what happens in the server is none of a caller's business.
        let (_, mut events) = mpsc::channel(1);
        // Why it broke is known to the call.
        let _broken = hold(began, socket, &mut talk, &mut events).await;
        webhooks.stream_status(target, "stream-stopped", Timestamp::now()).await;
        Ok((began.saturating_duration_since(begun), talk.finish()))
    }
}

/// What Twilio does once a stream is over: asks the server, unless the caller hung up.
async fn after(
    webhooks: &Webhooks<'_>,
    action: Option<&str>,
    (began, talked): (Duration, Talked),
) -> Dialled {
    if !talked.hung_up
        && let Some(action) = action
        && let Err(offence) = webhooks.after_stream(action).await
    {
        return Dialled::Failed(offence.to_string());
    }
    if !talked.hung_up && talked.talked.1.is_zero() && talked.lasted < REFUSED_WITHIN {
        return Dialled::Refused;
    }
    let call_sid = webhooks.who.call_sid.clone();
    Dialled::Held(Held { call_sid, began, talked, account: None })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::response::IntoResponse as _;
    use axum::routing::post;

    use super::super::voices::Repertoire;
    use super::*;

    /// What comes of three callers of a server whose webhook answers `twiml`.
    async fn dialled(twiml: &'static str) -> Vec<Dialled> {
        let voice = move || async move { ([("content-type", "text/xml")], twiml).into_response() };
        let routes = Router::new().route("/twilio/voice", post(voice));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let callers = Callers {
            server: Server::new(&base, "").unwrap(),
            voices: vec![Arc::new(Repertoire::default())],
            talk_share: 0.4,
            seed: 1,
            lasts: Duration::from_secs(60),
            ramp: Duration::from_millis(30),
            record: false,
        };
        callers.talk(3).await
    }

    #[tokio::test]
    async fn a_busy_tone_is_a_refusal_and_no_failure() {
        let dialled = dialled("<Response><Reject reason=\"busy\"/></Response>").await;
        assert_eq!(dialled.len(), 3, "who was refused does not dial again");
        assert!(dialled.iter().all(|one| matches!(one, Dialled::Refused)), "{dialled:?}");
    }

    #[tokio::test]
    async fn what_is_no_twiml_fails_the_call() {
        for twiml in ["<html/>", "<Response><Hangup/></Response>"] {
            let dialled = dialled(twiml).await;
            assert!(dialled.iter().all(|one| matches!(one, Dialled::Failed(_))), "{dialled:?}");
        }
    }
}
