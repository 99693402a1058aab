//! Calls within this process, without sockets and without waiting: very many of them on a virtual clock, and echoes as
//! fast as they go. The call core, the store and the agents are the real ones; models are the doubles of
//! [`callwright_models::scripted`].

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callwright_business::{Business, BusinessOptions};
use callwright_calls::leg::{
    LegAudio, LegDriver, LegInput, LegOutput, LegProfile, LegReady, MarkId, leg,
};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, Language, Moment, Pace, Placement, Shard, Share, TICK_MS,
    Tuning,
};
use callwright_contract::{Arrival, CallEvent, CallFact, CallId, Carrier, Pii};
use callwright_host::{AnswerDelay, InlineDelays, InlineLanes, InlineModels, commands};
use callwright_media::codec::Codec;
use callwright_media::g711::{ULAW_SILENCE, ulaw_encode};
use callwright_media::impair::{
    Chance, GilbertElliott, Line, LineSettings, Network, NetworkSettings,
};
use callwright_media::receiver::{Receiver, ReceiverSettings};
use callwright_media::rtp::{PayloadType, RtpPacket, Sending, write_packet};
use callwright_media::{Packet, SampleRate};
use callwright_models::scripted::{
    LevelDetector, LoudnessRecognizer, ToneSynthesizer, TrailingSilence, tone,
};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde::Serialize;

use super::{AGENT_LINE, ECHO_LINE};

/// What the callers may say, told by how loud they say it.
const SAID: [&str; 5] = [
    "what are your opening hours",
    "I need a cleaning next Tuesday at two",
    "yes please",
    "my name is Mary Johnson",
    "no thank you that is all",
];
/// Milliseconds of one thing said, and to the next.
const SAYS_MS: u64 = 600;
const EVERY_MS: u64 = 2_600;
/// The longest call.
const CALL_MAX_MS: u64 = 9_000;
const FRAME_MS: u64 = 20;
const FRAME: usize = SampleRate::Hz8000.frame_samples();
/// Entries of the log that may wait when time goes on: far below what is lost.
const LOG_WAITS_MAX: usize = 2_000;
/// Turns of the business's tasks after which each has done what it can.
const ROUNDS: usize = 4;
/// When virtual time begins.
const BEGINS: &str = "2026-11-23T15:00:00Z";

/// What is left of very many calls, and what there was of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Virtual {
    /// Calls that were made.
    pub(super) made: u64,
    /// Calls that told of their end, once each.
    pub(super) ended: u64,
    /// Events that were not numbered in order, or came after an end.
    pub(super) disorders: u64,
    /// Calls in the core at the end.
    pub(super) live: usize,
    /// Defects of ours that ended a call.
    pub(super) faults: u64,
    /// Calls of the store that have no end.
    pub(super) rows_open: u64,
    /// Slots of the calendar still held for somebody.
    pub(super) holds: u64,
    /// Virtual time that passed, in seconds.
    pub(super) seconds: u64,
    /// Memory in use at each tenth of the calls, in kB.
    pub(super) resident_kb: Vec<u64>,
}

impl Virtual {
    /// What was left behind or went wrong, if anything was.
    pub(super) fn left_behind(&self) -> Option<String> {
        let counts = [
            ("calls without an end", self.made.saturating_sub(self.ended)),
            ("ends without a call", self.ended.saturating_sub(self.made)),
            ("events out of order", self.disorders),
            ("calls in the core", self.live as u64),
            ("defects", self.faults),
            ("open rows", self.rows_open),
            ("held slots", self.holds),
        ];
        let left: Vec<String> = counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        (!left.is_empty()).then(|| left.join(", "))
    }
}

