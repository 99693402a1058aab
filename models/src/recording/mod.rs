//! From a whole recording to what was said in it and when: where somebody speaks, in stretches that a model hears at once.
//!
//! Knows samples and words, no file and no thread; [`crate::lanes::transcriber`] has the threads.

mod stretches;
pub use stretches::{STRETCH_PAUSE_MAX, SpeechFinder, Stretch};

mod moonshine;
pub use moonshine::MoonshineTranscriber;
