//! What a decoder that lost its way writes again and again.

use super::writing::{Piece, bare};

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
