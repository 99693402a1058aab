//! A written text as Flite reads it: sentences of tokens, each of which knows where in the text it ends.
//!
//! Flite could cut a text by itself, but would not say where its words lie, knows ASCII only, and ends the process
//! over some input that it does not expect. So the text is cut here, into short tokens of printable ASCII.

use std::ffi::CString;

use crate::contract::{ModelError, Pronunciation};

/// A text, cut.
#[derive(Debug)]
pub(super) struct Script {
    sentences: Vec<Vec<Token>>,
}

/// What lies between two spaces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Without the marks around it.
    pub(super) name: CString,
    /// Marks in front of it.
    pub(super) before: CString,
    /// Marks after it.
    pub(super) after: CString,
    /// End of the token in the text, in bytes, marks included.
    pub(super) text_end: usize,
}

impl Script {
    /// Cuts `text`.
    ///
    /// # Errors
    /// [`ModelError::Unspeakable`] for a text that has no word or is too long.
    pub(super) fn parse(text: &str, pronunciations: &[Pronunciation]) -> Result<Self, ModelError> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(ModelError::Unspeakable { reason: "it is longer than 2,000 bytes" });
        }
        let mut sentences = Vec::new();
        let mut sentence: Vec<Token> = Vec::new();
        for written in pieces(text).into_iter().flat_map(|piece| piece.respelled(pronunciations)) {
            let ends = written.ends_sentence();
            if let Some(token) = written.token() {
                sentence.push(token);
            } else if let Some(last) = sentence.last_mut() {
                // A mark that stands alone belongs to the word before it.
                last.text_end = written.end;
            }
            let pauses = sentence.len() >= CLAUSE_MIN_TOKENS && written.ends_clause();
            let is_long = sentence.len() >= SENTENCE_MAX_TOKENS;
            if !sentence.is_empty() && (ends || pauses || is_long) {
                sentences.push(std::mem::take(&mut sentence));
            }
        }
        if !sentence.is_empty() {
            sentences.push(sentence);
        }
        if sentences.is_empty() {
            return Err(ModelError::Unspeakable { reason: "it has no word" });
        }
        Ok(Self { sentences })
    }

    /// The sentences, none of which is empty.
    pub(super) fn sentences(&self) -> impl Iterator<Item = &[Token]> {
        self.sentences.iter().map(Vec::as_slice)
    }
}

/// What stands between two spaces of the text, in ASCII.
struct Written {
    ascii: String,
    end: usize,
    /// A line break follows.
    last_of_line: bool,
}

impl Written {
    /// The token, if there is anything to speak in it.
    fn token(&self) -> Option<Token> {
        let (before, name, after) = self.split();
        if !name.contains(|c: char| c.is_ascii_alphanumeric() || SPOKEN_MARKS.contains(c)) {
            return None;
        }
        // None of them holds a NUL: the ASCII is printable.
        let c_string = |text: &str| CString::new(text).ok();
        Some(Token {
            name: c_string(name)?,
            before: c_string(before)?,
            after: c_string(after)?,
            text_end: self.end,
        })
    }

    fn split(&self) -> (&str, &str, &str) {
        let rest = self.ascii.trim_start_matches(MARKS_BEFORE);
        let name = rest.trim_end_matches(MARKS_AFTER);
        let before = self.ascii.get(..self.ascii.len() - rest.len()).unwrap_or_default();
        (before, name, rest.get(name.len()..).unwrap_or_default())
    }

