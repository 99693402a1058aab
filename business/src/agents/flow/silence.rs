//! A caller who says nothing: asked once more, then shorter, then goodbye.

use std::time::Duration;

use callwright_contract::AfterCall;

use super::{Next, Receptionist};

impl Receptionist {
    pub(super) fn quiet(&mut self, lasted: Duration) -> Next {
        // While the agent itself is about to speak nobody is hesitating.
        if self.outstanding.is_some() || lasted < self.document.silence.reprompt_after {
            return Next::Listen;
        }
        self.answers = None;
        self.earlier = None;
        self.silences = self.silences.saturating_add(1);
        if self.silences > self.document.silence.reprompts {
            self.prefix("I can't hear anyone, so I'll hang up now. Please call again. Goodbye!");
            return Next::Finish(AfterCall::HangUp);
        }
        if self.silences == 1 {
            self.prefix("Are you still there?");
        }
        Next::Ask(self.asked.clone())
    }
}
