//! What becomes of callers whose stream has ended, until Twilio asks.
//!
//! Twilio asks the `action` of `<Connect>` as soon as we close the socket. The answer needs no credentials, which is
//! why we hang up and transfer this way and not over Twilio's REST interface.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use callwright_calls::contract::AfterCall;

use super::Sid;
use super::expiring::Expiring;

/// How long an answer is kept. Twilio asks within seconds.
pub(super) const AFTER_TIME_TO_LIVE: Duration = Duration::from_secs(300);
/// Answers kept at once. When there are more the oldest goes, and its caller gets the fallback.
pub(super) const AFTER_MAX: usize = 10_000;

/// The answers that wait to be asked for.
#[derive(Debug)]
pub(super) struct AfterStreams {
    waiting: Mutex<Expiring<Sid, AfterCall>>,
}

impl AfterStreams {
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::new(Expiring::new(AFTER_MAX, AFTER_TIME_TO_LIVE)) }
    }

    /// Keeps what is to become of `call`. Do it before the socket is closed.
    pub(super) fn remember(&self, call: Sid, after: AfterCall, now: Instant) {
        self.lock().insert(call, after, now);
    }

    /// What is to become of `call`, once. `None` when we do not know: we were restarted, or something broke.
    pub(super) fn recall(&self, call: Sid, now: Instant) -> Option<AfterCall> {
        self.lock().take(&call, now)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Expiring<Sid, AfterCall>> {
        // No code that holds it can panic halfway through a change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a moment to count from")]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_once_and_not_for_ever() {
        let (after, now) = (AfterStreams::new(), Instant::now());
        let call = Sid::try_from("CA1").unwrap();
        let transfer = AfterCall::Transfer("+15005550123".into());
        after.remember(call, transfer.clone(), now);
        assert_eq!(after.recall(call, now), Some(transfer));
        assert_eq!(after.recall(call, now), None);
        after.remember(call, AfterCall::HangUp, now);
        assert_eq!(after.recall(call, now + AFTER_TIME_TO_LIVE), None);
    }
}
