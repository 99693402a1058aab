//! What the line is given to play, one frame per 20 ms, and what of it has been heard.

use std::collections::VecDeque;
use std::time::Duration;

use callwright_contract::{CallFact, Pii, Protection, ReplyId, ReplyOutcome, Say, Style};
use callwright_media::{Packet, Resampler, SampleRate, g711};
use callwright_models::contract::{AskId, Pronunciation, SpeechChunk, VoiceStyle};

use crate::gain::Gain;
use crate::lanes::LaneRequest;
use crate::leg::{LegOutput, LegProfile, MarkId};
use crate::moment::Moment;
use crate::outbox::Outbox;
use crate::speech_queue::{Next, SpeechQueue};

/// Plays replies one after the other, never further ahead of the caller's ear than the line's lead.
///
/// `busy_until` is the moment at which the caller will have heard everything that was sent; it is what tells, at an
/// interruption, how much of a reply was heard, and from which sample it goes on if it was none. A line that answers
/// marks confirms the end of each reply.
///
/// ```text
///              prepare                say, or the turn is over as guessed
///   (nothing) ---------> prepared -------------------------------------> replies -> in flight -> heard
///                            \ the caller goes on: dropped                 ^  |  fall_silent, duck |
///                                                                         |  +-------- back ------+
/// ```
#[derive(Debug)]
pub(crate) struct Playout {
    profile: LegProfile,
    /// Made ahead for a turn that may be over; not to be heard before it is.
    prepared: Vec<SpeechQueue>,
    /// The first is being sent, the others wait.
    replies: VecDeque<SpeechQueue>,
    /// Sent to the end, not yet heard to the end.
    in_flight: VecDeque<InFlight>,
    busy_until: Moment,
    /// Since when nothing is sent because the caller made a sound.
    silent_since: Option<Moment>,
    gain: Gain,
    resampler: Option<(SampleRate, Resampler)>,
    frame: [i16; FRAME_MAX],
    last_mark: u32,
    last_ask: u32,
    /// Sound that was sent and not taken back.
    spoke: Duration,
}

#[derive(Debug)]
struct InFlight {
    queue: SpeechQueue,
    mark: MarkId,
    /// When its last sample will have been heard.
    until: Moment,
}

/// What happens while playing.
#[derive(Debug)]
pub(crate) enum Played<'a> {
    /// The first packet of a reply leaves.
    Began(ReplyId),
    /// This frame, at [`LINE_RATE`], will be at the caller's ear from `at` on.
    Frame { at: Moment, samples: &'a [i16; LINE_FRAME] },
}

/// The rate at which a line is spoken to.
pub(crate) const LINE_RATE: SampleRate = SampleRate::Hz8000;
/// Samples of a line's frame.
pub(crate) const LINE_FRAME: usize = LINE_RATE.frame_samples();
const FRAME: Duration = Duration::from_millis(20);
/// 20 ms at the highest rate a voice has.
const FRAME_MAX: usize = SampleRate::Hz48000.frame_samples();
/// Replies that may wait; an agent that says more in one turn is broken, and what is over fails.
const REPLIES_MAX: usize = 16;
/// Longest wait for a mark after the audio before it must have been played; then it counts as heard.
const MARK_MAX: Duration = Duration::from_millis(1_500);
/// The part of a reply with [`Protection::Opening`] that cannot be cut off.
const OPENING: Duration = Duration::from_millis(300);
/// With no more than this ahead of the ear, lowering the voice from the next frame on is soon enough.
const LITTLE_AHEAD: Duration = Duration::from_millis(40);

impl Playout {
    pub(crate) fn new(profile: LegProfile) -> Self {
        Self {
            profile,
            prepared: Vec::new(),
            replies: VecDeque::with_capacity(REPLIES_MAX),
            in_flight: VecDeque::with_capacity(REPLIES_MAX),
            busy_until: Moment::default(),
            silent_since: None,
            gain: Gain::new(),
            resampler: None,
            frame: [0; FRAME_MAX],
            last_mark: 0,
            last_ask: 0,
            spoke: Duration::ZERO,
        }
    }

    /// Takes on a reply and has it made, unless that was prepared.
    pub(crate) fn say(&mut self, say: Say, out: &mut Outbox) {
        if self.replies.len() == REPLIES_MAX {
            out.facts.push(ended(say.reply, ReplyOutcome::Failed, Pii::default()));
            return;
        }
        let prepared = self.prepared.iter().position(|queue| queue.reply == say.reply);
        let queue = match prepared {
            Some(place) => self.prepared.remove(place),
            None => self.make(say, out),
        };
        self.replies.push_back(queue);
    }

