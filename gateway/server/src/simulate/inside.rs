//! A call made within this process, on a clock of its own: the caller, a seeded line, the real call core, models, agent
//! and store, one thread, and no socket. Faster than real time, and the same every time.
//!
//! What a carrier's driver would do is done here: Twilio's words go through the same [`Session`], packets of RTP through
//! the same receiver. What is not here: HTTP, TLS, threads, and how long this machine takes; models take as long as
//! [`InlineDelays`] say.

#![expect(
    clippy::disallowed_methods,
    reason = "this driver makes the time of its calls; the one instant that it reads is their beginning"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use callwright_api::wire::{Appointment, Call, Event, EventBody, appointments_of};
use callwright_business::{Business, BusinessOptions, LineRoute, Scope};
use callwright_calls::leg::{LegAudio, LegDriver, LegInput, LegOutput, LegProfile, LegReady, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, Language, Moment, Pace, Placement, Shard, Share, TICK_MS,
    Tuning,
};
use callwright_contract::{
    AfterCall, Arrival, CallCommand, CallEvent, CallFact, CallId, Carrier, CommandRefused,
    CommandSink, GuessId, Pii, Say,
};
use callwright_host::{Commands, InlineDelays, InlineLanes, InlineModels, commands};
use callwright_lines::twilio::{End, Output, Sent, Session, Sid};
use callwright_media::impair::{Line, LineSettings, Network, NetworkSettings};
use callwright_models::Models;
use callwright_models::flite::Flite;
use futures_util::FutureExt as _;
use jiff::{Timestamp, Zoned};

use super::conversation::Conversation;
use super::driver::Made;
use super::line::OnTheLine;
use super::log::{Entry, What};
use super::mouth::Clip;
use super::persona::Persona;
use super::placing::{SimulateError, put_together};
use super::profile::{CarrierKind, LineProfile};
use super::report::CallReport;
use super::scenario::{Scenario, Voice};
use super::speech::{babble, clips, level_dbov};
use super::trunk::Packets;
use super::twilio::Identity;

/// What one thread needs for calls within it: models, and voices for the callers. One call at a time.
pub(super) struct Inside {
    models: Option<InlineModels>,
    voice: Flite,
    babble: Option<Arc<[i16]>>,
}

/// A call that is to be made.
pub(super) struct InsideCall<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) persona: &'a Persona,
    pub(super) line: &'a LineProfile,
    pub(super) seed: u64,
}

/// When all such calls are made: a Monday morning in the sample clinic's New York.
const CALLED_AT: &str = "2026-11-23T10:00-05:00[America/New_York]";
/// How long a message takes between Twilio and us.
const HOP: Duration = Duration::from_millis(10);
const TICK: Duration = Duration::from_millis(TICK_MS);
const FRAME_MS: u64 = 20;
/// What Twilio's streams are (see `gateway/lines`).
const TWILIO: LegProfile = LegProfile {
    lead: Duration::from_millis(160),
    marks: true,
    hears: LegAudio::Ulaw,
    tones: false,
};
/// A call that is over on the line and not in the core for so long is left to the report.
const WIND_DOWN: Duration = Duration::from_secs(10);
/// Turns of the business's tasks after which each has done what it can: one hands an event on, one deals with it.
const ROUNDS: usize = 4;

impl Inside {
    /// Loads models and voices.
    ///
    /// # Errors
    /// [`SimulateError`] when they are not installed.
    pub(super) fn load(models: &Path) -> Result<Self, SimulateError> {
        let inside = |error: &dyn std::fmt::Display| SimulateError::Inside(error.to_string());
        let Models { detector, judge, recognizer, synthesizer, .. } =
            Models::load(models, 1).map_err(|error| inside(&error))?;
        let models =
            InlineModels { detector, judge, recognizer, others: None, synthesizer, emotion: None };
        let voice = Flite::load().map_err(|error| SimulateError::Voice(error.to_string()))?;
        Ok(Self { models: Some(models), voice, babble: None })
    }

