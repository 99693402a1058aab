//! Callers whose sound goes through real models on a virtual clock, the same every time.
//!
//! The recordings are in `../shared/data`, which is no part of this repository: without them the tests that want them
//! say "skipped", and the same promises are held by made-up sound and scripted models.

mod emotion;
mod front_desk;
mod recordings;
mod room;
