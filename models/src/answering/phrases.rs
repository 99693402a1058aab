//! What only machines say, and what only people say, in English.
//!
//! Words of a greeting so far, which may be cut in the middle and misheard in part: whole phrases are looked for, not
//! single words, except those that nobody says on picking up.

/// What words speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    /// They are a machine's.
    Machine,
    /// A machine would have said more, or something else.
    Person,
}

/// What `words` speak for; `None` when they could be anybody's.
pub(super) fn cue(words: &str) -> Option<Cue> {
    let plain: String = words
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '\'' { c.to_ascii_lowercase() } else { ' ' })
        .collect();
    let mut said = String::with_capacity(plain.len() + 2);
    for word in plain.split_whitespace().take(WORDS_MAX) {
        said.push(' ');
        said.push_str(word);
    }
    said.push(' ');
    let says = |phrase: &&str| said.contains(*phrase);
    if MACHINE.iter().any(says) {
        Some(Cue::Machine)
    } else if said.split_whitespace().count() <= PERSON_WORDS_MAX && PERSON.iter().any(says) {
        Some(Cue::Person)
    } else {
        None
    }
}

/// A greeting's beginning; what comes later changes no verdict.
const WORDS_MAX: usize = 60;
/// Who says more than this on picking up is heard by the rest of it.
const PERSON_WORDS_MAX: usize = 3;

/// Between spaces, so that whole words are found.
const MACHINE: &[&str] = &[
    " you have reached ",
    " you've reached ",
    " leave a message ",
    " leave your message ",
    " leave me a message ",
    " leave your name ",
    " record your message ",
    " after the tone ",
    " after the beep ",
    " at the tone ",
    " is not available ",
    " not available ",
    " is unavailable ",
    " are unavailable ",
    " can't take your call ",
    " cannot take your call ",
    " can't come to the phone ",
    " unable to take your call ",
    " unable to answer ",
    " voice mail ",
    " voicemail ",
    " mailbox ",
    " please press ",
    " press one ",
    " press 1 ",
    " press pound ",
    " thank you for calling ",
    " thanks for calling ",
    " your call is ",
    " the number you ",
    " the person you ",
    " the person at extension ",
    " the subscriber ",
    " has been disconnected ",
    " not in service ",
    " office hours ",
    " our hours ",
    " get back to you ",
    " call you back ",
];

const PERSON: &[&str] = &[
    " hello ",
    " hallo ",
    " hullo ",
    " yes ",
    " yeah ",
    " speaking ",
    " who's this ",
    " who is this ",
    " yep ",
    " what ",
    " what's up ",
    " go ahead ",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_words_are_known_whole() {
        for words in [
            "Hi, you've reached Ann and",
            "The number you have dialed",
            "Please leave a message after",
            "Thank you for calling Bright Smile.",
        ] {
            assert_eq!(cue(words), Some(Cue::Machine), "{words}");
        }
    }

    #[test]
    fn a_short_hello_is_a_persons_and_a_long_one_is_anybodys() {
        assert_eq!(cue("Hello?"), Some(Cue::Person));
        assert_eq!(cue("Yeah, who is this?"), None, "four words");
        assert_eq!(cue("Hello, this is the house of"), None);
        assert_eq!(cue("Othello"), None);
        assert_eq!(cue(""), None);
    }
}
