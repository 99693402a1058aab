//! One call as a sans-IO state machine, and a shard of them.
//!
//! In come packets, lane answers, commands and `now`; out come packets, lane requests and facts. There is no clock
//! here, no socket, no await and no lock, so everything about a call can be tested by calling `tick`.
//!
//! Reading order: [`leg`] (where a call meets the line), [`Call`], then what it is made of: `listening` and `speech`
//! (hearing), `turn`, `turn_words`, `partials`, `patience`, `turn_end` (the caller's turn), `playout`, `speech_queue`,
//! `ledger`, `gain` (our reply), `barge_in`, `echo`, `foreground` (whose the floor is), `emotion`, `dtmf`, `timers`,
//! `latency`; then [`Shard`]; then [`capture`] and [`replay`], by which a call is run again.

pub mod leg;

mod moment;
pub use moment::Moment;
mod spec;
pub use spec::{CallLimits, CallMode, CallSpec, Language, Share};
mod lanes;
pub use lanes::{LaneAnswer, LaneRequest, Lanes};
mod input;
pub use input::Input;
mod outbox;
pub use outbox::Outbox;
mod tuning;
pub use tuning::{
    BargeInTuning, PatienceTuning, SETTINGS, Setting, SpeechTuning, Tuning, WaitTuning,
};

mod call;
pub use call::Call;

mod listening;
mod speech;

mod partials;
mod patience;
mod question;
mod turn_end;
pub use turn_end::{EndWeights, FEATURES, Pace, PauseEvidence, Readings};
mod turn;
mod turn_words;

mod gain;
mod ledger;
mod playout;
mod speech_queue;

mod emotion;

mod asides;
mod barge_in;
mod echo;
mod foreground;

mod conduct;
mod dtmf;
mod latency;
mod timers;

mod shard;
pub use shard::{Placement, Shard, ShardCounts, TICK_MS};

pub mod capture;
mod replay;
pub use replay::{Difference, Differs, Replayed, replay};

/// The words of `engine/contract`, for the lines, which know of it only what legs carry.
pub use callwright_contract as contract;
