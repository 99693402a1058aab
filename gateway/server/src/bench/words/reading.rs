//! Reads one recording to a listening line: a leg, packets in real time, and what comes back.

#![expect(clippy::disallowed_methods, reason = "this driver paces packets in real time")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callwright_calls::leg::{LegAudio, LegInput, LegProfile, leg};
use callwright_calls::{CallLimits, CallMode, CallSpec, Language, Pace, Share, Tuning};
use callwright_contract::{Arrival, CallEvent, CallFact, CallId, Carrier, Pii, Refusal};
use callwright_host::{EventSink, Host};
use callwright_media::Packet;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::heard::{Heard, Outcome};

/// Sound as a line carries it.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub(super) hears: LegAudio,
    /// All octets of the recording.
    pub(super) octets: Vec<u8>,
    /// One packet of silence; the recording is sent in packets of this size.
    pub(super) silence: Vec<u8>,
    /// How long a packet lasts.
    pub(super) packet: Duration,
}

/// A recording could not be read to the line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadingError {
    /// The host takes no call.
    #[error("the listening line is not answered: {0}")]
    Refused(Refusal),
    /// The call does not take its sound as fast as it is spoken.
    #[error(
        "the call fell behind its sound: this machine cannot hear so many lines, use a smaller --at-a-time"
    )]
    Behind,
    /// Events were lost.
    #[error(
        "events of the call were lost: this machine cannot hear so many lines, use a smaller --at-a-time"
    )]
    EventsLost,
}

/// An event and when it came.
type Stamped = (Instant, CallEvent);

/// Where the calls' events go: each to whoever reads its recording.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    readers: Arc<Mutex<HashMap<CallId, mpsc::Sender<Stamped>>>>,
}

/// Events of one call that may wait; more are lost, which ends the reading.
const EVENTS: usize = 4_096;

impl Events {
    fn of(&self, call: CallId) -> mpsc::Receiver<Stamped> {
        let (sender, receiver) = mpsc::channel(EVENTS);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).insert(call, sender);
        receiver
    }
}

impl EventSink for Events {
    fn event(&mut self, event: CallEvent) {
        let now = Instant::now();
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let call = event.call;
        let over = matches!(event.fact, CallFact::Ended { .. });
        let lost = readers.get(&call).is_some_and(|reader| reader.try_send((now, event)).is_err());
        // A reader whose events end without the last one knows that some were lost.
        if over || lost {
            readers.remove(&call);
        }
    }
}

/// Silence behind a recording after which no turn begins any more: longer than a detector takes to hear one.
const NOTHING_MORE: Duration = Duration::from_millis(700);
/// Longest wait for the end of a turn that is under way: the longest patience and the lanes' longest answer.
const TURN_MAX: Duration = Duration::from_secs(8);
/// Longest wait for the end of a call whose line hung up.
const END_MAX: Duration = Duration::from_secs(5);

/// Reads a recording, whose speech ends at `speech_end`, to a line of its own.
///
/// # Errors
/// [`ReadingError`].
pub(super) async fn read(
    host: &Host,
    events: &Events,
    wire: &Wire,
    speech_end: Duration,
) -> Result<Outcome, ReadingError> {
    room(host).await?;
    let id = host.next_id();
    let mut incoming = events.of(id);
    let (mut line, call) =
        leg(LegProfile { lead: Duration::ZERO, marks: false, hears: wire.hears, tones: false });
    host.place(spec(id), call).map_err(ReadingError::Refused)?;
    let begun = Instant::now();
    let mut heard = Heard::default();
    let mut due = begun;
    let mut sound = Packet::split(&wire.octets, wire.silence.len());
    loop {
        let packet =
            sound.next().or_else(|| Packet::split(&wire.silence, wire.silence.len()).next());
        // A packet leaves once its last sample was spoken.
        due += wire.packet;
        while let Ok(event) = timeout_at(due, incoming.recv()).await {
            let (at, event) = event.ok_or(ReadingError::EventsLost)?;
            heard.event(at.saturating_duration_since(begun), &event.fact);
        }
        if let Some(packet) = packet {
            line.deliver(LegInput::Audio(packet)).map_err(|_full| ReadingError::Behind)?;
        }
        let silent = due.saturating_duration_since(begun + speech_end);
        if silent >= TURN_MAX || (silent >= NOTHING_MORE && !heard.open()) {
            break;
        }
    }
    line.hang_up();
    let deadline = Instant::now() + END_MAX;
    while let Ok(Some((at, event))) = timeout_at(deadline, incoming.recv()).await {
        heard.event(at.saturating_duration_since(begun), &event.fact);
    }
    Ok(heard.finish())
}

/// How often a busy host is asked again, and how long it may stay busy: several recordings.
const ASKED_EVERY: Duration = Duration::from_millis(250);
const BUSY_MAX: Duration = Duration::from_secs(60);

/// Waits until the host has room for another line: how many a machine can hear at a time, its admission says.
async fn room(host: &Host) -> Result<(), ReadingError> {
    let deadline = Instant::now() + BUSY_MAX;
    while let Some(refusal) = host.refuses(CallMode::Listen, true) {
        if refusal != Refusal::AtCapacity || Instant::now() >= deadline {
            return Err(ReadingError::Refused(refusal));
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
    Ok(())
}

fn spec(id: CallId) -> CallSpec {
    CallSpec {
        id,
        arrival: Arrival {
            // The line is none of a carrier's; what a call does does not depend on it.
            carrier: Carrier::Twilio,
            carrier_call: id.to_string(),
            line: Pii::from("listen".to_owned()),
            caller: None,
        },
        mode: CallMode::Listen,
        limits: CallLimits::default(),
        share: Share::default(),
        pace: Pace::default(),
        language: Some(Language::ENGLISH),
        emotion: false,
        tuning: Tuning::default(),
    }
}