    /// The pieces to speak in its place: itself, or those of the respelling of its word. All end where it does.
    fn respelled(self, pronunciations: &[Pronunciation]) -> Vec<Self> {
        let (before, name, after) = self.split();
        let (stem, ending) = name.strip_suffix("'s").map_or((name, ""), |stem| (stem, "'s"));
        let known = pronunciations.iter().find_map(|known| {
            let word: String = known.word.chars().map(plain).collect();
            let spelled = [(name, ""), (stem, ending)];
            let (_, ending) = spelled.into_iter().find(|(s, _)| word.eq_ignore_ascii_case(s))?;
            Some(format!("{}{ending}", known.respelling.as_ref()?))
        });
        let Some(respelling) = known.filter(|respelling| respelling.len() <= RESPELLING_MAX_BYTES)
        else {
            return vec![self];
        };
        let mut written = pieces(&format!("{before}{respelling}{after}"));
        for piece in &mut written {
            (piece.end, piece.last_of_line) = (self.end, false);
        }
        if let Some(last) = written.last_mut() {
            last.last_of_line = self.last_of_line;
        }
        if written.is_empty() { vec![self] } else { written }
    }

    fn ends_clause(&self) -> bool {
        let (_, _, after) = self.split();
        after.contains([',', ';', ':'])
    }

    fn ends_sentence(&self) -> bool {
        let (_, name, after) = self.split();
        let is_short = || {
            let lower = name.to_ascii_lowercase();
            ABBREVIATIONS.contains(&lower.as_str())
                || (name.len() == 1 && name.chars().all(|c| c.is_ascii_uppercase()))
        };
        self.last_of_line || after.contains(['!', '?']) || (after.contains('.') && !is_short())
    }
}

/// Cuts the text at spaces and line breaks, and what is long between two of them into several pieces.
fn pieces(text: &str) -> Vec<Written> {
    let mut pieces: Vec<Written> = Vec::new();
    let mut ascii = String::new();
    let mut begun = false;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if begun {
                pieces.push(Written {
                    ascii: std::mem::take(&mut ascii),
                    end,
                    last_of_line: false,
                });
                begun = false;
            }
            if let Some(last) = pieces.last_mut() {
                last.last_of_line |= c == '\n';
            }
            continue;
        }
        let plain = plain(c);
        if ascii.len() + plain.len() > TOKEN_MAX_BYTES {
            pieces.push(Written { ascii: std::mem::take(&mut ascii), end, last_of_line: false });
        }
        begun = true;
        ascii.push_str(&plain);
        end = at + c.len_utf8();
    }
    if begun {
        pieces.push(Written { ascii, end, last_of_line: true });
    }
    pieces
}

/// `c` as the voice can read it: printable ASCII, or nothing.
fn plain(c: char) -> String {
    let plain = match c {
        '!'..='~' => return c.to_string(),
        '‘' | '’' | 'ʼ' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‐' | '‑' => "-",
        '–' | '—' | '…' | '·' | '•' => ",",
        'à'..='å' => "a",
        'À'..='Å' => "A",
        'ç' => "c",
        'Ç' => "C",
        'è'..='ë' | 'ę' | 'ě' => "e",
        'È'..='Ë' => "E",
        'ì'..='ï' | 'ı' => "i",
        'Ì'..='Ï' => "I",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' => "N",
        'ò'..='ö' | 'ø' | 'ő' => "o",
        'Ò'..='Ö' | 'Ø' => "O",
        'ù'..='ü' | 'ű' | 'ů' => "u",
        'Ù'..='Ü' => "U",
        'ý' | 'ÿ' => "y",
        'š' | 'ś' => "s",
        'Š' | 'Ś' => "S",
        'ž' | 'ź' | 'ż' => "z",
        'Ž' | 'Ż' => "Z",
        'č' | 'ć' => "c",
        'Č' | 'Ć' => "C",
        'ł' => "l",
        'Ł' => "L",
        'æ' => "ae",
        'Æ' => "Ae",
        'œ' => "oe",
        'ß' => "ss",
        _ => "",
    };
    plain.to_owned()
}

/// A text that takes about two minutes to speak.
const TEXT_MAX_BYTES: usize = 2_000;
/// A sentence that takes about twenty seconds; a longer one is spoken in parts.
const SENTENCE_MAX_TOKENS: usize = 60;
/// A sentence pauses at the first comma after so many words, about four seconds: what comes before can be heard
/// while the rest is being made.
const CLAUSE_MIN_TOKENS: usize = 12;
/// Longer than any word sounds.
const RESPELLING_MAX_BYTES: usize = 200;
/// Longer than any word that people write; the voice spells what is not a word, and its buffers are finite.
const TOKEN_MAX_BYTES: usize = 40;

