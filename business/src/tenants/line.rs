//! A line: an address that calls arrive at, and what becomes of them.

use callwright_contract::Pii;

use super::{AgentName, TenantId, Tongue};

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinePurpose {
    /// An agent talks with the caller.
    Agent,
    /// The caller hears themselves: for measuring.
    Echo,
    /// The caller is only transcribed.
    Listen,
}

impl LinePurpose {
    /// The purpose as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Echo => "echo",
            Self::Listen => "listen",
        }
    }
}

/// Where a call to a line goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRoute {
    /// Whose call it is.
    pub tenant: TenantId,
    /// What the call is for.
    pub purpose: LinePurpose,
    /// Who answers, on a line that is an agent's.
    pub agent: Option<AgentName>,
    /// Where to send a caller whom the agent cannot serve (a fault, a server gone): an E.164 number.
    pub fallback: Option<Pii<String>>,
    /// What those who call speak.
    pub tongue: Tongue,
    /// Whether the tenant has it judged how its callers come across, on lines where an agent talks with them.
    pub hears_emotion: bool,
    /// The tenant wants calls captured, and the agent tells callers so before anything else.
    pub captured: bool,
}