    /// Has a reply made that will perhaps be said.
    pub(crate) fn prepare(&mut self, say: &Say, out: &mut Outbox) {
        if self.prepared.len() < REPLIES_MAX {
            let queue = self.make(say.clone(), out);
            self.prepared.push(queue);
        }
    }

    /// What was prepared will not be said.
    pub(crate) fn drop_prepared(&mut self, out: &mut Outbox) {
        for queue in self.prepared.drain(..).filter(SpeechQueue::being_made) {
            out.lanes.push(LaneRequest::CancelSpeech { ask: queue.ask });
        }
    }

    fn make(&mut self, say: Say, out: &mut Outbox) -> SpeechQueue {
        self.last_ask += 1;
        let ask = AskId(self.last_ask);
        let style = voice_style(&say.style);
        let text = say.text.reveal().clone();
        out.lanes.push(LaneRequest::Speak { ask, text, style });
        SpeechQueue::new(say, ask)
    }

    fn queue(&mut self, ask: AskId) -> Option<&mut SpeechQueue> {
        self.replies.iter_mut().chain(&mut self.prepared).find(|queue| queue.ask == ask)
    }

    /// The synthesiser made more of a reply. Returns whose, if it is still wanted.
    pub(crate) fn chunk(&mut self, ask: AskId, chunk: SpeechChunk) -> Option<ReplyId> {
        let queue = self.queue(ask)?;
        queue.push(chunk);
        Some(queue.reply)
    }

