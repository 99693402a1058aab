//! From espeak-ng's phonemes to the letters that Kokoro was trained with, which are those of its own reader (misaki):
//! one letter for each diphthong and affricate.
//!
//! The correspondences are facts about the two alphabets, as misaki documents them (`EN_PHONES.md`, `espeak.py`).

/// Whose English it is, if it is English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accent {
    American,
    British,
    Other,
}

/// Kokoro's letters for a group of espeak-ng's, which was written with `^` between tied letters.
pub(super) fn of(group: &str, accent: Accent) -> String {
    let common: &[(&str, &str)] = match accent {
        Accent::Other => &OTHER,
        Accent::American | Accent::British => &ENGLISH,
    };
    let own: &[(&str, &str)] = match accent {
        Accent::American => &AMERICAN,
        Accent::British => &BRITISH,
        Accent::Other => &[],
    };
    let mut letters = group.to_owned();
    for (from, to) in common.iter().chain(own) {
        if letters.contains(from) {
            letters = letters.replace(from, to);
        }
    }
    syllabic(&letters)
}

/// A consonant that is a syllable by itself has a small vowel in front, not a mark below; ties have done their work.
fn syllabic(letters: &str) -> String {
    let mut out = String::with_capacity(letters.len());
    for letter in letters.chars() {
        match letter {
            '\u{329}' => {
                let consonant = out.pop();
                out.push('ᵊ');
                out.extend(consonant);
            }
            '^' => {}
            letter => out.push(letter),
        }
    }
    out
}

/// About how long a letter sounds, in phonemes.
pub(super) fn weight(letter: char) -> f32 {
    match letter {
        'ˈ' | 'ˌ' | '\u{303}' => 0.0,
        'ː' | 'ᵊ' => 0.6,
        // Diphthongs and affricates: two sounds in one letter.
        'A' | 'I' | 'O' | 'Q' | 'W' | 'Y' | 'ʤ' | 'ʧ' => 1.6,
        letter if letter.is_alphabetic() => 1.0,
        _ => 0.0,
    }
}

/// Longer ones first: each is looked for in what the ones before have left.
const ENGLISH: [(&str, &str); 20] = [
    ("ʔˌn\u{329}", "ʔn"),
    ("ʔn\u{329}", "ʔn"),
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("d^ʒ", "ʤ"),
    ("e^ɪ", "A"),
    ("t^ʃ", "ʧ"),
    ("ɔ^ɪ", "Y"),
    ("ə^l", "ᵊl"),
    ("ʲo", "jo"),
    ("ʲə", "jə"),
    ("ʲ", ""),
    ("e", "A"),
    ("ɚ", "əɹ"),
    ("r", "ɹ"),
    ("x", "k"),
    ("ç", "k"),
    ("ɐ", "ə"),
    ("ɬ", "l"),
    ("\u{303}", ""),
];
const AMERICAN: [(&str, &str); 8] = [
    ("o^ʊ", "O"),
    ("ɜːɹ", "ɜɹ"),
    ("ɜː", "ɜɹ"),
    ("ɪə", "iə"),
    ("ː", ""),
    // Before version 1.52 espeak-ng wrote these two otherwise.
    ("o", "ɔ"),
    ("ɾ", "T"),
    ("ʔ", "t"),
];
const BRITISH: [(&str, &str); 6] =
    [("e^ə", "ɛː"), ("iə", "ɪə"), ("ə^ʊ", "Q"), ("o", "ɔ"), ("ɾ", "T"), ("ʔ", "t")];
const OTHER: [(&str, &str); 11] = [
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("d^z", "ʣ"),
    ("d^ʒ", "ʤ"),
    ("e^ɪ", "A"),
    ("o^ʊ", "O"),
    ("ə^ʊ", "Q"),
    ("s^s", "S"),
    ("t^s", "ʦ"),
    ("t^ʃ", "ʧ"),
    ("ɔ^ɪ", "Y"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn espeaks_phonemes_become_kokoros_letters() {
        for (group, accent, letters) in [
            ("həlˈo^ʊ", Accent::American, "həlˈO"),
            ("wˈɜːld", Accent::American, "wˈɜɹld"),
            ("dˈɑːktɚ", Accent::American, "dˈɑktəɹ"),
            ("tˈuːzde^ɪ", Accent::American, "tˈuzdA"),
            ("t^ʃˈɛɹi", Accent::American, "ʧˈɛɹi"),
            ("bˈʌtn\u{329}", Accent::American, "bˈʌtᵊn"),
            ("ɡˈə^ʊ", Accent::British, "ɡˈQ"),
            ("wˈɜːld", Accent::British, "wˈɜːld"),
            ("ɔ^ɪ", Accent::Other, "Y"),
        ] {
            assert_eq!(of(group, accent), letters, "{group}");
        }
    }
}