    /// Makes a call, telling `watch` what happens while it does.
    ///
    /// # Errors
    /// [`SimulateError`]; an expectation that fails is none.
    pub(super) fn call(
        &mut self,
        wanted: &InsideCall<'_>,
        watch: &mut dyn FnMut(&Entry),
    ) -> Result<CallReport, SimulateError> {
        let scenario = wanted.persona.play(wanted.scenario, wanted.seed);
        let clips = clips(&scenario, &mut self.voice)?;
        let others = match (&self.babble, wanted.line.babbles()) {
            (Some(babble), _) => Arc::clone(babble),
            (None, true) => Arc::clone(self.babble.insert(babble(&mut self.voice)?)),
            (None, false) => Arc::default(),
        };
        let mut settings = wanted.line.settings(wanted.seed, level_dbov(&clips), &others)?;
        settings.echo = settings.echo.or(scenario.echo.map(|echo| echo.settings()));
        let models = self.models.take().ok_or_else(|| {
            SimulateError::Inside("the models were lost to a call that failed".to_owned())
        })?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SimulateError::Runtime)?;
        let home = Home::make()?;
        let lanes = InlineLanes::new(models, InlineDelays::default());
        let (made, lanes) = runtime.block_on(async {
            let mut room = Room::open(&home.0, lanes).await?;
            let made = room.make(&scenario, &clips, wanted, &settings, watch).await?;
            let told = room.told(made.heard.as_ref().and_then(|heard| heard.call.clone())).await?;
            Ok::<_, SimulateError>(((made, told), room.lanes))
        })?;
        self.models = Some(lanes.into_models());
        let (made, (call, rows)) = made;
        Ok(put_together(&scenario, made, call.as_ref(), rows))
    }
}

/// A folder for one call's store, removed with it.
struct Home(PathBuf);

