//! Words that take no turn.

use callwright_contract::Expectation;

/// What the words of a caller who speaks while the agent does amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sounds {
    /// No words.
    Nothing,
    /// Signs of listening, and nothing else (Yngve's back channel, 1970).
    BackChannel,
    /// Words of his own.
    Speech,
}

/// What `words` amount to while the agent says something that ends in a question of the kind `expects`: where yes or no
/// was asked for, every word is an answer.
pub(crate) fn sounds_like(words: &str, expects: Expectation) -> Sounds {
    let words = words.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let words: Vec<String> =
        words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    if words.is_empty() {
        return Sounds::Nothing;
    }
    // "Uh" alone asks for the floor, "uh-huh" does not.
    let text = words.join(" ").replace("uh huh", "mhm");
    let mut signs = 0;
    let only_signs = text.split(' ').all(|word| {
        signs += 1;
        SIGNS.contains(&word)
    });
    if only_signs && signs <= SIGNS_MAX && expects != Expectation::YesNo {
        Sounds::BackChannel
    } else {
        Sounds::Speech
    }
}

/// Signs in a row; more is a way of asking for the floor.
const SIGNS_MAX: usize = 4;

/// Hums as recognisers write them, and words that say "I hear you".
const SIGNS: [&str; 24] = [
    "mm", "mmm", "mhm", "hm", "hmm", "huh", "ah", "aha", "oh", "ooh", "m", "yeah", "yes", "yep",
    "yup", "ok", "okay", "right", "sure", "good", "great", "alright", "fine", "perfect",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_listening_are_told_from_words() {
        for (words, sounds) in [
            ("", Sounds::Nothing),
            (" ... ", Sounds::Nothing),
            ("Mm-hmm.", Sounds::BackChannel),
            ("Uh-huh.", Sounds::BackChannel),
            ("Okay, great.", Sounds::BackChannel),
            ("Yeah yeah yeah yeah yeah", Sounds::Speech),
            ("Okay, but", Sounds::Speech),
            ("Uh,", Sounds::Speech),
            ("Stop.", Sounds::Speech),
            ("No.", Sounds::Speech),
        ] {
            assert_eq!(sounds_like(words, Expectation::Anything), sounds, "{words}");
        }
        assert_eq!(sounds_like("Okay.", Expectation::YesNo), Sounds::Speech);
        assert_eq!(sounds_like("Mm-hm.", Expectation::YesNo), Sounds::Speech);
    }
}
