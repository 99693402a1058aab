//! Letters said one by one, and e-mail addresses: what is said in answer to "Can you spell that?".
//!
//! `M I L L E R` becomes `MILLER`, `em as in mike, double l` is `MLL`, `miller at gmail dot com` is
//! `miller@gmail.com`. A letter alone in a sentence stays a word ("I", "a").

use super::digits;
use super::writing::{Piece, bare, joined, marks};

/// Writes rows of letters as words, and addresses as addresses.
pub(super) fn write(pieces: &[Piece]) -> Vec<Piece> {
    addresses(rows(&digits::write(pieces)))
}

/// Joins the letters and digits that are said one by one.
fn rows(pieces: &[Piece]) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut at = 0;
    while at < pieces.len() {
        let mut row = String::new();
        let mut end = at;
        while let Some((said, words)) = said_at(pieces, end, row.is_empty()) {
            row.push_str(&said);
            end += words;
        }
        if row.chars().filter(|c| c.is_alphabetic()).count() >= 2 {
            let said = pieces.get(at..end).unwrap_or_default();
            row.push_str(said.last().map_or("", |last| marks(&last.text)));
            out.push(joined(said, row));
            at = end;
        } else {
            out.extend(pieces.get(at).cloned());
            at += 1;
        }
    }
    out
}

/// The letter or digits said at `at`, and how many words that took. `first`: nothing stands before it, so that a
/// word that only sounds like a letter is none.
fn said_at(pieces: &[Piece], at: usize, first: bool) -> Option<(String, usize)> {
    let word = |at: usize| pieces.get(at).map(|piece| bare(&piece.text));
    let said = word(at)?;
    let text = pieces.get(at)?.text.trim_end_matches(|c: char| !c.is_alphanumeric());
    // `M-I-L-L-E-R` as one word.
    let parts: Vec<&str> = text.split('-').collect();
    let single = |part: &&str| part.chars().count() == 1;
    if parts.len() > 1 && parts.iter().all(single) {
        return Some((parts.concat().to_uppercase(), 1));
    }
    if said == "double" || said == "triple" {
        let (letter, words) = said_at(pieces, at + 1, false)?;
        let times = if said == "double" { 2 } else { 3 };
        return single(&letter.as_str()).then(|| (letter.repeat(times), words + 1));
    }
    let sounds = match (said.as_str(), word(at + 1).as_deref()) {
        ("double", Some("you" | "u")) => Some(('W', 2)),
        _ => letter(&said, first).map(|letter| (letter, 1)),
    };
    if let Some((letter, words)) = sounds {
        // `m as in mike`, `m like mike`, `m for mike`.
        let next = (word(at + words), word(at + words + 1), word(at + words + 2));
        let explained = match (next.0.as_deref(), next.1.as_deref(), next.2.as_deref()) {
            (Some("as"), Some("in"), Some(example)) => Some((example.to_owned(), 3)),
            (Some("like" | "for"), Some(example), _) => Some((example.to_owned(), 2)),
            _ => None,
        };
        let more = explained.filter(|(example, _)| {
            example.chars().count() > 1 && example.starts_with(letter.to_ascii_lowercase())
        });
        return Some((letter.to_string(), words + more.map_or(0, |(_, more)| more)));
    }
    if first {
        return None;
    }
    let digits = !said.is_empty() && said.chars().all(|c| c.is_ascii_digit());
    digits::digit(&said).map(|digit| digit.to_string()).or(digits.then_some(said)).map(|it| (it, 1))
}

/// The letter that a word is, or sounds like within a row.
fn letter(word: &str, first: bool) -> Option<char> {
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return letter.is_ascii_alphabetic().then(|| letter.to_ascii_uppercase());
    }
    let sounds = SOUNDS.iter().find(|(name, _)| *name == word);
    sounds.filter(|_| !first).map(|(_, letter)| *letter)
}

/// Writes `miller at gmail dot com` as an address.
fn addresses(pieces: Vec<Piece>) -> Vec<Piece> {
    let words: Vec<String> = pieces.iter().map(|piece| bare(&piece.text)).collect();
    let word = |at: usize| words.get(at).map(String::as_str);
    let Some(at) = words.iter().enumerate().position(|(place, word)| {
        let domain = words.get(place + 1..).unwrap_or_default();
        let near = domain.iter().take(DOMAIN_WORDS_MAX);
        let dotted = pieces.get(place + 1).is_some_and(|piece| is_domain(&piece.text));
        word == "at" && (dotted || near.clone().any(|word| word == "dot"))
    }) else {
        return pieces;
    };
    // What stands before: back to a word that introduces it.
    let mut start = at;
    while let Some(before) = start.checked_sub(1).and_then(word) {
        if INTRODUCES.contains(&before) || at - start >= LOCAL_WORDS_MAX {
            break;
        }
        start -= 1;
    }
    let joins = |word: &str| matches!(word, "dot" | "point" | "dash" | "hyphen");
    let mut end = at + 2;
    while word(end).is_some_and(joins) && word(end + 1).is_some() {
        end += 2;
    }
    let part = |from: usize, upto: usize| -> String {
        pieces.get(from..upto).into_iter().flatten().map(|piece| sign(&piece.text)).collect()
    };
    let (local, domain) = (part(start, at), part(at + 1, end));
    if local.is_empty() || !is_domain(&domain) {
        return pieces;
    }
    let said = pieces.get(start..end).unwrap_or_default();
    let marks = said.last().map_or("", |last| marks(&last.text));
    let address = joined(said, format!("{local}@{domain}{marks}"));
    let (before, after) = (pieces.get(..start), pieces.get(end..));
    let before = before.into_iter().flatten().cloned();
    before.chain([address]).chain(after.into_iter().flatten().cloned()).collect()
}

