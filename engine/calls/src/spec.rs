//! What a call is to be, fixed when it is placed.

use std::time::Duration;

use callwright_contract::{Arrival, CallId};
pub use callwright_models::contract::{Language, Share};

use crate::tuning::Tuning;
use crate::turn_end::Pace;

/// A call about to begin.
#[derive(Clone, Debug, PartialEq)]
pub struct CallSpec {
    /// Its name.
    pub id: CallId,
    /// How it came in.
    pub arrival: Arrival,
    /// What it does with what it hears.
    pub mode: CallMode,
    /// Its limits.
    pub limits: CallLimits,
    /// Whose calls it queues up with where a lane is behind: a tenant's with its own.
    pub share: Share,
    /// How soon the caller's silences are taken for ends of turns.
    pub pace: Pace,
    /// What the caller speaks, by which its recogniser is chosen; `None` to find it out in each utterance.
    pub language: Option<Language>,
    /// Whether it is judged how the caller comes across, where the call converses. Off unless the caller's tenant has
    /// switched it on; where it is off, the emotion lane gets no sound.
    pub emotion: bool,
    /// How it hears, waits and yields.
    pub tuning: Tuning,
}

/// What a call does with what it hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallMode {
    /// Understands the caller and speaks what the business says.
    Converse,
    /// Understands the caller and stays silent.
    Listen,
    /// Sends every packet back as it came.
    Echo,
}

/// What a call may not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// The longest call; it is ended with [`callwright_contract::EndCause::TooLong`].
    pub call_max: Duration,
    /// A call in which neither side spoke for this long is ended with
    /// [`callwright_contract::EndCause::CallerSilent`].
    pub silence_max: Duration,
    /// How long the business may take to answer a turn before the call is dropped with
    /// [`callwright_contract::EndCause::BusinessGone`], so that the carrier's fallback apologises.
    pub business_max: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            call_max: Duration::from_secs(60 * 60),
            silence_max: Duration::from_secs(120),
            business_max: Duration::from_secs(20),
        }
    }
}
