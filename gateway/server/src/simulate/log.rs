//! What happened in a call, moment by moment, as a person reads it.

use std::fmt;
use std::time::Duration;

use super::twilio::Offence;

/// One moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Since the stream began.
    pub at: Duration,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The server took the call under this name.
    Taken(String),
    /// The caller begins to say this.
    CallerSays {
        /// The words.
        text: String,
        /// The agent is cut off by it.
        cuts_in: bool,
    },
    /// The caller says that it listens, without taking the floor.
    CallerNods(String),
    /// The caller types this.
    CallerPresses(String),
    /// The caller says nothing for this long.
    CallerStaysSilent(Duration),
    /// What the server made of the caller's words.
    CallerIsHeard(String),
    /// The agent begins to say this.
    AgentSays(String),
    /// The agent was cut off.
    AgentWasCut {
        /// What it had said by then.
        heard: String,
    },
    /// The caller sees no sense in going on.
    GivenUp(String),
    /// The caller hangs up.
    CallerHangsUp,
    /// The server ended the stream.
    StreamOver,
    /// The stream broke.
    StreamBroke(String),
    /// Twilio was told what to do next.
    Verb(String),
    /// The server broke Twilio's rules.
    Offence(Offence),
    /// The server says that the call is over, and why.
    Ended(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(call) => write!(f, "        the call is taken: {call}"),
            Self::CallerSays { text, cuts_in: false } => write!(f, "caller  {text}"),
            Self::CallerSays { text, cuts_in: true } => write!(f, "caller  {text}  (cutting in)"),
            Self::CallerNods(words) => write!(f, "caller  {words}  (nodding)"),
            Self::CallerPresses(keys) => write!(f, "caller  presses {keys}"),
            Self::CallerStaysSilent(lasts) => {
                write!(f, "caller  says nothing for {} s", lasts.as_secs_f32())
            }
            Self::CallerIsHeard(text) => write!(f, "        heard: “{text}”"),
            Self::AgentSays(text) => write!(f, "agent   {text}"),
            Self::AgentWasCut { heard } => write!(f, "        the agent was cut after “{heard}”"),
            Self::GivenUp(why) => write!(f, "        the caller gives up: {why}"),
            Self::CallerHangsUp => write!(f, "caller  hangs up"),
            Self::StreamOver => write!(f, "        the server closes the stream"),
            Self::StreamBroke(why) => write!(f, "        the stream broke: {why}"),
            Self::Verb(verb) => write!(f, "        then: {verb}"),
            Self::Offence(offence) => write!(f, "      ✗ {offence}"),
            Self::Ended(cause) => write!(f, "        the call is over: {cause}"),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7.2} s  {}", self.at.as_secs_f32(), self.what)
    }
}
