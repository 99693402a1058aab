//! One call from the caller's end, sans-IO: the stream, the line, the mouth, the ear and the mind joined, and a log of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use callwright_api::wire::{Event, EventBody};
use callwright_media::impair::{Echo, Line, LineError};
use callwright_media::tone::Digit;
use callwright_media::{Resampler, SampleRate, g711};

use super::caller::{Act, Caller};
use super::ear::{Ear, Response, Span, Utterance, time_of};
use super::line::OnTheLine;
use super::log::{Entry, What};
use super::mouth::{Clip, FRAME, Mouth};
use super::recording::Recording;
use super::scenario::{Deed, Scenario, Voice};
use super::trunk::{Packets, Trunk};
use super::twilio::{Identity, Offence, Played, Sound, Stream};
use super::way_back::WayBack;

/// The call.
///
/// > After every call of a method, send all of [`Self::poll_text`]; after [`OnTheLine::HungUp`], close the socket.
#[derive(Debug)]
pub(super) struct Conversation<'s> {
    call_sid: String,
    /// The server's own name for the call.
    call: Option<String>,
    trunk: Trunk,
    /// What is between the caller's mouth and the trunk; nothing at all without one.
    line: Option<Way>,
    /// What is between the trunk and the caller's ear, on a line that has both ways.
    back: Option<WayBack>,
    mouth: Mouth,
    ear: Ear,
    caller: Caller<'s>,
    clips: &'s HashMap<Voice, Arc<Clip>>,
    recording: Recording,
    echo: Option<Echo>,
    log: Vec<Entry>,
    /// What the agent decided to say, until it begins.
    said: HashMap<u32, String>,
    /// What the caller said, in the order of the ear's utterances.
    spoken: Vec<String>,
    /// When each turn was over, for finding the utterance it was.
    turns: Vec<(u32, Duration)>,
    interruptions: Vec<Duration>,
    call_max: Duration,
    hung_up: bool,
    busy: bool,
    /// What is being said takes no turn.
    nodding: bool,
    /// Events of the call, by their type.
    events: BTreeMap<String, usize>,
    failure: Option<String>,
    /// Why the call ended, in the server's words.
    cause: Option<String>,
}

/// A line, and a look at what comes out of it.
#[derive(Debug)]
struct Way {
    /// Boxed: its codecs take tens of kilobytes, and a future that holds a call is moved about on the stack.
    line: Box<Line>,
    /// To a recording's 8 kHz.
    narrow: Resampler,
}

/// What is known of a call from the caller's end once it is over.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) call: Option<String>,
    pub(super) log: Vec<Entry>,
    pub(super) responses: Vec<Response>,
    pub(super) spoken: Vec<String>,
    pub(super) turns: Vec<(u32, Duration)>,
    pub(super) interruptions: Vec<Duration>,
    pub(super) talked: (Duration, Duration),
    pub(super) stutters: u32,
    /// What was sent and not yet played when the server closed the stream.
    pub(super) cut_off: Duration,
    pub(super) recording: Recording,
    pub(super) offences: Vec<Offence>,
    pub(super) hung_up: bool,
    pub(super) failure: Option<String>,
    pub(super) events: BTreeMap<String, usize>,
}

impl<'s> Conversation<'s> {
    /// A call over Twilio whose socket has just opened.
    pub(super) fn new(
        scenario: &'s Scenario,
        clips: &'s HashMap<Voice, Arc<Clip>>,
        who: Identity,
        parameters: &[(String, String)],
        line: Option<Box<Line>>,
    ) -> Result<Self, LineError> {
        let name = who.call_sid.clone();
        Self::over(Trunk::Twilio(Stream::open(who, parameters)), name, scenario, clips, line)
    }

    /// A call over packets, which the carrier knows by `name`.
    pub(super) fn packets(
        scenario: &'s Scenario,
        clips: &'s HashMap<Voice, Arc<Clip>>,
        name: String,
        packets: Packets,
        line: Box<Line>,
    ) -> Result<Self, LineError> {
        Self::over(Trunk::Packets(packets), name, scenario, clips, Some(line))
    }

