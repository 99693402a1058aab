//! What one step of a call wants done.

use callwright_contract::CallFact;

use crate::lanes::LaneRequest;
use crate::leg::LegOutput;

/// Collects the effects of a call's step, in order; the shard carries them out and empties it. Its room is kept
/// from step to step, so a steady call allocates nothing.
#[derive(Debug, Default)]
pub struct Outbox {
    /// For the line.
    pub line: Vec<LegOutput>,
    /// For the model lanes.
    pub lanes: Vec<LaneRequest>,
    /// For the business.
    pub facts: Vec<CallFact>,
}

impl Outbox {
    /// An empty outbox with room for a busy step.
    pub fn new() -> Self {
        Self {
            line: Vec::with_capacity(64),
            lanes: Vec::with_capacity(64),
            facts: Vec::with_capacity(16),
        }
    }
}
