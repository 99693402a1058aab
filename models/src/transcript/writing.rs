//! A recognition as a row of words that can be replaced, and back.

use std::ops::Range;

use crate::contract::{Recognition, RecognizedWord};

/// One word as it will be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) confidence: f32,
    pub(super) span: Range<usize>,
}

/// The words of a recognition. One without a list of words has those that spaces part.
pub(super) fn pieces(recognition: &Recognition) -> Vec<Piece> {
    let piece = |word: &RecognizedWord| {
        let text = recognition.text.get(word.range.clone())?.to_owned();
        Some(Piece { text, confidence: word.confidence, span: word.span.clone() })
    };
    if recognition.words.is_empty() {
        let alone = |word: &str| Piece {
            text: word.to_owned(),
            confidence: recognition.confidence,
            span: 0..0,
        };
        return recognition.text.split_whitespace().map(alone).collect();
    }
    recognition.words.iter().filter_map(piece).collect()
}

/// Writes the words with a space between each two.
pub(super) fn written(pieces: Vec<Piece>, confidence: f32) -> Recognition {
    let mut text = String::new();
    let mut words = Vec::with_capacity(pieces.len());
    for Piece { text: word, confidence, span } in pieces {
        if !text.is_empty() {
            text.push(' ');
        }
        let range = text.len()..text.len() + word.len();
        text.push_str(&word);
        words.push(RecognizedWord { range, confidence, span });
    }
    Recognition { agreed: text.len(), text, confidence, words, finished: None, complete: None }
}

/// One word in place of several: as sure as the least sure of them, as long as all.
pub(super) fn joined(pieces: &[Piece], text: String) -> Piece {
    let confidence = pieces.iter().map(|piece| piece.confidence).fold(1.0, f32::min);
    let start = pieces.first().map_or(0, |piece| piece.span.start);
    let end = pieces.last().map_or(0, |piece| piece.span.end);
    Piece { text, confidence, span: start..end.max(start) }
}

/// The letters and digits of a word in lower case, with apostrophes.
pub(super) fn bare(word: &str) -> String {
    let kept = word.chars().filter(|c| c.is_alphanumeric() || *c == '\'');
    kept.flat_map(char::to_lowercase).collect()
}

/// The marks that a word ends in: `two,` gives `,`.
pub(super) fn marks(word: &str) -> &str {
    let end = word.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    word.get(end..).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A recognition of `text` in which word `n` is said from `n` to `n + 1` seconds, all of them for sure.
    pub(in crate::transcript) fn heard(text: &str) -> Recognition {
        let piece = |(n, word): (usize, &str)| Piece {
            text: word.to_owned(),
            confidence: 1.0,
            span: n * 16_000..(n + 1) * 16_000,
        };
        written(text.split_whitespace().enumerate().map(piece).collect(), 1.0)
    }

    #[test]
    fn words_are_parted_joined_and_written() {
        let mut words = pieces(&heard("five five, two"));
        let both = joined(&words[..2], "55,".to_owned());
        words.splice(..2, [both]);
        let written = written(words, 0.5);
        assert_eq!(written.text, "55, two");
        let spans: Vec<_> = written.words.iter().map(|word| word.span.clone()).collect();
        assert_eq!(spans, [0..32_000, 32_000..48_000]);
        assert_eq!(marks("two,"), ",");
        assert_eq!(marks("two"), "");
        assert_eq!(bare("\"Don't!\""), "don't");
    }
}
