//! What the operator decides, parsed once into types: a flag wins over the environment, the environment over the
//! configuration file, the file over the default.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callwright_host::Keeping;
use callwright_lines::twilio::{AuthToken, NotAPublicUrl, PublicUrl, UpgradeSignature};
use callwright_models::lanes::SLOW_RECOGNIZERS_MAX;
use callwright_models::spoken::Espeak;
use callwright_models::voices::VoiceOptions;

mod file;
mod secret;

pub use file::{
    AdmissionSetting, CaptureSetting, EmotionUse, FileError, Settings, UpgradeSignatureSetting,
};
pub use secret::{AdminKey, Secret, WeakAdminKey};

/// Everything that a server needs to know to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of the data: `callwright.db`, `admin.key`. Made when it is not there.
    pub home: PathBuf,
    /// The folder that `models/install.py` fills.
    pub models: PathBuf,
    /// Where to listen; port 0 for one that is free.
    pub listen: SocketAddr,
    /// Where carriers reach the server; `None` for `http://` and the address that is listened on.
    pub public_url: Option<PublicUrl>,
    /// An administrator's key besides those that are stored.
    pub admin_key: Option<AdminKey>,
    /// Twilio's auth token; with it, signatures are enforced.
    pub twilio_auth_token: Option<AuthToken>,
    /// What to do about the signature of a stream's opening.
    pub twilio_upgrade_signature: UpgradeSignature,
    /// How long live calls may go on once the server is asked to stop.
    pub drain_max: Duration,
    /// Calls at a time; one more is refused.
    pub calls_max: NonZeroUsize,
    /// What decides, below that, whether there is room for one more.
    pub admission: AdmissionSetting,
    /// Threads that calls are spread over.
    pub shards: NonZeroUsize,
    /// How the voices are opened.
    pub voices: VoiceOptions,
    /// The Whisper model for callers who do not speak English: a name of the catalog, or a file; `None` for the smallest of
    /// many languages that is installed.
    pub whisper: Option<String>,
    /// Lanes that it hears them by: each a thread with a state of its own.
    pub whisper_lanes: usize,
    /// Whether it may be judged how callers come across.
    pub emotion: EmotionUse,
    /// Which calls are captured.
    pub capture: CaptureSetting,
    /// How long captures are kept, and how many.
    pub keeping: Keeping,
}

/// Where the server listens unless told otherwise: not reachable from other machines.
pub const LISTEN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

/// Where the data lies unless told otherwise.
pub const HOME_DEFAULT: &str = "./var";

const DRAIN_DEFAULT: Duration = Duration::from_secs(30);

/// Conversations that one core carries; more would be worse, not more (DESIGN: at least 10 a core).
const CALLS_PER_CORE: usize = 10;

impl Config {
    /// A server for this machine alone, on a free port, with defaults for the rest.
    pub fn local(home: &Path, models: PathBuf) -> Self {
        let cores = cores();
        Self {
            home: home.to_owned(),
            models,
            listen: SocketAddr::new(LISTEN_DEFAULT.ip(), 0),
            public_url: None,
            admin_key: None,
            twilio_auth_token: None,
            twilio_upgrade_signature: UpgradeSignature::default(),
            drain_max: DRAIN_DEFAULT,
            calls_max: cores.saturating_mul(
                const { NonZeroUsize::new(CALLS_PER_CORE).expect("ten is not zero") },
            ),
            admission: AdmissionSetting::default(),
            // A shard carries hundreds of calls; the models need the cores more.
            shards: NonZeroUsize::new(cores.get() / 4).unwrap_or(NonZeroUsize::MIN),
            voices: VoiceOptions::default(),
            whisper: None,
            whisper_lanes: (cores.get() / 4).clamp(1, SLOW_RECOGNIZERS_MAX),
            emotion: EmotionUse::default(),
            capture: CaptureSetting::default(),
            keeping: Keeping::default(),
        }
    }

