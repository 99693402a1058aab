//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::config::{
    AdmissionSetting, CaptureSetting, Config, ConfigError, EmotionUse, Secret, Settings,
    UpgradeSignatureSetting,
};
use crate::{bench, captures, doctor, logging, replay, simulate, transcribe, voiceprints};

mod models;
mod serve;

/// A voice engine that answers phone calls, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "callwright", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  callwright serve                    answer calls on 127.0.0.1:8080, data in ./var
  callwright simulate                 call the running server and book an appointment
  callwright doctor                   find out what is missing
  callwright replay call_0123456789abc  run a captured call again
  callwright transcribe call.wav      write down what was said in a recording
  callwright <command> --help         more about a command";

const SERVE_EXAMPLES: &str = "Examples:
  callwright serve
      answer calls on this machine alone; the first run prints a link that signs in
  callwright serve --public-url https://calls.example.com
      behind a tunnel or a proxy: what Twilio is to call. Set TWILIO_AUTH_TOKEN as well.
  callwright serve --config /etc/callwright.yaml
      settings from a file: the options below, with underscores (`calls_max: 40`)

A flag wins over the environment, the environment over the file.
SIGINT or SIGTERM stops the server once its calls are over; SIGHUP loads the models anew while calls go on.";

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Answer calls until told to stop
    #[command(after_help = SERVE_EXAMPLES)]
    Serve {
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Call a running server as Twilio would, with a caller that speaks
    Simulate(simulate::Args),
    /// Run captured calls again: is everything as it was, and what would be otherwise?
    Replay(replay::Args),
    /// The captured calls that are kept
    #[command(subcommand)]
    Captures(captures::Command),
    /// What consenting callers sound like, where tenants keep that
    #[command(subcommand)]
    Voiceprints(voiceprints::Command),
    /// Look whether everything is there that the server needs
    Doctor {
        #[command(flatten)]
        settings: SettingsArgs,
        /// Write one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// The models that listen and speak
    #[command(subcommand)]
    Models(models::Command),
    /// Write down what was said in sound files, and when
    Transcribe(transcribe::Args),
    /// Measure on this machine what callers hear
    #[command(subcommand)]
    Bench(bench::Command),
}

/// The settings of a server, from flags and environment.
#[derive(Debug, Args)]
struct SettingsArgs {
    /// Folder of the data [default: ./var]
    #[arg(long, env = "CALLWRIGHT_HOME", value_name = "FOLDER")]
    home: Option<PathBuf>,
    /// YAML file with settings
    #[arg(long, env = "CALLWRIGHT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "CALLWRIGHT_LISTEN", value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// Address under which carriers reach the server [default: http:// and the address above]
    #[arg(long, env = "CALLWRIGHT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// An administrator's API key, besides those that are stored; better given in the environment
    #[arg(long, env = "CALLWRIGHT_ADMIN_KEY", value_name = "KEY", hide_env_values = true)]
    admin_key: Option<String>,
    /// Twilio's auth token: with it only Twilio may place calls; better given in the environment
    #[arg(long, env = "TWILIO_AUTH_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    twilio_auth_token: Option<String>,
    /// Should Twilio sign a stream's opening in a way not known here: `observe` lets calls through [default: enforce]
    #[arg(long, env = "CALLWRIGHT_TWILIO_UPGRADE_SIGNATURE", value_name = "HOW")]
    twilio_upgrade_signature: Option<UpgradeSignatureSetting>,
    /// Seconds that live calls may go on once the server is asked to stop [default: 30]
    #[arg(long, env = "CALLWRIGHT_DRAIN_SECONDS", value_name = "SECONDS")]
    drain_seconds: Option<u64>,
    /// Calls at a time; one more gets a busy tone [default: 10 per core]
    #[arg(long, env = "CALLWRIGHT_CALLS_MAX", value_name = "CALLS")]
    calls_max: Option<NonZeroUsize>,
    /// What decides, below that number, whether there is room for one more call: what the models cost and how late they
    /// answer, or nothing else [default: measured]
    #[arg(long, env = "CALLWRIGHT_ADMISSION", value_name = "HOW")]
    admission: Option<AdmissionSetting>,
    /// Threads that calls are spread over [default: a quarter of the cores]
    #[arg(long, env = "CALLWRIGHT_SHARDS", value_name = "THREADS")]
    shards: Option<NonZeroUsize>,
    /// Whether tenants may have it judged how their callers come across, from voice and words [default: allowed]
    #[arg(long, env = "CALLWRIGHT_EMOTION", value_name = "USE")]
    emotion: Option<EmotionUse>,
    /// Voice of agents that name none [default: Flite's slt]
    #[arg(long, env = "CALLWRIGHT_VOICE", value_name = "NAME")]
    voice: Option<String>,
    /// Megabytes of sound kept of what is said often, as greetings are; 0 keeps none [default: 32]
    #[arg(long, env = "CALLWRIGHT_PHRASE_CACHE_MB", value_name = "MB")]
    phrase_cache_mb: Option<u16>,
    /// The espeak-ng that reads for neural voices [default: espeak-ng]
    #[arg(long, env = "CALLWRIGHT_ESPEAK", value_name = "PROGRAM")]
    espeak: Option<PathBuf>,
    /// Whisper model that hears callers who do not speak English: one of `models list`, or a ggml file [default: the
    /// smallest of many languages that is installed]
    #[arg(long, env = "CALLWRIGHT_WHISPER", value_name = "MODEL")]
    whisper: Option<String>,
    /// Threads that Whisper hears callers by, 1 to 4, each with memory of its own [default: a quarter of the cores]
    #[arg(long, env = "CALLWRIGHT_WHISPER_LANES", value_name = "THREADS")]
    whisper_lanes: Option<NonZeroUsize>,
    /// Which calls are captured for `callwright replay`: of tenants that tell their callers so, all (on this machine
    /// alone), or none [default: told]
    #[arg(long, env = "CALLWRIGHT_CAPTURE", value_name = "WHICH")]
    capture: Option<CaptureSetting>,
    /// Days that a capture is kept [default: 14]
    #[arg(long, env = "CALLWRIGHT_CAPTURE_DAYS", value_name = "DAYS")]
    capture_days: Option<u32>,
    /// Megabytes that all captures may take; the oldest go first [default: 2048]
    #[arg(long, env = "CALLWRIGHT_CAPTURE_MEGABYTES", value_name = "MEGABYTES")]
    capture_megabytes: Option<u32>,
    /// What to log: a level, or levels by room as in `info,callwright_lines=debug`
    #[arg(long, env = "CALLWRIGHT_LOG", value_name = "FILTER", default_value = logging::FILTER_DEFAULT)]
    log: String,
}

impl SettingsArgs {
    fn gather(self) -> Result<Config, ConfigError> {
        let settings = Settings {
            home: self.home,
            models: self.models,
            listen: self.listen,
            public_url: self.public_url.filter(|url| !url.is_empty()),
            admin_key: self.admin_key.map(Secret::from),
            twilio_auth_token: self.twilio_auth_token.map(Secret::from),
            twilio_upgrade_signature: self.twilio_upgrade_signature,
            drain_seconds: self.drain_seconds,
            calls_max: self.calls_max,
            admission: self.admission,
            shards: self.shards,
            voice: self.voice.filter(|voice| !voice.is_empty()),
            phrase_cache_mb: self.phrase_cache_mb,
            espeak: self.espeak,
            emotion: self.emotion,
            whisper: self.whisper.filter(|model| !model.is_empty()),
            whisper_lanes: self.whisper_lanes,
            capture: self.capture,
            capture_days: self.capture_days,
            capture_megabytes: self.capture_megabytes,
        };
        Config::gather(settings, self.config.as_deref())
    }
}

/// Does what the command line asks for.
///
/// # Errors
/// What went wrong, in a sentence that says what to do.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve { settings } => {
            logging::begin(&settings.log)
                .context("the log filter (--log, CALLWRIGHT_LOG) is wrong")?;
            serve::run(settings.gather()?)
        }
        Command::Simulate(args) => Ok(simulate::run(args)),
        Command::Replay(args) => replay::run(args),
        Command::Captures(command) => captures::run(command),
        Command::Voiceprints(command) => voiceprints::run(command),
        Command::Doctor { settings, json } => Ok(doctor::run(&settings.gather()?, json)),
        Command::Models(command) => models::run(command),
        Command::Transcribe(args) => Ok(transcribe::run(args)?),
        Command::Bench(command) => Ok(bench::run(command)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_command_explains_itself() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        let help = command.render_long_help().to_string();
        for name in
            ["serve", "simulate", "replay", "captures", "doctor", "models", "transcribe", "bench"]
        {
            assert!(help.contains(name), "{help}");
        }
    }

    #[test]
    fn flags_become_settings() {
        let line =
            ["callwright", "serve", "--home", "/data", "--calls-max", "3", "--drain-seconds", "5"];
        let Command::Serve { settings } = Cli::try_parse_from(line).unwrap().command else {
            panic!("serve")
        };
        let config = settings.gather().unwrap();
        assert_eq!(config.home, std::path::Path::new("/data"));
        assert_eq!((config.calls_max.get(), config.drain_max.as_secs()), (3, 5));
    }
}