    fn over(
        trunk: Trunk,
        call_sid: String,
        scenario: &'s Scenario,
        clips: &'s HashMap<Voice, Arc<Clip>>,
        mut line: Option<Box<Line>>,
    ) -> Result<Self, LineError> {
        let back = line.as_mut().and_then(|line| line.take_way_back());
        let back = back.map(WayBack::new).transpose()?;
        let rate = line.as_ref().map_or(SampleRate::Hz8000, |line| line.rate());
        let narrow = Resampler::new(rate, SampleRate::Hz8000)?;
        // A line has the scenario's echo among its own.
        let echo = scenario.echo.filter(|_| line.is_none());
        Ok(Self {
            call_sid,
            call: None,
            trunk,
            line: line.map(|line| Way { line, narrow }),
            back,
            mouth: Mouth::at(rate, scenario.noise_dbov),
            ear: Ear::default(),
            caller: Caller::new(scenario),
            clips,
            recording: Recording::default(),
            echo: echo.map(|echo| Echo::new(echo.settings(), SampleRate::Hz8000)),
            log: Vec::new(),
            said: HashMap::new(),
            spoken: Vec::new(),
            turns: Vec::new(),
            interruptions: Vec::new(),
            call_max: scenario.call_max,
            hung_up: false,
            busy: false,
            nodding: false,
            events: BTreeMap::new(),
            failure: None,
            cause: None,
        })
    }

    /// The packets of a call that goes over such.
    pub(super) const fn as_packets(&mut self) -> Option<&mut Packets> {
        match &mut self.trunk {
            Trunk::Packets(packets) => Some(packets),
            Trunk::Twilio(_) => None,
        }
    }

    /// The next text message for the server.
    pub(super) fn poll_text(&mut self) -> Option<String> {
        self.trunk.poll_text()
    }