/// Makes and ends `calls` calls, at most `at_a_time` at once, whatever chance of `seed` makes of them; their store lies
/// in `home`. `tell` hears how many are over.
///
/// # Errors
/// When the store cannot be opened or read, or no call can be made.
pub(super) async fn virtual_calls(
    calls: u64,
    at_a_time: u16,
    seed: u64,
    home: &Path,
    tell: &mut dyn FnMut(u64),
) -> Result<Virtual, String> {
    let database = home.join("callwright.db");
    let begins: Timestamp = BEGINS.parse().map_err(|error: jiff::Error| error.to_string())?;
    let clock = Arc::new(Mutex::new(Duration::ZERO));
    let read = Arc::clone(&clock);
    let now = move || {
        let elapsed = *read.lock().unwrap_or_else(PoisonError::into_inner);
        begins.saturating_add(elapsed).unwrap_or(begins)
    };
    let now: Arc<dyn callwright_business::Clock> = Arc::new(now);
    let open = || Business::open(BusinessOptions::new(&database, Arc::clone(&now)));
    let business = open().await.map_err(|error| error.to_string())?.business;
    let mut crowd = Crowd {
        business,
        shard: Shard::new(at_a_time, 0),
        lanes: InlineLanes::new(scripted(at_a_time), InlineDelays::default()),
        clock,
        begins,
        chance: Chance::new(seed),
        callers: Vec::new(),
        outcome: Virtual::default(),
    };
    let mut next_look = 0;
    while crowd.outcome.ended < calls || !crowd.callers.is_empty() {
        crowd.turn(calls, at_a_time).await?;
        tell(crowd.outcome.ended);
        if crowd.outcome.ended >= next_look {
            let holding = super::process::Process::this().holding().unwrap_or_default();
            crowd.outcome.resident_kb.push(holding.resident_kb);
            next_look += (calls / 10).max(1);
        }
    }
    crowd.business.drain().await;
    let mut outcome = crowd.outcome;
    outcome.live = crowd.shard.live();
    outcome.faults = crowd.shard.counts().faults;
    drop(crowd.business);
    let again = open().await.map_err(|error| error.to_string())?;
    (outcome.rows_open, outcome.holds) = (again.calls_left_open, again.holds_left);
    again.business.drain().await;
    Ok(outcome)
}

fn scripted(slots: u16) -> InlineModels {
    InlineModels {
        others: None,
        detector: Box::new(LevelDetector::new(usize::from(slots))),
        judge: Box::new(TrailingSilence::new(1_600)),
        recognizer: Box::new(LoudnessRecognizer::new(SAID)),
        synthesizer: Box::new(ToneSynthesizer::new()),
        emotion: None,
    }
}

/// All calls that live, and what makes more.
struct Crowd {
    business: Business,
    shard: Shard,
    lanes: InlineLanes,
    clock: Arc<Mutex<Duration>>,
    begins: Timestamp,
    chance: Chance,
    callers: Vec<Caller>,
    outcome: Virtual,
}

/// One caller.
struct Caller {
    id: CallId,
    driver: Option<LegDriver>,
    began_ms: u64,
    ends_ms: u64,
    /// Hangs up in good order, or the connection breaks.
    in_good_order: bool,
    /// What is said, in turn.
    says: [usize; 4],
    /// Over RTP with a bad line instead of a stream of Twilio's.
    line: Option<Box<Line>>,
    /// Octets sent to the caller and when they will have been heard, for marks.
    heard_ms: u64,
    marks: Vec<(u64, MarkId)>,
    next_seq: u32,
    told_end: bool,
}

impl Crowd {
    /// One tick of everything.
    async fn turn(&mut self, calls: u64, at_a_time: u16) -> Result<(), String> {
        let now_ms = {
            let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
            *clock += Duration::from_millis(TICK_MS);
            u64::try_from(clock.as_millis()).unwrap_or(u64::MAX)
        };
        self.outcome.seconds = now_ms / 1_000;
        // A few a tick, so that they do not all do the same at once.
        for _ in 0..2 {
            if self.outcome.made < calls && self.callers.len() < usize::from(at_a_time) {
                self.begin(now_ms)?;
            }
        }
        for caller in &mut self.callers {
            caller.act(now_ms)?;
        }
        let now = Moment::new(Duration::from_millis(now_ms));
        self.lanes.set_now(now);
        let mut events: Vec<CallEvent> = Vec::new();
        self.shard.tick(now, &mut self.lanes, &mut |event| events.push(event));
        let at = self.begins.saturating_add(Duration::from_millis(now_ms)).unwrap_or(self.begins);
        for event in &events {
            self.note(event);
            self.business.hear(event.clone(), at);
        }
        if !events.is_empty() {
            self.settle().await;
        }
        for caller in &mut self.callers {
            caller.listen(now_ms);
        }
        self.callers.retain(|caller| !caller.told_end);
        Ok(())
    }

