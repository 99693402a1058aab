//! How an agent sounds: a voice persona, written as data, and the manners in which it can speak.
//!
//! A manner is nothing that a voice must have been trained for: it is a change of pace, pitch, pause and loudness, so
//! that every voice can do it. Each has usual values ([`Manner::usual`]), which a persona may replace.

mod document;

pub(crate) use document::{VoiceDocument, VoiceError};

use callwright_contract::Style;

/// How something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Manner {
    /// As the persona usually speaks.
    #[default]
    Neutral,
    /// Friendly and unhurried: to somebody who is sad.
    Warm,
    /// Slow, low and soft, with longer pauses: to somebody who is angry.
    Calm,
    /// A little slower and lower: after a mistake, to somebody who is frustrated.
    Apologetic,
    /// A little faster, higher and louder: to somebody who is happy.
    Cheerful,
}

impl Manner {
    /// All of them, in the order of [`Self::place`].
    pub(crate) const ALL: [Self; 5] =
        [Self::Neutral, Self::Warm, Self::Calm, Self::Apologetic, Self::Cheerful];

    /// Its word in documents.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Warm => "warm",
            Self::Calm => "calm",
            Self::Apologetic => "apologetic",
            Self::Cheerful => "cheerful",
        }
    }

    /// What it changes, unless a persona says otherwise. Small on purpose: 5 to 10 % of pace and half a semitone or
    /// one are heard as another mood of the same person, more as another person.
    pub(crate) const fn usual(self) -> Delivery {
        let (pace, pitch, pause, energy_db) = match self {
            Self::Neutral => (1.0, 0.0, 1.0, 0.0),
            Self::Warm => (0.96, 0.3, 1.1, 0.0),
            Self::Calm => (0.9, -0.7, 1.4, -2.0),
            Self::Apologetic => (0.94, -0.4, 1.2, -1.0),
            Self::Cheerful => (1.05, 0.7, 0.9, 1.0),
        };
        Delivery { pace, pitch, pause, energy_db }
    }

    const fn place(self) -> usize {
        self as usize
    }
}

/// What a manner changes of a persona's voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delivery {
    /// Factor of the pace.
    pub(crate) pace: f32,
    /// Semitones added to the pitch.
    pub(crate) pitch: f32,
    /// Factor of the pauses between sentences.
    pub(crate) pause: f32,
    /// Decibels added to the loudness.
    pub(crate) energy_db: f32,
}

/// A voice persona: who an agent sounds like, whatever it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct VoicePersona {
    /// What the operator calls it: "Grace".
    name: Option<Box<str>>,
    /// The style of each manner, by [`Manner::place`].
    styles: [Style; Manner::ALL.len()],
}

impl VoicePersona {
    fn new(name: Option<Box<str>>, base: &Style, manners: &[Delivery; Manner::ALL.len()]) -> Self {
        let styles = manners.map(|delivery| Style {
            pace: (base.pace * delivery.pace).clamp(0.5, 2.0),
            pitch: base.pitch + delivery.pitch,
            pause: base.pause * delivery.pause,
            energy_db: base.energy_db + delivery.energy_db,
            ..base.clone()
        });
        Self { name, styles }
    }

    /// What the operator calls it.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How it speaks in this manner.
    pub(crate) fn style(&self, manner: Manner) -> Style {
        self.styles.get(manner.place()).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
