//! One call: everything that happens between the first packet and the last event.

use std::time::Duration;

use callwright_contract::{
    AfterCall, CallCommand, CallFact, CallId, Digit, EndCause, Expectation, GuessId, ReplyOutcome,
};
use callwright_media::{Packet, ResamplerError};
use callwright_models::contract::{DetectorResult, RecognizerResult, SamplePos, SynthesizerResult};

use crate::barge_in::{BargeIn, Yield};
use crate::conduct::Conduct;
use crate::dtmf::{KEYS_PER_BLOCK, KeyTones, Keypad, Way};
use crate::echo::EchoGuard;
use crate::emotion::EmotionWatch;
use crate::foreground::{Foreground, HISS};
use crate::input::Input;
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
use crate::turn::{Finished, Turns};

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
    echo: EchoGuard,
    foreground: Foreground,
    speech: SpeechEdges,
    turns: Turns,
    emotion: EmotionWatch,
    prepared: Option<Prepared>,
    playout: Playout,
    barge_in: BargeIn,
    keypad: Keypad,
    tones: KeyTones,
    timers: Timers,
    latency: LatencyWatch,
    conduct: Conduct,
    /// What to do once everything said so far was heard.
    finish: Option<AfterCall>,
}

/// What the business wants done if the turn ends as guessed.
#[derive(Debug)]
struct Prepared {
    guess: GuessId,
    commands: Vec<CallCommand>,
}

