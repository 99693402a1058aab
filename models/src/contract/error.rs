//! A model that could not take its step.

/// One step of a model failed. The lane counts it, answers the requests of that batch with no result, and
/// goes on; a call copes with a missing answer by its timers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The runtime refused to run the model; the text is the runtime's own.
    #[error("{model} could not run: {reason}")]
    Runtime {
        /// Name of the model in the catalog.
        model: &'static str,
        /// What the runtime says.
        reason: String,
    },
    /// The model answered in a shape that it should not have.
    #[error("{model} answered in an unexpected shape: {what}")]
    Shape {
        /// Name of the model in the catalog.
        model: &'static str,
        /// Which output, and what was wrong with it.
        what: &'static str,
    },
    /// A partial step was left undone, because a final question waits ([`super::Haste`]). Nothing is wrong.
    #[error("the step gave way to one that a caller waits for")]
    GaveWay,
    /// The text cannot be spoken by this voice.
    #[error("the voice cannot speak this text: {reason}")]
    Unspeakable {
        /// Why.
        reason: &'static str,
    },
}
