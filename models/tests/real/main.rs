//! The real models on real speech. `./callwright test` installs them; without them these tests fail and say so.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what cannot be read or made in a test fails the test"
)]

mod recording;

mod completeness;
mod emotion;
mod endings;
mod hints;
mod installed;
mod librispeech;
mod neural;
mod recognition;
mod silence;
mod speaker;
mod speech;
mod voice_activity;
mod word_times;
