//! No words from silence or noise: which of Whisper's words were hardly said.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::words::Segment;
use crate::contract::Recognition;

/// Whether `heard` can have been said, where the model gives silence the probability `no_speech`.
pub(super) fn said(heard: &Segment, no_speech: f32) -> bool {
    heard.confidence >= CONFIDENCE_MIN
        && (no_speech < NO_SPEECH_MAX || heard.confidence >= CONFIDENCE_IN_SILENCE)
}

/// Whether people say `heard` in `samples` samples, and not the same all over again. What is repeated, but fits its
/// time, is cut elsewhere.
pub(super) fn fits(heard: &Recognition, samples: usize) -> bool {
    let seconds = samples as f32 / 16_000.0;
    let words = heard.text.split_whitespace().count() as f32;
    words <= WORDS_SPARE + WORDS_PER_SECOND * seconds || compression(&heard.text) <= COMPRESSION_MAX
}

/// How many times smaller zlib makes a text: 2.4 and more is a decoder that repeats itself (OpenAI's own limit).
fn compression(text: &str) -> f32 {
    let mut smaller = ZlibEncoder::new(Vec::new(), Compression::default());
    // Into memory, which takes everything.
    let written = smaller.write_all(text.as_bytes()).and_then(|()| smaller.finish());
    written.map_or(1.0, |smaller| text.len() as f32 / smaller.len().max(1) as f32)
}

/// The mean probability of a token: e to the power of -1, OpenAI's own limit.
const CONFIDENCE_MIN: f32 = 0.368;
/// Where the model itself takes the sound for silence, only words that it is sure of count.
const NO_SPEECH_MAX: f32 = 0.6;
const CONFIDENCE_IN_SILENCE: f32 = 0.6;
const COMPRESSION_MAX: f32 = 2.4;
/// Nobody says more words in a second; short stretches are cut closely.
const WORDS_PER_SECOND: f32 = 6.0;
const WORDS_SPARE: f32 = 3.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_model_is_not_sure_of_was_not_said() {
        let sure = |confidence| Segment { confidence, ..Segment::default() };
        assert!(said(&sure(0.8), 0.1));
        assert!(said(&sure(0.8), 0.9), "quiet speech");
        assert!(!said(&sure(0.3), 0.1));
        assert!(!said(&sure(0.5), 0.9));
    }

    #[test]
    fn a_loop_that_no_tongue_is_quick_enough_for_was_not_said() {
        let heard = |text: &str| Recognition { text: text.to_owned(), ..Recognition::default() };
        let again = "thank you for watching ".repeat(40);
        assert!(!fits(&heard(&again), 4 * 16_000));
        assert!(fits(&heard("thank you for watching"), 16_000));
        let quick = "the quick brown fox jumps over the lazy dog while seven wizards box";
        assert!(fits(&heard(quick), 16_000), "an estimate of time alone does not delete speech");
    }
}
