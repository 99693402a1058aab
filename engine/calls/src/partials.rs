//! Which of the words so far will stay.

/// The words of a turn as the recogniser hears them again and again while it lasts, and the prefix that two runs
/// in a row agreed on.
#[derive(Debug, Default)]
pub(crate) struct Partials {
    text: String,
    /// Bytes of `text` that the run before had too.
    stable: usize,
}

impl Partials {
    /// Takes in a new run. Returns whether anything that is shown changed.
    pub(crate) fn run(&mut self, text: String) -> bool {
        if text == self.text && self.stable == text.len() {
            return false;
        }
        self.stable = agreed_prefix(&self.text, &text);
        self.text = text;
        true
    }

    /// The words of the latest run.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of [`Self::text`] that two runs agreed on; a character boundary.
    pub(crate) const fn stable(&self) -> usize {
        self.stable
    }

    /// Forgets the turn.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.stable = 0;
    }
}

/// Length in bytes of the whole words at the beginning of `newer` that `older` begins with too. Case and sentence
/// marks may differ: a model moves them as it hears more.
fn agreed_prefix(older: &str, newer: &str) -> usize {
    let mut agreed = 0;
    for (old, new) in older.split_whitespace().zip(newer.split_whitespace()) {
        if !same_word(old, new) {
            break;
        }
        // `new` is a piece of `newer`, so the distance of their addresses is the word's offset.
        agreed = new.as_ptr().addr() - newer.as_ptr().addr() + new.len();
    }
    agreed
}

fn same_word(a: &str, b: &str) -> bool {
    let letters = |word: &str| {
        word.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    letters(a) == letters(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_two_runs_agree_on_is_stable() {
        let mut partials = Partials::default();
        for (run, stable) in [
            ("I'd like", ""),
            ("I'd like to look", "I'd like"),
            ("I'd like to book a", "I'd like to"),
            ("I'd like to book, a cleaning.", "I'd like to book, a"),
        ] {
            assert!(partials.run(run.to_owned()));
            assert_eq!(&partials.text()[..partials.stable()], stable);
        }
        assert!(partials.run("I'd like to book, a cleaning.".to_owned()));
        assert!(!partials.run("I'd like to book, a cleaning.".to_owned()));
    }

    #[test]
    fn prefixes_end_at_words() {
        for (older, newer, agreed) in
            [("", "a", 0), ("a", "", 0), ("höre ich", "Höre, wen", 6), ("ab", "abc", 0)]
        {
            assert_eq!(agreed_prefix(older, newer), agreed, "{older} | {newer}");
        }
    }
}
