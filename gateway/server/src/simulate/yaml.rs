//! Reading a YAML file into a type that cannot be wrong, with the place of what is.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Visitor};

use super::scenario::ScenarioError;

/// Reads `text`; `origin` names it in errors.
///
/// # Errors
/// [`ScenarioError::Wrong`] with line and column.
pub(super) fn parse<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, ScenarioError> {
    serde_yaml_ng::from_str(text).map_err(|error| {
        let place = match error.location() {
            Some(at) => format!("{origin}:{}:{}", at.line(), at.column()),
            None => origin.to_owned(),
        };
        ScenarioError::Wrong { place, what: error.to_string() }
    })
}

/// Reads the file at `path`.
///
/// # Errors
/// [`ScenarioError`] with file, line and column.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ScenarioError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
    parse(&text, &path.display().to_string())
}

/// A number of milliseconds.
pub(super) fn from_ms<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

/// A number of milliseconds, for a field that may be left out.
pub(super) fn maybe_ms<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    from_ms(deserializer).map(Some)
}

/// A number in thousandths of its bounds: types take no fractions as parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Within<const LEAST: i32, const MOST: i32>(pub(super) f32);

/// A share of 1.
pub(super) type Portion = Within<0, 1_000>;

impl<'de, const LEAST: i32, const MOST: i32> Deserialize<'de> for Within<LEAST, MOST> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Refused while it is read, so that an error points at the number and not at what it is in.
        deserializer.deserialize_f32(Number::<LEAST, MOST>)
    }
}

/// Reads a number within bounds.
struct Number<const LEAST: i32, const MOST: i32>;

impl<const LEAST: i32, const MOST: i32> Visitor<'_> for Number<LEAST, MOST> {
    type Value = Within<LEAST, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (LEAST as f32 / 1_000.0, MOST as f32 / 1_000.0);
        write!(f, "a number between {least} and {most}")
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        let (least, most) = (f64::from(LEAST) / 1_000.0, f64::from(MOST) / 1_000.0);
        if (least..=most).contains(&number) {
            Ok(Within(number as f32))
        } else {
            Err(E::custom(format!("{number} does not lie between {least} and {most}")))
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        // A number too large for the type is far out of any bounds.
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_f64(number as f64)
    }
}