/// Flite's own sets for English (`us_text`).
const MARKS_BEFORE: [char; 7] = ['"', '\'', '`', '(', '{', '[', ','];
const MARKS_AFTER: [char; 14] =
    ['"', '\'', '`', '.', ',', ':', ';', '!', '?', '(', ')', '{', '}', ']'];
/// Marks that are spoken when they stand alone.
const SPOKEN_MARKS: &str = "&%+=@#$";
/// A full stop after one of these ends no sentence.
const ABBREVIATIONS: [&str; 12] =
    ["dr", "mr", "mrs", "ms", "st", "prof", "jr", "sr", "vs", "e.g", "i.e", "no"];

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(text: &str) -> Vec<Vec<(String, usize)>> {
        let script = Script::parse(text, &[]).unwrap();
        let token = |t: &Token| (t.name.to_str().unwrap().to_owned(), t.text_end);
        script.sentences().map(|s| s.iter().map(token).collect()).collect()
    }

    #[test]
    fn tokens_know_where_they_end_in_the_text_as_it_was_written() {
        let text = "  “Café” at 3:30 – yes!  No, Dr. Weiß.";
        let sentences = spoken(text);
        let end = |word: &str| text.find(word).unwrap() + word.len();
        assert_eq!(
            sentences,
            [
                vec![
                    ("Cafe".to_owned(), end("Café”")),
                    ("at".to_owned(), end("at")),
                    ("3:30".to_owned(), end("3:30 –")),
                    ("yes".to_owned(), end("yes!")),
                ],
                vec![
                    ("No".to_owned(), end("No,")),
                    ("Dr".to_owned(), end("Dr.")),
                    ("Weiss".to_owned(), text.len()),
                ],
            ]
        );
    }

    #[test]
    fn a_respelling_is_spoken_in_place_of_the_word_and_ends_where_the_word_does() {
        let known = |word: &str, said: &str| Pronunciation {
            word: word.into(),
            respelling: Some(said.into()),
            phonemes: None,
        };
        let text = "Dr. Nguyen's here, Siobhán?";
        let known = [known("nguyen", "win"), known("Siobhán", "shi vawn")];
        let script = Script::parse(text, &known).unwrap();
        let spoken: Vec<(&str, usize)> = script
            .sentences()
            .flatten()
            .map(|token| (token.name.to_str().unwrap(), token.text_end))
            .collect();
        let expected = [("Dr", 3), ("win's", 12), ("here", 18), ("shi", 28), ("vawn", 28)];
        assert_eq!(spoken, expected);
        assert_eq!(script.sentences().count(), 1, "the mark stays behind the last");
    }

    #[test]
    fn sentences_end_at_marks_and_lines_but_not_after_a_title_or_an_initial() {
        let count = |text| spoken(text).len();
        assert_eq!(count("One. Two? Three!\nFour\nfive"), 5);
        assert_eq!(count("Mr. J. Miller of St. Anne"), 1);
        assert_eq!(count(&"word ".repeat(150)), 3);
    }

    #[test]
    fn what_cannot_be_spoken_is_refused() {
        for text in ["", " \n\t", "...", "– – ?!", "你好", "\u{0}\u{7}\u{1b}[", &"a".repeat(2_001)]
        {
            assert!(
                matches!(Script::parse(text, &[]), Err(ModelError::Unspeakable { .. })),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_word_without_end_is_cut_and_control_characters_are_left_out() {
        let sentences = spoken(&"x".repeat(100));
        let ends: Vec<usize> = sentences.concat().iter().map(|(_, end)| *end).collect();
        assert_eq!(ends, [40, 80, 100]);
        assert_eq!(spoken("a\u{0}b\u{1b}c"), [[("abc".to_owned(), 5)]]);
    }
}
