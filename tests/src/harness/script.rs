//! A call as a story: times in milliseconds, what the caller does, what the business says, what must happen.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use callwright_calls::capture::{Capture, CaptureLimits, Recorder, Spool};
use callwright_calls::leg::{LegAudio, LegDriver, LegInput, LegOutput, LegProfile, LegReady, leg};
use callwright_calls::{
    CallLimits, CallMode, CallSpec, Language, Moment, Pace, Placement, Shard, Share, TICK_MS,
    Tuning,
};
use callwright_contract::{
    Arrival, CallCommand, CallEvent, CallFact, CallId, Carrier, Digit, EndCause, GuessId, Pii,
    Protection, ReplyId, Say, Style, TurnId,
};
use callwright_host::{CaptureOptions, CaptureWriter};
use callwright_media::Packet;
use callwright_media::ring::{Reader, WhenFull, Writer, ring};
use futures_util::FutureExt;

use super::caller::Caller;
use super::far_end::FarEnd;
use super::lanes::{Delays, SimulatedLanes};

/// One simulated call. Time moves only by [`Self::at`], [`Self::until`] and [`Self::within`].
#[derive(Debug)]
pub(crate) struct Script {
    now_ms: u64,
    shard: Shard,
    /// The lanes, to make them fail or judge otherwise.
    pub(crate) lanes: SimulatedLanes,
    caller: Rc<RefCell<Caller>>,
    line: Option<LegDriver>,
    commands: Writer<CallCommand>,
    /// The carrier's side.
    pub(crate) far: FarEnd,
    /// Everything the business has heard.
    pub(crate) events: Vec<CallEvent>,
    next_reply: u32,
    /// The caller sends no packets while set: the network is stuck.
    pub(crate) stalled: bool,
    /// How late, in milliseconds, and how loud what is played comes back.
    echo: Option<(usize, f32)>,
    /// The shard's turns come late by up to a millisecond, each by another time.
    pub(crate) late: bool,
    /// What becomes of the call's capture.
    captures: Option<Captures>,
}

/// Where a captured call's capture goes, through the writer of captures.
#[derive(Debug)]
struct Captures {
    folder: tempfile::TempDir,
    writer: CaptureWriter,
}

/// What a stream of Twilio's is.
const TWILIO: LegProfile = LegProfile {
    lead: Duration::from_millis(160),
    marks: true,
    hears: LegAudio::Ulaw,
    tones: false,
};

impl Script {
    /// A call to an agent over a Twilio-like stream.
    pub(crate) fn twilio() -> Self {
        Self::with(CallMode::Converse, CallLimits::default(), Delays::default())
    }

    /// A call of a given kind.
    pub(crate) fn with(mode: CallMode, limits: CallLimits, delays: Delays) -> Self {
        Self::of(mode, limits, delays, false)
    }

    /// A call whose tenant has switched on that it is judged how the caller comes across.
    pub(crate) fn with_emotion(mode: CallMode) -> Self {
        Self::of(mode, CallLimits::default(), Delays::default(), true)
    }

    fn of(mode: CallMode, limits: CallLimits, delays: Delays, emotion: bool) -> Self {
        Self::build(mode, limits, delays, emotion, TWILIO, None)
    }

    /// A call over a line on which keys are tones in the sound.
    pub(crate) fn with_tones() -> Self {
        let profile = LegProfile { tones: true, ..TWILIO };
        let (mode, limits) = (CallMode::Converse, CallLimits::default());
        Self::build(mode, limits, Delays::default(), false, profile, None)
    }

    /// A call that is captured.
    pub(crate) fn captured(mode: CallMode, delays: Delays) -> Self {
        Self::captured_within(mode, delays, Recorder::new(CaptureLimits::default()))
    }

    /// A call that is captured by this recorder.
    pub(crate) fn captured_within(
        mode: CallMode,
        delays: Delays,
        recorder: (Recorder, Reader<u8>),
    ) -> Self {
        Self::build(mode, CallLimits::default(), delays, false, TWILIO, Some(recorder))
    }

