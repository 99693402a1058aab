//! Fuzz targets as plain functions: each takes any bytes and panics only when a law is broken.
//!
//! `cargo test -p callwright-fuzz` throws some thousands of mutated inputs at each; `CALLWRIGHT_FUZZ_SECONDS=10`
//! goes on for so long. `fuzz/libfuzzer` runs the same functions under libFuzzer: see `docs/fuzzing.md`.

#![expect(clippy::panic, reason = "a target panics when a law is broken: that is all it can say")]

pub mod targets;

mod mutate;
pub use mutate::Mutator;
