//! Numbers as words or digits: cardinals to 99 and ordinals to 31.

use super::Words;

/// A number and how many words it took.
pub(crate) type Counted = (u32, usize);

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
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
const TENS: [(&str, u32); 8] = [
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];
const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

/// The value of one of `zero` to `nineteen`.
pub(crate) fn one_word(word: &str) -> Option<u32> {
    place(&ONES, word)
}

/// The value of one of `twenty` to `ninety`.
pub(crate) fn tens_word(word: &str) -> Option<u32> {
    TENS.iter().find(|(name, _)| *name == word).map(|&(_, value)| value)
}

/// The cardinal that begins at `at`: `24`, `twenty four`, `four`.
pub(crate) fn cardinal(words: &Words, at: usize) -> Option<Counted> {
    let word = words.at(at)?;
    if word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((word.parse().ok()?, 1));
    }
    if let Some(ones) = one_word(word) {
        return Some((ones, 1));
    }
    let tens = tens_word(word)?;
    match words.at(at + 1).and_then(one_word).filter(|ones| (1..=9).contains(ones)) {
        Some(ones) => Some((tens + ones, 2)),
        None => Some((tens, 1)),
    }
}

/// The ordinal that begins at `at`: `24th`, `twenty fourth`, `the twenty fourths` (as it is misheard).
pub(crate) fn ordinal(words: &Words, at: usize) -> Option<Counted> {
    let word = words.at(at)?;
    if let Some(value) = written_ordinal(word) {
        return Some((value, 1));
    }
    if let Some(value) = ordinal_word(word) {
        return Some((value, 1));
    }
    let tens = tens_word(word)?;
    let ones = words.at(at + 1).and_then(ordinal_word).filter(|ones| (1..=9).contains(ones))?;
    Some((tens + ones, 2))
}

fn ordinal_word(word: &str) -> Option<u32> {
    place(&ORDINALS, word)
        .or_else(|| place(&ORDINALS, word.strip_suffix('s')?))
        .or(match word {
            "twentieth" => Some(20),
            "thirtieth" => Some(30),
            _ => None,
        })
        .filter(|&value| value > 0)
}

fn written_ordinal(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end))?;
    let short = digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if short { digits.parse().ok() } else { None }
}

fn place(names: &[&str], word: &str) -> Option<u32> {
    names.iter().position(|name| *name == word).and_then(|place| u32::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_and_digits() {
        for (text, value) in [
            ("24", Some((24, 1))),
            ("twenty-four", Some((24, 2))),
            ("twenty", Some((20, 1))),
            ("nineteen", Some((19, 1))),
            ("forty five", Some((45, 2))),
            ("123", None),
            ("banana", None),
        ] {
            assert_eq!(cardinal(&Words::new(text), 0), value, "{text}");
        }
        for (text, value) in [
            ("24th", Some((24, 1))),
            ("twenty-fourth", Some((24, 2))),
            ("twenty-fourths", Some((24, 2))),
            ("third", Some((3, 1))),
            ("thirtieth", Some((30, 1))),
            ("thirty first", Some((31, 2))),
            ("thursday", None),
            ("month", None),
        ] {
            assert_eq!(ordinal(&Words::new(text), 0), value, "{text}");
        }
    }
}
