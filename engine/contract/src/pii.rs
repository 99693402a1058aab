//! The wrapper that keeps people out of logs.

use std::fmt;

/// A value that identifies or quotes a person: a number, a name, a transcript.
///
/// Its `Debug` and `Display` print `[redacted]`; the value is reached only by name, with [`Pii::reveal`],
/// so that every place which shows it can be found by searching for that word.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; the caller answers for where it goes.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// Unwraps the value; the caller answers for where it goes.
    pub fn into_revealed(self) -> T {
        self.0
    }

    /// Applies `f` inside the wrapper.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Pii<U> {
        Pii(f(self.0))
    }
}

impl From<String> for Pii<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Pii<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::Pii;

    #[test]
    fn printing_reveals_nothing() {
        let number = Pii::from("+15005550100");
        assert_eq!(format!("{number} {number:?} {:#?}", Some(&number)).matches("1500").count(), 0);
        assert_eq!(number.reveal(), "+15005550100");
    }
}
