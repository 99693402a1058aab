//! What `--with` changes: a YAML file.
//!
//! ```yaml
//! settings:
//!   barge_in.silencing_windows: 3
//!   patience.trailing: 900ms
//!   pace.sure: -0.8
//! agent: { silence: { reprompt_after_ms: 8000 } }
//! tenant: { name: Bright Smile }
//! models: /path/to/models
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callwright_calls::{CallSpec, Setting};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_yaml_ng::Value;

/// What is to be otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    settings: BTreeMap<String, Value>,
    /// Changes to the agents' documents, as YAML.
    pub(super) agent: Option<String>,
    /// Changes to the tenant's document, as YAML.
    pub(super) tenant: Option<String>,
    /// Another folder of models.
    pub(super) models: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    settings: BTreeMap<String, Value>,
    agent: Option<Value>,
    tenant: Option<Value>,
    models: Option<PathBuf>,
}

/// A file of changes that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChangeError {
    /// It cannot be read.
    #[error("{} cannot be read: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    /// It is not what such a file is.
    #[error("{}: {cause}", path.display())]
    Shape { path: PathBuf, cause: serde_yaml_ng::Error },
    /// A setting that there is not.
    #[error("there is no setting `{name}`; there are: {known}")]
    Unknown { name: String, known: String },
    /// A value that the setting does not have.
    #[error("`{name}` {wanted}")]
    Value { name: String, wanted: &'static str },
}

impl Change {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ChangeError`]
    pub(super) fn read(path: &Path) -> Result<Self, ChangeError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| ChangeError::File { path: path.to_owned(), cause })?;
        let wrong = |cause| ChangeError::Shape { path: path.to_owned(), cause };
        let written: Option<Written> = serde_yaml_ng::from_str(&text).map_err(wrong)?;
        let Some(written) = written else { return Ok(Self::default()) };
        let yaml = |value: Option<Value>| value.map(|value| serde_yaml_ng::to_string(&value));
        Ok(Self {
            settings: written.settings,
            agent: yaml(written.agent).transpose().map_err(wrong)?,
            tenant: yaml(written.tenant).transpose().map_err(wrong)?,
            models: written.models,
        })
    }

    /// Makes the changes to a call's settings.
    ///
    /// # Errors
    /// [`ChangeError::Unknown`] and [`ChangeError::Value`].
    pub(super) fn apply(&self, spec: &mut CallSpec) -> Result<(), ChangeError> {
        for (name, value) in &self.settings {
            let wrong = |wanted| ChangeError::Value { name: name.clone(), wanted };
            let found = spec.settings().into_iter().find(|(known, _)| known == name);
            match found.map(|(_, setting)| setting) {
                None => {
                    let known = spec.settings().map(|(known, _)| known).join(", ");
                    return Err(ChangeError::Unknown { name: name.clone(), known });
                }
                Some(Setting::Time(time)) => {
                    *time =
                        time_of(value).ok_or_else(|| wrong("is no time such as 900ms or 1.5s"))?;
                }
                Some(Setting::Number(number)) => {
                    let given = value.as_f64().filter(|number| number.is_finite());
                    *number = given.ok_or_else(|| wrong("is no number such as -0.8"))? as f32;
                }
                Some(Setting::Count(count)) => {
                    let given = value.as_u64().and_then(|count| u32::try_from(count).ok());
                    *count = given.ok_or_else(|| wrong("is no count such as 3"))?;
                }
            }
        }
        Ok(())
    }
}

fn time_of(value: &Value) -> Option<Duration> {
    let time: SignedDuration = value.as_str()?.parse().ok()?;
    Duration::try_from(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Change, ChangeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), yaml).unwrap();
        Change::read(file.path())
    }

    fn spec() -> CallSpec {
        use callwright_calls::{CallLimits, CallMode, Language, Pace, Share, Tuning};
        use callwright_contract::{Arrival, CallId, Carrier, Pii};
        CallSpec {
            id: CallId::new(1, 1),
            arrival: Arrival {
                carrier: Carrier::Twilio,
                carrier_call: String::new(),
                line: Pii::from("1"),
                caller: None,
            },
            mode: CallMode::Converse,
            limits: CallLimits::default(),
            share: Share::default(),
            pace: Pace::default(),
            language: Some(Language::ENGLISH),
            emotion: false,
            tuning: Tuning::default(),
        }
    }

    #[test]
    fn settings_are_changed_by_their_names() {
        let yaml = "settings: { barge_in.silencing_windows: 3, patience.trailing: 900ms, pace.sure: -0.5, limits.call_max: 1.5s }";
        let mut changed = spec();
        read(yaml).unwrap().apply(&mut changed).unwrap();
        assert_eq!(changed.tuning.barge_in.silencing_windows, 3);
        assert_eq!(changed.tuning.patience.trailing, Duration::from_millis(900));
        assert_eq!((changed.pace.sure, changed.limits.call_max.as_millis()), (-0.5, 1_500));
        assert_eq!(read("").unwrap(), Change::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |yaml: &str| match read(yaml) {
            Ok(change) => change.apply(&mut spec()).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        let unknown = error("settings: { barge_in.speed: 3 }");
        assert!(unknown.contains("`barge_in.speed`") && unknown.contains("pace.sure"), "{unknown}");
        for (yaml, said) in [
            ("settings: { patience.trailing: 900 }", "no time such as 900ms"),
            ("settings: { patience.trailing: -3s }", "no time such as"),
            ("settings: { pace.sure: .nan }", "no number such as"),
            ("settings: { speech.pause_windows: 2.5 }", "no count such as"),
            ("setings: {}", "unknown field `setings`"),
        ] {
            assert!(error(yaml).contains(said), "{yaml}: {}", error(yaml));
        }
    }
}
