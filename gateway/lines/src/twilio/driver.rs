//! The task of one media stream: it joins the socket, the session and the leg, and decides nothing.

#![expect(
    clippy::disallowed_methods,
    reason = "a driver: it stamps the beginning and the end of a stream"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::WebSocket;
use callwright_calls::leg::{LegAudio, LegDriver, LegInput, LegOutput, LegProfile, LegReady, leg};
use callwright_media::ring::Full;

use super::end::{End, LegFate};
use super::metric::{OpenStream, StreamCounters};
use super::routes::Shared;
use super::session::{Output, Sent, Session};
use super::switchboard::Switchboard;
use super::tokens::Grant;
use super::wire::{Happened, Wire};

/// How a stream of Twilio's is to be treated: its far end keeps a buffer that can be cleared, and answers marks. The
/// lead rides out the jitter of the internet and is what a caller may still hear after a `clear` was sent too late.
const PROFILE: LegProfile = LegProfile {
    lead: Duration::from_millis(160),
    marks: true,
    hears: LegAudio::Ulaw,
    tones: false,
};

/// Serves one stream until it is over. `_open` counts it as open until then.
pub(super) async fn serve<S: Switchboard>(
    socket: WebSocket,
    grant: Grant,
    shared: Arc<Shared<S>>,
    _open: OpenStream,
) {
    let call = grant.call;
    let mut stream = Stream {
        wire: Wire::new(socket),
        session: Session::new(call, Instant::now()),
        leg: None,
        held: None,
        counters: StreamCounters::default(),
        grant: Some(grant),
        shared,
    };
    let end = stream.run().await;
    tracing::info!(%call, end = end.as_str(), "media stream ended");
    let Stream { wire, session, leg, counters, shared, .. } = stream;
    counters.finish(session.counts(), &end);
    // Before the socket closes, because Twilio asks as soon as it does.
    if let Some(after) = end.after() {
        shared.after.remember(call, after, Instant::now());
    }
    match (leg, end.leg_fate()) {
        (Some(leg), LegFate::HangUp) => leg.hang_up(),
        (leg, _) => drop(leg),
    }
    if let Some((code, reason)) = end.close() {
        wire.close(code, reason).await;
    }
}

struct Stream<S> {
    wire: Wire,
    session: Session,
    leg: Option<LegDriver>,
    /// What the call had no room for. While there is such a thing nothing is read from the socket.
    held: Option<LegInput>,
    counters: StreamCounters,
    grant: Option<Grant>,
    shared: Arc<Shared<S>>,
}

impl<S: Switchboard> Stream<S> {
    async fn run(&mut self) -> End {
        loop {
            let wants_room = self.held.is_some();
            let deadline = self.session.deadline();
            match self.wire.next(self.leg.as_mut(), wants_room, deadline).await {
                Happened::Text(text) => self.session.receive(&text),
                Happened::Binary => self.session.receive_binary(),
                Happened::Leg(LegReady::Output(output)) => self.send(&output),
                Happened::Leg(LegReady::Over) => self.session.end(End::CallFault),
                Happened::Deadline(now) => self.session.handle_deadline(now),
                Happened::End(end) => self.session.end(end),
                Happened::Pong => self.session.receive_pong(),
                Happened::Leg(LegReady::Room) => {}
            }
            self.counters.look(self.session.counts());
            if let Some(end) = self.deliver() {
                return end;
            }
        }
    }

    fn send(&mut self, output: &LegOutput) {
        if let Sent::Text(text) = self.session.send(output)
            && let Err(end) = self.wire.send(text)
        {
            self.session.end(end);
        }
    }

    fn ping(&mut self) {
        if let Err(end) = self.wire.ping() {
            self.session.end(end);
        }
    }

    /// Takes from the session until it is empty, or the call full.
    fn deliver(&mut self) -> Option<End> {
        loop {
            let input =
                match self.held.take().map(Output::Input).or_else(|| self.session.poll_output())? {
                    Output::Begin => {
                        self.begin();
                        continue;
                    }
                    Output::Ping => {
                        self.ping();
                        continue;
                    }
                    Output::End(end) => return Some(end),
                    Output::Input(input) => input,
                };
            if let Some(leg) = &mut self.leg
                && let Err(Full(input)) = leg.deliver(input)
            {
                self.held = Some(input);
                return None;
            }
        }
    }

    fn begin(&mut self) {
        let Some(Grant { call, arrival }) = self.grant.take() else { return };
        let (driver, call_end) = leg(PROFILE);
        let stream = self.session.stream().map(tracing::field::display);
        match self.shared.switchboard.place(arrival, call_end) {
            Ok(placed) => {
                tracing::info!(%call, stream, placed = %placed, "media stream began");
                self.leg = Some(driver);
            }
            Err(refusal) => {
                tracing::warn!(%call, stream, %refusal, "call refused after its stream had begun");
                self.session.end(End::Refused(refusal));
            }
        }
    }
}