impl Home {
    fn make() -> Result<Self, SimulateError> {
        let name = format!("callwright-inside-{:016x}", rand::random::<u64>());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(SimulateError::Runtime)?;
        Ok(Self(path))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What is left lies in the system's temporary folder.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// The server's rooms without its doors.
struct Room {
    business: Business,
    lanes: InlineLanes,
    shard: Shard,
    clock: Arc<Mutex<Duration>>,
    began: Timestamp,
}

/// What the business commands, on its way to a call.
struct Overheard {
    commands: Commands,
    said: Mutex<Vec<CallCommand>>,
}

impl CommandSink for Overheard {
    fn send(&self, command: CallCommand) -> Result<(), CommandRefused> {
        self.commands.send(command.clone())?;
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(command);
        Ok(())
    }
}

/// Our end of the line, as a driver of the carrier's would have it.
enum Gateway {
    Twilio(Box<TwilioEnd>),
    Packets,
}

struct TwilioEnd {
    session: Session,
    origin: Instant,
    to_us: Network<String>,
    to_them: Network<String>,
}

/// What became of the stream.
#[derive(Default)]
struct Over {
    after: Option<AfterCall>,
    line_closed: bool,
}

impl Room {
    async fn open(home: &Path, lanes: InlineLanes) -> Result<Self, SimulateError> {
        let inside = |error: String| SimulateError::Inside(error);
        let began: Zoned =
            CALLED_AT.parse().map_err(|error: jiff::Error| inside(error.to_string()))?;
        let began = began.timestamp();
        let clock = Arc::new(Mutex::new(Duration::ZERO));
        let read = Arc::clone(&clock);
        let now = move || {
            let elapsed = *read.lock().unwrap_or_else(PoisonError::into_inner);
            began.saturating_add(elapsed).unwrap_or(began)
        };
        let options = BusinessOptions::new(home.join("callwright.db"), Arc::new(now));
        // A voice that a machine made has no mood worth judging.
        let options = options.forbids_emotion(true);
        let opened = Business::open(options).await.map_err(|error| inside(error.to_string()))?;
        Ok(Self { business: opened.business, lanes, shard: Shard::new(1, 0), clock, began })
    }

    async fn make(
        &mut self,
        scenario: &Scenario,
        clips: &HashMap<Voice, Arc<Clip>>,
        wanted: &InsideCall<'_>,
        settings: &LineSettings,
        watch: &mut dyn FnMut(&Entry),
    ) -> Result<Made, SimulateError> {
        let who = identity(wanted.seed);
        let line = Box::new(Line::new(settings)?);
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: who.call_sid.clone(),
            line: Pii::from(scenario.line.as_str()),
            caller: Some(Pii::from(scenario.caller.as_str())),
        };
        let route = self.business.route(&arrival.line);
        let route = route.ok_or_else(|| SimulateError::Inside("no line leads anywhere".into()))?;
        let (driver, sink) = self.place(arrival, &route, wanted.line)?;
        let (gateway, conversation) = match wanted.line.carrier {
            CarrierKind::Twilio => {
                let sid = Sid::try_from(who.call_sid.as_str())
                    .map_err(|error| SimulateError::Inside(error.to_string()))?;
                let origin = Instant::now();
                let hop = |seed| {
                    Network::new(NetworkSettings { delay: HOP, ..NetworkSettings::perfect(seed) })
                };
                let end = TwilioEnd {
                    session: Session::new(sid, origin),
                    origin,
                    to_us: hop(wanted.seed),
                    to_them: hop(wanted.seed),
                };
                let conversation = Conversation::new(scenario, clips, who, &[], Some(line))?;
                (Gateway::Twilio(Box::new(end)), conversation)
            }
            CarrierKind::Sip | CarrierKind::Webrtc => {
                let packets = Packets::new(wanted.line.hears());
                let name = who.call_sid;
                let conversation = Conversation::packets(scenario, clips, name, packets, line)?;
                (Gateway::Packets, conversation)
            }
        };
        let mut call = Held {
            room: self,
            gateway,
            driver: Some(driver),
            conversation,
            sink,
            prepared: Vec::new(),
            watch,
            seen: 0,
            over: Over::default(),
        };
        let lasted = call.run().await;
        let Held { conversation, over, .. } = call;
        let transferred_to = match over.after {
            Some(AfterCall::Transfer(number)) => Some(number.reveal().clone()),
            _ => None,
        };
        let heard = Some(conversation.finish());
        Ok(Made { heard, offences: Vec::new(), transferred_to, refused: None, lasted })
    }

    fn place(
        &mut self,
        arrival: Arrival,
        route: &LineRoute,
        line: &LineProfile,
    ) -> Result<(LegDriver, Arc<Overheard>), SimulateError> {
        let inside = |what: &str| SimulateError::Inside(what.to_owned());
        let profile = match line.carrier {
            CarrierKind::Twilio => LegProfile { tones: line.tones(), ..TWILIO },
            // A packet leaves when it is due, and its far end keeps nothing.
            CarrierKind::Sip | CarrierKind::Webrtc => LegProfile {
                lead: Duration::ZERO,
                marks: false,
                hears: line.hears(),
                tones: line.tones(),
            },
        };
        let (driver, leg) = leg(profile);
        let (commands, reader) = commands();
        let sink = Arc::new(Overheard { commands, said: Mutex::default() });
        let id = CallId::new(u64::try_from(self.began.as_millisecond()).unwrap_or(0), 1);
        let (limits, pace) = (CallLimits::default(), Pace::default());
        let mode = CallMode::Converse;
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
        let placement = Placement { spec, leg, commands: reader, capture: false };
        self.shard
            .place(Moment::default(), placement, &mut self.lanes)
            .map_err(|_given_back| inside("the call core took no call"))?;
        let said: Arc<dyn CommandSink> = Arc::clone(&sink) as Arc<dyn CommandSink>;
        self.business
            .take_call(id, route, said)
            .map_err(|error| SimulateError::Inside(error.to_string()))?;
        Ok((driver, sink))
    }

    /// One turn of the call core, and of the business until it waits for something new. Gives what happened.
    async fn turn(&mut self, now: Duration) -> Vec<CallEvent> {
        let moment = Moment::new(now);
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.lanes.set_now(moment);
        let mut events = Vec::new();
        self.shard.tick(moment, &mut self.lanes, &mut |event| events.push(event));
        let at = self.began.saturating_add(now).unwrap_or(self.began);
        if !events.is_empty() {
            events.iter().for_each(|event| self.business.hear(event.clone(), at));
            self.settle().await;
        }
        events
    }

    /// Lets every task of the business do what it can at this moment; time stands still meanwhile.
    async fn settle(&self) {
        loop {
            for _ in 0..ROUNDS {
                tokio::task::yield_now().await;
            }
            if !self.business.waits_for_storage() {
                return;
            }
        }
    }

    /// What is on record of the call, and all that the calendar holds, once everything is written down.
    async fn told(
        &self,
        call: Option<String>,
    ) -> Result<(Option<Call>, Vec<Appointment>), SimulateError> {
        let inside = |error: &dyn std::fmt::Display| SimulateError::Inside(error.to_string());
        self.business.drain().await;
        let everywhere = Scope::Platform;
        let id = call.and_then(|call| call.parse::<CallId>().ok());
        let record = match id {
            Some(id) => {
                self.business.call(&everywhere, id).await.map_err(|error| inside(&error))?
            }
            None => None,
        };
        let all = Timestamp::MIN..Timestamp::MAX;
        let rows = self.business.appointments(&everywhere, all).await;
        let rows = rows.map_err(|error| inside(&error))?;
        let rows = appointments_of(&rows, &self.business.tenants(&everywhere));
        Ok((record.as_ref().map(Call::from), rows))
    }
}

/// A call under way.
struct Held<'r, 's, 'w> {
    room: &'r mut Room,
    gateway: Gateway,
    driver: Option<LegDriver>,
    conversation: Conversation<'s>,
    sink: Arc<Overheard>,
    /// What the agent would say if a guess were right.
    prepared: Vec<(GuessId, Vec<Say>)>,
    watch: &'w mut dyn FnMut(&Entry),
    /// Entries of the log that were shown.
    seen: usize,
    over: Over,
}

