//! `callwright serve`: a server until a signal says otherwise.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::Config;
use crate::serve;

/// Threads for sockets, storage and agents; calls and models have their own.
const WORKERS: usize = 2;

/// What a second signal ends with: as if killed by the interrupt.
const EXIT_AT_ONCE: u8 = 130;

pub(super) fn run(config: Config) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("edge")
        .enable_all()
        .build()
        .context("the system gives no threads")?
        .block_on(until_stopped(config))
}

async fn until_stopped(config: Config) -> anyhow::Result<ExitCode> {
    let mut stops = Stops::listen().context("signals cannot be listened for")?;
    let running = serve::start(config).await?;
    for model in running.models() {
        tracing::info!(model = model.name, load_ms = model.load.as_millis(), "loaded");
    }
    show(&running);
    let mut hang_ups = signal(SignalKind::hangup()).context("signals cannot be listened for")?;
    loop {
        tokio::select! {
            () = stops.next() => break,
            _ = hang_ups.recv() => {
                tracing::info!("models are loaded anew; calls go on");
                tokio::select! {
                    // Each model's outcome is in the log.
                    _told = running.reload() => {}
                    () = stops.next() => break,
                }
            }
        }
    }
    let live = running.live();
    tracing::info!(live, "stopping; no more calls are taken");
    tokio::select! {
        () = running.shutdown() => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        () = stops.next() => {
            tracing::warn!("stopped at once");
            Ok(ExitCode::from(EXIT_AT_ONCE))
        }
    }
}

/// Shows where to click and what to call. The key is shown on the first run, and later to a terminal alone: what is
/// written elsewhere may be kept where others read.
fn show(running: &serve::Running) {
    let mut out = io::stdout();
    let key = running
        .first_run_key()
        .map(str::to_owned)
        .or_else(|| out.is_terminal().then(|| running.admin_key()).flatten());
    // A closed output is no reason not to take calls.
    let _closed =
        out.write_all(serve::banner(running, key.as_deref()).as_bytes()).and_then(|()| out.flush());
}

/// The signals that ask to stop.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
}

impl Stops {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
