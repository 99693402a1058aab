//! How callers come across, as `/v1/events` and `/v1/calls/{id}` tell it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the caller came across in one turn: a judgement, and often wrong. Use it for nothing but to serve the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallerEmotion {
    /// The turn.
    pub turn: u32,
    /// `neutral`, `happy`, `sad`, `angry`, `frustrated` or `confused`; absent when nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feeling: Option<String>,
    /// How sure the feeling is, 0 to 1; without one, how likely the likeliest would have been.
    pub confidence: f32,
    /// Whether the confidence is a probability that was calibrated, on acted speech; otherwise it is a rule's and was not
    /// measured.
    pub calibrated: bool,
    /// What it rests on: `nothing`, `voice`, `words` or `both`.
    pub evidence: String,
    /// How roused the voice was, 0 to 1; absent when there was too little of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arousal: Option<f32>,
    /// From 0, displeased, to 1, pleased; 0.5 when nothing says either.
    pub valence: f32,
    /// The arousal of the last turns, smoothed; absent before the first voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arousal_lately: Option<f32>,
    /// The valence of the last turns, smoothed.
    pub valence_lately: f32,
    /// Where the caller's tension is going: `falling`, `steady` or `rising`.
    pub trajectory: String,
}

/// The mood of a call has turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct MoodShift {
    /// Which way.
    pub change: MoodChange,
    /// How bad it is, or was.
    pub severity: MoodSeverity,
}

/// Which way the mood of a call has turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoodChange {
    /// The caller has become tense, or tenser.
    Escalation,
    /// The caller has come to rest.
    DeEscalation,
}

/// How bad the mood of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoodSeverity {
    /// Tense.
    Mild,
    /// Clearly so.
    Strong,
    /// Voice and words agree that it is bad.
    Severe,
}

/// How the caller came across in one turn, in the record of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TurnEmotion {
    /// When it was told.
    pub at: Timestamp,
    /// The same, in milliseconds since the call began.
    pub call_ms: u64,
    /// What was told.
    #[serde(flatten)]
    pub emotion: CallerEmotion,
    /// Present when the mood of the call turned with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<MoodShift>,
}
