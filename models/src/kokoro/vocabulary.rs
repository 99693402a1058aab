//! The numbers of Kokoro's letters.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use crate::runtime::LoadError;

/// A number for each letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Vocabulary(BTreeMap<char, i64>);

impl Vocabulary {
    /// That of the folder's `config.json`; the published one where there is none.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`] or [`LoadError::Voice`].
    pub(super) fn read(folder: &Path) -> Result<Self, LoadError> {
        let path = folder.join("config.json");
        let Ok(file) = File::open(&path) else { return Ok(Self::published()) };
        let mut text = String::new();
        if let Err(source) = file.take(SIZE_MAX).read_to_string(&mut text) {
            return Err(LoadError::Unreadable { path, source });
        }
        Self::parse(&text).map_err(|what| LoadError::Voice { path, what })
    }

    pub(super) fn id(&self, letter: char) -> Option<i64> {
        self.0.get(&letter).copied()
    }

    fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Written {
            vocab: BTreeMap<String, i64>,
        }
        let written: Written = serde_json::from_str(text)
            .map_err(|error| format!("it is not the configuration of Kokoro ({error})"))?;
        let mut letters = BTreeMap::new();
        for (written, id) in written.vocab {
            let mut characters = written.chars();
            match (characters.next(), characters.next()) {
                (Some(letter), None) if (0..NUMBERS).contains(&id) => letters.insert(letter, id),
                _ => return Err(format!("its vocab has `{written}`: {id}")),
            };
        }
        Ok(Self(letters))
    }

    /// That of Kokoro-82M, v0.19 and v1.0.
    fn published() -> Self {
        let mut letters = BTreeMap::new();
        for (first, row) in PUBLISHED {
            letters.extend(row.chars().zip(first..));
        }
        Self(letters)
    }
}

/// Kokoro's `n_token`.
const NUMBERS: i64 = 178;
/// Published ones have 3 kB.
const SIZE_MAX: u64 = 1 << 20;

/// Rows of letters whose numbers follow one another, with the first one's.
const PUBLISHED: [(i64, &str); 30] = [
    (1, ";:,.!?"),
    (9, "—…\"()“” \u{303}ʣʥʦʨᵝ\u{ab67}AI"),
    (31, "O"),
    (33, "Q"),
    (35, "ST"),
    (39, "W"),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (85, "ɚɛɜ"),
    (90, "ɟ"),
    (92, "ɡ"),
    (99, "ɥ"),
    (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"),
    (118, "ɸθœ"),
    (123, "ɹ"),
    (125, "ɾɻ"),
    (128, "ʁɽʂʃʈʧ"),
    (135, "ʊʋ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (162, "ʰ"),
    (164, "ʲ"),
    (169, "↓"),
    (171, "→↗↘"),
    (177, "ᵻ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_numbers_are_those_of_the_models_own_file() {
        let known = Vocabulary::published();
        for (letter, id) in [
            (';', 1),
            ('?', 6),
            ('—', 9),
            (' ', 16),
            ('A', 24),
            ('I', 25),
            ('O', 31),
            ('Q', 33),
            ('S', 35),
            ('T', 36),
            ('W', 39),
            ('Y', 41),
            ('ᵊ', 42),
            ('a', 43),
            ('f', 48),
            ('h', 50),
            ('z', 68),
            ('ɑ', 69),
            ('æ', 72),
            ('ç', 78),
            ('ə', 83),
            ('ɚ', 85),
            ('ɜ', 87),
            ('ɡ', 92),
            ('ɪ', 102),
            ('ŋ', 112),
            ('ø', 116),
            ('θ', 119),
            ('œ', 120),
            ('ɹ', 123),
            ('ʃ', 131),
            ('ʧ', 133),
            ('ʊ', 135),
            ('ʌ', 138),
            ('ʒ', 147),
            ('ʔ', 148),
            ('ˈ', 156),
            ('ˌ', 157),
            ('ː', 158),
            ('ʲ', 164),
            ('↘', 173),
            ('ᵻ', 177),
        ] {
            assert_eq!(known.id(letter), Some(id), "{letter}");
        }
        assert_eq!((known.0.len(), known.id('g')), (114, None));
    }

    #[test]
    fn a_vocabulary_of_the_folders_own_is_held_to_what_the_model_has() {
        let known = Vocabulary::parse(r#"{"vocab": {"a": 43, "ː": 158}, "n_token": 178}"#).unwrap();
        assert_eq!((known.id('a'), known.id('b')), (Some(43), None));
        for wrong in [r#"{"vocab": {"ab": 1}}"#, r#"{"vocab": {"a": 178}}"#, "{}", "x"] {
            assert!(Vocabulary::parse(wrong).is_err(), "{wrong}");
        }
    }
}
