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

/// Whether it is a line from the end of a film: the model was trained on subtitles and writes them where nobody speaks.
pub(super) fn is_known(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    KNOWN.iter().any(|known| {
        let mut begins = words();
        known.split(' ').all(|known| begins.next() == Some(known))
    })
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

/// Beginnings of such lines that nobody says to a business, as users of Whisper report them.
const KNOWN: &[&str] = &[
    "thank you for watching",
    "thanks for watching",
    "subtitles by",
    "please subscribe",
    "untertitel der amara org community",
    "untertitel im auftrag des",
    "untertitelung des zdf",
    "vielen dank fürs zuschauen",
    "sous titres réalisés",
    "sous titrage",
    "merci d avoir regardé",
    "subtítulos realizados por",
    "subtítulos por la comunidad de amara org",
    "gracias por ver el video",
    "sottotitoli creati dalla comunità amara org",
    "sottotitoli e revisione",
    "legendas pela comunidade amara org",
    "ondertitels ingediend door",
    "napisy stworzone przez",
];

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
    fn lines_from_the_end_of_a_film_were_not_said() {
        assert!(is_known("Untertitel der Amara.org-Community"));
        assert!(is_known("Merci d'avoir regardé cette vidéo !"));
        assert!(!is_known("Ich hätte gern die Untertitel der Amara.org-Community"));
        assert!(!is_known("Vielen Dank!") && !is_known(""));
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