/// What a word is within an address.
fn sign(word: &str) -> String {
    match bare(word).as_str() {
        "dot" | "point" | "period" => ".".to_owned(),
        "dash" | "hyphen" | "minus" => "-".to_owned(),
        "underscore" => "_".to_owned(),
        "plus" => "+".to_owned(),
        _ => {
            let kept = word.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
            let kept: String = kept.flat_map(char::to_lowercase).collect();
            kept.trim_end_matches(['.', '-']).to_owned()
        }
    }
}

/// Whether a text is a host's name with a top level: `gmail.com`.
fn is_domain(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let parts: Vec<&str> = text.split('.').collect();
    let letters = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '-');
    let top = parts.last().is_some_and(|top| {
        (2..=6).contains(&top.len()) && top.chars().all(|c| c.is_ascii_alphabetic())
    });
    parts.len() >= 2 && top && parts.iter().all(|part| !part.is_empty() && letters(part))
}

/// Words of a host's name: `mail dot example dot co dot uk`.
const DOMAIN_WORDS_MAX: usize = 8;
/// Words before the `at` that can be part of an address.
const LOCAL_WORDS_MAX: usize = 7;

/// Words that no address has before its `at`.
const INTRODUCES: [&str; 20] = [
    "is", "it's", "its", "that's", "email", "mail", "address", "my", "me", "um", "uh", "at", "yes",
    "sure", "okay", "so", "write", "reach", "the", "be",
];

/// Words that letters are misheard as.
const SOUNDS: [(&str, char); 34] = [
    ("ay", 'A'),
    ("bee", 'B'),
    ("be", 'B'),
    ("see", 'C'),
    ("sea", 'C'),
    ("dee", 'D'),
    ("ee", 'E'),
    ("eff", 'F'),
    ("gee", 'G'),
    ("aitch", 'H'),
    ("eye", 'I'),
    ("jay", 'J'),
    ("kay", 'K'),
    ("el", 'L'),
    ("ell", 'L'),
    ("em", 'M'),
    ("en", 'N'),
    ("oh", 'O'),
    ("pee", 'P'),
    ("pea", 'P'),
    ("cue", 'Q'),
    ("queue", 'Q'),
    ("are", 'R'),
    ("ar", 'R'),
    ("ess", 'S'),
    ("tea", 'T'),
    ("tee", 'T'),
    ("you", 'U'),
    ("vee", 'V'),
    ("ex", 'X'),
    ("why", 'Y'),
    ("zee", 'Z'),
    ("zed", 'Z'),
    ("oe", 'O'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::writing::tests::heard;
    use crate::transcript::writing::{self, pieces};

    fn said(text: &str) -> String {
        writing::written(write(&pieces(&heard(text))), 1.0).text
    }

    #[test]
    fn letters_are_joined() {
        for (spoken, written) in [
            ("M I L L E R", "MILLER"),
            ("M, I, L, L, E, R.", "MILLER."),
            ("M-I-L-L-E-R.", "MILLER."),
            ("It's m i double l e r", "It's MILLER"),
            ("M as in Mike, I as in India, double L, E, R", "MILLER"),
            ("O K for kilo A F O are", "OKAFOR"),
            ("Miller, M I L L E R.", "Miller, MILLER."),
            ("A B 1 2", "AB12"),
            ("my code is X seven Y nine", "my code is X7Y9"),
        ] {
            assert_eq!(said(spoken), written, "{spoken}");
        }
    }

    #[test]
    fn addresses_are_written_as_such() {
        for (spoken, written) in [
            ("miller at gmail dot com", "miller@gmail.com"),
            ("It's John dot Smith at gmail.com.", "It's john.smith@gmail.com."),
            (
                "my email is anna underscore b at mail dot example dot co dot uk please",
                "my email is anna_b@mail.example.co.uk please",
            ),
            ("M I L L E R at gmail dot com", "miller@gmail.com"),
            ("john smith 42 at web dash shop dot de", "johnsmith42@web-shop.de"),
        ] {
            assert_eq!(said(spoken), written, "{spoken}");
        }
    }

    #[test]
    fn other_speech_stays_as_it_is() {
        for text in [
            "I am at home",
            "I have a question.",
            "See you at five",
            "I don't know, are you sure?",
            "We meet at the dot",
            "at dot com",
            "",
        ] {
            assert_eq!(said(text), text);
        }
    }
}
