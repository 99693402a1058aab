//! From written text to the sound of a neural voice, clause by clause: what Piper and Kokoro have in common.
//!
//! ```text
//! text -> clauses -> words -> phonemes (espeak-ng, a process) -> numbers -> the model -> sound -> chunks
//!                      \________ groups of phonemes know which words they end ______________/
//! ```
//!
//! A clause is synthesised while the one before it is heard, so that the first sound is there after the first clause,
//! and a reply that is cut off costs no more than the clause under way.

mod clauses;
mod delivery;
mod espeak;
mod groups;
mod speaking;
mod times;

pub(crate) use clauses::{Clause, Word};
pub use espeak::{Espeak, EspeakError};
pub(crate) use espeak::{Language, Phonemizer};
pub(crate) use groups::Group;
pub(crate) use speaking::{Acoustic, Sound, Spelling, speak};

/// Where the times of a neural voice's words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordTimes {
    /// From the durations that the model gives with its sound.
    Measured,
    /// The model gives none: the sound of a clause is shared out by the number of its phonemes.
    Estimated,
}

impl WordTimes {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Estimated => "estimated",
        }
    }
}

#[cfg(test)]
mod tests;
