//! What listens and speaks: contracts, lanes that serve all calls with one model, one module per model
//! family, and the catalog of what is installed.
//!
//! Knows slots and samples; never a call, a tenant or a socket.
//!
//! Read [`contract`] first, then [`lanes`]. [`Models::load`] gives the models that a server uses, each of which
//! is one module here; [`scripted`] gives their deterministic doubles for tests.

pub mod contract;
pub mod lanes;

pub mod recording;
pub mod transcript;

pub mod catalog;
pub mod completeness;
pub mod pull;
mod shelf;
pub use shelf::{ModelFact, Models};

pub mod answering;
pub mod emotion;
pub mod flite;
pub mod kokoro;
mod mel;
pub mod minilm;
pub mod moonshine;
pub mod piper;
pub mod runtime;
pub mod silero;
pub mod smart_turn;
pub mod speaker;
pub mod spoken;
pub mod voices;
#[cfg(feature = "whisper")]
pub mod whisper;

pub mod scripted;
