//! What listens and speaks: contracts, lanes that serve all calls with one model, one module per model
//! family, and the catalog of what is installed.
//!
//! Knows slots and samples; never a call, a tenant or a socket.

pub mod contract;

pub mod lanes;

pub mod catalog;
pub mod runtime;

pub mod silero;
pub mod smart_turn;
pub mod moonshine;
