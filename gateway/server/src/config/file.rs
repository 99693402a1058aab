//! The settings as they are written down: in a YAML file, or gathered from flags and environment.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use callwright_lines::twilio::UpgradeSignature;
use serde::Deserialize;

use super::Secret;

/// What may be set; what is not takes its default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The folder of the data.
    pub home: Option<PathBuf>,
    /// The folder of the models.
    pub models: Option<PathBuf>,
    /// Where to listen, as `127.0.0.1:8080`.
    pub listen: Option<SocketAddr>,
    /// Where carriers reach the server, as `https://calls.example.com`.
    pub public_url: Option<String>,
    /// An administrator's key besides those that are stored.
    pub admin_key: Option<Secret>,
    /// Twilio's auth token.
    pub twilio_auth_token: Option<Secret>,
    /// What to do about the signature of a stream's opening.
    pub twilio_upgrade_signature: Option<UpgradeSignatureSetting>,
    /// Seconds that live calls may go on once the server is asked to stop.
    pub drain_seconds: Option<u64>,
    /// Calls at a time.
    pub calls_max: Option<NonZeroUsize>,
    /// What decides, below `calls_max`, whether there is room for one more call.
    pub admission: Option<AdmissionSetting>,
    /// Threads that calls are spread over.
    pub shards: Option<NonZeroUsize>,
    /// The voice of agents that name none.
    pub voice: Option<String>,
    /// Megabytes of sound that are kept of what is said often.
    pub phrase_cache_mb: Option<u16>,
    /// The espeak-ng that reads for neural voices, by name or path.
    pub espeak: Option<PathBuf>,
    /// The Whisper model for callers who do not speak English: a name of the catalog, or a file.
    pub whisper: Option<String>,
    /// Threads that it hears them by.
    pub whisper_lanes: Option<NonZeroUsize>,
    /// Whether it may be judged how callers come across.
    pub emotion: Option<EmotionUse>,
    /// Which calls are captured.
    pub capture: Option<CaptureSetting>,
    /// Days that a capture is kept.
    pub capture_days: Option<u32>,
    /// Megabytes that all captures may take.
    pub capture_megabytes: Option<u32>,
}

impl Settings {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`FileError`], which names the file, and the line where there is one to name.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| FileError::Unreadable { path: path.to_owned(), cause })?;
        // An empty document is YAML's null: nothing is set.
        serde_yaml_ng::from_str::<Option<Self>>(&text)
            .map(Option::unwrap_or_default)
            .map_err(|cause| FileError::Malformed { path: path.to_owned(), cause })
    }

    /// These settings where they are set, `other` where they are not.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            home: self.home.or(other.home),
            models: self.models.or(other.models),
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            admin_key: self.admin_key.or(other.admin_key),
            twilio_auth_token: self.twilio_auth_token.or(other.twilio_auth_token),
            twilio_upgrade_signature: self
                .twilio_upgrade_signature
                .or(other.twilio_upgrade_signature),
            drain_seconds: self.drain_seconds.or(other.drain_seconds),
            calls_max: self.calls_max.or(other.calls_max),
            admission: self.admission.or(other.admission),
            shards: self.shards.or(other.shards),
            voice: self.voice.or(other.voice),
            phrase_cache_mb: self.phrase_cache_mb.or(other.phrase_cache_mb),
            espeak: self.espeak.or(other.espeak),
            whisper: self.whisper.or(other.whisper),
            whisper_lanes: self.whisper_lanes.or(other.whisper_lanes),
            emotion: self.emotion.or(other.emotion),
            capture: self.capture.or(other.capture),
            capture_days: self.capture_days.or(other.capture_days),
            capture_megabytes: self.capture_megabytes.or(other.capture_megabytes),
        }
    }
}

/// What decides whether there is room for one more call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionSetting {
    /// What each kind of work costs here and how long answers wait now, besides the number of calls.
    #[default]
    Measured,
    /// The number of calls alone, however late the models answer.
    CallsMax,
}

/// Whether it may be judged how callers come across.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum EmotionUse {
    /// Each tenant decides; one that has not decided does not have it.
    #[default]
    Allowed,
    /// Nobody: the lane is not opened, whatever tenants have decided.
    Forbidden,
}

/// What to do about the signature of a stream's opening; see [`UpgradeSignature`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeSignatureSetting {
    /// Refuse a stream that Twilio has not signed.
    #[default]
    Enforce,
    /// Count the signatures, and rely on the one-time token.
    Observe,
}

impl From<UpgradeSignatureSetting> for UpgradeSignature {
    fn from(setting: UpgradeSignatureSetting) -> Self {
        match setting {
            UpgradeSignatureSetting::Enforce => Self::Enforce,
            UpgradeSignatureSetting::Observe => Self::Observe,
        }
    }
}

/// Which calls are captured, so that `callwright replay` can run them again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum CaptureSetting {
    /// Those of tenants that tell their callers so.
    #[default]
    Told,
    /// All, told or not: for tests on this machine alone.
    All,
    /// None.
    None,
}

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It could not be read.
    #[error("the configuration file {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It is not what a configuration file is.
    #[error("the configuration file {} is wrong: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: serde_yaml_ng::Error,
    },
}
