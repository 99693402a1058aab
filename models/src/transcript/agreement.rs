//! Which of the words so far will stay: those that two runs in a row agree on, and of which the model is not in doubt.
//!
//! `examples/words.rs` measures how often such words change after all; what [`DOUBTFUL`] leaves out would change
//! twice as often.

use crate::contract::Recognition;

/// Bytes at the beginning of `newer` that will hardly change, after `older`, of which `agreed` bytes were agreed on.
pub(super) fn agreed(older: &str, agreed: usize, newer: &Recognition) -> usize {
    let again = agreed_prefix(older, &newer.text);
    let doubtful = newer.words.iter().find(|word| word.confidence < DOUBTFUL);
    let sure = doubtful.map_or(again, |word| again.min(word.range.start));
    // What was agreed on stays so for as long as it is there.
    let still = agreed_prefix(older.get(..agreed).unwrap_or_default(), &newer.text);
    let end = newer.text.get(..sure.max(still)).unwrap_or_default();
    end.trim_end().len()
}

/// A word of less confidence than this is left to change.
const DOUBTFUL: f32 = 0.5;

/// Length in bytes of the beginning of `newer` that `older` has too: whole words, and in a row of digits, which
/// grows within a word, digits. Case and sentence marks may differ: a model moves them as it hears more.
fn agreed_prefix(older: &str, newer: &str) -> usize {
    let mut agreed = 0;
    for (old, new) in older.split_whitespace().zip(newer.split_whitespace()) {
        // `new` is a piece of `newer`, so the distance of their addresses is the word's offset.
        let begin = new.as_ptr().addr() - newer.as_ptr().addr();
        if letters(old).eq(letters(new)) {
            agreed = begin + new.len();
            continue;
        }
        if is_number(old) && is_number(new) {
            let alike = old.bytes().zip(new.bytes()).take_while(|(old, new)| old == new);
            agreed = begin + alike.count();
        }
        break;
    }
    agreed
}

fn letters(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::RecognizedWord;

    fn heard(words: &[(&str, f32)]) -> Recognition {
        let mut heard = Recognition::default();
        for (word, confidence) in words {
            if !heard.text.is_empty() {
                heard.text.push(' ');
            }
            let range = heard.text.len()..heard.text.len() + word.len();
            heard.text.push_str(word);
            heard.words.push(RecognizedWord { range, confidence: *confidence, span: 0..0 });
        }
        heard
    }

    #[test]
    fn a_doubtful_word_is_not_agreed_on_until_it_was() {
        let newer = heard(&[("one", 0.9), ("two", 0.3), ("three", 0.9)]);
        for (older, agreed_before, now) in [
            ("one two three", 0, "one"),
            ("one two three", 7, "one two"),
            ("one two", 0, "one"),
            ("one three", 9, "one"),
            ("", 0, ""),
        ] {
            assert_eq!(&newer.text[..agreed(older, agreed_before, &newer)], now, "{older}");
        }
    }

    #[test]
    fn prefixes_end_at_words() {
        for (older, newer, agreed) in [
            ("", "a", ""),
            ("a", "", ""),
            ("höre ich", "Höre, wen", "Höre,"),
            ("ab", "abc", ""),
            ("I'd like to look", "I'd like to book a", "I'd like to"),
            ("I'd like to book a", "I'd like to book, a cleaning.", "I'd like to book, a"),
        ] {
            assert_eq!(&newer[..agreed_prefix(older, newer)], agreed, "{older} | {newer}");
        }
    }

    #[test]
    fn a_row_of_digits_is_agreed_digit_by_digit() {
        for (older, newer, agreed) in [
            ("my number is 5552", "My number is 55521", "My number is 5552"),
            ("555 21", "555 2234", "555 2"),
            ("a5", "a55", ""),
        ] {
            assert_eq!(&newer[..agreed_prefix(older, newer)], agreed, "{older} | {newer}");
        }
    }
}
