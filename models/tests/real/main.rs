//! The real models on real speech. They are installed by `./callwright test`; without them these tests fail.

mod recording;

mod recognition;
mod speech;
