//! Whether a pause lies inside a sentence: read from what was said before it and after it.
//!
//! The recogniser hears the pause with both its sides and sets its sentence marks in full knowledge; what it wrote up
//! to the pause is found again in that text. Whoever decides turns hears the one side only.

use callwright_models::contract::{ModelError, Recognizer};

/// Samples before and after a pause that are read with it: 12 s and 6 s.
const BEFORE: usize = 12 * 16_000;
const AFTER: usize = 6 * 16_000;
/// Samples after the last sound that belong to it.
const TAIL: usize = 1_600;

/// Whether the speaker is in the middle of a sentence in the pause from `start` to `end` of `samples`, whose last
/// sound ends at `last`.
pub(super) fn inside_sentence(
    samples: &[i16],
    last: usize,
    (start, end): (usize, usize),
    recognizer: &mut dyn Recognizer,
) -> Result<bool, ModelError> {
    let from = start.saturating_sub(BEFORE);
    let upto = (end + AFTER).min(last + TAIL);
    let mut read = |range: std::ops::Range<usize>| {
        let sound = samples.get(range).unwrap_or_default();
        let texts = recognizer.recognize(&[sound])?;
        Ok(texts.into_iter().next().unwrap_or_default().text)
    };
    let before = read(from..start + TAIL)?;
    let whole = read(from..upto)?;
    Ok(!ends_sentence(&before, &whole))
}

/// Whether a sentence of `whole` ends where `before` does, which is about how `whole` begins.
fn ends_sentence(before: &str, whole: &str) -> bool {
    let marked: Vec<&str> =
        whole.split_whitespace().filter(|word| !plain(word).is_empty()).collect();
    let whole: Vec<String> = marked.iter().map(|word| plain(word)).collect();
    let before: Vec<String> =
        before.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
    // Distances from `before` to every beginning of `whole` (Wagner and Fischer, 1974).
    let mut distances: Vec<usize> = (0..=whole.len()).collect();
    for (row, word) in before.iter().enumerate() {
        let mut diagonal = row;
        let mut left = row + 1;
        if let Some(first) = distances.first_mut() {
            *first = left;
        }
        for (above, other) in distances.iter_mut().skip(1).zip(&whole) {
            let here = (diagonal + usize::from(word != other)).min(*above + 1).min(left + 1);
            diagonal = std::mem::replace(above, here);
            left = here;
        }
    }
    // Of equally near beginnings the one that is as long as what was heard.
    let nearest =
        |&(length, &distance): &(usize, &usize)| (distance, length.abs_diff(before.len()));
    let length = distances.iter().enumerate().min_by_key(nearest).map_or(0, |(length, _)| length);
    let last = length.checked_sub(1).and_then(|index| marked.get(index));
    last.is_some_and(|word| {
        word.trim_end_matches(['"', '\'', '\u{201d}', '\u{2019}', ')']).ends_with(['.', '?', '!'])
    })
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_where_both_sides_were_heard() {
        let whole = "I need an appointment on Tuesday. Or is \"Friday free?\" Tell me.";
        for (before, ends) in [
            ("I need an appointment.", false),
            ("I need an appointment on Tuesday", true),
            ("I knead in appointment on Tuesday, or", false),
            ("I need an appointment on Tuesday, or is Friday free", true),
            ("", false),
        ] {
            assert_eq!(ends_sentence(before, whole), ends, "{before}");
        }
        assert!(!ends_sentence("Anything.", ""));
    }
}
