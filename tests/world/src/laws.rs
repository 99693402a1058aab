//! The laws of a simulated world, and the watch that holds it to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use callwright_calls::leg::LegOutput;
use callwright_contract::{CallEvent, CallFact, CallId, EndCause, ReplyId};

use super::caller::MARKS;

/// What must hold, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Law {
    Numbered,
    OneEnd,
    EndsWithItsLine,
    EndsAtAll,
    OwnWords,
    OwnVoice,
    NothingAfterTheEnd,
    SilentWhenCutOff,
    RepliesEnd,
    SpeechStops,
    TurnsInOrder,
    LeadKept,
    BoundsKept,
    NothingLeft,
    LoggedEnds,
    BookedAfterCommit,
    NeverTwice,
}

impl Law {
    pub(super) const ALL: [Self; 17] = [
        Self::Numbered,
        Self::OneEnd,
        Self::EndsWithItsLine,
        Self::EndsAtAll,
        Self::OwnWords,
        Self::OwnVoice,
        Self::NothingAfterTheEnd,
        Self::SilentWhenCutOff,
        Self::RepliesEnd,
        Self::SpeechStops,
        Self::TurnsInOrder,
        Self::LeadKept,
        Self::BoundsKept,
        Self::NothingLeft,
        Self::LoggedEnds,
        Self::BookedAfterCommit,
        Self::NeverTwice,
    ];

    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Numbered => {
                "a call's events are numbered from 0 without a gap, but for those that were counted as dropped, and \
                 their times never go back"
            }
            Self::OneEnd => "a call begins with Started, once, and ends with Ended, once",
            Self::EndsWithItsLine => "a call is over within three ticks of its line's being gone",
            Self::EndsAtAll => "every call ends, whatever has gone wrong",
            Self::OwnWords => "no word of a caller reaches another call",
            Self::OwnVoice => "a caller hears nothing that was not said to him",
            Self::NothingAfterTheEnd => "nothing is sent, and nothing happens, after a call's end",
            Self::SilentWhenCutOff => {
                "an agent that was interrupted is silent in the same tick, and until it says something new"
            }
            Self::RepliesEnd => "a reply that began ends once, and before its call",
            Self::SpeechStops => "a caller who began to speak stops before he begins again",
            Self::TurnsInOrder => "turns are over once each, in order",
            Self::LeadKept => "the far end never holds more than the lead",
            Self::BoundsKept => {
                "no queue holds more than its bound, and no more calls live than may"
            }
            Self::NothingLeft => "when all is over no slot, seat, task, hold or command is left",
            Self::LoggedEnds => "every call in the log has an end",
            Self::BookedAfterCommit => "\"You're booked\" follows the commit",
            Self::NeverTwice => "no provider is booked twice at one time",
        }
    }
}

/// A law that was broken.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    pub(super) law: Law,
    pub(super) call: Option<CallId>,
    pub(super) at_ms: u64,
    pub(super) what: String,
    /// The last that happened in that call.
    pub(super) story: Vec<String>,
}

/// What is known of one call.
#[derive(Debug, Default)]
struct Story {
    caller: usize,
    next: u32,
    last_at: std::time::Duration,
    ended: bool,
    /// Which replies sound, and which are over.
    begun: BTreeSet<ReplyId>,
    over: BTreeSet<ReplyId>,
    speaking: bool,
    last_turn: Option<u32>,
    /// Interrupted, and nothing new has begun.
    hushed: bool,
    /// Ticks since the line was gone.
    lineless: Option<u32>,
    closed: bool,
    /// Its end died with the server.
    killed: bool,
    latest: VecDeque<String>,
}

/// Events of a call that a report shows.
const SHOWN: usize = 24;
/// Ticks that a call may outlive its line: what the line brought is still taken in, 64 at a time.
const LINELESS_MAX: u32 = 3;

/// Watches a world.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) now_ms: u64,
    calls: BTreeMap<CallId, Story>,
    pub(super) broken: Option<Violation>,
    /// How often what a law is about has happened.
    pub(super) tried: BTreeMap<Law, u64>,
    /// Events that never came.
    pub(super) missing: u64,
    /// Events may be missing.
    lossy: bool,
    pub(super) kinds: BTreeMap<&'static str, u64>,
    pub(super) causes: BTreeMap<&'static str, u64>,
    /// A digest of all that was seen.
    pub(super) digest: u64,
}

impl Watch {
    pub(super) fn call_placed(&mut self, call: CallId, caller: usize) {
        self.calls.insert(call, Story { caller, ..Story::default() });
    }

    /// The law's subject is at hand.
    pub(super) fn try_law(&mut self, law: Law) {
        *self.tried.entry(law).or_default() += 1;
    }

