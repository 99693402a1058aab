//! One telephone line of a simulated world: a caller, Twilio's side of the stream with the faults of its network, and
//! the real session and leg, joined as the stream's driver joins them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_calls::leg::{
    LegAudio, LegCall, LegDriver, LegInput, LegOutput, LegProfile, LegReady, leg,
};
use callwright_contract::{Arrival, CallId, Carrier, Pii, Refusal};
use callwright_lines::twilio::{End, LegFate, Output, Sent, Session, Sid};
use callwright_media::g711;
use callwright_media::ring::Full;
use futures_util::FutureExt as _;
use rand::Rng as _;
use rand::rngs::StdRng;

use super::caller::{Act, Caller};
use super::faults::Fault;
use super::voice::Ear;

/// As the driver of Twilio's streams treats them.
const PROFILE: LegProfile = LegProfile {
    lead: Duration::from_millis(160),
    marks: true,
    hears: LegAudio::Ulaw,
    tones: false,
};
/// Octets of sound in 5 ms.
const STEP_OCTETS: usize = 40;

/// What comes over the network.
#[derive(Debug)]
enum Frame {
    Text(String),
    Binary,
    /// The socket was closed in good order.
    Closed,
    /// The connection broke.
    Broken,
}

/// What the world lets a line do, and learns from it.
pub(super) trait Exchange {
    /// Takes the call.
    fn place(&mut self, arrival: Arrival, leg: LegCall) -> Result<CallId, Refusal>;
    /// Something went out to the far end of this call.
    fn sent(&mut self, call: CallId, output: &LegOutput);
    /// How often this reaches the far end.
    fn copies(&self, output: &LegOutput) -> usize;
    /// The caller hears a pitch.
    fn heard(&mut self, call: CallId, pitch: usize);
    /// So much waits at the far end at the end of a step; `steady` if all that was sent came when it was sent.
    fn waits(&mut self, call: CallId, ms: usize, steady: bool);
    /// The line is gone for this call.
    fn gone(&mut self, call: CallId);
    /// The agent's last words to this call.
    fn last_words(&self, call: CallId) -> Option<String>;
}

pub(super) struct Line {
    pub(super) caller: Caller,
    rng: StdRng,
    stream: String,
    arrival: Option<Arrival>,
    session: Session,
    leg: Option<LegDriver>,
    /// What the call had no room for.
    held: Option<LegInput>,
    pub(super) call: Option<CallId>,
    pub(super) fault: Option<Fault>,
    /// When the fault strikes, and whether it has.
    strikes_ms: u64,
    pub(super) struck: bool,
    /// Frames under way to us, by the millisecond at which they arrive.
    network: VecDeque<(u64, Frame)>,
    /// A frame that comes after the next one.
    late: Option<String>,
    chunk: u64,
    far: FarEnd,
    caller_gone: bool,
    /// Nothing comes any more, and nothing says so.
    dead: bool,
    stuck_until: u64,
    pub(super) end: Option<End>,
    /// Times that the call had no room for what came.
    pub(super) backed_up: u64,
}

/// Twilio's buffer of what the caller is to hear.
#[derive(Default)]
struct FarEnd {
    sound: VecDeque<u8>,
    /// Octets put in so far, and played or thrown away.
    put: usize,
    gone: usize,
    /// Marks, with the octet that they wait for.
    marks: VecDeque<(usize, String)>,
    ear: Ear,
    /// Something loud was played since the caller listened last.
    loud: bool,
}