/// How long after the last sound we sent its echo may still arrive: a mobile network, a room and a carrier's buffer.
const ECHO_TAIL: Duration = Duration::from_millis(500);

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
            echo: EchoGuard::new(),
            foreground: Foreground::new(spec.tuning.barge_in),
            speech: SpeechEdges::new(spec.tuning.speech),
            turns: Turns::new(
                patience_min(spec.mode),
                spec.pace,
                spec.tuning.patience,
                spec.language.clone(),
            ),
            emotion: EmotionWatch::new(spec.emotion && spec.mode == CallMode::Converse),
            prepared: None,
            playout: Playout::new(profile),
            barge_in: BargeIn::new(spec.tuning.barge_in),
            keypad: Keypad::default(),
            tones: KeyTones::new(profile.tones && spec.mode != CallMode::Echo),
            timers: Timers::new(now, spec.limits, spec.tuning.waits),
            latency: LatencyWatch::default(),
            conduct: Conduct::new(now),
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

    /// Takes in anything that a call takes in, time included.
    pub(crate) fn take(&mut self, now: Moment, input: Input, out: &mut Outbox) {
        match input {
            Input::Answer(answer) => self.answer(now, answer, out),
            Input::Command(command) => self.command(now, command, out),
            Input::Line(input) => self.line(now, input, out),
            Input::Gone(cause) => self.gone(now, cause, out),
            Input::LineStuck => {
                self.gone(now, EndCause::LineLost, out);
                out.line.clear();
                out.lanes.clear();
            }
            Input::Tick => self.tick(now, out),
        }
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
            (LegInput::Digit(digit), _) => self.key(now, Way::Event, digit, out),
            (LegInput::Mark(mark), _) => self.playout.marked(mark, out),
        }
    }

    /// The caller pressed a key.
    fn key(&mut self, now: Moment, way: Way, digit: Digit, out: &mut Outbox) {
        self.sound(now);
        if let Some(digit) = self.keypad.press(now, way, digit) {
            self.turns.forget_guess();
            out.facts.push(CallFact::Digit(digit));
            self.cut_in(now, now, out);
        }
    }

    fn hear(&mut self, now: Moment, packet: &Packet, out: &mut Outbox) {
        let (echo, tones) = (&mut self.echo, &mut self.tones);
        let (foreground, talks) = (&mut self.foreground, self.turns.open());
        let listens = self.emotion.listens(out);
        let hissed = foreground.hisses();
        // A packet has 40 ms at most.
        let mut keys = [None; 2 * KEYS_PER_BLOCK];
        let mut free = keys.iter_mut();
        self.listening.hear(now, packet, |heard| {
            let (block, detect) = (heard.block, heard.audible);
            echo.heard(block.start, &heard.narrow);
            foreground.heard(block.start, &heard.narrow, talks);
            foreground.heard_high(&block.samples);
            for (key, free) in tones.hear(&heard.narrow).into_iter().flatten().zip(free.by_ref()) {
                *free = Some(key);
            }
            // What is too quiet for speech is too quiet for a mood.
            let emotion = listens && detect;
            out.lanes.push(LaneRequest::Audio { block, detect, emotion });
        });
        for key in keys.into_iter().flatten() {
            self.key(now, Way::Tone, key, out);
        }
        if !hissed && self.foreground.hisses() {
            self.hiss(now, out);
        }
    }

    /// Something began to hiss: may it be the caller, who begins a word?
    fn hiss(&mut self, now: Moment, out: &mut Outbox) {
        let position = self.listening.position();
        let idle = !self.playout.sounding(now) || self.speech.speaking() || self.turns.open();
        if !idle && !self.echo.is_echo(position, self.listening.moment_of(position)) {
            let began = self.listening.moment_of(position.minus(HISS));
            let verdict = self.barge_in.hiss(began);
            self.yield_floor(now, verdict, out);
        }
    }

    /// Takes in an answer of a lane. The caller has checked that it is this call's.
    pub fn answer(&mut self, now: Moment, answer: LaneAnswer, out: &mut Outbox) {
        match answer {
            LaneAnswer::Detector(result) => self.detected(now, result, out),
            LaneAnswer::Judge(result) => self.turns.judged(result),
            LaneAnswer::Recognizer(result) => self.recognized(now, result, out),
            LaneAnswer::Emotion(result) => self.emotion.judged(result, out),
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
        let probability = self.unless_echo_or_afar(now, result);
        match self.speech.window(result.end, probability) {
            Some(SpeechEdge::Onset(began)) => self.onset(now, began, out),
            Some(SpeechEdge::Lull(ended)) => {
                let quiet_since = self.listening.moment_of(ended);
                let position = self.listening.position();
                self.emotion.lull(position, out);
                self.turns.lull(now, (ended, quiet_since), position, out);
            }
            Some(SpeechEdge::Resumed) => self.turns.resumed(now, out),
            Some(SpeechEdge::Pause(_)) => {
                out.facts.push(CallFact::SpeechStopped);
                self.turns.pause(now);
            }
            None => {}
        }
        if self.speech.speaking() {
            self.sound(now);
        }
        if self.speech.voiced_run() > 0 {
            self.conduct.caller_spoke();
        }
        if self.playout.active(now) {
            let began = self.listening.moment_of(self.speech.began());
            let verdict = self.barge_in.window(now, self.speech.voiced_run(), began);
            self.yield_floor(now, verdict, out);
        } else {
            self.barge_in.nothing_spoken();
        }
    }

    /// The detector's probability; none when what it heard is our own voice, or one around the caller over which the agent
    /// speaks on.
    fn unless_echo_or_afar(&mut self, now: Moment, result: DetectorResult) -> f32 {
        if result.probability < self.spec.tuning.speech.on {
            return result.probability;
        }
        if !self.playout.sounded_within(now, ECHO_TAIL) {
            self.foreground.speaks(result.end);
            return result.probability;
        }
        let arrived = self.listening.moment_of(result.end);
        if self.echo.is_echo(result.end, arrived) {
            self.emotion.echoed(result.end);
            return 0.0;
        }
        // Once a voice has begun it is heard to its end, however softly words end.
        let near = self.speech.speaking() || self.foreground.is_near(result.end);
        if near { result.probability } else { 0.0 }
    }

    fn onset(&mut self, now: Moment, began: SamplePos, out: &mut Outbox) {
        out.facts.push(CallFact::SpeechStarted);
        let first = !self.turns.open();
        self.turns.onset(now, began, out);
        let moment = self.listening.moment_of(began);
        if first {
            self.emotion.turn_began(began);
            self.conduct.onset(moment, self.playout.heard_of_current(now));
        }
        if self.playout.active(now) {
            self.turns.want_words_at(moment.plus(self.spec.tuning.barge_in.first_words));
        }
    }

    /// Words came: they may decide who has the floor, and if the caller has paused they may be all of his turn.
    fn recognized(&mut self, now: Moment, result: RecognizerResult, out: &mut Outbox) {
        let Some(heard) = self.turns.recognized(now, result, out) else { return };
        // A question that has not been heard yet is not being answered.
        let expects =
            if self.playout.asking() { self.turns.expects() } else { Expectation::Anything };
        let verdict = self.barge_in.words(&heard.text, heard.quiet, expects);
        self.yield_floor(now, verdict, out);
        let undecided = self.barge_in.undecided() || self.barge_in.aside().is_some();
        if undecided {
            self.turns.want_words_at(now.plus(NEXT_WORDS));
        } else if heard.quiet
            && self.spec.mode == CallMode::Converse
            && let Some(mut guess) = self.turns.make_guess()
        {
            let (turn, text) = (guess.turn, guess.text.reveal());
            guess.emotion = self.emotion.guess(turn, text, self.timers.elapsed(now));
            out.facts.push(CallFact::TurnLikely(guess));
        }
    }

    fn yield_floor(&mut self, now: Moment, verdict: Yield, out: &mut Outbox) {
        match verdict {
            Yield::Nothing => {}
            Yield::Raise => self.playout.raise(),
            Yield::Duck | Yield::FallSilent if self.playout.protected(now) => self.barge_in.reset(),
            Yield::Duck => {
                self.playout.duck(now, out);
                self.echo.cleared(now);
            }
            Yield::FallSilent => {
                self.playout.fall_silent(now, out);
                self.echo.cleared(now);
            }
            Yield::GoOn(aside) => {
                let silent = self.playout.silent_since().map(|since| now.since(since));
                if let (Some(reply), Some(silent)) = (self.playout.go_on(), silent) {
                    self.conduct.went_on();
                    let turn = self.turns.turn();
                    out.facts.push(CallFact::WentOn { reply, turn, aside, silent });
                }
            }
            Yield::Stop(began) => self.cut_in(now, began, out),
        }
    }

    /// The caller cuts in, having begun at `began`.
    fn cut_in(&mut self, now: Moment, began: Moment, out: &mut Outbox) {
        if !self.playout.active(now) || self.playout.protected(now) {
            return;
        }
        let facts = out.facts.len();
        let silent = self.playout.silent_since().unwrap_or(now);
        if let Some(reply) = self.playout.stop(now, ReplyOutcome::Interrupted, out) {
            let after = silent.since(began);
            self.conduct.interrupted();
            // Before the ends of the replies that `stop` wrote.
            out.facts.insert(facts, CallFact::Interrupted { reply, after });
        }
        self.echo.cleared(now);
        self.barge_in.reset();
    }

    /// Takes in a wish of the business.
    pub fn command(&mut self, now: Moment, command: CallCommand, out: &mut Outbox) {
        if self.over {
            return;
        }
        if let CallCommand::Prepare { guess, commands } = command {
            self.prepare(now, guess, commands, out);
            return;
        }
        // The conversation has moved on; what was prepared does not fit it any more.
        self.turns.forget_guess();
        self.carry_out(now, command, out);
    }

    fn carry_out(&mut self, now: Moment, command: CallCommand, out: &mut Outbox) {
        match command {
            CallCommand::Say(say) => {
                if let Some(turn) = say.answers {
                    self.timers.answered();
                    self.latency.reply_came(now, turn, say.reply);
                } else {
                    self.timers.lives(now);
                }
                self.playout.say(say, out);
            }
            CallCommand::Cancel(reply) => {
                self.playout.cancel(now, reply, out);
                self.echo.cleared(now);
            }
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

    /// Has made what will be said if the turn ends as guessed.
    fn prepare(
        &mut self,
        now: Moment,
        guess: GuessId,
        commands: Vec<CallCommand>,
        out: &mut Outbox,
    ) {
        if self.turns.guess() != Some(guess) {
            return;
        }
        self.playout.drop_prepared(out);
        for command in &commands {
            if let CallCommand::Say(say) = command {
                self.latency.prepared(now, say.reply);
                self.playout.prepare(say, out);
            }
        }
        self.prepared = Some(Prepared { guess, commands });
    }

    /// The line is gone, or the host wants the call ended.
    pub fn gone(&mut self, now: Moment, cause: EndCause, out: &mut Outbox) {
        self.end(now, cause, out);
    }

    /// Somebody makes a sound.
    fn sound(&mut self, now: Moment) {
        self.timers.sound(now);
        self.conduct.sound(now);
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
            self.turn_over(now, finished, out);
        }
        if !self.turns.open() {
            self.end_aside(now, out);
        }
        if let Some(stale) = self.prepared.take_if(|ready| self.turns.guess() != Some(ready.guess))
        {
            drop(stale);
            self.playout.drop_prepared(out);
        }
        self.emotion.tick(now, out);
        let verdict = self.barge_in.tick(now);
        self.yield_floor(now, verdict, out);
        self.play(now, out);
        match self.timers.alarm(now) {
            Some(Alarm::Quiet(lasted)) if self.spec.mode == CallMode::Converse => {
                out.facts.push(CallFact::Quiet { lasted });
            }
            // What is being said may be no answer, but nobody waits in silence.
            Some(Alarm::Owed(turn, lasted)) if !self.playout.active(now) => {
                out.facts.push(CallFact::AnswerOwed { turn, lasted });
            }
            Some(Alarm::Quiet(_) | Alarm::Owed(..)) | None => {}
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

    /// The caller's turn is over, unless it was none.
    fn turn_over(&mut self, now: Moment, finished: Finished, out: &mut Outbox) {
        let Finished { mut over, points, guess } = finished;
        if self.barge_in.aside().is_some() {
            return;
        }
        if self.barge_in.undecided() {
            // Neither words nor their failure came in time.
            let began = self.listening.moment_of(self.speech.began());
            self.cut_in(now, began, out);
        }
        let wordless = over.text.reveal().is_empty();
        self.foreground.turn_over(!wordless);
        self.conduct.turn_over(points.quiet_since, wordless);
        self.latency.turn_over(now, over.turn, &points);
        if self.spec.mode == CallMode::Converse {
            self.timers.owe(now, over.turn);
        }
        let ready = self.prepared.take_if(|ready| Some(ready.guess) == guess);
        over.prepared = ready.as_ref().map(|ready| ready.guess);
        let at = self.timers.elapsed(now);
        self.emotion.turn_over(now, (over.turn, over.text.reveal()), at, out);
        out.facts.push(CallFact::TurnOver(over));
        for command in ready.into_iter().flat_map(|ready| ready.commands) {
            self.carry_out(now, command, out);
        }
    }

    /// The caller is not speaking: whatever he uttered has been found out by now.
    fn end_aside(&mut self, now: Moment, out: &mut Outbox) {
        if self.barge_in.undecided() {
            let verdict = self.barge_in.words("", true, self.turns.expects());
            self.yield_floor(now, verdict, out);
        }
        if self.barge_in.aside().is_some() {
            self.barge_in.reset();
            self.playout.raise();
        }
    }

    fn play(&mut self, now: Moment, out: &mut Outbox) {
        let hold = self.speech.speaking() && self.turns.open();
        let (latency, conduct, echo) = (&mut self.latency, &mut self.conduct, &mut self.echo);
        self.playout.tick(now, hold, out, |played, out| match played {
            Played::Began(reply) => {
                out.facts.push(CallFact::ReplyStarted { reply });
                if let Some((turn, parts)) = latency.audio_sent(now, reply) {
                    conduct.answered(parts.first_audio_sent.unwrap_or_default());
                    out.facts.push(CallFact::Latency { turn, reply, parts });
                }
            }
            Played::Frame { at, samples } => echo.played(at, samples),
        });
        if self.playout.active(now) {
            self.sound(now);
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
        self.playout.drop_prepared(out);
        self.playout.stop(now, ReplyOutcome::CallEnded, out);
        self.emotion.end(out);
        if self.spec.mode != CallMode::Echo {
            let measures = self.conduct.measures(now, self.playout.spoke(now));
            out.facts.push(CallFact::Measured(measures));
        }
        out.facts.push(CallFact::Ended { cause });
    }
}

/// Between two looks at the words of a sound that may be an interruption.
const NEXT_WORDS: Duration = Duration::from_millis(200);

/// Nobody waits for an answer on a line that only listens.
const fn patience_min(mode: CallMode) -> Duration {
    match mode {
        CallMode::Listen => Duration::from_millis(1_200),
        CallMode::Converse | CallMode::Echo => Duration::ZERO,
    }
}
