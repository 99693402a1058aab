//! From token numbers to written words: the vocabulary of `tokenizer.bin`.
//!
//! For each number in turn: a length octet (0 = no text; from 128 on, two octets, `second * 128 + first - 128`),
//! then so many octets of UTF-8, in which U+2581 stands for a space.

use std::path::Path;

use crate::catalog;
use crate::contract::{Recognition, RecognizedWord};
use crate::runtime::LoadError;

/// A token that the decoder chose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ChosenToken {
    /// Its number.
    pub(super) token: usize,
    /// Natural logarithm of its probability.
    pub(super) log_probability: f32,
}

/// The text of each token.
#[derive(Debug)]
pub(super) struct Vocabulary {
    tokens: Vec<Box<[u8]>>,
    /// Tokens that are number words or digits.
    numbers: Vec<u32>,
}

impl Vocabulary {
    pub(super) fn load(models: &Path, path: &'static str) -> Result<Self, LoadError> {
        let file = catalog::installed(models, path)?;
        let octets = std::fs::read(&file)
            .map_err(|source| LoadError::Unreadable { path: file.clone(), source })?;
        parse(&octets).map(Self::new).ok_or_else(|| LoadError::Unexpected {
            path: file,
            what: "it ends in the middle of a token".to_owned(),
        })
    }

    fn new(tokens: Vec<Box<[u8]>>) -> Self {
        let mut numbers = Vec::new();
        for (number, text) in (0..).zip(&tokens).take(FIRST_SPECIAL).skip(FIRST_TEXT) {
            let word = text.strip_prefix(SPACE_OCTETS).unwrap_or(text).to_ascii_lowercase();
            let is_word = word.len() < text.len() && NUMBERS.contains(&word.as_slice());
            if is_word || (word.len() == 1 && word.iter().all(u8::is_ascii_digit)) {
                numbers.push(number);
            }
        }
        Self { tokens, numbers }
    }

    /// Tokens that are number words or digits.
    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Writes down what the tokens say.
    pub(super) fn write(&self, tokens: &[ChosenToken]) -> Recognition {
        let mut octets = Vec::new();
        // For each octet, the token that it comes from.
        let mut origin = Vec::new();
        for (place, chosen) in tokens.iter().enumerate() {
            // Tokens from here on are marks of the training, not text.
            if chosen.token < FIRST_TEXT || chosen.token >= FIRST_SPECIAL {
                continue;
            }
            let text = self.tokens.get(chosen.token).map(Box::as_ref).unwrap_or_default();
            octets.extend_from_slice(text);
            origin.resize(octets.len(), place);
        }
        let Ok(text) = String::from_utf8(octets) else {
            // Octets that are no text: a decoder that lost its way. Nothing was understood.
            return Recognition::default();
        };
        assemble(&text, &origin, tokens)
    }
}

impl Vocabulary {
    /// How many of `newer` say the same as the beginning of `older`, but for case and sentence marks.
    pub(super) fn agreed(&self, older: &[u32], newer: &[u32]) -> usize {
        let mut older = older.iter().flat_map(|token| self.letters(*token));
        let same = |token: &&u32| self.letters(**token).all(|letter| older.next() == Some(letter));
        newer.iter().take_while(same).count()
    }

    /// The letters and digits of a token, as lower-case octets; of scripts that have more, the octets as they are.
    fn letters(&self, token: u32) -> impl Iterator<Item = u8> {
        let text = usize::try_from(token).ok().and_then(|token| self.tokens.get(token));
        let octets = text.map(Box::as_ref).unwrap_or_default();
        let space = octets.starts_with(SPACE_OCTETS);
        let octets = octets.get(if space { SPACE_OCTETS.len() } else { 0 }..).unwrap_or_default();
        let is_letter = |octet: &&u8| octet.is_ascii_alphanumeric() || !octet.is_ascii();
        octets.iter().filter(is_letter).map(u8::to_ascii_lowercase)
    }
}

/// Replaces the marks of spaces, trims, and finds the words.
fn assemble(marked: &str, origin: &[usize], tokens: &[ChosenToken]) -> Recognition {
    let mut text = String::with_capacity(marked.len());
    let mut words = Vec::new();
    let is_space = |c: char| c == SPACE || c.is_whitespace();
    let mut at = 0;
    for piece in marked.split(is_space) {
        if !piece.is_empty() {
            if !text.is_empty() {
                text.push(' ');
            }
            let start = text.len();
            text.push_str(piece);
            let mut from = origin.get(at..at + piece.len()).unwrap_or_default().to_vec();
            from.dedup();
            let confidence = confidence(from.iter().filter_map(|&place| tokens.get(place)));
            words.push(RecognizedWord { range: start..text.len(), confidence, span: 0..0 });
        }
        at += piece.len();
        at += marked.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    let confidence = if words.is_empty() { 0.0 } else { confidence(tokens.iter()) };
    Recognition { agreed: text.len(), text, confidence, words, finished: None, complete: None }
}

/// The geometric mean of the tokens' probabilities.
fn confidence<'a>(tokens: impl Iterator<Item = &'a ChosenToken>) -> f32 {
    let (count, sum) = tokens
        .fold((0.0_f32, 0.0), |(count, sum), token| (count + 1.0, sum + token.log_probability));
    if count > 0.0 { (sum / count).exp() } else { 0.0 }
}

