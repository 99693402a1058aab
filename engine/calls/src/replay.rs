//! Running a captured call again, on the very inputs it had, and finding the first thing that comes out differently.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use callwright_contract::{CallEvent, CallFact, EndCause, Pii, ReplyId, ReplyOutcome};
use callwright_media::ResamplerError;

use crate::call::Call;
use crate::capture::{Capture, Played, Record, TapeEnd, fact_text};
use crate::input::Input;
use crate::moment::Moment;
use crate::outbox::Outbox;

/// A captured call, run again.
#[derive(Debug)]
pub struct Replayed {
    /// Every event that came out.
    pub events: Vec<CallEvent>,
    /// How much of the call was run.
    pub lasted: Duration,
    /// What went to the line.
    pub played: Played,
    /// The first thing that was not as it had been.
    pub difference: Option<Difference>,
}

/// The first thing that was not as it had been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// When, since the call began.
    pub at: Duration,
    /// What.
    pub what: Differs,
    /// The events before, as they had been and were again; the latest last.
    pub before: Vec<String>,
}

/// What was not as it had been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Differs {
    /// An event; `None` where there is none on this side.
    Event {
        /// As captured.
        expected: Option<String>,
        /// As it came out now.
        got: Option<String>,
    },
    /// The sound on the line, or a mark or a clear in it, within the second before.
    Line {
        /// As captured.
        expected: Played,
        /// As it came out now.
        got: Played,
    },
}

/// Events shown before a difference.
const BEFORE: usize = 5;

/// Runs a captured call again on what its lanes, its line and its business brought then.
///
/// # Errors
/// [`ResamplerError`] when the call cannot even be made, as it could then.
pub fn replay(capture: &Capture) -> Result<Replayed, ResamplerError> {
    let header = &capture.header;
    let call = Call::new(header.began, header.spec.clone(), header.profile)?;
    let mut run = Run {
        call,
        began: header.began,
        now: header.began,
        out: Outbox::new(),
        seq: 0,
        faulted: false,
        begun: Vec::new(),
        played: Played::default(),
        new: VecDeque::new(),
        before: VecDeque::new(),
        replayed: Vec::new(),
        difference: None,
    };
    for record in capture.records() {
        match record {
            Record::Later(nanos) => {
                run.carried_out();
                run.now = run.now.plus(Duration::from_nanos(nanos));
            }
            Record::Input(input) => run.take(input),
            Record::Fact(expected) => run.fact(expected),
            Record::Check(expected) => run.check(expected),
            // What came out last may not have been written down any more.
            Record::End(TapeEnd::Broken) => {}
            Record::End(_) => run.carried_out(),
        }
    }
    run.carry_out();
    let lasted = run.now.since(run.began);
    let Run { mut replayed, new, played, difference, .. } = run;
    // Of a capture that was cut off the last events may be missing.
    replayed.extend(new);
    Ok(Replayed { events: replayed, lasted, played, difference })
}

struct Run {
    call: Call,
    began: Moment,
    now: Moment,
    out: Outbox,
    seq: u32,
    faulted: bool,
    /// Replies that have begun and not ended: those of a call that panics end with it.
    begun: Vec<ReplyId>,
    played: Played,
    /// Events that came out and were not compared yet.
    new: VecDeque<CallEvent>,
    before: VecDeque<String>,
    replayed: Vec<CallEvent>,
    difference: Option<Difference>,
}

impl Run {
    /// The call takes an input in.
    fn take(&mut self, input: Input) {
        if self.faulted {
            return;
        }
        // A shard carries out what an answer brings at once, and the rest when its turn of the call is over.
        let carried_out = matches!(input, Input::Answer(_) | Input::Tick | Input::LineStuck);
        if !matches!(input, Input::LineStuck) {
            self.nothing_more();
        }
        let (call, out, now) = (&mut self.call, &mut self.out, self.now);
        if catch_unwind(AssertUnwindSafe(|| call.take(now, input, out))).is_err() {
            self.faulted = true;
            self.out = Outbox::new();
            if self.seq == 0 {
                self.happened(self.call.started());
            }
            for reply in std::mem::take(&mut self.begun) {
                let (outcome, heard) = (ReplyOutcome::CallEnded, Pii::default());
                self.happened(CallFact::ReplyEnded { reply, outcome, heard });
            }
            self.happened(CallFact::Ended { cause: EndCause::Fault });
        } else if carried_out {
            self.carry_out();
        }
    }

    /// Gathers what comes out, as a shard carries it out.
    fn carry_out(&mut self) {
        for output in self.out.line.drain(..) {
            self.played.line(&output);
        }
        self.out.lanes.clear();
        let mut facts = std::mem::take(&mut self.out.facts);
        for fact in facts.drain(..) {
            match fact {
                CallFact::ReplyStarted { reply } => self.begun.push(reply),
                CallFact::ReplyEnded { reply, .. } => self.begun.retain(|begun| *begun != reply),
                _ => {}
            }
            self.happened(fact);
        }
        self.out.facts = facts;
    }

    /// What has been taken in so far was carried out, and the capture has no further event of it.
    fn carried_out(&mut self) {
        self.carry_out();
        self.nothing_more();
    }

    fn happened(&mut self, fact: CallFact) {
        let (call, seq, at) = (self.call.id(), self.seq, self.call.elapsed(self.now));
        self.seq += 1;
        self.played.fact();
        self.new.push_back(CallEvent { call, seq, at, fact });
    }

    fn fact(&mut self, expected: String) {
        self.carry_out();
        let event = self.new.pop_front();
        let got = event.as_ref().map(text_of);
        self.replayed.extend(event);
        if got.as_ref() == Some(&expected) {
            if self.before.len() == BEFORE {
                self.before.pop_front();
            }
            self.before.push_back(expected);
        } else {
            self.differs(Differs::Event { expected: Some(expected), got });
        }
    }

    /// The capture has no further event here, whatever came out.
    fn nothing_more(&mut self) {
        if let Some(event) = self.new.front() {
            let got = Some(text_of(event));
            self.differs(Differs::Event { expected: None, got });
        }
        self.replayed.extend(self.new.drain(..));
    }

    fn check(&mut self, expected: Played) {
        self.carried_out();
        if expected != self.played {
            self.differs(Differs::Line { expected, got: self.played });
        }
    }

    fn differs(&mut self, what: Differs) {
        if self.difference.is_none() {
            let at = self.now.since(self.began);
            let before = self.before.iter().cloned().collect();
            self.difference = Some(Difference { at, what, before });
        }
    }
}

fn text_of(event: &CallEvent) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _written = fact_text(event, &mut text);
    text
}
