//! What the line is given to play, one frame per 20 ms, and what of it has been heard.

use std::collections::VecDeque;
use std::time::Duration;

use callwright_contract::{CallFact, Pii, ReplyId, ReplyOutcome, Say, TurnId};
use callwright_media::{Packet, Resampler, SampleRate, g711};
use callwright_models::contract::{AskId, SpeechChunk, VoiceStyle};

use crate::gain::Gain;
use crate::lanes::LaneRequest;
use crate::ledger::Ledger;
use crate::leg::{LegOutput, LegProfile, MarkId};
use crate::moment::Moment;
use crate::outbox::Outbox;
use crate::speech_queue::{Next, SpeechQueue};

/// Plays replies one after the other, never further ahead of the caller's ear than the line's lead.
///
/// `busy_until` is the moment at which the caller will have heard everything that was sent; it is what tells, at an
/// interruption, how much of a reply was heard. A line that answers marks confirms the end of each reply.
#[derive(Debug)]
pub(crate) struct Playout {
    profile: LegProfile,
    /// The first is being sent, the others wait.
    replies: VecDeque<SpeechQueue>,
    /// Sent to the end, not yet heard to the end.
    in_flight: VecDeque<InFlight>,
    busy_until: Moment,
    gain: Gain,
    resampler: Option<(SampleRate, Resampler)>,
    frame: [i16; FRAME_MAX],
    last_mark: u32,
    last_ask: u32,
}

#[derive(Debug)]
struct InFlight {
    reply: ReplyId,
    protected: bool,
    failed: bool,
    ledger: Ledger,
    /// All of its samples, at the voice's rate.
    sent: u64,
    rate: SampleRate,
    mark: MarkId,
    /// When its last sample will have been heard.
    until: Moment,
}

/// What happened while playing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    /// The first packet of a reply left.
    Began { reply: ReplyId, answers: Option<TurnId> },
}

const LINE_RATE: SampleRate = SampleRate::Hz8000;
const LINE_FRAME: usize = LINE_RATE.frame_samples();
const FRAME: Duration = Duration::from_millis(20);
/// 20 ms at the highest rate a voice has.
const FRAME_MAX: usize = SampleRate::Hz48000.frame_samples();
/// Replies that may wait; an agent that says more in one turn is broken, and what is over fails.
const REPLIES_MAX: usize = 16;
/// Longest wait for a mark after the audio before it must have been played; then it counts as heard.
const MARK_MAX: Duration = Duration::from_millis(1_500);

impl Playout {
    pub(crate) fn new(profile: LegProfile) -> Self {
        Self {
            profile,
            replies: VecDeque::with_capacity(REPLIES_MAX),
            in_flight: VecDeque::with_capacity(REPLIES_MAX),
            busy_until: Moment::default(),
            gain: Gain::new(),
            resampler: None,
            frame: [0; FRAME_MAX],
            last_mark: 0,
            last_ask: 0,
        }
    }

    /// Takes on a reply and has it made.
    pub(crate) fn say(&mut self, say: Say, out: &mut Outbox) {
        if self.replies.len() == REPLIES_MAX {
            out.facts.push(ended(say.reply, ReplyOutcome::Failed, Pii::default()));
            return;
        }
        self.last_ask += 1;
        let ask = AskId(self.last_ask);
        let style = VoiceStyle { voice: say.style.voice.clone(), pace: say.style.pace };
        let text = say.text.reveal().clone();
        out.lanes.push(LaneRequest::Speak { ask, text, style });
        self.replies.push_back(SpeechQueue::new(say, ask));
    }

    /// The synthesiser made more of a reply. Returns whose, if it is still wanted.
    pub(crate) fn chunk(&mut self, ask: AskId, chunk: SpeechChunk) -> Option<ReplyId> {
        let queue = self.replies.iter_mut().find(|queue| queue.ask == ask)?;
        queue.push(chunk);
        Some(queue.reply)
    }

    /// The synthesiser is done with a reply, or gave up.
    pub(crate) fn made(&mut self, ask: AskId, failed: bool) {
        if let Some(queue) = self.replies.iter_mut().find(|queue| queue.ask == ask) {
            queue.made(failed);
        }
    }