    /// The law is broken unless `holds`.
    pub(super) fn hold(
        &mut self,
        law: Law,
        call: Option<CallId>,
        holds: bool,
        what: impl FnOnce() -> String,
    ) {
        self.try_law(law);
        if !holds && self.broken.is_none() {
            let story = call.and_then(|call| self.calls.get(&call));
            let story = story.map(|story| story.latest.iter().cloned().collect());
            self.broken = Some(Violation {
                law,
                call,
                at_ms: self.now_ms,
                what: what(),
                story: story.unwrap_or_default(),
            });
        }
    }

    fn note(&mut self, call: CallId, what: String) {
        for octet in what.bytes() {
            self.digest = (self.digest ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
        }
        let now_ms = self.now_ms;
        if let Some(story) = self.calls.get_mut(&call) {
            if story.latest.len() == SHOWN {
                story.latest.pop_front();
            }
            story.latest.push_back(format!("{now_ms:>6} ms  {what}"));
        }
    }

    /// An event has come out of the events ring.
    pub(super) fn event(&mut self, event: &CallEvent, lossless: bool) {
        let call = event.call;
        *self.kinds.entry(kind(&event.fact)).or_default() += 1;
        self.note(call, format!("#{} at {:?}: {:?}", event.seq, event.at, event.fact));
        let Some(story) = self.calls.get_mut(&call) else {
            self.hold(Law::OneEnd, Some(call), false, || {
                "an event of a call that was never placed".into()
            });
            return;
        };
        let (ended, gap) = (story.ended, event.seq.checked_sub(story.next));
        let in_time = event.at >= story.last_at;
        story.next = event.seq + 1;
        story.last_at = event.at;
        let started = matches!(event.fact, CallFact::Started(_));
        let is_end = matches!(event.fact, CallFact::Ended { .. });
        story.ended |= is_end;
        self.missing += u64::from(gap.unwrap_or(0));
        self.lossy |= !lossless;
        let numbered = in_time && if lossless { gap == Some(0) } else { gap.is_some() };
        self.hold(Law::Numbered, Some(call), numbered, || {
            format!("event {} came with a gap of {gap:?}; in time: {in_time}", event.seq)
        });
        self.hold(Law::NothingAfterTheEnd, Some(call), !ended, || "an event follows Ended".into());
        self.hold(Law::OneEnd, Some(call), started == (event.seq == 0), || {
            format!("event {} is {:?}", event.seq, kind(&event.fact))
        });
        self.words(event);
        if !self.lossy {
            self.pairs(event);
        }
        if let CallFact::Ended { cause } = event.fact {
            if self.calls.get(&call).is_some_and(|story| story.lineless.is_some()) {
                self.try_law(Law::EndsWithItsLine);
            }
            *self.causes.entry(cause.as_str()).or_default() += 1;
        }
    }

    /// What begins must end.
    fn pairs(&mut self, event: &CallEvent) {
        let Some(story) = self.calls.get_mut(&event.call) else { return };
        let call = Some(event.call);
        match &event.fact {
            CallFact::ReplyStarted { reply } => {
                let fresh = story.begun.insert(*reply) && !story.over.contains(reply);
                story.hushed = false;
                self.hold(Law::RepliesEnd, call, fresh, || format!("{reply:?} begins again"));
            }
            CallFact::ReplyEnded { reply, .. } => {
                story.begun.remove(reply);
                let first = story.over.insert(*reply);
                self.hold(Law::RepliesEnd, call, first, || format!("{reply:?} ends twice"));
            }
            CallFact::Interrupted { .. } => {
                story.hushed = true;
                self.try_law(Law::SilentWhenCutOff);
            }
            CallFact::SpeechStarted => {
                let was = std::mem::replace(&mut story.speaking, true);
                self.hold(Law::SpeechStops, call, !was, || "speech began twice".into());
            }
            CallFact::SpeechStopped => {
                let was = std::mem::replace(&mut story.speaking, false);
                self.hold(Law::SpeechStops, call, was, || {
                    "speech stopped that had not begun".into()
                });
            }
            CallFact::TurnOver(over) => {
                let later = story.last_turn.is_none_or(|last| over.turn.0 > last);
                story.last_turn = Some(over.turn.0);
                self.hold(Law::TurnsInOrder, call, later, || {
                    format!("{:?} is over again", over.turn)
                });
            }
            CallFact::Ended { .. } => {
                let open: Vec<ReplyId> = story.begun.iter().copied().collect();
                self.hold(Law::RepliesEnd, call, open.is_empty(), || {
                    format!("{open:?} had not ended when the call did")
                });
            }
            _ => {}
        }
    }

    /// Nobody else's mark is in what this caller is said to have said.
    fn words(&mut self, event: &CallEvent) {
        let text = match &event.fact {
            CallFact::Partial { text, .. } => text,
            CallFact::TurnLikely(guess) => &guess.text,
            CallFact::TurnOver(over) => &over.text,
            _ => return,
        };
        let own = self.calls.get(&event.call).map(|story| story.caller);
        let text = text.reveal();
        let marks = MARKS.iter().enumerate().filter(|(_, mark)| text.contains(**mark));
        let marks: Vec<usize> = marks.map(|(caller, _)| caller).collect();
        if !marks.is_empty() {
            let only_own = marks.iter().all(|mark| Some(*mark) == own);
            self.hold(Law::OwnWords, Some(event.call), only_own, || {
                format!("the call of caller {own:?} has words of callers {marks:?}")
            });
        }
    }

    /// Something went out to the far end.
    pub(super) fn sent(&mut self, call: CallId, output: &LegOutput) {
        let Some(story) = self.calls.get_mut(&call) else { return };
        let closed = story.closed;
        story.closed |= matches!(output, LegOutput::Close(_));
        let audio = matches!(output, LegOutput::Audio(_));
        self.hold(Law::NothingAfterTheEnd, Some(call), !closed, || {
            format!("{output:?} follows Close")
        });
        if !audio {
            self.note(call, format!("-> {output:?}"));
        }
    }

    /// The caller hears a pitch; `known` says whether a text of that pitch was said to him.
    pub(super) fn heard(&mut self, call: CallId, known: bool) {
        self.hold(Law::OwnVoice, Some(call), known, || {
            "a pitch that no text of this call has".into()
        });
    }

    /// So much waits at the far end when a step is over.
    pub(super) fn waits(&mut self, call: CallId, ms: usize, steady: bool) {
        if steady {
            self.hold(Law::LeadKept, Some(call), ms <= LEAD_MAX_MS, || {
                format!("{ms} ms wait to be heard")
            });
        }
        let Some(story) = self.calls.get(&call) else { return };
        if story.hushed && ms > 0 && !self.lossy {
            self.hold(Law::SilentWhenCutOff, Some(call), false, || {
                format!("{ms} ms wait to be heard after an interruption")
            });
        }
    }

    pub(super) fn line_gone(&mut self, call: CallId) {
        self.note(call, "the line is gone".into());
        if let Some(story) = self.calls.get_mut(&call) {
            story.lineless.get_or_insert(0);
            story.closed = true;
        }
    }

    /// The shards have taken a turn and their events have been carried.
    pub(super) fn ticked(&mut self) {
        let mut outlived = Vec::new();
        for (call, story) in &mut self.calls {
            if let Some(ticks) = story.lineless.as_mut().filter(|_| !story.ended && !story.killed) {
                *ticks += 1;
                outlived.push((*call, *ticks));
            }
        }
        for (call, ticks) in outlived {
            self.hold(Law::EndsWithItsLine, Some(call), ticks <= LINELESS_MAX, || {
                format!("{ticks} ticks without a line")
            });
        }
    }

    /// The server is killed: no call of it ends here.
    pub(super) fn killed(&mut self) {
        for story in self.calls.values_mut().filter(|story| !story.ended) {
            story.killed = true;
        }
        *self.causes.entry(EndCause::ServerKilled.as_str()).or_default() += 1;
    }

    /// All is over.
    pub(super) fn at_the_end(&mut self, events_dropped: u64) {
        let open: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(_, story)| !story.ended && !story.killed)
            .map(|(call, _)| *call)
            .collect();
        for call in &open {
            self.hold(Law::EndsAtAll, Some(*call), false, || "it never ended".into());
        }
        for _ in 0..self.calls.len() - open.len() {
            self.try_law(Law::EndsAtAll);
        }
        let missing = self.missing;
        self.hold(Law::Numbered, None, missing <= events_dropped, || {
            format!("{missing} events are missing and {events_dropped} were dropped")
        });
    }
}

/// The lead of 160 ms, the frame with which it is exceeded, and two steps in which nothing was played yet.
const LEAD_MAX_MS: usize = 160 + 20 + 10;

const fn kind(fact: &CallFact) -> &'static str {
    match fact {
        CallFact::Started(_) => "started",
        CallFact::SpeechStarted => "speech started",
        CallFact::SpeechStopped => "speech stopped",
        CallFact::Partial { .. } => "partial",
        CallFact::TurnLikely(_) => "turn likely",
        CallFact::TurnOver(_) => "turn over",
        CallFact::AnswerOwed { .. } => "answer owed",
        CallFact::Digit(_) => "digit",
        CallFact::ReplyStarted { .. } => "reply started",
        CallFact::Latency { .. } => "latency",
        CallFact::Interrupted { .. } => "interrupted",
        CallFact::WentOn { .. } => "went on",
        CallFact::ReplyEnded { .. } => "reply ended",
        CallFact::Quiet { .. } => "quiet",
        CallFact::Measured(_) => "measured",
        CallFact::Ended { .. } => "ended",
        _ => "other",
    }
}