fn parse(mut octets: &[u8]) -> Option<Vec<Box<[u8]>>> {
    let mut tokens = Vec::with_capacity(FIRST_SPECIAL);
    while let [first, rest @ ..] = octets {
        let mut length = usize::from(*first);
        octets = rest;
        if length >= 128 {
            let (second, rest) = octets.split_first()?;
            length = usize::from(*second) * 128 + length - 128;
            octets = rest;
        }
        let (token, rest) = octets.split_at_checked(length)?;
        tokens.push(token.into());
        octets = rest;
    }
    Some(tokens)
}

/// Stands for a space: LOWER ONE EIGHTH BLOCK.
const SPACE: char = '\u{2581}';
const SPACE_OCTETS: &[u8] = "\u{2581}".as_bytes();
/// Before it: unknown, start, end.
const FIRST_TEXT: usize = 3;
/// Words that numbers are said in.
const NUMBERS: [&[u8]; 34] = [
    b"zero",
    b"oh",
    b"one",
    b"two",
    b"three",
    b"four",
    b"five",
    b"six",
    b"seven",
    b"eight",
    b"nine",
    b"ten",
    b"eleven",
    b"twelve",
    b"thirteen",
    b"fourteen",
    b"fifteen",
    b"sixteen",
    b"seventeen",
    b"eighteen",
    b"nineteen",
    b"twenty",
    b"thirty",
    b"forty",
    b"fifty",
    b"sixty",
    b"seventy",
    b"eighty",
    b"ninety",
    b"hundred",
    b"thousand",
    b"double",
    b"triple",
    b"nought",
];
/// From here on, `<<ST_n>>`.
const FIRST_SPECIAL: usize = 32_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let texts = ["?", "s", "e", "\u{2581}Any", "body", "\u{2581}there", "?", "\u{2581}", " "];
        let tokens = texts.iter().map(|text| text.as_bytes().into()).collect();
        Vocabulary::new(tokens)
    }

    fn chosen(tokens: &[(usize, f32)]) -> Vec<ChosenToken> {
        let token = |&(token, p): &(usize, f32)| ChosenToken { token, log_probability: p.ln() };
        tokens.iter().map(token).collect()
    }

    #[test]
    fn tokens_become_words_with_their_ranges_and_confidence() {
        let heard =
            vocabulary().write(&chosen(&[(3, 1.0), (4, 0.25), (7, 1.0), (5, 0.5), (6, 0.5)]));
        assert_eq!(heard.text, "Anybody there?");
        let words: Vec<(&str, f32)> =
            heard.words.iter().map(|w| (&heard.text[w.range.clone()], w.confidence)).collect();
        assert_eq!(words, [("Anybody", 0.5), ("there?", 0.5)]);
        assert!((heard.confidence - (0.0625_f32).powf(0.2)).abs() < 1e-6);
    }

    #[test]
    fn number_words_and_digits_are_known_as_numbers() {
        let texts =
            ["", "", "", "five", "\u{2581}five", "\u{2581}Five", "5", "\u{2581}5", "\u{2581}fives"];
        let vocabulary = Vocabulary::new(texts.iter().map(|text| text.as_bytes().into()).collect());
        assert_eq!(vocabulary.numbers(), [4, 5, 6, 7]);
    }

    #[test]
    fn tokens_agree_when_their_letters_do() {
        let vocabulary = vocabulary();
        // "Any" "body" "there" "?", and "s" and "e" by themselves.
        for (older, newer, agreed) in [
            (&[3, 4, 5][..], &[3, 4, 5, 6][..], 4),
            (&[3, 4, 6, 5], &[3, 4, 5], 3),
            (&[3, 4], &[3, 4, 5], 2),
            (&[3, 1], &[3, 4, 5], 1),
            (&[], &[3], 0),
            (&[3, 4], &[3, 9_999, 4], 3),
        ] {
            assert_eq!(vocabulary.agreed(older, newer), agreed, "{older:?} {newer:?}");
        }
    }

    #[test]
    fn marks_and_silence_are_no_words() {
        for tokens in [&[][..], &[(7, 1.0), (8, 1.0)], &[(1, 0.5), (32_000, 0.5), (99_999, 0.5)]] {
            assert_eq!(vocabulary().write(&chosen(tokens)), Recognition::default());
        }
    }

    #[test]
    fn lengths_of_one_and_two_octets_are_read_and_a_cut_file_is_refused() {
        let mut octets = vec![0, 2, b'a', b'b', 128 + 2, 1];
        octets.extend([b'x'; 130]);
        let tokens = parse(&octets).unwrap();
        assert_eq!(tokens.iter().map(|t| t.len()).collect::<Vec<_>>(), [0, 2, 130]);
        for cut in [3, 5, 50] {
            assert!(parse(&octets[..cut]).is_none(), "{cut}");
        }
    }
}
