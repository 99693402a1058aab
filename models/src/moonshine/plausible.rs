//! No words from silence or noise: which of the model's words were hardly said.
//!
//! The first guard is the speech detector: nothing is asked of a recogniser where it hears nobody. What passes it is
//! held to what this model was seen to do. On 71 stretches of offices, cafes, ringing, noise and synthetic music, 41
//! became "You" without a full stop; others a line from the end of a film; most of the rest had a mean probability
//! that speech has not. Speech is hardly touched: see `tests/real/silence.rs`.

use crate::contract::Recognition;

/// Whether `heard` can be what was said in an utterance of `samples` samples.
pub(super) fn plausible(heard: &Recognition, samples: usize) -> bool {
    let words = heard.text.split_whitespace().count();
    let seconds = samples as f32 / 16_000.0;
    heard.confidence >= CONFIDENCE_MIN
        && words as f32 <= WORDS_SPARE + WORDS_PER_SECOND * seconds
        && !heard.text.chars().any(is_foreign)
        && !is_known(&heard.text)
}

/// Without the echo of a last word: a decoder that does not find the end writes "Stop, stop, stop." of one "stop". Nobody
/// says a word so often in so little time; digits and letters, which follow each other faster, stay however often they come.
pub(super) fn said_once(heard: Recognition, samples: usize) -> Recognition {
    let plain = |word: &str| -> String {
        word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let words: Vec<&str> = heard.text.split_whitespace().collect();
    let Some(last) = words.last().map(|word| plain(word)) else { return heard };
    let times = words.iter().rev().take_while(|word| plain(word) == last).count();
    let seconds = samples as f32 / 16_000.0 - BESIDE_S;
    // As much as fits, and the first time at least.
    let fits = (seconds / REPEATED_S).max(1.0) as usize;
    let counted = last.chars().count() < 2 || DIGITS.contains(&last.as_str());
    if times < ECHOED || times <= fits || counted {
        return heard;
    }
    let kept = words.len() - times + fits;
    let end = words.iter().take(kept).fold(0, |end, word| {
        let found = heard.text.get(end..).and_then(|rest| rest.find(word));
        found.map_or(end, |at| end + at + word.len())
    });
    let marks = |c: char| !c.is_alphanumeric();
    let mark = heard.text.rsplit(char::is_alphanumeric).next().unwrap_or_default().to_owned();
    let mut text = heard.text.get(..end).unwrap_or_default().trim_end_matches(marks).to_owned();
    let said = text.len();
    text.push_str(&mark);
    let mut words = heard.words;
    words.retain(|word| word.range.start < said);
    if let Some(word) = words.last_mut() {
        word.range.end = word.range.end.min(text.len());
    }
    Recognition { agreed: heard.agreed.min(text.len()), text, words, ..heard }
}

/// What the model writes where nobody speaks.
fn is_known(text: &str) -> bool {
    // Somebody who says "you" and nothing else gets a full stop.
    if text == "You" {
        return true;
    }
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    KNOWN.iter().any(|known| {
        let mut begins = words.clone();
        known
            .split(' ')
            .all(|known| begins.next().is_some_and(|word| word.eq_ignore_ascii_case(known)))
    })
}

/// Signs that English speech is not written with: notes, other scripts.
fn is_foreign(c: char) -> bool {
    matches!(c, '♪' | '©' | '�') || c > '\u{24F}' && c.is_alphabetic()
}

/// The mean probability of a token, below which words are guesses. Of 70 stretches of speech on the telephone the
/// least sure that had words in it had 0.65; half of what was made of noise has less than this.
const CONFIDENCE_MIN: f32 = 0.37;

/// Nobody says more words in a second; short utterances are cut closely.
const WORDS_PER_SECOND: f32 = 6.0;
const WORDS_SPARE: f32 = 2.0;

/// A word that often in a row at the end may be an echo.
const ECHOED: usize = 3;
/// The least that a word takes which is said again and again, in seconds, and what an utterance has beside its words.
const REPEATED_S: f32 = 0.25;
const BESIDE_S: f32 = 0.4;
const DIGITS: [&str; 11] =
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// Subtitles at the end of films, which the model was trained on.
const KNOWN: [&str; 6] = [
    "thank you for watching",
    "thanks for watching",
    "transcript emily beynon",
    "subtitles by",
    "please subscribe",
    "music playing",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::RecognizedWord;

    fn with(text: &str, confidence: f32) -> Recognition {
        Recognition { text: text.to_owned(), confidence, ..Recognition::default() }
    }

    #[test]
    fn a_last_word_is_not_said_more_often_than_there_was_time_for() {
        for (text, ms, said) in [
            ("Stop, stop, stop.", 800, "Stop."),
            ("Yes. Stop. Stop. Stop. Stop.", 1_000, "Yes. Stop. Stop."),
            ("Stop, stop, stop.", 1_500, "Stop, stop, stop."),
            ("No, no.", 500, "No, no."),
            ("Five five five.", 700, "Five five five."),
            ("a b b b", 700, "a b b b"),
            ("5 5 5", 700, "5 5 5"),
            ("", 700, ""),
        ] {
            assert_eq!(said_once(with(text, 0.8), ms * 16).text, said, "{text} in {ms} ms");
        }
    }

    #[test]
    fn words_that_were_not_said_have_no_times() {
        let word = |range| RecognizedWord { range, confidence: 0.8, span: 0..1 };
        let words = vec![word(0..5), word(6..11), word(12..17)];
        let heard = Recognition { words, agreed: 17, ..with("Stop, stop, stop.", 0.8) };
        let said = said_once(heard, 800 * 16);
        assert_eq!(said.words, [word(0..5)]);
        assert_eq!((said.text.as_str(), said.agreed), ("Stop.", 5));
    }

    #[test]
    fn what_is_written_of_noise_is_no_speech() {
        for (text, confidence, seconds) in [
            ("You", 0.9, 1),
            ("Thank you for watching!", 0.7, 2),
            ("© transcript Emily Beynon", 0.7, 3),
            ("♪♪♪", 0.6, 1),
            ("你好啊啊啊啊啊啊啊", 0.5, 3),
            ("I'm going to tell you a", 0.33, 1),
            ("I don't know exactly what it looks like from here", 0.8, 1),
        ] {
            assert!(!plausible(&with(text, confidence), seconds * 16_000), "{text}");
        }
        for (text, confidence, seconds) in [
            ("You.", 0.9, 1),
            ("Thank you.", 0.7, 1),
            ("Yes", 0.5, 1),
            ("It was the best of times", 0.8, 2),
            ("Zoë Müller, naïve", 0.8, 2),
        ] {
            assert!(plausible(&with(text, confidence), seconds * 16_000), "{text}");
        }
    }
}
