//! What is left of a call when it is over: who said what when, how long replies took, how it ended.

use std::time::Duration;

use callwright_contract::{
    CallFact, CallId, CallMeasures, CallerEmotion, EndCause, Pii, ReplyId, ReplyLatency,
    ReplyOutcome, Shift, TurnId,
};
use jiff::Timestamp;

use crate::feed::{CallBackWanted, Happening, LoggedEvent};
use crate::tenants::TenantId;

/// A call as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallSummary {
    /// The call.
    pub id: CallId,
    /// Whose it was.
    pub tenant: TenantId,
    /// The way it came, one lower-case word (`twilio`).
    pub carrier: String,
    /// The carrier's own name for it.
    pub carrier_call: String,
    /// The address that was called.
    pub line: Pii<String>,
    /// Who called, when the carrier said so.
    pub caller: Option<Pii<String>>,
    /// When it was taken.
    pub started: Timestamp,
    /// When it was over; `None` while it is live.
    pub ended: Option<Timestamp>,
    /// Why it was over; `None` while it is live.
    pub cause: Option<EndCause>,
}

/// A whole call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// What a list shows of it.
    pub summary: CallSummary,
    /// What was said, in order.
    pub transcript: Vec<TranscriptLine>,
    /// How long each reply took, in order of the replies.
    pub latencies: Vec<TurnLatency>,
    /// How the caller came across, turn by turn; empty where that is not judged.
    pub emotions: Vec<TurnEmotion>,
    /// The caller would like to be called back.
    pub call_back: Option<CallBackWanted>,
    /// How the conversation went; `None` while it goes on, and when the server was killed during it.
    pub measures: Option<CallMeasures>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The person who called.
    Caller,
    /// Our agent.
    Agent,
}

impl Speaker {
    /// The speaker as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Agent => "agent",
        }
    }
}

/// One utterance of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct TranscriptLine {
    /// Who said it.
    pub who: Speaker,
    /// When, since the call began: the end of a caller's turn, the first audio of an agent's reply (or, when
    /// none was sent, the moment it was decided on).
    pub at: Duration,
    /// The words: as recognised, or as the agent meant to say them.
    pub text: Pii<String>,
    /// The part of an agent's words that left the line; `None` for a caller's and while being spoken.
    pub heard: Option<Pii<String>>,
    /// Whether the caller cut the agent off.
    pub interrupted: bool,
    /// The recogniser's confidence in a caller's words, 0-1.
    pub confidence: Option<f32>,
    /// The caller's turn: its own, or the one that an agent's reply answers.
    pub turn: Option<TurnId>,
    /// The agent's reply.
    pub reply: Option<ReplyId>,
}

/// How long one reply took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnLatency {
    /// The turn that was answered.
    pub turn: TurnId,
    /// The reply.
    pub reply: ReplyId,
    /// Where the time went.
    pub parts: ReplyLatency,
}

/// How the caller came across in one turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TurnEmotion {
    /// When it was told, since the call began.
    pub at: Duration,
    /// What was told.
    pub emotion: CallerEmotion,
    /// Whether the mood of the call turned with it.
    pub shift: Option<Shift>,
}

/// Which calls to list: newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallPage {
    /// Only calls older than this one; `None` begins with the newest.
    pub before: Option<CallId>,
    /// At most this many; 1 to 500, clamped.
    pub limit: u16,
}

impl Default for CallPage {
    fn default() -> Self {
        Self { before: None, limit: 50 }
    }
}

/// Tells a call from its entries in the log.
pub(crate) fn tell(summary: CallSummary, events: Vec<LoggedEvent>) -> CallRecord {
    let mut record = CallRecord {
        summary,
        transcript: Vec::new(),
        latencies: Vec::new(),
        emotions: Vec::new(),
        call_back: None,
        measures: None,
    };
    for event in events {
        match event.what {
            Happening::Said(said) => {
                let since = event.at.duration_since(record.summary.started);
                record.transcript.push(TranscriptLine {
                    who: Speaker::Agent,
                    at: since.try_into().unwrap_or_default(),
                    text: said.text,
                    heard: None,
                    interrupted: false,
                    confidence: None,
                    turn: said.answers,
                    reply: Some(said.reply),
                });
            }
            Happening::Call(event) => add(&mut record, event.at, event.fact),
            Happening::CallBackWanted(wanted) => record.call_back = Some(wanted),
            Happening::Appointment(_) => {}
        }
    }
    // An utterance's place is when it was heard. The sort is stable: what came at once stays in order.
    record.transcript.sort_by_key(|line| line.at);
    record
}

fn add(record: &mut CallRecord, at: Duration, fact: CallFact) {
    match fact {
        CallFact::TurnOver(over) => record.transcript.push(TranscriptLine {
            who: Speaker::Caller,
            at,
            text: over.text,
            heard: None,
            interrupted: false,
            confidence: Some(over.confidence),
            turn: Some(over.turn),
            reply: None,
        }),
        CallFact::ReplyStarted { reply } => {
            if let Some(line) = line_of(record, reply) {
                line.at = at;
            }
        }
        CallFact::ReplyEnded { reply, outcome, heard } => {
            if let Some(line) = line_of(record, reply) {
                line.heard = Some(heard);
                line.interrupted = outcome == ReplyOutcome::Interrupted;
            }
        }
        CallFact::Emotion(emotion) => {
            record.emotions.push(TurnEmotion { at, emotion, shift: None })
        }
        CallFact::MoodShifted { turn, shift } => {
            let told = record.emotions.iter_mut().find(|told| told.emotion.turn == turn);
            if let Some(told) = told {
                told.shift = Some(shift);
            }
        }
        CallFact::Measured(measures) => record.measures = Some(measures),
        CallFact::Latency { turn, reply, parts } => {
            record.latencies.push(TurnLatency { turn, reply, parts });
        }
        _ => {}
    }
}

fn line_of(record: &mut CallRecord, reply: ReplyId) -> Option<&mut TranscriptLine> {
    record.transcript.iter_mut().find(|line| line.reply == Some(reply))
}