    /// Something is being said, or is about to be, that the caller has not heard to its end.
    pub(crate) fn active(&self, now: Moment) -> bool {
        !self.replies.is_empty() || self.sounding(now)
    }

    /// The caller hears us.
    pub(crate) fn sounding(&self, now: Moment) -> bool {
        self.busy_until > now
    }

    /// Nothing is left to say, and everything said was heard.
    pub(crate) fn idle(&self) -> bool {
        self.replies.is_empty() && self.in_flight.is_empty()
    }

    /// The caller may not cut off what is being said.
    pub(crate) fn protected(&self, now: Moment) -> bool {
        self.replies.front().is_some_and(|queue| queue.protected)
            || self.in_flight.iter().any(|flight| flight.protected && flight.until > now)
    }

    /// Lowers the voice, or raises it again.
    pub(crate) const fn duck(&mut self, ducked: bool) {
        self.gain.duck(ducked);
    }

    /// The line has played everything before `mark`.
    pub(crate) fn marked(&mut self, mark: MarkId, out: &mut Outbox) {
        // Marks come back in order; a mark from before a clear is in no flight any more.
        if self.in_flight.iter().any(|flight| flight.mark == mark) {
            while let Some(flight) = self.in_flight.pop_front() {
                let last = flight.mark == mark;
                flight.heard_out(out);
                if last {
                    break;
                }
            }
        }
    }

    /// Sends what is due by `now`; with `hold` no new reply begins, because the caller is speaking. Gives what
    /// began to `began`.
    ///
    /// *Real time:* allocates only where a reply begins or ends.
    pub(crate) fn tick(
        &mut self,
        now: Moment,
        hold: bool,
        out: &mut Outbox,
        mut began: impl FnMut(Played, &mut Outbox),
    ) {
        self.land(now, out);
        while self.busy_until <= now.plus(self.profile.lead) {
            let Some(queue) = self.replies.front_mut() else { return };
            if hold && !queue.begun() {
                return;
            }
            let first = !queue.begun();
            match queue.next(&mut self.frame) {
                Next::NotYet => return,
                Next::End => self.take_off(now, out),
                Next::Frame(rate) => {
                    if first {
                        let (reply, answers) = (queue.reply, queue.answers);
                        self.gain.reset();
                        self.fit_resampler(rate);
                        began(Played::Began { reply, answers }, out);
                    }
                    self.send_frame(now, rate, out);
                }
            }
        }
    }

    /// Replies whose end must have been heard by `now`.
    fn land(&mut self, now: Moment, out: &mut Outbox) {
        let grace = if self.profile.marks { MARK_MAX } else { Duration::ZERO };
        while let Some(flight) =
            self.in_flight.pop_front_if(|flight| now >= flight.until.plus(grace))
        {
            flight.heard_out(out);
        }
    }

    /// The reply in front has been sent to its end.
    fn take_off(&mut self, now: Moment, out: &mut Outbox) {
        let Some(queue) = self.replies.pop_front() else { return };
        if !queue.begun() {
            let outcome =
                if queue.failed() { ReplyOutcome::Failed } else { ReplyOutcome::Finished };
            out.facts.push(ended(queue.reply, outcome, queue.ledger.text().clone()));
            return;
        }
        self.last_mark += 1;
        let mark = MarkId(self.last_mark);
        if self.profile.marks {
            out.line.push(LegOutput::Mark(mark));
        }
        self.in_flight.push_back(InFlight {
            reply: queue.reply,
            protected: queue.protected,
            failed: queue.failed(),
            sent: queue.sent(),
            rate: queue.rate(),
            ledger: queue.ledger,
            mark,
            until: self.busy_until.max(now),
        });
    }

    fn fit_resampler(&mut self, rate: SampleRate) {
        match &mut self.resampler {
            Some((fitted, resampler)) if *fitted == rate => resampler.reset(),
            // Every rate there is can be converted, so `None` here would mean silence, not a crash.
            other => *other = Resampler::new(rate, LINE_RATE).ok().map(|made| (rate, made)),
        }
    }

