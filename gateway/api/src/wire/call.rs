//! Calls as `/v1/calls` and `/v1/calls/{id}` tell them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TurnEmotion;

/// Calls, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallList {
    /// This page of them.
    pub calls: Vec<CallSummary>,
    /// What to give as `before` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "call_1j2rgxqg00003")]
    pub next: Option<String>,
}

/// A call as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallSummary {
    /// The call's name, unique for ever and ordered by time.
    #[schema(example = "call_1j2rgxqg00003")]
    pub id: String,
    /// Whose call it is.
    #[schema(example = "bright-smile")]
    pub tenant: String,
    /// The way it came in.
    #[schema(example = "twilio")]
    pub carrier: String,
    /// The carrier's own name for it: Twilio's CallSid.
    pub carrier_call: String,
    /// The address that was called: an E.164 number, a SIP user.
    #[schema(example = "+15005550100")]
    pub line: String,
    /// Who called; absent when the carrier does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// When it was taken.
    pub started: Timestamp,
    /// When it was over; absent while it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Why it was over; absent while it is live. One of `caller_hung_up`, `agent_hung_up`, `transferred`,
    /// `line_lost`, `caller_silent`, `too_long`, `business_gone`, `fault`, `drained`, `server_killed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "agent_hung_up")]
    pub cause: Option<String>,
    /// Whether it is going on now.
    pub live: bool,
}

/// A whole call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: CallSummary,
    /// What was said, in order.
    pub transcript: Vec<TranscriptLine>,
    /// How long each reply took, in order of the replies.
    pub latencies: Vec<TurnLatency>,
    /// How the caller came across, turn by turn; empty where the tenant has not switched it on.
    #[serde(default)]
    pub emotions: Vec<TurnEmotion>,
    /// Present when the caller would like to be called back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_back: Option<CallBack>,
    /// How the conversation went; absent while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measures: Option<CallMeasures>,
}

/// How a conversation went. Times are of sound as it was on the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallMeasures {
    /// Turns of the caller that were answered, or should have been.
    pub turns: u32,
    /// How long the caller spoke.
    pub caller_spoke_ms: u64,
    /// How long the agent was heard.
    pub agent_spoke_ms: u64,
    /// The caller's share of all speech, 0 to 1; absent when nobody spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_ratio: Option<f32>,
    /// Time in which neither had made a sound for more than two seconds.
    pub dead_air_ms: u64,
    /// Replies that the caller cut off.
    pub interruptions: u32,
    /// Times the agent fell silent, or stopped, for a sound that was no turn.
    pub false_interruptions: u32,
    /// Turns that were answered while the caller, to judge by what followed, had not finished.
    pub false_cut_offs: u32,
    /// Answers whose latency is known.
    pub replies: u32,
    /// Median time from the caller's last sound to the first packet of the answer; 0 without answers.
    pub reply_p50_ms: u64,
    /// The same, exceeded by one answer in twenty.
    pub reply_p95_ms: u64,
}

/// Whom to call back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallBack {
    /// The number, E.164.
    #[schema(example = "+15552123456")]
    pub phone: String,
    /// The name; absent when it was not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person who called.
    Caller,
    /// Our agent.
    Agent,
}

/// One utterance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TranscriptLine {
    /// Who said it.
    pub who: Speaker,
    /// When: the end of a caller's turn, the first audio of an agent's reply.
    pub at: Timestamp,
    /// The same, in milliseconds since the call began.
    pub call_ms: u64,
    /// The words: as recognised, or as the agent meant to say them.
    pub text: String,
    /// The part of an agent's words that left the line; absent for a caller's words and while being spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// Whether the caller cut the agent off.
    pub interrupted: bool,
    /// How sure the recogniser is of a caller's words, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// The caller's turn: its own number, or the one that an agent's reply answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// The number of an agent's reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<u32>,
}

/// How long one reply took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TurnLatency {
    /// The turn that was answered.
    pub turn: u32,
    /// The reply.
    pub reply: u32,
    /// Where the time went.
    pub parts: LatencyParts,
}

/// The moments of one reply, each in milliseconds after the caller's last loud sample. They are points in time, not
/// lengths, and one that did not happen is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LatencyParts {
    /// The speech detector called the silence a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_detected_ms: Option<u64>,
    /// The words of the turn were final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words_final_ms: Option<u64>,
    /// The turn was judged over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_judged_ms: Option<u64>,
    /// The agent's reply arrived in the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_ready_ms: Option<u64>,
    /// The synthesiser made the first audio of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_audio_made_ms: Option<u64>,
    /// The first audio of the reply left for the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_audio_sent_ms: Option<u64>,
}