impl Line {
    pub(super) fn new(
        caller: Caller,
        mut rng: StdRng,
        fault: Option<Fault>,
        now: (u64, Instant),
    ) -> Self {
        let (now_ms, instant) = now;
        let call = format!("CA{:032}", caller.number);
        let stream = format!("MZ{:032}", caller.number);
        let sid = Sid::try_from(call.as_str()).expect("a name as Twilio gives it");
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: call.clone(),
            line: Pii::from("+15005550100"),
            caller: rng
                .random_bool(0.8)
                .then(|| Pii::from(format!("+1555212{:04}", caller.number))),
        };
        let strikes_ms = now_ms + rng.random_range(200..9_000);
        let mut line = Self {
            caller,
            rng,
            stream,
            arrival: Some(arrival),
            session: Session::new(sid, instant),
            leg: None,
            held: None,
            call: None,
            fault,
            strikes_ms,
            struck: false,
            network: VecDeque::new(),
            late: None,
            chunk: 0,
            far: FarEnd::default(),
            caller_gone: false,
            dead: false,
            stuck_until: 0,
            end: None,
            backed_up: 0,
        };
        line.arrives(
            now_ms,
            Frame::Text(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.into()),
        );
        if fault == Some(Fault::LineNeverStarts) {
            line.struck = true;
            line.dead = true;
        } else {
            let stream = &line.stream;
            let start = format!(
                r#"{{"event":"start","sequenceNumber":"1","streamSid":"{stream}","start":{{"accountSid":"AC1","streamSid":"{stream}","callSid":"{call}","tracks":["inbound"],"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},"customParameters":{{}}}}}}"#
            );
            line.arrives(now_ms, Frame::Text(start));
        }
        line
    }

    pub(super) const fn is_over(&self) -> bool {
        self.end.is_some()
    }

    pub(super) const fn is_stuck(&self, now_ms: u64) -> bool {
        self.stuck_until > now_ms
    }

    /// The machine that served the line is gone.
    pub(super) fn cut(&mut self) {
        self.leg = None;
        self.end.get_or_insert(End::Lost);
    }

    fn arrives(&mut self, at_ms: u64, frame: Frame) {
        self.network.push_back((at_ms, frame));
    }

    /// Lets 5 ms pass outside of our machine: the caller does something, the far end plays.
    pub(super) fn outside(&mut self, now_ms: u64, world: &mut impl Exchange) {
        if self.is_over() {
            return;
        }
        self.strike(now_ms);
        if now_ms.is_multiple_of(20) && !self.caller_gone && !self.dead {
            self.caller_acts(now_ms, world);
        }
        if let Some(call) = self.call {
            self.play(now_ms, call, world);
        }
    }

    /// What the stream's task does when it runs.
    pub(super) fn inside(&mut self, now: (u64, Instant), world: &mut impl Exchange) {
        let (now_ms, instant) = now;
        while self.held.is_none()
            && !self.is_over()
            && let Some((_, frame)) = self.network.pop_front_if(|(at, _)| *at <= now_ms)
        {
            match frame {
                Frame::Text(text) => self.session.receive(&text),
                Frame::Binary => self.session.receive_binary(),
                Frame::Closed => self.session.end(End::CallerGone),
                Frame::Broken => self.session.end(End::Lost),
            }
            self.deliver(world);
        }
        if self.session.deadline().is_some_and(|deadline| deadline <= instant) {
            self.session.handle_deadline(instant);
        }
        self.deliver(world);
    }

    /// Takes to the far end what the call has sent.
    pub(super) fn outputs(&mut self, now_ms: u64, world: &mut impl Exchange) {
        self.take_outputs(now_ms, world);
        self.deliver(world);
        if let Some(call) = self.call.filter(|_| !self.is_over())
            && !self.is_stuck(now_ms)
        {
            // What a stuck line had not taken comes late, and then waits for longer.
            world.waits(call, self.far.sound.len() / 8, self.stuck_until == 0);
        }
    }

    /// The line's own fault, when its moment has come.
    fn strike(&mut self, now_ms: u64) {
        if now_ms < self.strikes_ms || self.struck {
            return;
        }
        match self.fault {
            Some(Fault::LineBreaks) => self.arrives(now_ms, Frame::Broken),
            Some(Fault::LineGoesDead) => self.dead = true,
            Some(Fault::LineStuck) => self.stuck_until = now_ms + self.rng.random_range(100..2_500),
            Some(Fault::LineGarbage) => {
                for _ in 0..self.rng.random_range(1..14) {
                    let garbage = match self.rng.random_range(0..6) {
                        0 => Frame::Binary,
                        1 => Frame::Text("{".into()),
                        2 => Frame::Text(r#"{"event":"media"}"#.into()),
                        3 => Frame::Text(
                            r#"{"event":"mark","streamSid":"MZ0","mark":{"name":"1"}}"#.into(),
                        ),
                        4 => Frame::Text(r#"{"event":"new"}"#.into()),
                        _ => Frame::Text(format!(
                            r#"{{"event":"media","streamSid":"{}","media":{{"chunk":"18446744073709551615","timestamp":"7","payload":"////"}}}}"#,
                            self.stream
                        )),
                    };
                    self.arrives(now_ms, garbage);
                }
            }
            _ => return,
        }
        self.struck = true;
    }

    fn caller_acts(&mut self, now_ms: u64, world: &mut impl Exchange) {
        let words = self.call.and_then(|call| world.last_words(call));
        let hears = std::mem::take(&mut self.far.loud);
        match self.caller.act(hears, words.as_deref()) {
            Act::Sound(frame) => self.sound(now_ms, &frame),
            Act::Key(key, frame) => {
                self.sound(now_ms, &frame);
                let dtmf = format!(
                    r#"{{"event":"dtmf","streamSid":"{}","dtmf":{{"track":"inbound_track","digit":"{key}"}}}}"#,
                    self.stream
                );
                self.arrives(now_ms, Frame::Text(dtmf));
            }
            Act::Gone => {
                self.caller_gone = true;
                let stop =
                    format!(r#"{{"event":"stop","streamSid":"{}","stop":{{}}}}"#, self.stream);
                if self.fault == Some(Fault::CarrierNeverSaysStop) {
                    self.struck = true;
                    match self.rng.random_range(0..3) {
                        0 => self.arrives(now_ms, Frame::Closed),
                        1 => self.arrives(now_ms, Frame::Broken),
                        _ => self.dead = true,
                    }
                } else {
                    self.arrives(now_ms, Frame::Text(stop));
                }
            }
        }
    }

    /// 20 ms of the caller's sound go on their way, or what the network makes of them.
    fn sound(&mut self, now_ms: u64, frame: &[u8; 160]) {
        self.chunk += 1;
        let payload = STANDARD.encode(frame);
        let text = format!(
            r#"{{"event":"media","sequenceNumber":"{}","streamSid":"{}","media":{{"track":"inbound","chunk":"{}","timestamp":"{}","payload":"{payload}"}}}}"#,
            self.chunk + 1,
            self.stream,
            self.chunk,
            (self.chunk - 1) * 20,
        );
        let mut at_ms = now_ms;
        let struck = match self.fault {
            Some(Fault::LineRepeats) if self.rng.random_bool(0.1) => {
                self.arrives(at_ms, Frame::Text(text.clone()));
                true
            }
            Some(Fault::LineReorders) if self.rng.random_bool(0.1) && self.late.is_none() => {
                self.late = Some(text);
                self.struck = true;
                return;
            }
            Some(Fault::LineStutters) if self.rng.random_bool(0.01) => {
                // The network stands still; all that waits comes in one burst.
                at_ms += self.rng.random_range(200..2_500);
                true
            }
            _ => false,
        };
        self.struck |= struck;
        // A stream keeps its order whatever holds it up.
        at_ms = at_ms.max(self.network.back().map_or(0, |(at, _)| *at));
        self.arrives(at_ms, Frame::Text(text));
        if let Some(late) = self.late.take() {
            self.arrives(at_ms, Frame::Text(late));
        }
    }

    /// Takes from the session until it is empty, or the call full: as the driver does.
    fn deliver(&mut self, world: &mut impl Exchange) {
        while !self.is_over() {
            let next = self.held.take().map(Output::Input).or_else(|| self.session.poll_output());
            match next {
                None => return,
                Some(Output::Begin) => self.begin(world),
                Some(Output::Ping) => {
                    if !self.dead {
                        self.session.receive_pong();
                    }
                }
                Some(Output::End(end)) => self.finish(end, world),
                Some(Output::Input(input)) => {
                    if let Some(leg) = &mut self.leg
                        && let Err(Full(input)) = leg.deliver(input)
                    {
                        self.held = Some(input);
                        self.backed_up += 1;
                        return;
                    }
                }
            }
        }
    }

    fn begin(&mut self, world: &mut impl Exchange) {
        let Some(arrival) = self.arrival.take() else { return };
        let (driver, call_end) = leg(PROFILE);
        match world.place(arrival, call_end) {
            Ok(call) => (self.call, self.leg) = (Some(call), Some(driver)),
            Err(refusal) => self.session.end(End::Refused(refusal)),
        }
    }

    fn finish(&mut self, end: End, world: &mut impl Exchange) {
        match (self.leg.take(), end.leg_fate()) {
            (Some(leg), LegFate::HangUp) => leg.hang_up(),
            (leg, _) => drop(leg),
        }
        self.end = Some(end);
        if let Some(call) = self.call {
            world.gone(call);
        }
    }

    fn take_outputs(&mut self, now_ms: u64, world: &mut impl Exchange) {
        if self.is_stuck(now_ms) {
            return;
        }
        let wants_room = self.held.is_some();
        while let (Some(leg), Some(call)) = (&mut self.leg, self.call) {
            match leg.ready(wants_room).now_or_never() {
                Some(LegReady::Output(output)) => {
                    world.sent(call, &output);
                    if let Sent::Text(text) = self.session.send(&output) {
                        for _ in 0..world.copies(&output) {
                            self.far_end_takes(now_ms, &text);
                        }
                    } else {
                        return;
                    }
                }
                Some(LegReady::Over) => {
                    self.session.end(End::CallFault);
                    return;
                }
                Some(LegReady::Room) | None => return,
            }
        }
    }

    fn far_end_takes(&mut self, now_ms: u64, text: &str) {
        if let Some(payload) = field(text, "payload") {
            let octets = STANDARD.decode(payload).expect("what we send is base64");
            self.far.put += octets.len();
            self.far.sound.extend(octets);
        } else if let Some(name) = field(text, "name") {
            self.far.marks.push_back((self.far.put, name.to_owned()));
        } else {
            // A clear: what was to be played is not, and every mark comes back.
            self.far.gone += self.far.sound.len();
            self.far.sound.clear();
            while let Some((_, name)) = self.far.marks.pop_front() {
                self.mark(now_ms, &name);
            }
        }
    }

    fn mark(&mut self, now_ms: u64, name: &str) {
        if !self.dead {
            let mark = format!(
                r#"{{"event":"mark","streamSid":"{}","mark":{{"name":"{name}"}}}}"#,
                self.stream
            );
            let at_ms = now_ms.max(self.network.back().map_or(0, |(at, _)| *at));
            self.arrives(at_ms, Frame::Text(mark));
        }
    }

    /// Plays 5 ms.
    fn play(&mut self, now_ms: u64, call: CallId, world: &mut impl Exchange) {
        let octets = STEP_OCTETS.min(self.far.sound.len());
        for octet in self.far.sound.drain(..octets) {
            let sample = g711::ulaw_decode(octet);
            self.far.loud |= sample.unsigned_abs() > 300;
            if let Some(pitch) = self.far.ear.sample(sample) {
                world.heard(call, pitch);
            }
        }
        self.far.gone += octets;
        while let Some((_, name)) = self.far.marks.pop_front_if(|(at, _)| *at <= self.far.gone) {
            self.mark(now_ms, &name);
        }
    }
}

/// The value of a field of text in a message of ours.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let start = text.find(&format!(r#""{name}":""#))? + name.len() + 4;
    let rest = text.get(start..)?;
    rest.get(..rest.find('"')?)
}