    /// Lets the business do what it can, and the log's writer catch up; virtual time stands still meanwhile.
    async fn settle(&self) {
        loop {
            for _ in 0..ROUNDS {
                tokio::task::yield_now().await;
            }
            let behind = self.business.waiting_to_be_written() > LOG_WAITS_MAX;
            if !behind && !self.business.waits_for_storage() {
                return;
            }
        }
    }

    fn note(&mut self, event: &CallEvent) {
        let Some(caller) = self.callers.iter_mut().find(|caller| caller.id == event.call) else {
            self.outcome.disorders += 1;
            return;
        };
        if event.seq != caller.next_seq || caller.told_end {
            self.outcome.disorders += 1;
        }
        caller.next_seq = event.seq + 1;
        if matches!(event.fact, CallFact::Ended { .. }) {
            caller.told_end = true;
            self.outcome.ended += 1;
        }
    }

    fn begin(&mut self, now_ms: u64) -> Result<(), String> {
        let number = self.outcome.made;
        let echo = self.chance.happens(0.3);
        let over_rtp = self.chance.happens(0.05);
        let line = if echo { ECHO_LINE } else { AGENT_LINE };
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: format!("CA{number:032x}"),
            line: Pii::from(line),
            caller: Some(Pii::from("+12025550142")),
        };
        let route = self.business.route(&arrival.line).ok_or("no line leads anywhere")?;
        let profile = LegProfile {
            lead: if over_rtp { Duration::ZERO } else { Duration::from_millis(160) },
            marks: !over_rtp,
            hears: LegAudio::Ulaw,
            tones: false,
        };
        let (driver, leg) = leg(profile);
        let (commands, reader) = commands();
        let began = u64::try_from(self.begins.as_millisecond()).unwrap_or(0) + now_ms;
        // Tells those of one millisecond apart, which are few.
        let id = CallId::new(began, (number & 0xFFFF) as u32);
        let mode = if echo { CallMode::Echo } else { CallMode::Converse };
        let (limits, pace) = (CallLimits::default(), Pace::default());
        let (share, emotion) = (Share::default(), false);
        let spec = CallSpec {
            id,
            arrival,
            mode,
            limits,
            share,
            pace,
            language: Some(Language::ENGLISH),
            emotion,
            tuning: Tuning::default(),
        };
        let now = Moment::new(Duration::from_millis(now_ms));
        self.shard
            .place(now, Placement { spec, leg, commands: reader, capture: false }, &mut self.lanes)
            .map_err(|_given_back| "the call core took no call")?;
        self.business
            .take_call(id, &route, Arc::new(commands))
            .map_err(|error| error.to_string())?;
        let settings = LineSettings {
            network: NetworkSettings {
                loss: GilbertElliott::bursts(0.03, 2.0),
                jitter_mean: Duration::from_millis(8),
                jitter_max: Duration::from_millis(80),
                ..NetworkSettings::perfect(number)
            },
            ..LineSettings::clean(Codec::Pcmu, number)
        };
        let line = over_rtp.then(|| Line::new(&settings)).transpose();
        let chance = &mut self.chance;
        let says = std::array::from_fn(|_| chance.below(SAID.len() as u64) as usize);
        self.callers.push(Caller {
            id,
            driver: Some(driver),
            began_ms: now_ms,
            ends_ms: now_ms + 100 + chance.below(CALL_MAX_MS),
            in_good_order: chance.happens(0.7),
            says,
            line: line.map_err(|error| error.to_string())?.map(Box::new),
            heard_ms: 0,
            marks: Vec::new(),
            next_seq: 0,
            told_end: false,
        });
        self.outcome.made += 1;
        Ok(())
    }
}

