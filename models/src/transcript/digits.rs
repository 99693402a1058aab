//! Rows of digits, written as digits: what is said in answer to "What is your number?".
//!
//! `five five five, two one two` becomes `555, 212`; `double five`, `oh`, `twenty three` and `one eight hundred` are
//! read as people mean them in a number. Digits are joined as they were said, and parted where the model heard a
//! comma. A number word alone in a sentence stays a word ("I don't have one").

use super::writing::{Piece, bare, joined, marks};

/// Writes rows of digits as digits.
pub(super) fn write(pieces: &[Piece]) -> Vec<Piece> {
    let pieces = &parted(pieces);
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut at = 0;
    while at < pieces.len() {
        let row = row_at(pieces, at);
        let Some(last) = row.last() else {
            out.extend(pieces.get(at).cloned());
            at += 1;
            continue;
        };
        if is_number(pieces, &row, at) {
            out.extend(groups(pieces, &row));
        } else {
            out.extend(pieces.get(at..last.end).into_iter().flatten().cloned());
        }
        at = last.end;
    }
    out
}

/// `nine-one-seven` as three words; `twenty-three` stays one.
fn parted(pieces: &[Piece]) -> Vec<Piece> {
    let part = |piece: &Piece| {
        let words: Vec<&str> = piece.text.split('-').collect();
        let digits = words.len() > 1 && words.iter().all(|word| digit(&bare(word)).is_some());
        let length = piece.span.len() / words.len();
        let alone = move |(n, word): (usize, &str)| {
            let start = piece.span.start + n * length;
            Piece { text: word.to_owned(), span: start..start + length, ..piece.clone() }
        };
        if digits {
            words.into_iter().enumerate().map(alone).collect()
        } else {
            vec![piece.clone()]
        }
    };
    pieces.iter().flat_map(part).collect()
}

/// One thing said in a row of digits.
#[derive(Clone, Debug, PartialEq)]
struct Element {
    digits: String,
    start: usize,
    end: usize,
    /// Written by the model as a number of several digits: a group by itself.
    whole: bool,
}

/// The longest row of elements from `at` on.
fn row_at(pieces: &[Piece], at: usize) -> Vec<Element> {
    let mut row: Vec<Element> = Vec::new();
    let mut next = at;
    while let Some(element) = element_at(pieces, next, &row) {
        next = element.end;
        row.push(element);
    }
    row
}

/// A row that is long enough, or all that was said, is a number.
fn is_number(pieces: &[Piece], row: &[Element], at: usize) -> bool {
    let digits: usize = row.iter().map(|element| element.digits.len()).sum();
    let end = row.last().map_or(at, |element| element.end);
    let (before, after) = (pieces.get(..at), pieces.get(end..));
    let others = before.into_iter().chain(after).flatten();
    let alone = others.into_iter().all(|piece| is_filler(&bare(&piece.text)));
    alone || digits >= DIGITS_MIN || (digits >= 2 && row.len() >= 2)
}

/// Joins the elements of a row into groups.
fn groups(pieces: &[Piece], row: &[Element]) -> Vec<Piece> {
    let mut groups = Vec::new();
    let mut from = 0;
    let comma = |element: &&Element| {
        element
            .end
            .checked_sub(1)
            .and_then(|at| pieces.get(at))
            .is_some_and(|it| it.text.ends_with(','))
    };
    let counted = row.iter().filter(comma).count() * 3 > row.len() * 2;
    for (place, element) in row.iter().enumerate() {
        let last = element.end.checked_sub(1).and_then(|at| pieces.get(at));
        let marks = last.map_or("", |piece| marks(&piece.text));
        // A comma after each digit parts nothing.
        let parted = !marks.is_empty() && marks != "-" && (marks != "," || !counted);
        let next = row.get(place + 1);
        if !parted && next.is_some_and(|next| !element.whole && !next.whole) {
            continue;
        }
        let group = row.get(from..=place).unwrap_or_default();
        from = place + 1;
        let mut text: String = group.iter().map(|element| element.digits.as_str()).collect();
        text.push_str(if parted { marks } else { "" });
        let start = group.first().map_or(element.start, |element| element.start);
        groups.push(joined(pieces.get(start..element.end).unwrap_or_default(), text));
    }
    groups
}

/// What is said at `at`, after `row`.
fn element_at(pieces: &[Piece], at: usize, row: &[Element]) -> Option<Element> {
    let word = |at: usize| pieces.get(at).map(|piece| bare(&piece.text));
    // A pause ends what belongs together: `twenty, three` is not 23.
    let goes_on = |at: usize| {
        let marks = pieces.get(at).map_or("", |piece| marks(&piece.text));
        marks.is_empty() || marks == "-"
    };
    let element = |digits: String, words: usize| {
        Some(Element { digits, start: at, end: at + words, whole: false })
    };
    let first = word(at)?;
    if let Some(digits) = written(&pieces.get(at)?.text) {
        let whole = digits.len() > 1;
        return Some(Element { digits, start: at, end: at + 1, whole });
    }
    let next = if goes_on(at) { word(at + 1) } else { None };
    if let Some(times) = times(&first) {
        let digit = digit(next.as_deref()?)?;
        return element(digit.to_string().repeat(times), 2);
    }
    if first == "plus" && row.is_empty() && digit(next.as_deref()?).is_some() {
        return element("+".to_owned(), 1);
    }
    // `twenty-three` as one word.
    if let Some((tens_part, ones_part)) = pieces.get(at)?.text.split_once('-') {
        let (tens, ones) = (tens(&bare(tens_part)), digit(&bare(ones_part)));
        if let (Some(tens), Some(ones @ 1..)) = (tens, ones) {
            return element((tens + ones).to_string(), 1);
        }
    }
    let inside = next.as_deref().and_then(digit).is_some();
    if let Some(digit) = digit(&first).or_else(|| misheard(&first, row, inside)) {
        return match next.as_deref() {
            Some("hundred") => element(format!("{digit}00"), 2),
            Some("thousand") => element(format!("{digit}000"), 2),
            _ => element(digit.to_string(), 1),
        };
    }
    if let Some(teen) = TEENS.iter().position(|teen| *teen == first) {
        return element((teen + 10).to_string(), 1);
    }
    let tens = tens(&first)?;
    match next.as_deref().and_then(digit).filter(|ones| *ones > 0) {
        Some(ones) => element((tens + ones).to_string(), 2),
        None => element(tens.to_string(), 1),
    }
}

