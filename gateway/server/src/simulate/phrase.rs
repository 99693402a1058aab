//! What counts as having said something.
//!
//! Recognisers and agents differ in capitals, punctuation and small words; a [`Phrase`] is compared word by word, and
//! `...` in it stands for any words between. Several phrases side by side ([`AnyOf`]) mean: one of them is enough.

use serde::Deserialize;
use serde::de::Error as _;

/// A run of words, with `...` for any words between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    written: String,
    /// Runs of words that follow one another with anything between.
    runs: Vec<Vec<String>>,
}

/// One of these phrases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnyOf(Vec<Phrase>);

impl Phrase {
    /// Reads a phrase as a scenario writes it.
    ///
    /// # Errors
    /// A phrase without a word would match everything and is refused.
    pub(crate) fn new(written: &str) -> Result<Self, NoWord> {
        let parts = written.split("...").flat_map(|part| part.split('…'));
        let runs: Vec<_> = parts.map(words).filter(|run| !run.is_empty()).collect();
        if runs.is_empty() {
            return Err(NoWord);
        }
        Ok(Self { written: written.to_owned(), runs })
    }

    /// Where, in words, the phrase ends in `heard` (as [`words`] splits it) when looked for from word `from`.
    fn find(&self, heard: &[String], from: usize) -> Option<usize> {
        let mut at = from;
        for run in &self.runs {
            let rest = heard.get(at..)?;
            let found = rest.windows(run.len()).position(|window| window == run.as_slice())?;
            at += found + run.len();
        }
        Some(at)
    }
}

impl AnyOf {
    /// Whether one of the phrases occurs in `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.find(&words(text), 0).is_some()
    }

    /// Where the earliest match after word `from` ends.
    pub(crate) fn find(&self, heard: &[String], from: usize) -> Option<usize> {
        self.0.iter().filter_map(|phrase| phrase.find(heard, from)).min()
    }
}

impl std::fmt::Display for AnyOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, phrase) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { " or " };
            write!(f, "{comma}“{}”", phrase.written)?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for AnyOf {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a phrase or a list of phrases")]
        enum Written {
            One(String),
            Several(Vec<String>),
        }
        let written = match Written::deserialize(deserializer)? {
            Written::One(phrase) => vec![phrase],
            Written::Several(phrases) => phrases,
        };
        if written.is_empty() {
            return Err(D::Error::custom(NoWord));
        }
        let phrases: Result<_, _> = written.iter().map(|phrase| Phrase::new(phrase)).collect();
        phrases.map(Self).map_err(D::Error::custom)
    }
}

/// There is nothing to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a phrase needs at least one word")]
pub(crate) struct NoWord;

/// The words of `text`: lower case, without punctuation; what is joined by an apostrophe or a point stays one word
/// ("you're" is `youre`, "p.m." is `pm`).
pub(crate) fn words(text: &str) -> Vec<String> {
    let plain = text.to_lowercase().replace(['\'', '’', '.'], "");
    let separate = plain.split(|c: char| !c.is_alphanumeric());
    separate.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any_of(phrases: &[&str]) -> AnyOf {
        AnyOf(phrases.iter().map(|phrase| Phrase::new(phrase).unwrap()).collect())
    }

    #[test]
    fn phrases_are_compared_by_words() {
        for (phrase, text, expected) in [
            ("is that right", "So, Tuesday at 3. Is that RIGHT?", true),
            ("is that right", "That is right.", false),
            ("art", "Is that right?", false),
            ("you're booked", "You’re booked for Tuesday.", true),
            ("3 pm", "At 3 p.m., then", true),
            ("what ... name", "What is your full name?", true),
            ("what … name", "Your name, and what else?", false),
            ("Hello", "", false),
        ] {
            assert_eq!(any_of(&[phrase]).matches(text), expected, "{phrase:?} in {text:?}");
        }
        assert!(any_of(&["nine", "eight"]).matches("at eight"));
    }

    #[test]
    fn the_search_goes_on_where_it_stopped() {
        let heard = words("yes no yes");
        let yes = any_of(&["yes"]);
        assert_eq!(yes.find(&heard, 0), Some(1));
        assert_eq!(yes.find(&heard, 1), Some(3));
        assert_eq!(yes.find(&heard, 3), None);
        assert_eq!(yes.find(&heard, 9), None);
    }

    #[test]
    fn a_phrase_without_a_word_is_refused() {
        assert_eq!(Phrase::new(" ... ?!"), Err(NoWord));
        assert!(serde_yaml_ng::from_str::<AnyOf>("[]").is_err());
        assert!(serde_yaml_ng::from_str::<AnyOf>("{a: b}").is_err());
        assert_eq!(serde_yaml_ng::from_str::<AnyOf>("[a, b]").unwrap(), any_of(&["a", "b"]));
        assert_eq!(serde_yaml_ng::from_str::<AnyOf>("a").unwrap(), any_of(&["a"]));
    }
}