    /// The synthesiser is done with a reply, or gave up.
    pub(crate) fn made(&mut self, ask: AskId, failed: bool) {
        if let Some(queue) = self.queue(ask) {
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

    /// The caller hears us, or did so `within` this time.
    pub(crate) fn sounded_within(&self, now: Moment, within: Duration) -> bool {
        self.busy_until.plus(within) > now
    }

    /// Nothing is left to say, and everything said was heard.
    pub(crate) fn idle(&self) -> bool {
        self.replies.is_empty() && self.in_flight.is_empty()
    }

    /// How much sound the caller has heard by `now`.
    pub(crate) fn spoke(&self, now: Moment) -> Duration {
        self.spoke.saturating_sub(self.busy_until.since(now))
    }

    /// How much of the reply that the caller hears, or is about to hear, was heard by `now`.
    pub(crate) fn heard_of_current(&self, now: Moment) -> Duration {
        let unheard = self.busy_until.since(now);
        match self.replies.front() {
            Some(queue) if queue.sent() > unheard => queue.sent() - unheard,
            front => {
                let begun = front.map_or(Duration::ZERO, SpeechQueue::sent);
                let before = unheard.saturating_sub(begun);
                let last = self.in_flight.back().filter(|_| !before.is_zero());
                last.map_or(Duration::ZERO, |flight| flight.queue.sent().saturating_sub(before))
            }
        }
    }

    /// The caller hears the end of all that is being said: the question, if one is asked.
    pub(crate) fn asking(&self) -> bool {
        self.replies.len() <= 1 && self.replies.front().is_none_or(SpeechQueue::in_last_sentence)
    }

    /// The caller may not cut off what is being said.
    pub(crate) fn protected(&self, now: Moment) -> bool {
        let heard = self.in_flight.iter().filter(|flight| flight.until > now);
        let mut current = heard.map(|flight| &flight.queue).chain(self.replies.front());
        current.any(|queue| match queue.protection {
            Protection::Whole => true,
            Protection::Opening => self.heard_of_current(now) < OPENING,
            _ => false,
        })
    }

    /// Lowers the voice: at the caller's ear within a tick, whatever is on its way there.
    pub(crate) fn duck(&mut self, now: Moment, out: &mut Outbox) {
        self.gain.duck(true);
        if self.busy_until.since(now) > LITTLE_AHEAD {
            self.take_back(now, out);
            self.gain.at_once();
        }
    }

    /// Raises the voice again.
    pub(crate) const fn raise(&mut self) {
        self.gain.duck(false);
    }

    /// Falls silent at once; what was not heard will be sent again, if the agent goes on.
    pub(crate) fn fall_silent(&mut self, now: Moment, out: &mut Outbox) {
        if self.silent_since.is_none() {
            self.take_back(now, out);
            self.silent_since = Some(now);
        }
    }

    /// The agent has fallen silent since this moment and may go on.
    pub(crate) const fn silent_since(&self) -> Option<Moment> {
        self.silent_since
    }

    /// Goes on from the sample after the last one heard, in a voice still lowered. Returns the reply that goes on.
    pub(crate) fn go_on(&mut self) -> Option<ReplyId> {
        self.silent_since = None;
        self.gain.fade_in();
        self.replies.front().map(|queue| queue.reply)
    }

    /// Clears the line and takes back what was sent and not heard.
    fn take_back(&mut self, now: Moment, out: &mut Outbox) {
        let mut unheard = self.busy_until.since(now);
        if unheard.is_zero() {
            return;
        }
        out.line.push(LegOutput::Clear);
        self.spoke = self.spoke.saturating_sub(unheard);
        self.busy_until = now;
        if let Some(queue) = self.replies.front_mut() {
            queue.take_back(&mut unheard);
        }
        while !unheard.is_zero()
            && let Some(mut flight) = self.in_flight.pop_back()
        {
            flight.queue.take_back(&mut unheard);
            self.replies.push_front(flight.queue);
        }
        if let Some((_, resampler)) = &mut self.resampler {
            resampler.reset();
        }
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

    /// Sends what is due by `now`; with `hold` no new reply begins, because the caller is speaking. Tells `played` what
    /// leaves.
    ///
    /// *Real time:* allocates only where a reply begins or ends.
    pub(crate) fn tick(
        &mut self,
        now: Moment,
        hold: bool,
        out: &mut Outbox,
        mut played: impl FnMut(Played<'_>, &mut Outbox),
    ) {
        self.land(now, out);
        if self.silent_since.is_some() {
            return;
        }
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
                        let reply = queue.reply;
                        self.gain.reset();
                        self.fit_resampler(rate);
                        played(Played::Began(reply), out);
                    }
                    self.send_frame(now, rate, out, &mut played);
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
            out.facts.push(ended(queue.reply, outcome, queue.text().clone()));
            return;
        }
        self.last_mark += 1;
        let mark = MarkId(self.last_mark);
        if self.profile.marks {
            out.line.push(LegOutput::Mark(mark));
        }
        self.in_flight.push_back(InFlight { queue, mark, until: self.busy_until.max(now) });
    }

    /// Makes the resampler ready for a voice at `rate` that begins.
    fn fit_resampler(&mut self, rate: SampleRate) {
        match &mut self.resampler {
            Some((fitted, resampler)) if *fitted == rate => resampler.reset(),
            // Every rate there is can be converted, so `None` here would mean silence, not a crash.
            other => *other = Resampler::new(rate, LINE_RATE).ok().map(|made| (rate, made)),
        }
    }

    fn send_frame(
        &mut self,
        now: Moment,
        rate: SampleRate,
        out: &mut Outbox,
        played: &mut impl FnMut(Played<'_>, &mut Outbox),
    ) {
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
        let at = self.busy_until.max(now);
        played(Played::Frame { at, samples: &line }, out);
        self.busy_until = at.plus(FRAME);
        self.spoke += FRAME;
    }

    /// Stops everything, at once: what is being said and what waits. Returns the reply the caller was hearing.
    pub(crate) fn stop(
        &mut self,
        now: Moment,
        outcome: ReplyOutcome,
        out: &mut Outbox,
    ) -> Option<ReplyId> {
        self.take_back(now, out);
        self.silent_since = None;
        // What is in flight still was heard to its end; only its mark has not come.
        while let Some(flight) = self.in_flight.pop_front() {
            flight.heard_out(out);
        }
        let mut hearing = None;
        while let Some(queue) = self.replies.pop_front() {
            if queue.being_made() {
                out.lanes.push(LaneRequest::CancelSpeech { ask: queue.ask });
            }
            if queue.begun() {
                hearing = hearing.or(Some(queue.reply));
            }
            out.facts.push(ended(queue.reply, outcome, queue.heard()));
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
        if self.replies.is_empty() {
            // Nobody is left who could go on.
            self.silent_since = None;
        }
    }
}

impl InFlight {
    fn heard_out(self, out: &mut Outbox) {
        let queue = self.queue;
        let (outcome, heard) = if queue.failed() {
            (ReplyOutcome::Failed, queue.heard())
        } else {
            (ReplyOutcome::Finished, queue.text().clone())
        };
        out.facts.push(ended(queue.reply, outcome, heard));
    }
}

/// What the business wants of a voice, in the voice lane's words.
fn voice_style(style: &Style) -> VoiceStyle {
    let pronunciations = style.pronunciations.iter().map(|pronunciation| Pronunciation {
        word: pronunciation.word.clone(),
        respelling: pronunciation.respelling.clone(),
        phonemes: pronunciation.phonemes.clone(),
    });
    VoiceStyle {
        voice: style.voice.clone(),
        pace: style.pace,
        pitch: style.pitch,
        pause: style.pause,
        energy_db: style.energy_db,
        pronunciations: pronunciations.collect(),
    }
}

const fn ended(reply: ReplyId, outcome: ReplyOutcome, heard: Pii<String>) -> CallFact {
    CallFact::ReplyEnded { reply, outcome, heard }
}