impl Caller {
    /// Speaks, or hangs up.
    fn act(&mut self, now_ms: u64) -> Result<(), String> {
        if now_ms >= self.ends_ms {
            if let Some(driver) = self.driver.take()
                && self.in_good_order
            {
                driver.hang_up();
            }
            return Ok(());
        }
        let since = now_ms - self.began_ms;
        if !since.is_multiple_of(FRAME_MS) {
            return Ok(());
        }
        let samples = self.samples(since);
        let heard = match &mut self.line {
            None => samples,
            Some(line) => {
                let now = Duration::from_millis(since);
                let mut heard = [0; FRAME];
                if line.frames_due(now) > 0 {
                    line.speak(&samples).map_err(|error| error.to_string())?;
                }
                line.hear(now, &mut heard);
                heard
            }
        };
        let octets = heard.map(ulaw_encode);
        let Some(driver) = &mut self.driver else { return Ok(()) };
        for packet in Packet::split(&octets, FRAME) {
            if driver.deliver(LegInput::Audio(packet)).is_err() {
                return Err("a call did not take its sound in time".to_owned());
            }
        }
        let due = self.marks.iter().take_while(|(at, _)| *at <= now_ms).count();
        for (_, mark) in self.marks.drain(..due) {
            // More than a second of marks in a call that takes none is what the line before would have told.
            let _full = driver.deliver(LegInput::Mark(mark)).is_err();
        }
        Ok(())
    }

    fn samples(&self, since: u64) -> [i16; FRAME] {
        let (turn, at) = (since / EVERY_MS, since % EVERY_MS);
        let speaks = at >= EVERY_MS - SAYS_MS;
        let said = usize::try_from(turn).ok().and_then(|turn| self.says.get(turn));
        let mut samples = [0; FRAME];
        if let Some(&said) = said.filter(|_| speaks) {
            let loud = tone((said as i16 + 1) * 1_000, FRAME);
            samples.copy_from_slice(&loud);
        }
        samples
    }

    /// Takes what the call sends.
    fn listen(&mut self, now_ms: u64) {
        while let Some(driver) = &mut self.driver {
            match driver.ready(false).now_or_never() {
                Some(LegReady::Output(LegOutput::Audio(packet))) => {
                    let lasts = packet.payload.len() as u64 / 8;
                    self.heard_ms = self.heard_ms.max(now_ms) + lasts;
                }
                Some(LegReady::Output(LegOutput::Mark(mark))) => {
                    self.marks.push((self.heard_ms.max(now_ms), mark));
                }
                Some(LegReady::Output(LegOutput::Clear)) => {
                    self.heard_ms = now_ms;
                    self.marks.iter_mut().for_each(|(at, _)| *at = now_ms);
                }
                Some(LegReady::Output(LegOutput::Close(_)) | LegReady::Over) => self.driver = None,
                Some(LegReady::Room) | None => break,
            }
        }
    }
}

/// Calls of the echo line over RTP: each packet goes through a receiver, a leg, the call core, and back out.
pub(super) struct EchoCalls {
    shard: Shard,
    lanes: InlineLanes,
    calls: Vec<EchoCall>,
    now_ms: u64,
    frames: u64,
}

struct EchoCall {
    driver: LegDriver,
    receiver: Receiver,
    sending: Sending,
    replying: Sending,
    network: Network<[u8; DATAGRAM]>,
}

const DATAGRAM: usize = 12 + FRAME;

