//! A written text cut into clauses of words, each of which knows where in the text it ends.

use crate::contract::ModelError;

/// What is spoken in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause<'t> {
    /// Its words, at least one.
    pub(crate) words: Vec<Word<'t>>,
    /// The mark that it ends with, one of `. ! ? , ; :`.
    pub(crate) mark: char,
}

/// What lies between two spaces and has something to be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'t> {
    /// As written, with its marks.
    pub(crate) text: &'t str,
    /// Its end in the text, in bytes; marks that stand alone after it are its own.
    pub(crate) text_end: usize,
}

impl<'t> Word<'t> {
    /// Without the marks around it.
    pub(crate) fn core(&self) -> &'t str {
        self.text.trim_matches(|c: char| !c.is_alphanumeric() && !SPOKEN_MARKS.contains(c))
    }

    /// The mark of a clause's end that follows it, if one does.
    fn mark(&self) -> Option<char> {
        let closing = |c: char| matches!(c, '"' | '\'' | ')' | ']' | '}' | '”' | '’' | '»');
        let last = self.text.trim_end_matches(closing).chars().next_back()?;
        match last {
            '.' if self.is_abbreviation() => None,
            '.' | '!' | '?' | ',' | ';' | ':' => Some(last),
            '…' => Some('.'),
            '–' | '—' => Some(','),
            _ => None,
        }
    }

    fn is_abbreviation(&self) -> bool {
        let core = self.core();
        let is_initial = core.chars().count() == 1 && core.chars().all(char::is_uppercase);
        is_initial || ABBREVIATIONS.contains(&core.to_lowercase().as_str())
    }
}

/// Cuts `text`: at the end of every sentence and line, at a comma once a clause has some words, and wherever it gets
/// too long.
///
/// # Errors
/// [`ModelError::Unspeakable`] for a text that has no word or is too long.
pub(crate) fn cut(text: &str) -> Result<Vec<Clause<'_>>, ModelError> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(ModelError::Unspeakable { reason: "it is longer than 2,000 bytes" });
    }
    let mut clauses = Vec::new();
    let mut words: Vec<Word<'_>> = Vec::new();
    for line in text.lines() {
        for written in line.split_whitespace() {
            // Both are parts of `text`.
            let begin = written.as_ptr() as usize - text.as_ptr() as usize;
            let word = Word { text: written, text_end: begin + written.len() };
            if !word.core().is_empty() {
                words.push(word);
            } else if let Some(last) = words.last_mut() {
                last.text_end = word.text_end;
            }
            let mark = word.mark().or((words.len() >= CLAUSE_MAX_WORDS).then_some(','));
            let ends = mark
                .filter(|mark| matches!(mark, '.' | '!' | '?') || words.len() >= CLAUSE_MIN_WORDS);
            if let Some(mark) = ends
                && !words.is_empty()
            {
                clauses.push(Clause { words: std::mem::take(&mut words), mark });
            }
        }
        if !words.is_empty() {
            clauses.push(Clause { words: std::mem::take(&mut words), mark: '.' });
        }
    }
    if clauses.is_empty() {
        return Err(ModelError::Unspeakable { reason: "it has no word" });
    }
    Ok(clauses)
}

/// A text that takes about two minutes to speak.
const TEXT_MAX_BYTES: usize = 2_000;
/// A comma after fewer words is no place to stop: the melody of a sentence suffers from each cut.
const CLAUSE_MIN_WORDS: usize = 4;
/// About eight seconds: what one step of a voice may take is heard by every other call that waits for it.
const CLAUSE_MAX_WORDS: usize = 24;
/// Marks that are spoken.
const SPOKEN_MARKS: &str = "&%+=@#$€£";
/// A full stop after one of these ends no sentence.
const ABBREVIATIONS: [&str; 12] =
    ["dr", "mr", "mrs", "ms", "st", "prof", "jr", "sr", "vs", "e.g", "i.e", "no"];

#[cfg(test)]
mod tests {
    use super::*;

    /// Clauses as `words|mark`.
    fn clauses(text: &str) -> Vec<String> {
        let shown = |clause: &Clause<'_>| {
            let words: Vec<&str> = clause.words.iter().map(Word::core).collect();
            format!("{}{}", words.join(" "), clause.mark)
        };
        cut(text).unwrap().iter().map(shown).collect()
    }

    #[test]
    fn clauses_end_at_marks_but_not_after_a_title_or_a_word_or_two() {
        assert_eq!(
            clauses("Bright Smile Dental here, you're with Dr. J. Weiß. Well, how can I help?"),
            ["Bright Smile Dental here,", "you're with Dr J Weiß.", "Well how can I help?"]
        );
        assert_eq!(clauses("One (two). “Three!”\nFour"), ["One two.", "Three!", "Four."]);
        assert_eq!(clauses(&"word ".repeat(50)).len(), 3);
    }

    #[test]
    fn words_know_where_they_end() {
        let text = "  “Café” at 3:30 – yes!  50 % off";
        let ends: Vec<&str> = cut(text)
            .unwrap()
            .iter()
            .flat_map(|clause| &clause.words)
            .map(|word| &text[..word.text_end])
            .collect();
        let until = |end: &str| &text[..text.find(end).unwrap() + end.len()];
        let words = ["“Café”", "at", "3:30 –", "yes!", "50", "%", "off"];
        assert_eq!(ends, words.map(until));
    }

    #[test]
    fn what_cannot_be_spoken_is_refused() {
        for text in ["", " \n\t", "...", "– – ?!", &"a".repeat(2_001)] {
            assert!(matches!(cut(text), Err(ModelError::Unspeakable { .. })), "{text:?}");
        }
    }
}
