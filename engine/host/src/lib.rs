//! The driver of shards: threads, the clock, placement, lateness, drain.
//!
//! [`Host::start`] spawns one thread per shard and one for events; [`Host::place`] seats a call on the shard with the
//! fewest. Nothing here decides what a call does.
//!
//! | hand-over | holds | when full |
//! |---|---|---|
//! | host to shard: calls to be placed | [`PLACEMENTS`] | the call is refused |
//! | business to call: commands | [`COMMANDS`] a call | the sender learns it and tries again |
//! | shard to events thread | [`EVENTS`] a shard | the newest is dropped and counted |
//! | shard to writer of captures | 4 MiB a shard | the call's capture ends there, and is counted; the call goes on |

mod admission;
mod clock;
pub use clock::VirtualClock;

mod lanes;
pub use lanes::{HostLanes, OtherRecognizers, Ports, ShardLanes};

mod inline_lanes;
pub use inline_lanes::{AnswerDelay, InlineDelays, InlineLanes, InlineModels};

mod commands;
pub use commands::{Commands, commands};

mod health;
pub use health::HostHealth;

mod events;
pub use events::EventSink;

mod captures;
pub use captures::{
    CAPTURE_EXTENSION, CaptureGauges, CaptureOptions, CaptureWriter, Captures, Keeping, Kept,
    ShardRecorder, WriterCounts, kept, prune,
};

mod shard_driver;

mod host;
pub use host::{Host, HostOptions, StartError};

mod stepped;
pub use stepped::SteppedHost;

/// Calls that may wait to be seated by a shard.
pub const PLACEMENTS: usize = 64;
/// Commands that may wait for a call: more than an agent says in one turn.
pub const COMMANDS: usize = 64;
/// Events that may wait for the events thread: half a minute of a hundred busy calls.
pub const EVENTS: usize = 16_384;
