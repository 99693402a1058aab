//! What `/v1/events` sends: events of calls, and a few notices about the stream itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Appointment, CallBack, CallMeasures, CallerEmotion, LatencyParts, MoodChange, MoodSeverity,
};

/// One message of the stream. An [`Event`] has a `call`, a [`Notice`] has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum StreamMessage {
    /// Something happened in a call.
    Event(Event),
    /// Something about the stream.
    Notice(Notice),
}

/// Something that happened in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Its place in the log, rising over all calls; gaps mean nothing. Absent for what is only shown live and never
    /// kept (`partial`). Give the last one you have seen as `from` to go on after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The call.
    #[schema(example = "call_1j2rgxqg00003")]
    pub call: String,
    /// Whose call it is.
    #[schema(example = "bright-smile")]
    pub tenant: String,
    /// When.
    pub at: Timestamp,
    /// The same, in milliseconds since the call began; absent for what happened outside the call itself (the agent
    /// decided, the calendar changed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_ms: Option<u64>,
    /// What happened: `type` and `data`.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum EventBody {
    /// The call was taken. Its first event.
    CallStarted {
        /// The way it came in.
        carrier: String,
        /// The carrier's own name for it.
        carrier_call: String,
        /// The address that was called.
        line: String,
        /// Who calls; absent when the carrier does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller: Option<String>,
    },
    /// The caller began to speak.
    SpeechStarted {},
    /// The caller paused; the turn may go on.
    SpeechStopped {},
    /// The words so far of a turn that is not over. Shown live only.
    Partial {
        /// The turn.
        turn: u32,
        /// All words so far.
        text: String,
        /// How `text` begins, as far as it will not change any more.
        stable: String,
    },
    /// The caller's turn is over.
    TurnOver {
        /// The turn.
        turn: u32,
        /// Its words; empty when there was sound but no word.
        text: String,
        /// How sure the recogniser is, 0 to 1.
        confidence: f32,
        /// Who decided: `judged`, `patience` or `too_long`.
        reason: String,
    },
    /// How the caller came across in a turn; only where the tenant has switched it on. Mostly right before `turn_over`.
    Emotion(CallerEmotion),
    /// With the `emotion` of this turn, which it follows, the mood of the call has turned.
    MoodShifted {
        /// The turn.
        turn: u32,
        /// Which way.
        change: MoodChange,
        /// How bad it is, or was.
        severity: MoodSeverity,
    },
    /// Nobody has answered the turn for so long that the caller wonders.
    AnswerOwed {
        /// The turn.
        turn: u32,
        /// Since it was over.
        lasted_ms: u64,
    },
    /// The caller pressed a key.
    Digit {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        key: String,
    },
    /// The agent decided what to say. What the caller hears of it comes with `reply_ended`.
    AgentSaid {
        /// The reply.
        reply: u32,
        /// The turn it answers; absent for a greeting or a prompt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<u32>,
        /// The words.
        text: String,
    },
    /// The first audio of a reply left for the line.
    ReplyStarted {
        /// The reply.
        reply: u32,
    },
    /// How long a reply took.
    Latency {
        /// The turn that was answered.
        turn: u32,
        /// The reply.
        reply: u32,
        /// Where the time went.
        parts: LatencyParts,
    },
    /// The caller cut in and the line fell silent.
    Interrupted {
        /// The reply that was cut.
        reply: u32,
        /// From the caller's first loud sample to the moment playout stopped.
        after_ms: u64,
    },
    /// The caller made a sound, the agent fell silent, found that it was no interruption and went on from the same
    /// sample. The sound is no turn: forget its `partial`.
    WentOn {
        /// The reply that went on.
        reply: u32,
        /// The turn that was none.
        turn: u32,
        /// `back_channel` ("mm-hm") or `noise`.
        aside: String,
        /// How long the agent was silent.
        silent_ms: u64,
    },
    /// A reply is over.
    ReplyEnded {
        /// The reply.
        reply: u32,
        /// `finished`, `interrupted`, `cancelled`, `call_ended` or `failed`.
        outcome: String,
        /// The part of its words that left the line.
        heard: String,
    },
    /// Neither side has spoken since the last reply ended.
    Quiet {
        /// For how long.
        lasted_ms: u64,
    },
    /// How the conversation went; right before `call_ended`.
    Measured(CallMeasures),
    /// The calendar changed, and the change is on disk.
    Appointment {
        /// What was done.
        change: Change,
        /// The appointment whose place this one takes, when it was moved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<i64>,
        /// The appointment as it is now.
        appointment: Appointment,
    },
    /// The caller would like to be called back; it is on disk.
    CallBackWanted(CallBack),
    /// The call is over. Its last event.
    CallEnded {
        /// Why; see the call's `cause`.
        cause: String,
    },
}

/// What was done to an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Booked,
    /// It is new and takes the place of another.
    Moved,
    /// It was called off.
    Cancelled,
}

/// Something about the stream itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Notice {
    /// The stream is open; everything after `from` follows. The first message.
    Ready {
        /// Where the stream begins; absent when it begins with what happens from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u64>,
    },
    /// You read too slowly, and the connection closes. Connect again with `from` set to `resume_from`: nothing of
    /// the log is lost.
    Lagged {
        /// The last sequence that you were sent; 0 when there was none.
        resume_from: u64,
    },
    /// The log cannot be read just now, and the connection closes. Connect again later, as after `lagged`.
    Unreadable {
        /// The last sequence that you were sent; 0 when there was none.
        resume_from: u64,
    },
    /// The server is stopping, everything there was to tell has been told, and the connection closes.
    Stopping {},
}