    fn build(
        mode: CallMode,
        limits: CallLimits,
        delays: Delays,
        emotion: bool,
        profile: LegProfile,
        recorder: Option<(Recorder, Reader<u8>)>,
    ) -> Self {
        let caller = Rc::new(RefCell::new(Caller::default()));
        let mut lanes = SimulatedLanes::new(Rc::clone(&caller), delays);
        let mut shard = Shard::new(2, 0);
        let (line, leg) = leg(profile);
        let (commands, reader) = ring(16, WhenFull::Refuse);
        let arrival = Arrival {
            carrier: Carrier::Twilio,
            carrier_call: "CA1".to_owned(),
            line: Pii::from("+15005550100"),
            caller: Some(Pii::from("+15005550006")),
        };
        let captures = recorder.map(|(recorder, octets)| {
            shard.record(recorder);
            let folder = tempfile::tempdir().expect("a folder");
            let options = CaptureOptions::new(folder.path());
            let (_contexts, contexts) = ring(1, WhenFull::Refuse);
            let writer = CaptureWriter::new(options, vec![Spool::new(octets)], contexts);
            Captures { folder, writer: writer.expect("the folder takes captures") }
        });
        let (pace, tuning) = (Pace::default(), Tuning::default());
        let spec = CallSpec {
            id: CallId::new(1, 1),
            arrival,
            mode,
            limits,
            share: Share::default(),
            pace,
            language: Some(Language::ENGLISH),
            emotion,
            tuning,
        };
        let placement = Placement { spec, leg, commands: reader, capture: captures.is_some() };
        assert!(shard.place(Moment::default(), placement, &mut lanes).is_ok());
        Self {
            now_ms: 0,
            shard,
            lanes,
            caller,
            line: Some(line),
            commands,
            far: FarEnd::default(),
            events: Vec::new(),
            next_reply: 0,
            stalled: false,
            echo: None,
            late: false,
            captures,
        }
    }

    /// What is in the file of the call's capture now.
    pub(crate) fn capture_file(&self) -> Vec<u8> {
        let captures = self.captures.as_ref().expect("a captured call");
        let file = CaptureOptions::file(captures.folder.path(), CallId::new(1, 1));
        std::fs::read(file).expect("a capture")
    }

    /// The caller hangs up if need be; gives the call's capture.
    pub(crate) fn capture(mut self) -> Capture {
        self.caller_hangs_up();
        let soon = self.now_ms + 2 * TICK_MS;
        self.at(soon);
        Capture::read(&self.capture_file()).expect("a capture that can be read")
    }

    /// Lets time pass up to `ms`.
    pub(crate) fn at(&mut self, ms: u64) -> &mut Self {
        assert!(ms >= self.now_ms, "{ms} ms is in the past: it is {} ms", self.now_ms);
        while self.now_ms < ms {
            self.millisecond();
        }
        self
    }

    /// Lets time pass until `happened` is true, and returns when that was. Fails after `ms`.
    #[track_caller]
    pub(crate) fn until(&mut self, ms: u64, what: &str, happened: impl Fn(&Self) -> bool) -> u64 {
        while !happened(self) {
            assert!(
                self.now_ms < ms,
                "by {ms} ms: {what}; heard so far: {:#?}, closed: {:?}",
                self.events,
                self.far.closed
            );
            self.millisecond();
        }
        self.now_ms
    }

    /// Lets time pass until the business hears a fact that `wanted` accepts, and returns when that was.
    #[track_caller]
    pub(crate) fn hears_by(
        &mut self,
        ms: u64,
        what: &str,
        wanted: impl Fn(&CallFact) -> bool,
    ) -> u64 {
        self.until(ms, what, |script| script.events.iter().any(|event| wanted(&event.fact)))
    }

