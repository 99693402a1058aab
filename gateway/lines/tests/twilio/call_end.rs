//! The call's end of the legs: a switchboard whose calls do one simple thing each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use callwright_calls::contract::{AfterCall, Arrival, CallId, Pii, Refusal};
use callwright_calls::leg::{Gone, LegCall, LegInput, LegOutput, MarkId};
use callwright_lines::twilio::Switchboard;
use callwright_media::Packet;
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval};

/// What a call does. Chosen by the number that is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plays {
    /// Sends everything back; `*` makes it interrupt itself: mark, clear, mark.
    Echo,
    /// Takes nothing until it is let go.
    Stalls,
    /// Speaks as fast as the leg takes it.
    Floods,
    /// Transfers the caller on the first sound.
    Transfers,
    /// Vanishes on the first sound.
    Vanishes,
    /// Is refused when its stream begins.
    Refused,
    /// Is refused when it is announced.
    Busy,
}

/// The line on which calls play it.
pub(crate) fn line(plays: Plays) -> &'static str {
    match plays {
        Plays::Echo => "+15005550199",
        Plays::Stalls => "+15005550001",
        Plays::Floods => "+15005550002",
        Plays::Transfers => "+15005550003",
        Plays::Vanishes => "+15005550004",
        Plays::Refused => "+15005550005",
        Plays::Busy => "+15005550006",
    }
}

/// What a call lived through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lived {
    Began { line: String, caller: Option<String>, carrier_call: String },
    Pressed(char),
    Marked(MarkId),
    Over { gone: Gone, heard: Vec<u8> },
}

pub(crate) struct FakeSwitchboard {
    lived: mpsc::Sender<Lived>,
    calls: AtomicU32,
    /// Lets stalling calls go.
    pub(crate) go: Arc<Notify>,
}

impl FakeSwitchboard {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Lived>) {
        let (lived, life) = mpsc::channel(1_024);
        (Self { lived, calls: AtomicU32::new(0), go: Arc::default() }, life)
    }
}

const ALL: [Plays; 7] = [
    Plays::Echo,
    Plays::Stalls,
    Plays::Floods,
    Plays::Transfers,
    Plays::Vanishes,
    Plays::Refused,
    Plays::Busy,
];

fn plays(arrival: &Arrival) -> Option<Plays> {
    ALL.into_iter().find(|plays| line(*plays) == arrival.line.reveal())
}

impl Switchboard for FakeSwitchboard {
    fn refuses(&self, arrival: &Arrival) -> Option<Refusal> {
        match plays(arrival) {
            None => Some(Refusal::UnknownLine),
            Some(Plays::Busy) => Some(Refusal::AtCapacity),
            Some(_) => None,
        }
    }

    fn place(&self, arrival: Arrival, leg: LegCall) -> Result<CallId, Refusal> {
        let plays = plays(&arrival).ok_or(Refusal::UnknownLine)?;
        if matches!(plays, Plays::Refused) {
            return Err(Refusal::Draining);
        }
        let began = Lived::Began {
            line: arrival.line.into_revealed(),
            caller: arrival.caller.map(Pii::into_revealed),
            carrier_call: arrival.carrier_call,
        };
        self.lived.try_send(began).unwrap();
        tokio::spawn(live(plays, leg, self.lived.clone(), Arc::clone(&self.go)));
        Ok(CallId::new(1, self.calls.fetch_add(1, Ordering::Relaxed)))
    }

    fn fallback(&self, line: &Pii<String>) -> Option<Pii<String>> {
        line.reveal().ends_with("04").then(|| Pii::from("+15005550123"))
    }
}

/// One call, ticking as a shard does.
async fn live(plays: Plays, mut leg: LegCall, lived: mpsc::Sender<Lived>, go: Arc<Notify>) {
    let mut tick = interval(Duration::from_millis(5));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Vec::new();
    if matches!(plays, Plays::Stalls) {
        go.notified().await;
    }
    loop {
        tick.tick().await;
        while let Some(input) = leg.take() {
            match input {
                LegInput::Audio(packet) => {
                    heard.extend_from_slice(&packet.payload);
                    match plays {
                        Plays::Echo => leg.send(LegOutput::Audio(packet)).unwrap(),
                        Plays::Transfers => {
                            let to = AfterCall::Transfer("sip:desk@example.com".into());
                            return leg.send(LegOutput::Close(to)).unwrap();
                        }
                        Plays::Vanishes => return,
                        _ => {}
                    }
                }
                LegInput::Digit(digit) => {
                    if digit.as_char() == '*' {
                        leg.send(LegOutput::Mark(MarkId(1))).unwrap();
                        leg.send(LegOutput::Clear).unwrap();
                        leg.send(LegOutput::Mark(MarkId(2))).unwrap();
                    }
                    lived.send(Lived::Pressed(digit.as_char())).await.unwrap();
                }
                LegInput::Mark(mark) => lived.send(Lived::Marked(mark)).await.unwrap(),
            }
        }
        if matches!(plays, Plays::Floods) {
            for packet in Packet::split(&[0x55; 16_000], 320) {
                leg.send(LegOutput::Audio(packet)).unwrap();
            }
        }
        leg.wake();
        if let Some(gone) = leg.gone() {
            return lived.send(Lived::Over { gone, heard }).await.unwrap();
        }
    }
}
