//! How close what was heard is to what could have been said: by spelling and by sound.

use strsim::normalized_damerau_levenshtein;

use super::Words;

/// Closeness, 0-1, of two words or short phrases: the better of how they are spelled and how they sound.
pub(crate) fn closeness(heard: &str, known: &str) -> f64 {
    if heard == known {
        return 1.0;
    }
    let spelled = normalized_damerau_levenshtein(heard, known);
    let (heard, known) = (sound(heard), sound(known));
    // The sound drops vowels: short words, and words spelled quite differently, would be close to many.
    if heard.len() < 3 || known.len() < 3 || spelled < 0.5 {
        return spelled;
    }
    // A like sound is a hint, not a proof.
    spelled.max(normalized_damerau_levenshtein(&heard, &known) * 0.9)
}

/// Closeness from which a word of this many letters counts as that word misheard.
fn enough(letters: usize) -> f64 {
    match letters {
        0..=3 => 1.0,
        4..=5 => 0.8,
        _ => 0.75,
    }
}

/// Of `known` phrases the one that comes closest to any stretch of the utterance, with how close, if that
/// is close enough. Among equals the longest, then the first.
pub(crate) fn closest<'a, T>(
    words: &Words,
    known: impl Iterator<Item = (&'a str, T)>,
) -> Option<(T, f64)> {
    let mut best: Option<(T, f64, usize)> = None;
    for (phrase, value) in known {
        let phrase = Words::new(phrase).as_slice().join(" ");
        let close = within(words, &phrase);
        let better = best.as_ref().is_none_or(|(_, than, long)| {
            close > *than || (close >= *than && phrase.len() > *long)
        });
        if close >= enough(phrase.len()) && better {
            best = Some((value, close, phrase.len()));
        }
    }
    best.map(|(value, close, _)| (value, close))
}

/// The same for what is too unlike to be believed and like enough to be asked about: each word of the phrase must be like
/// the word heard in its place.
pub(crate) fn nearest<'a, T>(
    words: &Words,
    known: impl Iterator<Item = (&'a str, T)>,
) -> Option<T> {
    let mut best: Option<(T, f64)> = None;
    for (phrase, value) in known {
        let phrase = Words::new(phrase);
        let parts = phrase.as_slice();
        let whole = parts.join(" ");
        // A word alone is like too much: `calling` is like `cleaning`.
        if parts.len() < 2 || whole.len() < ASKED_ABOUT_LETTERS {
            continue;
        }
        let like = |heard: &&[String]| {
            heard.iter().zip(parts).all(|(heard, part)| closeness(heard, part) >= PART_ALIKE)
        };
        let stretches = words.as_slice().windows(parts.len()).filter(like);
        let close = stretches.map(|heard| closeness(&heard.join(" "), &whole)).fold(0.0, f64::max);
        if close >= ALIKE && best.as_ref().is_none_or(|(_, than)| close > *than) {
            best = Some((value, close));
        }
    }
    best.map(|(value, _)| value)
}

/// Closeness from which a phrase is asked about, and each of its words.
const ALIKE: f64 = 0.65;
const PART_ALIKE: f64 = 0.35;
/// Shorter phrases are like too much.
const ASKED_ABOUT_LETTERS: usize = 7;

/// How close the closest stretch of an utterance comes to a phrase, 0-1.
fn within(words: &Words, phrase: &str) -> f64 {
    let length = phrase.split(' ').count();
    let whole = phrase.replace(' ', "");
    let of_its_length =
        words.as_slice().windows(length).map(|heard| closeness(&heard.join(" "), phrase));
    // `check up` for `checkup`, `tooth ache` for `toothache`: the same but for the gaps.
    let unlike = [length + 1, length.saturating_sub(1)].into_iter().filter(|&size| size > 0);
    let regrouped = unlike
        .flat_map(|size| words.as_slice().windows(size))
        .map(|heard| if heard.concat() == whole { 0.99 } else { 0.0 });
    of_its_length.chain(regrouped).fold(0.0, f64::max)
}

/// How a word sounds, roughly: consonants that telephones and recognisers mix up are written alike, vowels
/// after the first letter are dropped.
fn sound(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    for (place, c) in text.char_indices() {
        let class = match c {
            'b' | 'p' => 'p',
            'd' | 't' => 't',
            'g' | 'k' | 'q' | 'c' | 'x' => 'k',
            'f' | 'v' => 'f',
            's' | 'z' => 's',
            'm' | 'n' => 'n',
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' | 'w' if place > 0 => ' ',
            ' ' | '\'' => ' ',
            other => other,
        };
        if class != ' ' && class != previous {
            out.push(class);
        }
        previous = class;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICES: [&str; 6] =
        ["cleaning", "check up", "filling", "whitening", "root canal", "emergency visit"];

    #[test]
    fn misheard_services_are_recognised_and_others_are_not() {
        for (heard, said) in [
            ("I'd like a cleaning", Some("cleaning")),
            ("a cleening please", Some("cleaning")),
            ("a check-up", Some("check up")),
            ("I need a checkup", Some("check up")),
            ("a feeling", Some("filling")),
            ("my root canals", Some("root canal")),
            ("the route canal", Some("root canal")),
            ("some whitning", Some("whitening")),
            ("a pleading", Some("cleaning")),
            ("a haircut", None),
            ("next Tuesday afternoon", None),
            ("", None),
        ] {
            let found = closest(&Words::new(heard), SERVICES.iter().map(|name| (*name, *name)));
            assert_eq!(found.map(|(name, _)| name), said, "{heard}");
        }
    }

    #[test]
    fn what_is_only_like_a_service_is_asked_about() {
        let known = ["cleaning", "dental cleaning", "urgent appointment", "whitening"];
        for (heard, said) in [
            ("I need a dental, aiming next Tuesday", Some("dental cleaning")),
            ("I need an appointment in the evening", None),
            ("I'm calling about an appointment", None),
            ("good morning", None),
            ("in the afternoon", None),
        ] {
            let found = nearest(&Words::new(heard), known.iter().map(|name| (*name, *name)));
            assert_eq!(found, said, "{heard}");
        }
    }
}