/// The digits of a word that the model wrote as a number: `5`, `555-212,`.
fn written(word: &str) -> Option<String> {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let others = word.chars().filter(|c| !c.is_ascii_digit());
    let plain = others.clone().all(|c| matches!(c, '-' | ',' | '.' | '(' | ')' | '?' | '!'));
    // 3.50 is a price.
    let price = word.split('.').filter(|part| part.contains(|c: char| c.is_ascii_digit())).count();
    (plain && !digits.is_empty() && price == 1).then_some(digits)
}

/// The digit that a word means.
pub(super) fn digit(word: &str) -> Option<u8> {
    let digit = match word {
        "zero" | "oh" | "o" | "nought" | "naught" => 0,
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" | "niner" => 9,
        _ => return None,
    };
    Some(digit)
}

/// What sounds like a digit is one in the middle of a number. `inside`: another digit follows.
fn misheard(word: &str, row: &[Element], inside: bool) -> Option<u8> {
    let digits: usize = row.iter().map(|element| element.digits.len()).sum();
    if digits < DIGITS_MIN {
        return None;
    }
    match word {
        "to" | "too" => Some(2),
        "for" | "fore" => Some(4),
        "ate" => Some(8),
        "won" => Some(1),
        "or" if inside => Some(0),
        _ => None,
    }
}

fn times(word: &str) -> Option<usize> {
    match word {
        "double" => Some(2),
        "triple" | "treble" => Some(3),
        _ => None,
    }
}

fn tens(word: &str) -> Option<u8> {
    let place = TENS.iter().position(|tens| *tens == word)?;
    u8::try_from((place + 2) * 10).ok()
}

fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "" | "um"
            | "uh"
            | "er"
            | "erm"
            | "hmm"
            | "well"
            | "so"
            | "yes"
            | "yeah"
            | "sure"
            | "okay"
            | "it's"
            | "its"
            | "that's"
            | "is"
            | "it"
            | "my"
            | "number"
            | "the"
            | "please"
    )
}

/// Digits that make a row a number, whatever else is said.
const DIGITS_MIN: usize = 3;

const TEENS: [&str; 10] = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::writing::tests::heard;
    use crate::transcript::writing::{self, pieces};

    fn said(text: &str) -> String {
        writing::written(write(&pieces(&heard(text))), 1.0).text
    }

    #[test]
    fn rows_of_digits_are_written_as_they_were_said() {
        for (spoken, written) in [
            ("five five five two one two", "555212"),
            ("Five five five, two one two, three four five six.", "555, 212, 3456."),
            ("Double five oh one", "5501"),
            ("triple seven two", "7772"),
            ("twenty three fourteen", "2314"),
            ("Twenty-three, forty-five.", "23, 45."),
            ("one eight hundred five five five", "1800555"),
            ("It's five fifty five two twelve thirty four fifty six", "It's 5552123456"),
            ("My number is 555-212-3456.", "My number is 5552123456."),
            ("5 5 5 2 1 2", "555212"),
            ("5, 5, 5, 2", "5552"),
            ("Nine-one-seven, eight-eight-two.", "917, 882."),
            ("5 5 5, 212 3456", "555, 212 3456"),
            ("plus one five five five", "+1555"),
            ("five five five to one for", "555214"),
            ("nine one seven three or four five", "9173045"),
            ("five five five um two one two", "555 um 212"),
            ("seven", "7"),
            ("It's seven.", "It's 7."),
        ] {
            assert_eq!(said(spoken), written, "{spoken}");
        }
    }

    #[test]
    fn numbers_that_are_no_digits_of_a_row_stay_words() {
        for text in [
            "I don't have one.",
            "I don't know, give me one second",
            "Can I have two minutes?",
            "It costs 3.50 for all of us",
            "To be or not to be, for ever",
            "Which one do you mean?",
            "",
        ] {
            assert_eq!(said(text), text);
        }
    }

    #[test]
    fn a_group_is_as_long_as_its_words_and_as_sure_as_the_least_sure() {
        let mut words = pieces(&heard("call five five five now"));
        words[2].confidence = 0.5;
        let written = write(&words);
        assert_eq!(written.len(), 3);
        assert_eq!((written[1].confidence, written[1].span.clone()), (0.5, 16_000..64_000));
    }
}
