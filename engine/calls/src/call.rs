//! One call: everything that happens between the first packet and the last event.

use std::time::Duration;

use callwright_contract::{AfterCall, CallCommand, CallFact, CallId, EndCause, ReplyOutcome};
use callwright_media::{Packet, ResamplerError};
use callwright_models::contract::{DetectorResult, SynthesizerResult};

use crate::barge_in::{BargeIn, Yield};
use crate::dtmf::Keypad;
use crate::lanes::{LaneAnswer, LaneRequest};
use crate::latency::LatencyWatch;
use crate::leg::{LegInput, LegOutput, LegProfile};
use crate::listening::Listening;
use crate::moment::Moment;
use crate::outbox::Outbox;
use crate::playout::{Played, Playout};
use crate::spec::{CallMode, CallSpec};
use crate::speech::{SpeechEdge, SpeechEdges};
use crate::timers::{Alarm, Timers};
use crate::turn::Turns;

/// One call as a state machine without a clock, a socket or a thread.
///
/// Four methods take something in ([`Self::line`], [`Self::answer`], [`Self::command`], [`Self::gone`]) and one lets
/// time pass ([`Self::tick`]); each writes what it wants done to the [`Outbox`] it is given.
///
/// > After anything was taken in, call [`Self::tick`] with the same `now` before time moves on; and carry out the
/// > outbox, in its order, before the next call. `now` never goes back.
///
/// The first fact is `Started`, written by the first tick; the last is `Ended`, after which
/// [`Self::is_over`] is true and everything is ignored.
#[derive(Debug)]
pub struct Call {
    spec: CallSpec,
    started: bool,
    over: bool,
    listening: Listening,
    speech: SpeechEdges,
    turns: Turns,
    playout: Playout,
    barge_in: BargeIn,
    keypad: Keypad,
    timers: Timers,
    latency: LatencyWatch,
    /// What to do once everything said so far was heard.
    finish: Option<AfterCall>,
}

impl Call {
    /// A call that begins `now`. Allocates what it will need while it lasts.
    ///
    /// # Errors
    /// [`ResamplerError`] when the sound cannot be brought to the models' rate.
    pub fn new(now: Moment, spec: CallSpec, profile: LegProfile) -> Result<Self, ResamplerError> {
        Ok(Self {
            started: false,
            over: false,
            listening: Listening::new(profile.hears)?,
            speech: SpeechEdges::default(),
            turns: Turns::new(patience_min(spec.mode)),
            playout: Playout::new(profile),
            barge_in: BargeIn::default(),
            keypad: Keypad::default(),
            timers: Timers::new(now, spec.limits),
            latency: LatencyWatch::default(),
            finish: None,
            spec,
        })
    }

    /// The call's name.
    pub const fn id(&self) -> CallId {
        self.spec.id
    }

    /// The fact that begins every call.
    pub(crate) fn started(&self) -> CallFact {
        CallFact::Started(self.spec.arrival.clone())
    }

    /// The call has ended and may be thrown away.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// Keys that came faster than fingers can press, and were dropped.
    pub const fn flooded_keys(&self) -> u64 {
        self.keypad.flooded()
    }

    /// Time since the call began, as its events state it.
    pub const fn elapsed(&self, now: Moment) -> Duration {
        self.timers.elapsed(now)
    }

    /// Takes in something from the line.
    ///
    /// *Real time:* no allocation for audio.
    pub fn line(&mut self, now: Moment, input: LegInput, out: &mut Outbox) {
        match (input, self.spec.mode) {
            (LegInput::Audio(packet), CallMode::Echo) => {
                self.timers.sound(now);
                out.line.push(LegOutput::Audio(packet));
            }
            (LegInput::Audio(packet), CallMode::Converse | CallMode::Listen) => {
                self.hear(now, &packet, out);
            }
            (LegInput::Digit(digit), _) => {
                self.timers.sound(now);
                if let Some(digit) = self.keypad.press(now, digit) {
                    out.facts.push(CallFact::Digit(digit));
                    self.cut_in(now, now, out);
                }
            }
            (LegInput::Mark(mark), _) => self.playout.marked(mark, out),
        }
    }

    fn hear(&mut self, now: Moment, packet: &Packet, out: &mut Outbox) {
        self.listening.hear(now, packet, |heard| {
            let (block, detect) = (heard.block, heard.audible);
            out.lanes.push(LaneRequest::Audio { block, detect });
        });
    }

    /// Takes in an answer of a lane. The caller has checked that it is this call's.
    pub fn answer(&mut self, now: Moment, answer: LaneAnswer, out: &mut Outbox) {
        match answer {
            LaneAnswer::Detector(result) => self.detected(now, result, out),
            LaneAnswer::Judge(result) => self.turns.judged(result),
            LaneAnswer::Recognizer(result) => self.turns.recognized(now, result, out),
            LaneAnswer::Synthesizer(SynthesizerResult::Chunk { ask, chunk, .. }) => {
                if let Some(reply) = self.playout.chunk(ask, chunk) {
                    self.latency.audio_made(now, reply);
                }
            }
            LaneAnswer::Synthesizer(SynthesizerResult::Done { ask, .. }) => {
                self.playout.made(ask, false);
            }
            LaneAnswer::Synthesizer(SynthesizerResult::Failed { ask, .. }) => {
                self.playout.made(ask, true);
            }
        }
    }