    /// When [`Self::tick`] wants to be called, besides every frame.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.trunk.next_deadline()
    }

    /// What happened since the last call of this, for showing it while it goes on.
    pub(super) fn log_from(&self, seen: usize) -> &[Entry] {
        self.log.get(seen..).unwrap_or_default()
    }

    /// The server has told that the call is over.
    pub(super) const fn server_ended(&self) -> bool {
        self.cause.is_some()
    }

    /// A text message came from the server.
    pub(super) fn text(&mut self, text: &str, now: Duration) {
        self.trunk.text(text, now);
        self.listen(now);
    }

    /// A binary message came from the server.
    pub(super) fn binary(&mut self, length: usize, now: Duration) {
        self.trunk.binary(length);
        self.listen(now);
    }

    /// Plays up to `now`.
    pub(super) fn tick(&mut self, now: Duration) {
        self.trunk.tick(now);
        self.listen(now);
    }

    /// 20 ms more have passed, the last of them at `due`: sends them, and decides what comes next.
    pub(super) fn frame(&mut self, due: Duration, now: Duration) -> OnTheLine {
        self.tick(now);
        if let Some(heard) = self.back.as_mut().map(|back| back.frame(due)) {
            match heard {
                Ok(heard) => self.at_the_ear(&heard),
                Err(error) => return self.give_up(failed(&error), now),
            }
        }
        match self.send(due, now) {
            Ok(true) => {
                self.ear.caller_broke_off(self.mouth.sent());
                return self.hang_up(now);
            }
            Ok(false) => {}
            Err(error) => return self.give_up(failed(&error), now),
        }
        if self.busy && !self.mouth.is_busy() {
            self.busy = false;
            if !std::mem::take(&mut self.nodding) {
                self.caller.finished(now);
            }
        }
        if now >= self.call_max {
            return self.give_up("the call took longer than the scenario allows".to_owned(), now);
        }
        if self.busy {
            return OnTheLine::Yes;
        }
        match self.caller.decide(now, &self.ear, self.trunk.buffered() > FRAME) {
            None => OnTheLine::Yes,
            Some(Act::GiveUp(why)) => self.give_up(why, now),
            Some(Act::Nod(voice)) => {
                if let Some(clip) = self.clips.get(&voice) {
                    self.mouth.speak(Arc::clone(clip), None);
                    (self.busy, self.nodding) = (true, true);
                    self.note(now, What::CallerNods(words_of(&voice)));
                }
                OnTheLine::Yes
            }
            Some(Act::Do { deed, cuts_in }) => self.perform(deed, cuts_in, now),
        }
    }

    /// Sends 20 ms. Gives whether the caller hung up within them.
    fn send(&mut self, due: Duration, now: Duration) -> Result<bool, LineError> {
        let Some(Way { line, narrow }) = &mut self.line else {
            let from = self.mouth.sent();
            let mut sent = self.mouth.next_frame();
            if let Some(echo) = &mut self.echo {
                echo.add_to(&mut sent.samples, from);
            }
            self.recording.sent(&sent.octets());
            self.trunk.frame(&sent.samples, now);
            if let Some(key) = sent.key {
                self.trunk.key(key, now);
            }
            return Ok(sent.hung_up);
        };
        let mut hung_up = false;
        for _ in 0..line.frames_due(due) {
            let sent = self.mouth.next_frame();
            hung_up |= sent.hung_up;
            if let Some(key) = sent.key.and_then(Digit::from_char) {
                line.press(key);
            }
            line.speak(&sent.samples)?;
        }
        let mut frame = vec![0; line.rate().frame_samples()];
        line.hear(due, &mut frame);
        let mut kept = [0; FRAME];
        narrow.process(&frame, &mut kept)?;
        self.recording.sent(&kept.map(g711::ulaw_encode));
        self.trunk.frame(&frame, now);
        while let Some(key) = line.take_key() {
            self.trunk.key(key, now);
        }
        Ok(hung_up)
    }

    fn perform(&mut self, deed: Deed, cuts_in: bool, now: Duration) -> OnTheLine {
        match deed {
            Deed::Speak { voice, hang_up_after } => self.speak(&voice, hang_up_after, cuts_in, now),
            Deed::Press(keys) => {
                self.mouth.press(&keys);
                self.busy = true;
                self.note(now, What::CallerPresses(keys.iter().collect()));
            }
            Deed::StaySilent(lasts) => self.note(now, What::CallerStaysSilent(lasts)),
            Deed::HangUp => return self.hang_up(now),
        }
        OnTheLine::Yes
    }

    fn speak(
        &mut self,
        voice: &Voice,
        hang_up_after: Option<Duration>,
        cuts_in: bool,
        now: Duration,
    ) {
        let Some(clip) = self.clips.get(voice) else { return };
        let words = words_of(voice);
        self.busy = true;
        // A clip without a loud sample is silence, and nothing can be measured from it.
        if let Some(span) = self.mouth.speak(Arc::clone(clip), hang_up_after) {
            self.ear.caller(Utterance { span, cuts_in });
            self.spoken.push(words.clone());
        }
        self.note(now, What::CallerSays { text: words, cuts_in });
    }

    fn give_up(&mut self, why: String, now: Duration) -> OnTheLine {
        self.note(now, What::GivenUp(why.clone()));
        self.failure = Some(why);
        self.hang_up(now)
    }

    fn hang_up(&mut self, now: Duration) -> OnTheLine {
        self.trunk.stop(now);
        self.hung_up = true;
        self.note(now, What::CallerHangsUp);
        OnTheLine::HungUp
    }

    /// Something happened in some call of the server.
    pub(super) fn event(&mut self, event: &Event, now: Duration) {
        if let EventBody::CallStarted { carrier_call, .. } = &event.body
            && *carrier_call == self.call_sid
        {
            self.call = Some(event.call.clone());
            self.note(now, What::Taken(event.call.clone()));
        }
        if self.call.as_ref() == Some(&event.call) {
            self.own_event(&event.body, now);
        }
    }

    fn own_event(&mut self, body: &EventBody, now: Duration) {
        *self.events.entry(kind_of(body)).or_default() += 1;
        match body {
            EventBody::AgentSaid { reply, text, .. } => {
                self.caller.agent_says(*reply, text, now);
                self.said.insert(*reply, text.clone());
            }
            EventBody::ReplyStarted { reply } => {
                self.caller.agent_begins(*reply, now);
                if let Some(text) = self.said.remove(reply) {
                    self.note(now, What::AgentSays(text));
                }
            }
            EventBody::ReplyEnded { reply, outcome, heard } => {
                self.caller.agent_ends(*reply);
                self.said.remove(reply);
                if outcome == "interrupted" {
                    self.note(now, What::AgentWasCut { heard: heard.clone() });
                }
            }
            EventBody::Interrupted { after_ms, .. } => {
                self.interruptions.push(Duration::from_millis(*after_ms));
            }
            EventBody::TurnOver { turn, text, .. } => {
                self.turns.push((*turn, now));
                self.note(now, What::CallerIsHeard(text.clone()));
            }
            EventBody::CallEnded { cause } => {
                self.note(now, What::Ended(cause.clone()));
                self.cause = Some(cause.clone());
            }
            _ => {}
        }
    }

    /// Something about the call that only the driver sees.
    pub(super) fn note(&mut self, at: Duration, what: What) {
        self.log.push(Entry { at, what });
    }

    fn listen(&mut self, now: Duration) {
        for sound in self.trunk.take_sounds() {
            match (&sound, &mut self.back) {
                (Sound::Played(played), Some(back)) => {
                    self.ear.runs(played);
                    back.played(played);
                }
                (Sound::Played(played), None) => {
                    self.ear.runs(played);
                    self.at_the_ear(played);
                }
                (Sound::Cleared(_), _) => self.ear.agent(&sound),
            }
        }
        let offences = self.trunk.offences();
        let told = self.log.iter().filter(|entry| matches!(entry.what, What::Offence(_))).count();
        let new: Vec<_> = offences.get(told..).unwrap_or_default().to_vec();
        for offence in new {
            self.note(now, What::Offence(offence));
        }
    }

    /// The caller hears this, and a telephone that echoes sends it back.
    fn at_the_ear(&mut self, played: &Played) {
        self.ear.hears(played);
        self.recording.played(played);
        let samples = played.octets.iter().copied().map(g711::ulaw_decode);
        if let Some(echo) = &mut self.echo {
            echo.played(played.at, samples);
        } else if let Some(way) = &mut self.line {
            way.line.played(played.at, samples);
        }
    }

    /// What there is to know once the call is over.
    pub(super) fn finish(self) -> Heard {
        Heard {
            call: self.call,
            log: self.log,
            responses: self.ear.responses(),
            spoken: self.spoken,
            turns: self.turns,
            interruptions: self.interruptions,
            talked: self.ear.talked(),
            stutters: self.ear.stutters(),
            cut_off: if self.hung_up {
                Duration::ZERO
            } else {
                time_of(self.trunk.buffered() as u64)
            },
            recording: self.recording,
            offences: self.trunk.offences().to_vec(),
            hung_up: self.hung_up,
            failure: self.failure,
            events: self.events,
        }
    }
}

fn failed(error: &LineError) -> String {
    format!("the simulated line failed: {error}")
}

/// What is said, for a log.
fn words_of(voice: &Voice) -> String {
    match voice {
        Voice::Text(text) => text.clone(),
        Voice::File(path) => format!("[{}]", path.display()),
    }
}

/// The event's `type` on the wire.
fn kind_of(body: &EventBody) -> String {
    let written = serde_json::to_value(body).unwrap_or_default();
    written.get("type").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned()
}

/// The turn of the server that an utterance became: the last one to be over before the caller spoke again.
pub(super) fn turn_of(
    turns: &[(u32, Duration)],
    utterance: Span,
    next: Option<Span>,
) -> Option<u32> {
    let from = time_of(utterance.start);
    let until = next.map_or(Duration::MAX, |next| time_of(next.start));
    let within = turns.iter().rev().find(|(_, over)| *over > from && *over <= until);
    within.map(|(turn, _)| *turn)
}
