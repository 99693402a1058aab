//! No words from silence or noise: which of a model's words were hardly said.
//!
//! The first guard is the speech detector: nothing is asked of a recogniser where it hears nobody. What passes it is
//! held to what Moonshine was seen to do. On 71 stretches of offices, cafes, ringing, noise and synthetic music, 41
//! became "You" without a full stop; others a line from the end of a film; most of the rest had a mean probability
//! that speech has not. Speech is hardly touched: see `tests/real/silence.rs`.

use super::writing::{Piece, bare};
use crate::contract::Recognition;

/// Whether anything in `samples` (mono at 16 kHz) is loud enough to be a caller.
pub(super) fn audible(samples: &[i16]) -> bool {
    samples.chunks(LEVEL_SPAN).any(|span| {
        let energy: i64 = span.iter().map(|&sample| i64::from(sample) * i64::from(sample)).sum();
        energy > FAINT * FAINT * LEVEL_SPAN as i64
    })
}

/// Whether `heard` can be what was said in an utterance of `samples` samples.
pub(super) fn plausible(heard: &Recognition, samples: usize) -> bool {
    let words = heard.text.split_whitespace().count();
    let seconds = samples as f32 / 16_000.0;
    heard.confidence >= CONFIDENCE_MIN
        && words as f32 <= WORDS_SPARE + WORDS_PER_SECOND * seconds
        && !heard.text.chars().any(is_foreign)
        && !is_known(&heard.text)
}

/// Leaves one of what a decoder that lost its way writes again and again. Digits may well be said in a row.
pub(super) fn without_loops(pieces: Vec<Piece>) -> Vec<Piece> {
    let words: Vec<String> = pieces.iter().map(|piece| bare(&piece.text)).collect();
    let has_digit = |words: &[String]| {
        words.iter().any(|word| DIGITS.contains(&word.as_str()) || word.parse::<u64>().is_ok())
    };
    for length in 1..=LOOP_WORDS_MAX {
        let times_max = if length == 1 { REPEATS_MAX_WORD } else { REPEATS_MAX };
        for start in 0..words.len() {
            let Some(first) = words.get(start..start + length) else { break };
            let rest = words.get(start..).unwrap_or_default().chunks_exact(length);
            let times = rest.take_while(|next| *next == first).count();
            if times > times_max && !has_digit(first) {
                let mut kept = pieces;
                kept.drain(start + length..start + length * times);
                return without_loops(kept);
            }
        }
    }
    pieces
}

/// What the model writes where nobody speaks.
fn is_known(text: &str) -> bool {
    // Somebody who says "you" and nothing else gets a full stop.
    if text == "You" {
        return true;
    }
    let words: Vec<String> = text.split_whitespace().map(bare).collect();
    let words = words.join(" ");
    KNOWN.iter().any(|known| words.starts_with(known))
}

/// Signs that English speech is not written with: notes, other scripts.
fn is_foreign(c: char) -> bool {
    matches!(c, '♪' | '©' | '�') || c > '\u{24F}' && c.is_alphabetic()
}

/// Spans of 100 ms are compared with a level of -45 dB of full scale, which no telephone makes of a voice.
const LEVEL_SPAN: usize = 1_600;
const FAINT: i64 = 184;

/// The mean probability of a token, below which words are guesses. Of 70 stretches of speech on the telephone the
/// least sure that had words in it had 0.65; half of what was made of noise has less than this.
const CONFIDENCE_MIN: f32 = 0.37;

/// Nobody says more words in a second; short utterances are cut closely.
const WORDS_PER_SECOND: f32 = 6.0;
const WORDS_SPARE: f32 = 2.0;

/// Subtitles at the end of films, which the model was trained on.
const KNOWN: [&str; 6] = [
    "thank you for watching",
    "thanks for watching",
    "transcript emily beynon",
    "subtitles by",
    "please subscribe",
    "music playing",
];

/// Longest loop that is looked for, in words, and how often it may come in a row; a single word oftener.
const LOOP_WORDS_MAX: usize = 8;
const REPEATS_MAX: usize = 3;
const REPEATS_MAX_WORD: usize = 5;

const DIGITS: [&str; 12] =
    ["zero", "oh", "o", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::writing::tests::heard;
    use crate::transcript::writing::{pieces, written};

    fn with(text: &str, confidence: f32) -> Recognition {
        Recognition { confidence, ..heard(text) }
    }

    #[test]
    fn what_is_written_of_noise_is_no_speech() {
        for (text, confidence, seconds) in [
            ("You", 0.9, 1),
            ("Thank you for watching!", 0.7, 2),
            ("© transcript Emily Beynon", 0.7, 3),
            ("♪♪♪", 0.6, 1),
            ("你好啊啊啊啊啊啊啊", 0.5, 3),
            ("I'm going to tell you a", 0.33, 1),
            ("I don't know exactly what it looks like from here", 0.8, 1),
        ] {
            assert!(!plausible(&with(text, confidence), seconds * 16_000), "{text}");
        }
        for (text, confidence, seconds) in [
            ("You.", 0.9, 1),
            ("Thank you.", 0.7, 1),
            ("Yes", 0.5, 1),
            ("It was the best of times", 0.8, 2),
            ("Zoë Müller, naïve", 0.8, 2),
        ] {
            assert!(plausible(&with(text, confidence), seconds * 16_000), "{text}");
        }
    }

    #[test]
    fn what_nobody_could_hear_is_silence() {
        assert!(!audible(&[]));
        assert!(!audible(&[100; 16_000]));
        assert!(audible(&[&[0; 16_000][..], &[1_000; 1_600]].concat()));
        assert!(!audible(&[&[0; 16_000][..], &[1_000; 16]].concat()), "a click is no voice");
    }

    #[test]
    fn a_loop_is_written_once_and_digits_as_often_as_they_are_said() {
        let once = |text: &str| written(without_loops(pieces(&heard(text))), 1.0).text;
        for (text, kept) in [
            ("we go we go we go we go home", "we go home"),
            ("And so on and so on and so on and so on", "And so on"),
            ("no no no no no", "no no no no no"),
            ("no no no no no no no", "no"),
            ("five five five five five five five", "five five five five five five five"),
            ("5 5 5 5 5 5 5", "5 5 5 5 5 5 5"),
            ("very very well", "very very well"),
            ("", ""),
        ] {
            assert_eq!(once(text), kept);
        }
    }
}
