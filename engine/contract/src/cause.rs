//! Why a call ended, and why one was not taken.

use std::fmt;

/// Why a call is over. Exactly one is given, in the call's last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndCause {
    /// The caller hung up, or the carrier says so.
    CallerHungUp,
    /// The agent said goodbye and hung up.
    AgentHungUp,
    /// The call went on to another number.
    Transferred,
    /// The carrier's connection broke without a goodbye.
    LineLost,
    /// The caller said nothing for as long as the line allows.
    CallerSilent,
    /// The longest call that the line allows was reached.
    TooLong,
    /// The business did not answer a turn in time; the carrier's fallback apologises.
    BusinessGone,
    /// A defect of ours; the call was ended, others went on.
    Fault,
    /// The server was asked to stop and the call outlived the time given to finish.
    Drained,
    /// The server was killed during the call; written when it starts again.
    ServerKilled,
}

impl EndCause {
    /// Every cause, for schemas and tests.
    pub const ALL: [Self; 10] = [
        Self::CallerHungUp,
        Self::AgentHungUp,
        Self::Transferred,
        Self::LineLost,
        Self::CallerSilent,
        Self::TooLong,
        Self::BusinessGone,
        Self::Fault,
        Self::Drained,
        Self::ServerKilled,
    ];

    /// The cause as one word with underscores, as the event log and the API write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallerHungUp => "caller_hung_up",
            Self::AgentHungUp => "agent_hung_up",
            Self::Transferred => "transferred",
            Self::LineLost => "line_lost",
            Self::CallerSilent => "caller_silent",
            Self::TooLong => "too_long",
            Self::BusinessGone => "business_gone",
            Self::Fault => "fault",
            Self::Drained => "drained",
            Self::ServerKilled => "server_killed",
        }
    }
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a call was not taken. The caller hears a busy tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// One more call would make the others bad.
    AtCapacity,
    /// The server is stopping.
    Draining,
    /// No tenant answers this line.
    UnknownLine,
    /// The models are not loaded yet, or could not be.
    NotReady,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtCapacity => "all lines are busy",
            Self::Draining => "the server is stopping",
            Self::UnknownLine => "no tenant answers this line",
            Self::NotReady => "the models are not loaded",
        })
    }
}

impl std::error::Error for Refusal {}
