//! How a caller comes across: told only of calls whose tenant has switched it on.
//!
//! A judgement about a person, and often wrong: it may change how an agent speaks and when it offers a person, nothing
//! more. It holds no words, and no log tells it.

use crate::TurnId;

/// How the caller came across in one turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallerEmotion {
    /// The turn.
    pub turn: TurnId,
    /// The feeling; `None` is an abstention: too little was heard, it was not clear, or voice and words disagree.
    pub feeling: Option<Feeling>,
    /// How sure the feeling is, 0-1; of an abstention, how likely the likeliest would have been.
    pub confidence: f32,
    /// The confidence is a probability that was calibrated on acted speech; otherwise it is a rule's, and stands for
    /// "likely, and not measured".
    pub calibrated: bool,
    /// What it rests on.
    pub evidence: Evidence,
    /// How roused the voice was, 0-1; `None` when there was too little of it.
    pub arousal: Option<f32>,
    /// From 0, displeased, to 1, pleased; 0.5 when nothing says either.
    pub valence: f32,
    /// Arousal over the last turns, smoothed; `None` before the first voice.
    pub arousal_lately: Option<f32>,
    /// Valence over the last turns, smoothed.
    pub valence_lately: f32,
    /// Where the caller's tension is going.
    pub trajectory: Trajectory,
}

/// What is heard of a turn before it is sure to be over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmotionGuess {
    /// How the caller came across.
    pub emotion: CallerEmotion,
    /// Whether the call turned with it.
    pub shift: Option<Shift>,
}

/// How somebody feels, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feeling {
    /// Nothing in particular.
    Neutral,
    /// Pleased.
    Happy,
    /// Sad.
    Sad,
    /// Angry.
    Angry,
    /// Something goes wrong for them, again or for too long. By rule.
    Frustrated,
    /// They did not understand. By rule.
    Confused,
}

/// What a feeling rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Neither voice nor words say anything.
    Nothing,
    /// The voice alone.
    Voice,
    /// The words alone.
    Words,
    /// Both.
    Both,
}

/// Where the tension is going over the last turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trajectory {
    /// Down.
    Falling,
    /// Nowhere.
    Steady,
    /// Up.
    Rising,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Tense.
    Mild,
    /// Clearly so.
    Strong,
    /// Voice and words agree that it is bad.
    Severe,
}

/// The mood of a call has turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shift {
    /// The caller has become tense, or tenser than when this was last said.
    Escalation(Severity),
    /// The caller has come to rest; the severity is what is over.
    DeEscalation(Severity),
}

impl Feeling {
    /// All feelings.
    pub const ALL: [Self; 6] =
        [Self::Neutral, Self::Happy, Self::Sad, Self::Angry, Self::Frustrated, Self::Confused];

    /// The feeling as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Happy => "happy",
            Self::Sad => "sad",
            Self::Angry => "angry",
            Self::Frustrated => "frustrated",
            Self::Confused => "confused",
        }
    }
}

impl Evidence {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Voice, Self::Words, Self::Both];

    /// The evidence as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Voice => "voice",
            Self::Words => "words",
            Self::Both => "both",
        }
    }
}

impl Trajectory {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::Falling, Self::Steady, Self::Rising];

    /// The way as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Falling => "falling",
            Self::Steady => "steady",
            Self::Rising => "rising",
        }
    }
}

impl Severity {
    /// All severities, the mildest first.
    pub const ALL: [Self; 3] = [Self::Mild, Self::Strong, Self::Severe];

    /// The severity as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mild => "mild",
            Self::Strong => "strong",
            Self::Severe => "severe",
        }
    }
}

impl Shift {
    /// How bad it is, or was.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Escalation(severity) | Self::DeEscalation(severity) => severity,
        }
    }
}