    fn send_frame(&mut self, now: Moment, rate: SampleRate, out: &mut Outbox) {
        let mut line = [0; LINE_FRAME];
        if let Some((_, resampler)) = &mut self.resampler
            && let Some(voice) = self.frame.get(..rate.frame_samples())
        {
            // Both lengths are one frame at their rates, so this cannot fail.
            let _converted = resampler.process(voice, &mut line);
        }
        self.gain.apply(&mut line);
        let mut octets = [g711::ULAW_SILENCE; LINE_FRAME];
        g711::ulaw_encode_into(&line, &mut octets);
        out.line.extend(Packet::split(&octets, LINE_FRAME).map(LegOutput::Audio));
        self.busy_until = self.busy_until.max(now).plus(FRAME);
    }

    /// Stops everything, at once: what is being said and what waits. Returns the reply the caller was hearing.
    pub(crate) fn stop(
        &mut self,
        now: Moment,
        outcome: ReplyOutcome,
        out: &mut Outbox,
    ) -> Option<ReplyId> {
        let mut unheard = self.busy_until.since(now);
        if !unheard.is_zero() {
            out.line.push(LegOutput::Clear);
        }
        self.busy_until = now;
        let mut stopped = VecDeque::with_capacity(self.replies.len() + self.in_flight.len());
        // The unheard tail belongs to what was sent last, so walk from the back.
        while let Some(queue) = self.replies.pop_back() {
            if queue.being_made() {
                out.lanes.push(LaneRequest::CancelSpeech { ask: queue.ask });
            }
            let heard = heard_of(&queue.ledger, queue.sent(), queue.rate(), &mut unheard);
            stopped.push_front((queue.reply, queue.begun(), outcome, heard));
        }
        while let Some(flight) = self.in_flight.pop_back() {
            let whole = unheard.is_zero();
            let heard = heard_of(&flight.ledger, flight.sent, flight.rate, &mut unheard);
            if whole {
                // Nothing of it was unheard, nor of any before it.
                stopped.push_front((flight.reply, false, flight.outcome(), flight.heard()));
            } else {
                stopped.push_front((flight.reply, true, outcome, heard));
            }
        }
        let hearing = stopped.iter().find(|(_, cut, ..)| *cut).map(|(reply, ..)| *reply);
        for (reply, _, outcome, heard) in stopped {
            out.facts.push(ended(reply, outcome, heard));
        }
        hearing
    }

    /// Takes one reply back. If it is being heard, everything that is being heard stops.
    pub(crate) fn cancel(&mut self, now: Moment, reply: ReplyId, out: &mut Outbox) {
        let Some(place) = self.replies.iter().position(|queue| queue.reply == reply) else {
            // Already sent to the end, or unknown.
            return;
        };
        let later = self.replies.split_off(place + 1);
        if let Some(queue) = self.replies.pop_back_if(|queue| !queue.begun()) {
            if queue.being_made() {
                out.lanes.push(LaneRequest::CancelSpeech { ask: queue.ask });
            }
            out.facts.push(ended(reply, ReplyOutcome::Cancelled, Pii::default()));
        } else {
            self.stop(now, ReplyOutcome::Cancelled, out);
        }
        self.replies.extend(later);
    }
}

impl InFlight {
    const fn outcome(&self) -> ReplyOutcome {
        if self.failed { ReplyOutcome::Failed } else { ReplyOutcome::Finished }
    }

    fn heard(&self) -> Pii<String> {
        if self.failed { self.ledger.heard(self.sent) } else { self.ledger.text().clone() }
    }

    fn heard_out(self, out: &mut Outbox) {
        out.facts.push(ended(self.reply, self.outcome(), self.heard()));
    }
}

/// What was heard of a reply of which `sent` samples were sent, when the last `unheard` of the line's sound were
/// not; takes this reply's share off `unheard`.
fn heard_of(ledger: &Ledger, sent: u64, rate: SampleRate, unheard: &mut Duration) -> Pii<String> {
    let missing = rate.samples(*unheard);
    *unheard = unheard.saturating_sub(rate.duration(sent));
    ledger.heard(sent.saturating_sub(missing))
}

const fn ended(reply: ReplyId, outcome: ReplyOutcome, heard: Pii<String>) -> CallFact {
    CallFact::ReplyEnded { reply, outcome, heard }
}