    /// The configuration that `settings`, gathered from flags and environment, and the file they name give.
    ///
    /// # Errors
    /// [`ConfigError`], whose text names the setting and says what it should be.
    pub fn gather(settings: Settings, file: Option<&Path>) -> Result<Self, ConfigError> {
        let settings = match file {
            Some(path) => settings.or(Settings::read(path)?),
            None => settings,
        };
        let home = settings.home.unwrap_or_else(|| PathBuf::from(HOME_DEFAULT));
        let default = Self::local(&home, PathBuf::new());
        let capture = settings.capture.unwrap_or_default();
        let listen = settings.listen.unwrap_or(LISTEN_DEFAULT);
        if capture == CaptureSetting::All
            && (settings.public_url.is_some() || !listen.ip().is_loopback())
        {
            return Err(ConfigError::CapturesStrangers);
        }
        let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 3_600);
        let keeping = Keeping {
            age_max: settings.capture_days.map_or(default.keeping.age_max, days),
            octets_max: settings
                .capture_megabytes
                .map_or(default.keeping.octets_max, |megabytes| u64::from(megabytes) << 20),
        };
        Ok(Self {
            capture,
            keeping,
            listen,
            models: settings.models.unwrap_or_else(Self::default_models),
            public_url: settings
                .public_url
                .map(|url| url.parse())
                .transpose()
                .map_err(ConfigError::PublicUrl)?,
            admin_key: settings
                .admin_key
                .filter(|key| !key.reveal().is_empty())
                .map(AdminKey::try_from)
                .transpose()
                .map_err(ConfigError::AdminKey)?,
            twilio_auth_token: settings
                .twilio_auth_token
                .and_then(|token| AuthToken::new(token.reveal())),
            twilio_upgrade_signature: settings.twilio_upgrade_signature.unwrap_or_default().into(),
            drain_max: settings.drain_seconds.map_or(default.drain_max, Duration::from_secs),
            calls_max: settings.calls_max.unwrap_or(default.calls_max),
            admission: settings.admission.unwrap_or(default.admission),
            shards: settings.shards.unwrap_or(default.shards),
            voices: VoiceOptions {
                default: settings.voice,
                cache_bytes: settings
                    .phrase_cache_mb
                    .map_or(default.voices.cache_bytes, |mb| usize::from(mb) << 20),
                espeak: settings.espeak.map_or(default.voices.espeak, Espeak::new),
                counters: default.voices.counters,
            },
            whisper: settings.whisper,
            whisper_lanes: settings
                .whisper_lanes
                .map_or(default.whisper_lanes, |lanes| lanes.get().clamp(1, SLOW_RECOGNIZERS_MAX)),
            emotion: settings.emotion.unwrap_or(default.emotion),
            home,
        })
    }

    /// Where the launcher installs the models: `callwright/models` in the user's cache directory
    /// (XDG Base Directory Specification).
    pub fn default_models() -> PathBuf {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
        cache.unwrap_or_else(|| PathBuf::from(".cache")).join("callwright").join("models")
    }

    /// The file that holds everything the business knows.
    pub fn database(&self) -> PathBuf {
        self.home.join("callwright.db")
    }

    /// The folder of captured calls.
    pub fn captures(&self) -> PathBuf {
        self.home.join("captures")
    }

    /// The file in which the first run leaves the administrator's key, readable by its owner alone.
    pub fn admin_key_file(&self) -> PathBuf {
        self.home.join("admin.key")
    }
}

fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The configuration does not make sense.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The public URL is none.
    #[error("the public URL (CALLWRIGHT_PUBLIC_URL, --public-url) is wrong: {0}")]
    PublicUrl(NotAPublicUrl),
    /// Calls of people who were not told would be captured.
    #[error(
        "`capture: all` (CALLWRIGHT_CAPTURE, --capture) captures callers who were not told, and is for a server that \
         this machine alone can reach; use `told`, and have the tenant tell its callers (docs/replay.md)"
    )]
    CapturesStrangers,
    /// The administrator's key is too easy to guess.
    #[error("the administrator's key (CALLWRIGHT_ADMIN_KEY) is wrong: {0}")]
    AdminKey(WeakAdminKey),
}

#[cfg(test)]
mod tests;