impl Held<'_, '_, '_> {
    /// Lets time pass until the call is over. Gives how long its line was open.
    async fn run(&mut self) -> Duration {
        let mut now = Duration::ZERO;
        let mut on_the_line = true;
        let mut lasted = None;
        loop {
            now += TICK;
            if on_the_line {
                self.conversation.tick(now);
                let frame_is_due = now.as_millis().is_multiple_of(u128::from(FRAME_MS));
                if frame_is_due && self.conversation.frame(now, now) == OnTheLine::HungUp {
                    on_the_line = false;
                }
            }
            self.carry_in(now, on_the_line);
            for event in self.room.turn(now).await {
                self.tell(&event, now);
            }
            self.overhear(now);
            self.carry_out(now);
            self.show();
            if on_the_line && self.over.line_closed {
                self.conversation.note(now, What::StreamOver);
                on_the_line = false;
            }
            if !on_the_line {
                let ended = *lasted.get_or_insert(now);
                if self.room.shard.live() == 0 || now >= ended + WIND_DOWN {
                    self.show();
                    return ended;
                }
            }
        }
    }

    fn show(&mut self) {
        for entry in self.conversation.log_from(self.seen) {
            (self.watch)(entry);
            self.seen += 1;
        }
    }

    /// Carries what the caller's side has sent to the call.
    fn carry_in(&mut self, now: Duration, on_the_line: bool) {
        let mut inputs = Vec::new();
        let mut hung_up = false;
        match &mut self.gateway {
            Gateway::Twilio(end) => {
                while let Some(text) = self.conversation.poll_text() {
                    end.to_us.send(now, text);
                }
                while let Some((_, text)) = end.to_us.receive(now) {
                    end.session.receive(&text);
                    end.poll(&mut inputs, &mut hung_up, &mut self.over);
                }
                end.session.handle_deadline(end.origin + now);
                end.poll(&mut inputs, &mut hung_up, &mut self.over);
            }
            Gateway::Packets => {
                if let Some(packets) = self.conversation.as_packets() {
                    inputs.extend(std::iter::from_fn(|| packets.poll_input()));
                }
                hung_up = !on_the_line && !self.over.line_closed;
            }
        }
        if let Some(driver) = &mut self.driver {
            for input in inputs {
                // A second behind on a clock that waits for it would be a defect; the sound's gap then shows it.
                let _full = driver.deliver(input).is_err();
            }
        }
        if hung_up && let Some(driver) = self.driver.take() {
            driver.hang_up();
        }
    }

    /// Carries what the call has sent to the caller's side.
    fn carry_out(&mut self, now: Duration) {
        while let Some(driver) = &mut self.driver {
            match driver.ready(false).now_or_never() {
                Some(LegReady::Output(output)) => self.output(output, now),
                Some(LegReady::Over) => {
                    self.driver = None;
                    if let Gateway::Twilio(end) = &mut self.gateway {
                        end.session.end(End::CallFault);
                    }
                    self.over.line_closed = true;
                }
                Some(LegReady::Room) | None => break,
            }
        }
        if let Gateway::Twilio(end) = &mut self.gateway {
            while let Some((_, text)) = end.to_them.receive(now) {
                self.conversation.text(&text, now);
            }
        }
    }

    fn output(&mut self, output: LegOutput, now: Duration) {
        match &mut self.gateway {
            Gateway::Twilio(end) => match end.session.send(&output) {
                Sent::Text(text) => end.to_them.send(now, text.as_str().to_owned()),
                Sent::Nothing => {
                    let (mut none, mut hung_up) = (Vec::new(), false);
                    end.poll(&mut none, &mut hung_up, &mut self.over);
                }
            },
            Gateway::Packets => {
                if let Some(packets) = self.conversation.as_packets() {
                    packets.output(output, now);
                    if let Some(after) = packets.closed() {
                        self.over = Over { after: Some(after.clone()), line_closed: true };
                    }
                }
            }
        }
    }

    /// Tells the caller's side what the server would tell everybody.
    fn tell(&mut self, event: &CallEvent, now: Duration) {
        if let CallFact::TurnOver(over) = &event.fact
            && let Some(guess) = over.prepared
        {
            let ready = std::mem::take(&mut self.prepared);
            let right = ready.into_iter().filter(|(of, _)| *of == guess);
            right.flat_map(|(_, says)| says).for_each(|say| self.said(&say, now));
        }
        if let Some(body) = EventBody::of(&event.fact) {
            self.event(body, event.call, now);
        }
    }

    /// What the agent has decided to say since the last look.
    fn overhear(&mut self, now: Duration) {
        let mut said = self.sink.said.lock().unwrap_or_else(PoisonError::into_inner);
        let commands = std::mem::take(&mut *said);
        drop(said);
        for command in commands {
            match command {
                CallCommand::Say(say) => self.said(&say, now),
                CallCommand::Prepare { guess, commands } => {
                    let says = commands.into_iter().filter_map(|command| match command {
                        CallCommand::Say(say) => Some(say),
                        _ => None,
                    });
                    self.prepared.push((guess, says.collect()));
                }
                _ => {}
            }
        }
    }

    fn said(&mut self, say: &Say, now: Duration) {
        let body = EventBody::AgentSaid {
            reply: say.reply.0,
            answers: say.answers.map(|turn| turn.0),
            text: say.text.reveal().clone(),
        };
        let began = u64::try_from(self.room.began.as_millisecond()).unwrap_or(0);
        self.event(body, CallId::new(began, 1), now);
    }

    fn event(&mut self, body: EventBody, call: CallId, now: Duration) {
        let at = self.room.began.saturating_add(now).unwrap_or(self.room.began);
        let (call, tenant) = (call.to_string(), String::new());
        let event = Event { seq: None, call, tenant, at, call_ms: None, body };
        self.conversation.event(&event, now);
    }
}

