//! Reading a YAML file into a type that cannot be wrong, with the place of what is.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};

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
        let number = f32::deserialize(deserializer)?;
        let (least, most) = (LEAST as f32 / 1_000.0, MOST as f32 / 1_000.0);
        if (least..=most).contains(&number) {
            Ok(Self(number))
        } else {
            Err(D::Error::custom(format!("{number} does not lie between {least} and {most}")))
        }
    }
}
