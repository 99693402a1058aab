//! What the business may know of a call: events that come out of it, commands that go in, and the
//! words both use.
//!
//! Plain data without behaviour, without a clock and without a wire format: serialisation belongs to the
//! gateway, storage to the business.
//!
//! **Invariant.** Whatever identifies or quotes a person is inside [`Pii`], so that printing any type of
//! this crate, by `Debug` or `Display`, reveals nobody.

mod call_id;
mod cause;
mod command;
mod digit;
mod emotion;
mod event;
mod latency;
mod measures;
mod pii;

pub use call_id::{CallId, ParseCallIdError};
pub use cause::{EndCause, Refusal};
pub use command::{
    AfterCall, CallCommand, CommandRefused, CommandSink, Expectation, Expected, GuessId,
    Pronunciation, Protection, ReplyId, Say, Style, TurnId,
};
pub use digit::{Digit, NotADigit};
pub use emotion::{CallerEmotion, EmotionGuess, Evidence, Feeling, Severity, Shift, Trajectory};
pub use event::{
    Arrival, Aside, CallEvent, CallFact, Carrier, ReplyOutcome, TurnGuess, TurnOver, TurnReason,
};
pub use latency::ReplyLatency;
pub use measures::CallMeasures;
pub use pii::Pii;