impl TwilioEnd {
    /// Does what a stream's task would do with what its session wants.
    fn poll(&mut self, inputs: &mut Vec<LegInput>, hung_up: &mut bool, over: &mut Over) {
        while let Some(output) = self.session.poll_output() {
            match output {
                // The call was placed when the line was made.
                Output::Begin | Output::Ping => {}
                Output::Input(input) => inputs.push(input),
                Output::End(end) => {
                    *hung_up |= end == End::CallerGone;
                    over.line_closed = true;
                    if let End::Finished(after) = end {
                        over.after = Some(after);
                    }
                }
            }
        }
    }
}

/// Twilio's names for the call of a seed.
fn identity(seed: u64) -> Identity {
    let sid = |letters: &str| format!("{letters}{seed:032x}");
    Identity { account_sid: sid("AC"), call_sid: sid("CA"), stream_sid: sid("MZ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// Makes the shipped scenario's call over a line.
    fn called(inside: &mut Inside, scenario: &str, line: &str, seed: u64) -> CallReport {
        let scenario = Scenario::named(scenario).unwrap();
        let persona = Persona::named("hesitant").unwrap();
        let line = LineProfile::named(line).unwrap();
        let wanted = InsideCall { scenario: &scenario, persona: &persona, line: &line, seed };
        inside.call(&wanted, &mut |_| {}).unwrap()
    }

    #[test]
    fn a_seed_makes_the_same_call_over_every_carrier() {
        let mut inside = Inside::load(&Config::default_models()).unwrap();
        for line in ["mobile", "satellite", "lossy-wifi"] {
            let first = called(&mut inside, "hangs-up", line, 3);
            let again = called(&mut inside, "hangs-up", line, 3);
            assert!(first.passed, "{line}: {first}");
            assert_eq!(first.conversation, again.conversation, "{line}");
            // Not `assert_eq`, which would print every octet of both.
            assert!(first.recording == again.recording, "{line}: both sides, to the octet");
            let other = called(&mut inside, "hangs-up", line, 4);
            assert!(first.recording.caller() != other.recording.caller(), "{line}");
        }
    }
}