    fn millisecond(&mut self) {
        let late_ns = self.now_ms.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
        let late = if self.late { Duration::from_nanos(late_ns) } else { Duration::ZERO };
        self.lanes.now = Moment::new(Duration::from_millis(self.now_ms) + late);
        if self.now_ms.is_multiple_of(20) && !self.stalled {
            let mut frame = self.caller.borrow_mut().next_frame();
            if let Some((delay_ms, gain)) = self.echo {
                self.far.add_echo(&mut frame, self.now_ms as usize, delay_ms, gain);
            }
            for packet in Packet::split(&frame, 160) {
                self.deliver(LegInput::Audio(packet));
            }
        }
        if self.now_ms.is_multiple_of(TICK_MS) {
            let events = &mut self.events;
            self.shard.tick(self.lanes.now, &mut self.lanes, &mut |event| events.push(event));
            if let Some(captures) = &mut self.captures {
                captures.writer.drain();
            }
        }
        while let Some(line) = &mut self.line {
            match line.ready(false).now_or_never() {
                Some(LegReady::Output(output)) => self.receive(output),
                Some(LegReady::Over) => self.line = None,
                Some(LegReady::Room) | None => break,
            }
        }
        for mark in self.far.play_ms() {
            self.deliver(LegInput::Mark(mark));
        }
        self.now_ms += 1;
    }

    fn receive(&mut self, output: LegOutput) {
        for mark in self.far.receive(output) {
            self.deliver(LegInput::Mark(mark));
        }
    }

    fn deliver(&mut self, input: LegInput) {
        if let Some(line) = &mut self.line {
            assert!(line.deliver(input).is_ok(), "the call takes its input");
        }
    }

    /// The caller says `text` over `lasting_ms`.
    pub(crate) fn caller_says(&mut self, text: &str, lasting_ms: u64) -> &mut Self {
        self.caller.borrow_mut().speak(text, Duration::from_millis(lasting_ms));
        self
    }

    /// The caller makes a sound like an "s" for `lasting_ms`.
    pub(crate) fn caller_hisses(&mut self, lasting_ms: u64) -> &mut Self {
        self.caller.borrow_mut().hiss(Duration::from_millis(lasting_ms));
        self
    }

    /// From now on others talk around the caller, as loud as this in samples.
    pub(crate) fn others_talk(&mut self, loud: i16) -> &mut Self {
        self.caller.borrow_mut().others_talk(loud);
        self
    }

    /// The caller presses keys that go over the line as tones, 100 ms each and as long between them.
    pub(crate) fn caller_sounds(&mut self, keys: &str) -> &mut Self {
        self.caller.borrow_mut().press(keys);
        self
    }

    /// The caller presses a key.
    pub(crate) fn caller_presses(&mut self, key: char) -> &mut Self {
        self.deliver(LegInput::Digit(Digit::try_from(key).expect("a key")));
        self
    }

    /// The caller hangs up.
    pub(crate) fn caller_hangs_up(&mut self) -> &mut Self {
        if let Some(line) = self.line.take() {
            line.hang_up();
        }
        self
    }

    /// The connection breaks.
    pub(crate) fn line_breaks(&mut self) -> &mut Self {
        self.line = None;
        self
    }

    /// The business says `text`, in answer to `answers`.
    pub(crate) fn agent_says(&mut self, text: &str, answers: Option<TurnId>) -> ReplyId {
        self.agent_says_so(text, answers, Protection::None)
    }

    /// The business says something that the caller may not cut off.
    pub(crate) fn agent_insists(&mut self, text: &str) -> ReplyId {
        self.agent_says_so(text, None, Protection::Whole)
    }

    /// The business says something of which so much cannot be cut off.
    pub(crate) fn agent_says_so(
        &mut self,
        text: &str,
        answers: Option<TurnId>,
        protection: Protection,
    ) -> ReplyId {
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        let say =
            Say { reply, answers, text: Pii::from(text), style: Style::default(), protection };
        self.command(CallCommand::Say(say));
        reply
    }

    /// The business prepares to say `text` if the turn ends as guessed.
    pub(crate) fn agent_prepares(&mut self, guess: GuessId, turn: TurnId, text: &str) -> ReplyId {
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        let say = Say {
            reply,
            answers: Some(turn),
            text: Pii::from(text),
            style: Style::default(),
            protection: Protection::None,
        };
        self.command(CallCommand::Prepare { guess, commands: vec![CallCommand::Say(say)] });
        reply
    }

    /// From now on what the far end plays comes back after `delay_ms`, `gain` times as loud.
    pub(crate) fn echo(&mut self, delay_ms: usize, gain: f32) -> &mut Self {
        self.echo = Some((delay_ms, gain));
        self
    }

