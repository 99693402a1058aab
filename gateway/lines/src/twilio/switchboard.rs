//! What a line needs from the program: someone who takes calls.

use callwright_calls::contract::{Arrival, CallId, Pii, Refusal};
use callwright_calls::leg::LegCall;

/// Takes the calls that come in. Never waits: each method is called from a task that serves others too.
pub trait Switchboard: Send + Sync + 'static {
    /// Why this call would not be taken now, or `None` if it would be. Asked before the carrier connects it.
    fn refuses(&self, arrival: &Arrival) -> Option<Refusal>;

    /// Takes a call; from here on it is heard and spoken to over `leg`.
    ///
    /// # Errors
    /// See [`Refusal`]; the caller is sent to [`Self::fallback`].
    fn place(&self, arrival: Arrival, leg: LegCall) -> Result<CallId, Refusal>;

    /// The number that callers of `line` are connected to when we cannot serve them.
    fn fallback(&self, line: &Pii<String>) -> Option<Pii<String>>;
}
