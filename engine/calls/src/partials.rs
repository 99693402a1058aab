//! Which of the words so far will stay.

/// The words of a turn as the recogniser hears them again and again while it lasts, and the prefix that it has settled
/// on.
#[derive(Debug, Default)]
pub(crate) struct Partials {
    text: String,
    /// Bytes of `text` that will not change.
    stable: usize,
}

impl Partials {
    /// Takes in a new run, the first `agreed` bytes of which earlier runs heard too. Returns whether anything that is
    /// shown changed.
    pub(crate) fn run(&mut self, text: String, agreed: usize) -> bool {
        // A recogniser that counts wrong shows less as stable, and loses nothing.
        let stable = if text.is_char_boundary(agreed) { agreed } else { 0 };
        if text == self.text && stable == self.stable {
            return false;
        }
        self.stable = stable;
        self.text = text;
        true
    }

    /// The words of the latest run.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of [`Self::text`] that will stay; a character boundary.
    pub(crate) const fn stable(&self) -> usize {
        self.stable
    }

    /// Forgets the turn.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.stable = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_changes_with_the_words_and_with_what_is_sure_of_them() {
        let mut partials = Partials::default();
        assert!(partials.run("I'd like".to_owned(), 0));
        assert!(!partials.run("I'd like".to_owned(), 0));
        assert!(partials.run("I'd like".to_owned(), 3));
        assert!(partials.run("I'd like to".to_owned(), 8));
        assert_eq!((partials.text(), partials.stable()), ("I'd like to", 8));
        partials.clear();
        assert_eq!((partials.text(), partials.stable()), ("", 0));
    }

    #[test]
    fn a_prefix_that_is_none_is_not_believed() {
        let mut partials = Partials::default();
        for agreed in [1, 99] {
            partials.run("\u{e9}t\u{e9}".to_owned(), agreed);
            assert_eq!(partials.stable(), 0, "{agreed}");
        }
    }
}