    /// One window of listening: edges of speech, and whether the agent must yield.
    fn detected(&mut self, now: Moment, result: DetectorResult, out: &mut Outbox) {
        match self.speech.window(result.end, result.probability) {
            Some(SpeechEdge::Onset(began)) => {
                out.facts.push(CallFact::SpeechStarted);
                self.turns.onset(now, began);
            }
            Some(SpeechEdge::Lull(ended)) => {
                let quiet_since = self.listening.moment_of(ended);
                let position = self.listening.position();
                self.turns.lull(now, (ended, quiet_since), position, out);
            }
            Some(SpeechEdge::Resumed) => self.turns.resumed(now),
            Some(SpeechEdge::Pause(_)) => {
                out.facts.push(CallFact::SpeechStopped);
                self.turns.pause(now, self.listening.position(), out);
            }
            None => {}
        }
        if self.speech.speaking() {
            self.timers.sound(now);
        }
        if !self.playout.active(now) {
            self.barge_in.reset();
            return;
        }
        match self.barge_in.window(self.speech.voiced_run()) {
            Yield::GoOn => {}
            Yield::Duck => self.playout.duck(true),
            Yield::Resume => self.playout.duck(false),
            Yield::Stop => {
                let began = self.listening.moment_of(self.speech.began());
                self.cut_in(now, began, out);
            }
        }
    }

    /// The caller cuts in, having begun at `began`.
    fn cut_in(&mut self, now: Moment, began: Moment, out: &mut Outbox) {
        if !self.playout.active(now) || self.playout.protected(now) {
            return;
        }
        let facts = out.facts.len();
        if let Some(reply) = self.playout.stop(now, ReplyOutcome::Interrupted, out) {
            let after = now.since(began);
            // Before the ends of the replies that `stop` wrote.
            out.facts.insert(facts, CallFact::Interrupted { reply, after });
        }
        self.barge_in.reset();
    }

    /// Takes in a wish of the business.
    pub fn command(&mut self, now: Moment, command: CallCommand, out: &mut Outbox) {
        if self.over {
            return;
        }
        match command {
            CallCommand::Say(say) => {
                self.timers.answered();
                if let Some(turn) = say.answers {
                    self.latency.reply_came(now, turn, say.reply);
                }
                self.playout.say(say, out);
            }
            CallCommand::Cancel(reply) => self.playout.cancel(now, reply, out),
            CallCommand::Expect(expected) => self.turns.expect(expected),
            CallCommand::Finish(after) => {
                self.timers.answered();
                self.finish = Some(after);
            }
            CallCommand::HangUp => {
                self.close(now, AfterCall::HangUp, EndCause::AgentHungUp, out);
            }
            // Commands of a newer contract than this core knows are none of its business.
            _ => {}
        }
    }

    /// The line is gone, or the host wants the call ended.
    pub fn gone(&mut self, now: Moment, cause: EndCause, out: &mut Outbox) {
        self.end(now, cause, out);
    }

    /// Lets time pass up to `now`.
    ///
    /// *Real time:* allocates only where a turn or a reply begins or ends.
    pub fn tick(&mut self, now: Moment, out: &mut Outbox) {
        if self.over {
            return;
        }
        if !self.started {
            self.started = true;
            out.facts.insert(0, self.started());
        }
        let position = self.listening.position();
        if let Some(finished) = self.turns.tick(now, position, out) {
            self.latency.turn_over(now, finished.over.turn, &finished.points);
            if self.spec.mode == CallMode::Converse {
                self.timers.owe(now);
            }
            out.facts.push(CallFact::TurnOver(finished.over));
        }
        self.play(now, out);
        match self.timers.alarm(now) {
            Some(Alarm::Quiet(lasted)) if self.spec.mode == CallMode::Converse => {
                out.facts.push(CallFact::Quiet { lasted });
            }
            Some(Alarm::Quiet(_)) | None => {}
            Some(Alarm::End(cause @ EndCause::BusinessGone)) => self.end(now, cause, out),
            Some(Alarm::End(cause)) => self.close(now, AfterCall::HangUp, cause, out),
        }
        if self.playout.idle()
            && let Some(after) = self.finish.take()
        {
            let cause = match &after {
                AfterCall::HangUp => EndCause::AgentHungUp,
                AfterCall::Transfer(_) => EndCause::Transferred,
            };
            self.close(now, after, cause, out);
        }
    }

    fn play(&mut self, now: Moment, out: &mut Outbox) {
        let hold = self.speech.speaking() && self.turns.open();
        let latency = &mut self.latency;
        self.playout.tick(now, hold, out, |Played::Began { reply, .. }, out| {
            out.facts.push(CallFact::ReplyStarted { reply });
            if let Some((turn, parts)) = latency.audio_sent(now, reply) {
                out.facts.push(CallFact::Latency { turn, reply, parts });
            }
        });
        if self.playout.active(now) {
            self.timers.sound(now);
        }
    }

    /// Ends the call from our side in good order.
    fn close(&mut self, now: Moment, after: AfterCall, cause: EndCause, out: &mut Outbox) {
        if !self.over {
            self.end(now, cause, out);
            out.line.push(LegOutput::Close(after));
        }
    }

    /// Ends the call. Without a [`LegOutput::Close`] before it the line treats this as a failure of ours and lets the
    /// carrier apologise.
    fn end(&mut self, now: Moment, cause: EndCause, out: &mut Outbox) {
        if self.over {
            return;
        }
        self.over = true;
        if !self.started {
            self.started = true;
            out.facts.insert(0, self.started());
        }
        self.playout.stop(now, ReplyOutcome::CallEnded, out);
        out.facts.push(CallFact::Ended { cause });
    }
}

/// Nobody waits for an answer on a line that only listens.
const fn patience_min(mode: CallMode) -> Duration {
    match mode {
        CallMode::Listen => Duration::from_millis(1_200),
        CallMode::Converse | CallMode::Echo => Duration::ZERO,
    }
}
