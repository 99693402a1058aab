//! One call as a sans-IO state machine, and a shard of them.

pub mod leg;

mod spec;
pub use spec::{CallLimits, CallMode, CallSpec};

/// The words of `engine/contract`, for the lines, which know of it only what legs carry.
pub use callwright_contract as contract;
