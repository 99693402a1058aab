//! A model step that may fail or panic, without taking the lane with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::contract::ModelError;

/// How a guarded step ended when it did not end well. The reason has been logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The model said so.
    Failed,
    /// A panic, which is our bug.
    Panicked,
    /// It was left undone for another, which is no fault of the model's.
    GaveWay,
}

/// Runs one step of a model. A fault is logged here, once; what is logged never contains what was said.
pub(super) fn guarded<T>(
    lane: &'static str,
    step: impl FnOnce() -> Result<T, ModelError>,
) -> Result<T, Fault> {
    // A model that panicked may hold a half-written state of the slots in this batch. It holds nothing that
    // reaches another slot, because states are kept per slot and written after a step.
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error @ ModelError::Unspeakable { .. })) => {
            tracing::info!(lane, %error, "nothing was spoken");
            Err(Fault::Failed)
        }
        Ok(Err(ModelError::GaveWay)) => Err(Fault::GaveWay),
        Ok(Err(error)) => {
            tracing::error!(lane, %error, "a model step failed; its answers are empty");
            Err(Fault::Failed)
        }
        Err(_) => {
            tracing::error!(lane, "a model step panicked; its answers are empty");
            Err(Fault::Panicked)
        }
    }
}
