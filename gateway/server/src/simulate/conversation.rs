//! One call from the caller's end, sans-IO: the stream, the mouth, the ear and the mind joined, and a log of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use callwright_api::wire::{Event, EventBody};

use super::caller::{Act, Caller};
use super::ear::{Ear, Response, Span, Utterance, time_of};
use super::line::OnTheLine;
use super::log::{Entry, What};
use super::mouth::{Clip, FRAME, Mouth};
use super::recording::Recording;
use super::scenario::{Deed, Scenario, Voice};
use super::speakerphone::Speakerphone;
use super::twilio::{Identity, Offence, Sound, Stream};

/// The call.
///
/// > After every call of a method, send all of [`Self::poll_text`]; after [`OnTheLine::HungUp`], close the socket.
#[derive(Debug)]
pub(super) struct Conversation<'s> {
    call_sid: String,
    /// The server's own name for the call.
    call: Option<String>,
    stream: Stream,
    mouth: Mouth,
    ear: Ear,
    caller: Caller<'s>,
    clips: &'s HashMap<Voice, Arc<Clip>>,
    recording: Recording,
    speakerphone: Option<Speakerphone>,
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
    failure: Option<String>,
    /// Why the call ended, in the server's words.
    cause: Option<String>,
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
}

impl<'s> Conversation<'s> {
    /// A call whose socket has just opened.
    pub(super) fn new(
        scenario: &'s Scenario,
        clips: &'s HashMap<Voice, Arc<Clip>>,
        who: Identity,
        parameters: &[(String, String)],
    ) -> Self {
        Self {
            call_sid: who.call_sid.clone(),
            call: None,
            stream: Stream::open(who, parameters),
            mouth: Mouth::new(scenario.noise_dbov),
            ear: Ear::default(),
            caller: Caller::new(scenario),
            clips,
            recording: Recording::default(),
            speakerphone: scenario.echo.map(Speakerphone::new),
            log: Vec::new(),
            said: HashMap::new(),
            spoken: Vec::new(),
            turns: Vec::new(),
            interruptions: Vec::new(),
            call_max: scenario.call_max,
            hung_up: false,
            busy: false,
            failure: None,
            cause: None,
        }
    }

    /// The next text message for the server.
    pub(super) fn poll_text(&mut self) -> Option<String> {
        self.stream.poll_text()
    }

    /// When [`Self::tick`] wants to be called, besides every frame.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.stream.next_deadline()
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
        self.stream.text(text, now);
        self.listen(now);
    }

    /// A binary message came from the server.
    pub(super) fn binary(&mut self, length: usize, now: Duration) {
        self.stream.binary(length);
        self.listen(now);
    }

    /// Plays up to `now`.
    pub(super) fn tick(&mut self, now: Duration) {
        self.stream.tick(now);
        self.listen(now);
    }

    /// 20 ms more have passed: sends them, and decides what comes next.
    pub(super) fn frame(&mut self, now: Duration) -> OnTheLine {
        self.tick(now);
        let from = self.mouth.sent();
        let mut sent = self.mouth.next_frame();
        if let Some(phone) = &self.speakerphone {
            phone.add_to(&mut sent.octets, from);
        }
        self.recording.sent(&sent.octets);
        self.stream.frame(&sent.octets, now);
        if let Some(key) = sent.key {
            self.stream.key(key, now);
        }
        if sent.hung_up {
            self.ear.caller_broke_off(self.mouth.sent());
            return self.hang_up(now);
        }
        if self.busy && !self.mouth.is_busy() {
            self.busy = false;
            self.caller.finished(now);
        }
        if now >= self.call_max {
            return self.give_up("the call took longer than the scenario allows".to_owned(), now);
        }
        if self.busy {
            return OnTheLine::Yes;
        }
        match self.caller.decide(now, &self.ear, self.stream.buffered() > FRAME) {
            None => OnTheLine::Yes,
            Some(Act::GiveUp(why)) => self.give_up(why, now),
            Some(Act::Do { deed, cuts_in }) => self.perform(deed, cuts_in, now),
        }
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
        let words = match voice {
            Voice::Text(text) => text.clone(),
            Voice::File(path) => format!("[{}]", path.display()),
        };
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
        self.stream.stop(now);
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
        for sound in self.stream.take_sounds() {
            self.ear.agent(&sound);
            if let Sound::Played(played) = &sound {
                self.recording.played(played);
                if let Some(phone) = &mut self.speakerphone {
                    phone.played(played.at, &played.octets);
                }
            }
        }
        let offences = self.stream.offences();
        let told = self.log.iter().filter(|entry| matches!(entry.what, What::Offence(_))).count();
        let new: Vec<_> = offences.get(told..).unwrap_or_default().to_vec();
        for offence in new {
            self.note(now, What::Offence(offence));
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
                time_of(self.stream.buffered() as u64)
            },
            recording: self.recording,
            offences: self.stream.offences().to_vec(),
            hung_up: self.hung_up,
            failure: self.failure,
        }
    }
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
