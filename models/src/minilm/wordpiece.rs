//! Text as BERT's uncased vocabulary has it.
//!
//! As `BertTokenizer` of Hugging Face transformers: control characters go, Chinese characters and punctuation stand alone,
//! letters are made small and lose their accents; each word is then cut into the longest pieces that the vocabulary
//! has, from its beginning on.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A vocabulary.
#[derive(Debug)]
pub(super) struct WordPiece {
    /// Pieces that begin a word as they are, others with `##`.
    ids: HashMap<Box<str>, i64>,
    unknown: i64,
    begin: i64,
    end: i64,
}

impl WordPiece {
    /// Reads a `vocab.txt`: a piece a line, numbered from 0.
    ///
    /// # Errors
    /// What it lacks.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let lines = text.lines().map(|line| Box::from(line.trim_end()));
        let ids: HashMap<Box<str>, i64> = lines.zip(0..).collect();
        let special = |name: &str, without| ids.get(name).copied().ok_or(without);
        let unknown = special("[UNK]", "it has no piece [UNK]")?;
        let begin = special("[CLS]", "it has no piece [CLS]")?;
        let end = special("[SEP]", "it has no piece [SEP]")?;
        Ok(Self { ids, unknown, begin, end })
    }

    /// The numbers of a text's pieces, at most `most` of them, the first and the last included.
    pub(super) fn ids(&self, text: &str, most: usize) -> Vec<i64> {
        let mut ids = vec![self.begin];
        for word in words(text) {
            if ids.len() + 1 >= most {
                break;
            }
            self.cut(&word, &mut ids);
        }
        ids.truncate(most.saturating_sub(1));
        ids.push(self.end);
        ids
    }

    /// Cuts one word into pieces; a word that cannot be cut to its end is unknown as a whole.
    fn cut(&self, word: &str, ids: &mut Vec<i64>) {
        let already = ids.len();
        if word.chars().count() > WORD_MAX {
            ids.push(self.unknown);
            return;
        }
        let mut rest = word;
        let mut piece = String::new();
        while !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let found = ends.map(|end| rest.split_at(end)).find_map(|(head, tail)| {
                piece.clear();
                if ids.len() > already {
                    piece.push_str("##");
                }
                piece.push_str(head);
                Some((*self.ids.get(piece.as_str())?, tail))
            });
            let Some((id, tail)) = found else {
                ids.truncate(already);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            rest = tail;
        }
    }
}

/// The words of a text, small and without accents.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let kept = text.chars().filter(|c| !matches!(c, '\0' | '\u{fffd}') && !is_control(*c));
    for c in kept.flat_map(char::to_lowercase).nfd().filter(|c| !is_combining_mark(*c)) {
        let alone = is_punctuation(c) || is_chinese(c);
        if (alone || c.is_whitespace()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if alone {
            words.push(c.to_string());
        } else if !c.is_whitespace() {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// ASCII that is no letter or digit, and the general marks of other scripts.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            u32::from(c),
            0xa1 | 0xa7 | 0xab | 0xb6 | 0xb7 | 0xbb | 0xbf
                | 0x2010..=0x2027 | 0x2030..=0x205e | 0x3001..=0x3003 | 0x3008..=0x3011
                | 0xff01..=0xff0f | 0xff1a..=0xff20 | 0xff3b..=0xff40 | 0xff5b..=0xff65
        )
}

/// The blocks that BERT takes for Chinese.
fn is_chinese(c: char) -> bool {
    matches!(
        u32::from(c),
        0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x2a6df
            | 0x2a700..=0x2b81f | 0x2b820..=0x2ceaf | 0x2f800..=0x2fa1f
    )
}

/// Longer words are not cut.
const WORD_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> WordPiece {
        let pieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncafe\nun\n##aff\n##able\n!\nbook\n##ing\n日\n";
        WordPiece::parse(pieces).unwrap()
    }

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        assert_eq!(small().ids("Unaffable BOOKING", 99), [2, 5, 6, 7, 9, 10, 3]);
    }

    #[test]
    fn accents_go_and_marks_stand_alone() {
        assert_eq!(small().ids("Café!Café", 99), [2, 4, 8, 4, 3]);
        assert_eq!(small().ids("book日book\u{0}\t!", 99), [2, 9, 11, 9, 8, 3]);
    }

    #[test]
    fn what_is_not_known_is_unknown_whole_and_long_texts_are_cut() {
        assert_eq!(small().ids("unbook", 99), [2, 1, 3], "##book is no piece");
        assert_eq!(small().ids(&"u".repeat(101), 99), [2, 1, 3]);
        assert_eq!(small().ids("book book book book", 4), [2, 9, 9, 3]);
        assert_eq!(small().ids("", 99), [2, 3]);
        assert!(WordPiece::parse("just\nwords").is_err());
    }
}