    /// Milliseconds in which the agent was heard.
    pub(crate) fn spoke_ms(&self) -> u64 {
        self.far.loud_ms.iter().filter(|&&loud| loud).count() as u64
    }

    /// The business gives a command.
    pub(crate) fn command(&mut self, command: CallCommand) -> &mut Self {
        assert!(self.commands.push(command).is_ok(), "the call takes its commands");
        self
    }

    /// Nothing loud was played in the milliseconds `from..to`.
    #[track_caller]
    pub(crate) fn line_is_silent(&self, from: u64, to: u64) {
        let loud = (from..to).find(|&ms| self.far.loud_ms.get(ms as usize) == Some(&true));
        assert_eq!(loud, None, "the line is silent from {from} to {to} ms");
    }

    /// The first millisecond from `from` on in which something loud was played.
    pub(crate) fn first_loud(&self, from: u64) -> Option<u64> {
        let from = from as usize;
        self.far.loud_ms.iter().skip(from).position(|&loud| loud).map(|at| (at + from) as u64)
    }

    /// The last millisecond in which something loud was played.
    pub(crate) fn last_loud(&self) -> Option<u64> {
        self.far.loud_ms.iter().rposition(|&loud| loud).map(|at| at as u64)
    }

    /// The facts so far that `wanted` maps to something.
    pub(crate) fn facts<T>(&self, wanted: impl Fn(&CallFact) -> Option<T>) -> Vec<T> {
        self.events.iter().filter_map(|event| wanted(&event.fact)).collect()
    }

    /// The call ended as `cause`, its events are numbered without a gap, and nothing of it is left.
    #[track_caller]
    pub(crate) fn ended_clean(&mut self, cause: EndCause) {
        let limit = self.now_ms + 200;
        self.hears_by(limit, "ended", |fact| matches!(fact, CallFact::Ended { .. }));
        let ends = self
            .facts(|fact| if let CallFact::Ended { cause } = fact { Some(*cause) } else { None });
        assert_eq!(ends, [cause]);
        assert!(matches!(self.events.first().map(|e| &e.fact), Some(CallFact::Started(_))));
        assert!(matches!(self.events.last().map(|e| &e.fact), Some(CallFact::Ended { .. })));
        let seqs: Vec<u32> = self.events.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (0..self.events.len() as u32).collect::<Vec<_>>());
        assert_eq!((self.shard.live(), self.lanes.open.len()), (0, 0), "nothing is left behind");
        let said = self.facts(|fact| {
            if let CallFact::ReplyStarted { reply } = fact { Some(*reply) } else { None }
        });
        for reply in said {
            let ends = self.facts(|fact| {
                matches!(fact, CallFact::ReplyEnded { reply: of, .. } if *of == reply).then_some(())
            });
            assert_eq!(ends.len(), 1, "a reply that began ends once");
        }
    }

    /// The shard's own counts.
    pub(crate) fn shard(&self) -> &Shard {
        &self.shard
    }
}

/// What to look for in events.
pub(crate) mod fact {
    use callwright_contract::{CallFact, ReplyId, ReplyOutcome, TurnOver};

    /// The caller's turn is over.
    pub(crate) fn turn_over(fact: &CallFact) -> Option<TurnOver> {
        if let CallFact::TurnOver(over) = fact { Some(over.clone()) } else { None }
    }

    /// A reply is over: which, how, and what was heard.
    pub(crate) fn reply_ended(fact: &CallFact) -> Option<(ReplyId, ReplyOutcome, String)> {
        match fact {
            CallFact::ReplyEnded { reply, outcome, heard } => {
                Some((*reply, *outcome, heard.reveal().clone()))
            }
            _ => None,
        }
    }

    /// The words of partials as they were shown, and how much of each was stable.
    pub(crate) fn partial(fact: &CallFact) -> Option<(String, String)> {
        match fact {
            CallFact::Partial { text, stable, .. } => {
                let text = text.reveal();
                Some((text.clone(), text.get(..*stable)?.to_owned()))
            }
            _ => None,
        }
    }
}