impl EchoCalls {
    /// Places so many.
    pub(super) fn place(calls: u16) -> Result<Self, String> {
        let mut shard = Shard::new(calls, 0);
        let mut lanes = InlineLanes::new(
            scripted(calls),
            InlineDelays {
                detector: AnswerDelay::default(),
                judge: AnswerDelay::default(),
                recognizer: AnswerDelay::default(),
                synthesizer: AnswerDelay::default(),
                emotion: AnswerDelay::default(),
            },
        );
        let mut placed = Vec::new();
        for number in 0..calls {
            let profile = LegProfile {
                lead: Duration::ZERO,
                marks: false,
                hears: LegAudio::Ulaw,
                tones: false,
            };
            let (driver, leg) = leg(profile);
            let (_business, reader) = commands();
            let arrival = Arrival {
                carrier: Carrier::Twilio,
                carrier_call: String::new(),
                line: Pii::from(ECHO_LINE),
                caller: None,
            };
            let spec = CallSpec {
                id: CallId::new(1, u32::from(number)),
                arrival,
                mode: CallMode::Echo,
                limits: CallLimits { call_max: Duration::MAX, ..CallLimits::default() },
                share: Share::default(),
                pace: Pace::default(),
                language: Some(Language::ENGLISH),
                emotion: false,
                tuning: Tuning::default(),
            };
            shard
                .place(
                    Moment::default(),
                    Placement { spec, leg, commands: reader, capture: false },
                    &mut lanes,
                )
                .map_err(|_given_back| "the call core took no call")?;
            let settings = ReceiverSettings::of(PayloadType::PCMU, Codec::Pcmu);
            let seed = u64::from(number);
            placed.push(EchoCall {
                driver,
                receiver: Receiver::new(&settings).map_err(|error| error.to_string())?,
                sending: Sending::new(u32::from(number), 0, 0),
                replying: Sending::new(u32::from(number), 0, 0),
                network: Network::new(NetworkSettings::perfect(seed)),
            });
        }
        Ok(Self { shard, lanes, calls: placed, now_ms: 0, frames: 0 })
    }

    /// Frames that came back so far.
    pub(super) const fn frames(&self) -> u64 {
        self.frames
    }

    /// 20 ms of all calls.
    pub(super) fn frame(&mut self) {
        let ticks = FRAME as u32;
        let sound = [ULAW_SILENCE ^ 0x20; FRAME];
        for tick in 0..FRAME_MS / TICK_MS {
            self.now_ms += TICK_MS;
            let now = Duration::from_millis(self.now_ms);
            if tick == 0 {
                for call in &mut self.calls {
                    let header = call.sending.packet(PayloadType::PCMU, FRAME, ticks);
                    let mut datagram = [0; DATAGRAM];
                    if write_packet(&header, None, &sound, &mut datagram).is_ok() {
                        call.network.send(now, datagram);
                    }
                    while let Some((at, datagram)) = call.network.receive(now) {
                        if let Ok(packet) = RtpPacket::parse(&datagram) {
                            let _what_it_was = call.receiver.receive(&packet, at);
                        }
                    }
                    let mut frame = [0; FRAME];
                    call.receiver.frame(now, &mut frame);
                    for packet in Packet::split(&frame.map(ulaw_encode), FRAME) {
                        // A call that is behind loses it, which the count of frames then shows.
                        let _full = call.driver.deliver(LegInput::Audio(packet)).is_err();
                    }
                }
            }
            let moment = Moment::new(now);
            self.lanes.set_now(moment);
            self.shard.tick(moment, &mut self.lanes, &mut |_| {});
            for call in &mut self.calls {
                while let Some(LegReady::Output(output)) = call.driver.ready(false).now_or_never() {
                    if let LegOutput::Audio(packet) = output {
                        let length = packet.payload.len();
                        let header = call.replying.packet(PayloadType::PCMU, length, ticks);
                        let mut datagram = [0; DATAGRAM];
                        let written = write_packet(&header, None, &packet.payload, &mut datagram);
                        self.frames += u64::from(written.is_ok());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_of_every_kind_leave_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let outcome = virtual_calls(60, 20, 7, home.path(), &mut |_| {}).await.unwrap();
        assert_eq!((outcome.made, outcome.ended), (60, 60));
        assert_eq!(outcome.left_behind(), None, "{outcome:?}");
    }

    #[test]
    fn every_packet_comes_back() {
        let mut echo = EchoCalls::place(3).unwrap();
        (0..100).for_each(|_| echo.frame());
        assert!(echo.frames() >= 3 * 98, "{}", echo.frames());
    }
}
