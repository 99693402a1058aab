//! No words from silence or noise: which of the model's words were hardly said.
//!
//! The first guard is the speech detector: nothing is asked of a recogniser where it hears nobody. What passes it is
//! held to what this model was seen to do. On 71 stretches of offices, cafes, ringing, noise and synthetic music, 41
//! became "You" without a full stop; others a line from the end of a film; most of the rest had a mean probability
//! that speech has not. Speech is hardly touched: see `tests/real/silence.rs`.

use crate::contract::Recognition;

/// Whether `heard` can be what was said in an utterance of `samples` samples.
pub(super) fn plausible(heard: &Recognition, samples: usize) -> bool {
    let words = heard.text.split_whitespace().count();
    let seconds = samples as f32 / 16_000.0;
    heard.confidence >= CONFIDENCE_MIN
        && words as f32 <= WORDS_SPARE + WORDS_PER_SECOND * seconds
        && !heard.text.chars().any(is_foreign)
        && !is_known(&heard.text)
}

/// What the model writes where nobody speaks.
fn is_known(text: &str) -> bool {
    // Somebody who says "you" and nothing else gets a full stop.
    if text == "You" {
        return true;
    }
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    KNOWN.iter().any(|known| {
        let mut begins = words.clone();
        known
            .split(' ')
            .all(|known| begins.next().is_some_and(|word| word.eq_ignore_ascii_case(known)))
    })
}

/// Signs that English speech is not written with: notes, other scripts.
fn is_foreign(c: char) -> bool {
    matches!(c, '♪' | '©' | '�') || c > '\u{24F}' && c.is_alphabetic()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, confidence: f32) -> Recognition {
        Recognition { text: text.to_owned(), confidence, ..Recognition::default() }
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
}
