//! `callwright bench`: what a server does for its callers on this machine, measured at their ears.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use callwright_media::ResamplerError;
use callwright_models::contract::ModelError;
use callwright_models::runtime::LoadError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use crate::serve::EngineError;
use crate::simulate::{ServerError, SpeechError};

pub mod answering;
pub mod conversation;
pub mod load;
pub mod speaker;
pub mod turns;
pub mod waits;
pub mod wer;
pub mod words;

/// What to measure.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Hold conversations with a server, so many at a time, and print what its callers hear
    ///
    /// For each number of calls, so many simulated callers ring the receptionist over a strict imitation of Twilio,
    /// with real sound in real time and the real models. Each speaks about 40 % of the time, hesitates in the middle
    /// of sentences, and cuts the agent off now and then. Everything is measured in the sound at the callers' ears.
    ///
    /// The server is a process of its own, so that its processor time is its own, but it shares this machine with the
    /// callers: their processor time is shown as well, and what else runs here makes every figure worse.
    Conversation(conversation::Args),
    /// Send frames to the echo line over real sockets, and measure how long they take and what they cost
    Echo(load::EchoArgs),
    /// Start a server many times, and measure how long it takes until it accepts calls
    Startup(load::StartupArgs),
    /// Hold calls, and measure how much memory each takes and whether it is given back
    Memory(load::MemoryArgs),
    /// Ring with three times as many callers as the server takes, and measure what those hear who were taken
    Load(load::LoadArgs),
    /// Make and end very many calls, and look for what they leave behind
    Soak(load::SoakArgs),
    /// Read speech to a listening line in real time, and count the words it gets wrong
    ///
    /// Each recording of a folder goes through the whole path as on a call: packets paced as in real time, a leg, a
    /// shard, the speech detector, the turn judge and the recogniser in their lanes. The same model then hears each
    /// recording whole, in the same band, to tell what streaming costs.
    Words(words::Args),
    /// Tell answering machines from people, and print how often that is right within 0.5, 1.0 and 1.5 s
    Answering(answering::Args),
    /// Compare voices, and find who speaks when in mixed recordings: how often both are wrong
    Speaker(speaker::Args),
    /// Measure how turns are ended: callers cut off against time waited
    Turns(turns::Args),
    /// Show how long each thing that the callers of `conversation` say is waited for, on a virtual clock
    ///
    /// Every line in every voice is spoken to the call core itself, with the real models, through a telephone. No time
    /// passes but that of the virtual clock, so that the waits are the same on any machine, however busy.
    Waits(waits::Args),
}

/// Nothing could be measured. Each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The server of its own.
    #[error(transparent)]
    OwnServer(#[from] conversation::OwnServerError),
    /// The server cannot be asked.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The callers cannot say what they should.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// Flite is not there.
    #[error("the callers need Flite's voices: {0}")]
    Voice(String),
    /// The system gives no threads, or no signals.
    #[error("cannot start: {0}")]
    System(std::io::Error),
    /// What is to be said.
    #[error("cannot say what is in {}: {why}", path.display())]
    Lines {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Something cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Record {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// A recording cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Sound {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: hound::Error,
    },
    /// The recordings.
    #[error(transparent)]
    Corpus(#[from] words::CorpusError),
    /// Reading them to a line.
    #[error(transparent)]
    Reading(#[from] words::ReadingError),
    /// The models.
    #[error(transparent)]
    Models(#[from] LoadError),
    /// A model failed.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// How turns are ended.
    #[error(transparent)]
    Turns(#[from] turns::TurnsError),
    /// The call core on a virtual clock.
    #[error(transparent)]
    Live(#[from] turns::LiveError),
    /// Lanes and shards.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A rate that no resampler takes, which would be a mistake of ours.
    #[error(transparent)]
    Rate(#[from] ResamplerError),
    /// A call within this process.
    #[error("a call within this process could not be made: {0}")]
    Inside(String),
    /// Something was left behind.
    #[error("{0}")]
    LeftBehind(String),
    /// A recording cannot be read.
    #[error("{0}")]
    Recording(String),
    /// Somebody asked to stop.
    #[error("stopped before everything was measured")]
    Stopped,
}

/// Runs the command.
///
/// Exit status: 0 when everything was measured, 2 when it could not be.
pub fn run(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Conversation(args) => on_a_runtime(conversation::measure(args)),
        Command::Echo(args) => on_a_runtime(load::echo(args)),
        Command::Startup(args) => load::startup(&args),
        Command::Memory(args) => on_a_runtime(load::memory(args)),
        Command::Load(args) => on_a_runtime(load::overload(args)),
        Command::Soak(args) => on_a_runtime(load::soak(args)),
        Command::Words(args) => on_a_runtime(words::measure(args)),
        Command::Answering(args) => answering::run(&mut std::io::stdout().lock(), args),
        Command::Speaker(args) => speaker::run(&mut std::io::stdout().lock(), &args),
        Command::Turns(args) => turns::measure(&args).map_err(BenchError::from),
        Command::Waits(args) => waits::measure(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere else to say it.
            let _closed = writeln!(std::io::stderr().lock(), "callwright bench: {error}");
            ExitCode::from(EXIT_FAILED)
        }
    }
}

const EXIT_FAILED: u8 = 2;

/// Does `work` until it is done or a signal asks to stop; whatever it started is then ended.
fn on_a_runtime(work: impl Future<Output = Result<(), BenchError>>) -> Result<(), BenchError> {
    // Two threads, so that one caller's frames leave in time while another's are made.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(BenchError::System)?.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(BenchError::System)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(BenchError::System)?;
        tokio::select! {
            done = work => done,
            _ = interrupt.recv() => Err(BenchError::Stopped),
            _ = terminate.recv() => Err(BenchError::Stopped),
        }
    })
}

/// A bar on the standard error, if that is a terminal and nobody reads one line of JSON from a pipe.
fn progress(length: u64, template: &str, json: bool) -> ProgressBar {
    let target = if json && !std::io::stdout().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(length), target);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// What is printed goes to a pipe that may be closed: then there is nobody left to tell.
fn say(line: impl std::fmt::Display) {
    let _nobody_listens = writeln!(std::io::stdout().lock(), "{line}");
}
