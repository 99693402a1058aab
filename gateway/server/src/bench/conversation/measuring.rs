//! One row after the other: the server, the calls, the looks at the machine before and after, the progress.

#![expect(clippy::disallowed_methods, reason = "this is the bench's driver: it waits in real time")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callwright_api::wire::Speaker;
use callwright_models::flite::Flite;
use indicatif::ProgressBar;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::args::Args;
use super::child::OwnServer;
use super::placing::{Callers, Dialled, Held};
use super::row::Row;
use super::table;
use super::usage::{LaneBusy, Process, lane_shares, lanes, percent};
use super::voices::{Repertoire, VOICES, rehearse};
use crate::bench::{BenchError, progress, say};
use crate::simulate::ear::time_of;
use crate::simulate::server::Server;

/// Measures every row that `args` asks for and prints it.
///
/// # Errors
/// [`BenchError`] when nothing could be measured.
pub(in crate::bench) async fn measure(args: Args) -> Result<(), BenchError> {
    if let Some(folder) = &args.record {
        std::fs::create_dir_all(folder)
            .map_err(|why| BenchError::Record { path: folder.clone(), why })?;
    }
    let whole: Duration = args.calls.iter().map(|&calls| args.lasts(calls)).sum();
    let template = "{spinner} {bar:30} {pos}/{len} s  {msg}";
    let progress = progress(whole.as_secs(), template, args.json);
    progress.set_message("the callers learn what to say");
    let seed = args.seed;
    let voices = blocking(move || voices(seed)).await?;
    progress.set_message("a server starts");
    let models = args.models.clone();
    let own = match &args.url {
        Some(_) => None,
        None => Some(blocking(move || Ok(OwnServer::start(models.as_deref())?)).await?),
    };
    let server = match (&own, &args.url) {
        (Some(own), _) => Server::new(own.base(), own.key())?,
        (None, url) => Server::new(
            url.as_deref().unwrap_or_default(),
            args.key.as_deref().unwrap_or_default(),
        )?,
    };
    server.answers().await?;
    let mut bench = Bench { args, server, own, voices, progress };
    let mut rows = Vec::new();
    for calls in bench.args.calls.clone() {
        let row = bench.row(calls).await?;
        if !bench.args.json {
            bench.progress.suspend(|| {
                if rows.is_empty() {
                    say(table::heading());
                }
                say(table::line(&row));
            });
        }
        rows.push(row);
    }
    bench.progress.finish_and_clear();
    if bench.args.json {
        say(Document { rows }.text());
    }
    Ok(())
}

/// Everything that the callers may say.
fn voices(seed: u64) -> Result<Vec<Arc<Repertoire>>, BenchError> {
    let mut flite = Flite::load().map_err(|error| BenchError::Voice(error.to_string()))?;
    let mut random = StdRng::seed_from_u64(seed);
    let each = VOICES.iter().map(|voice| rehearse(voice, &mut random, &mut flite).map(Arc::new));
    Ok(each.collect::<Result<_, _>>()?)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BenchError> + Send + 'static,
) -> Result<T, BenchError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// The bench while it runs.
struct Bench {
    args: Args,
    server: Server,
    own: Option<OwnServer>,
    voices: Vec<Arc<Repertoire>>,
    progress: ProgressBar,
}

/// A look at the machine.
struct Look {
    at: Instant,
    lanes: LaneBusy,
    server: Option<Duration>,
    callers: Option<Duration>,
}

impl Bench {
    async fn row(&mut self, calls: u16) -> Result<Row, BenchError> {
        self.progress.set_message(format!("{calls} at a time"));
        let (lasts, ramp) = (self.args.lasts(calls), self.args.ramp(calls));
        let callers = Callers {
            server: self.server.clone(),
            voices: self.voices.clone(),
            talk_share: self.args.talk_share,
            seed: self.args.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(calls)),
            lasts,
            ramp,
            record: self.args.record.is_some(),
        };
        let begun = Instant::now();
        let (dialled, looks) = tokio::join!(callers.talk(calls), self.watch(begun, ramp, lasts));
        let (before, after) = looks?;
        let mut dialled = dialled;
        self.ask_for_accounts(&mut dialled).await?;
        self.report_failures(&dialled);
        if let Some(folder) = &self.args.record {
            write_down(folder, calls, &dialled)?;
        }
        let mut row = Row::of(calls, ramp, &dialled);
        let apart = after.at.saturating_duration_since(before.at);
        row.lanes = lane_shares(&before.lanes, &after.lanes, apart);
        let used = |before: Option<Duration>, after: Option<Duration>| {
            Some(percent(after?.saturating_sub(before?), apart))
        };
        row.server_cpu_percent = used(before.server, after.server);
        row.callers_cpu_percent = used(before.callers, after.callers);
        Ok(row)
    }

    /// Looks at the machine when all have dialled and shortly before the first hangs up, and moves the bar.
    async fn watch(
        &self,
        begun: Instant,
        ramp: Duration,
        lasts: Duration,
    ) -> Result<(Look, Look), BenchError> {
        sleep_until(begun + ramp).await;
        let before = self.look().await?;
        let begun_at = self.progress.position();
        for second in ramp.as_secs()..lasts.as_secs() {
            self.progress.set_position(begun_at + second);
            sleep_until(begun + Duration::from_secs(second)).await;
        }
        let after = self.look().await?;
        self.progress.set_position(begun_at + lasts.as_secs());
        Ok((before, after))
    }

    async fn look(&self) -> Result<Look, BenchError> {
        let metrics = self.server.metrics().await?;
        let server = self.own.as_ref().and_then(|own| Process::Other(own.id()).cpu());
        let callers = Process::This.cpu();
        Ok(Look { at: Instant::now(), lanes: lanes(&metrics), server, callers })
    }

    /// Asks the server for its own account of the calls. Without a key nothing is known of it.
    async fn ask_for_accounts(&self, dialled: &mut [Dialled]) -> Result<(), BenchError> {
        if self.own.is_none() && self.args.key.is_none() {
            return Ok(());
        }
        let limit = u16::try_from(dialled.len()).unwrap_or(CALLS_ASKED).clamp(1, CALLS_ASKED);
        let known = self.server.newest_calls(limit).await?;
        for one in dialled {
            let Dialled::Held(held) = one else { continue };
            let Some(call) = known.iter().find(|call| call.carrier_call == held.call_sid) else {
                continue;
            };
            held.account = Some(self.server.call(&call.id).await?);
        }
        Ok(())
    }

    /// What went wrong, a few of them: a row only counts.
    fn report_failures(&self, dialled: &[Dialled]) {
        let failures = dialled.iter().flat_map(|one| match one {
            Dialled::Failed(why) => vec![why.clone()],
            Dialled::Held(held) => {
                let offences = held.talked.offences.iter().map(ToString::to_string);
                offences.chain(held.talked.broke.clone()).collect()
            }
            Dialled::Refused => Vec::new(),
        });
        for failure in failures.take(FAILURES_TOLD) {
            self.progress.suspend(|| {
                // Whoever closed it does not want to know.
                let _closed = writeln!(
                    std::io::stderr().lock(),
                    "callwright bench: a call failed: {failure}"
                );
            });
        }
    }
}

/// Calls that one question to the server names at most.
const CALLS_ASKED: u16 = 500;
/// Failures of a row that are told in words.
const FAILURES_TOLD: usize = 3;

/// Writes each call of a row as sound and as a list of its turns.
fn write_down(folder: &Path, calls: u16, dialled: &[Dialled]) -> Result<(), BenchError> {
    let held = dialled.iter().filter_map(|one| match one {
        Dialled::Held(held) => Some(held),
        _ => None,
    });
    for (index, held) in held.enumerate() {
        let path = folder.join(format!("{calls}-calls-{index}.wav"));
        if let Some(recording) = &held.talked.recording {
            let written = recording.write(&path);
            written.map_err(|why| BenchError::Sound { path: path.clone(), why })?;
        }
        let path = path.with_extension("txt");
        let written = std::fs::write(&path, turns(held));
        written.map_err(|why| BenchError::Record { path: path.clone(), why })?;
    }
    Ok(())
}

/// The turns of a call, a line for each, and what the server made of them.
fn turns(held: &Held) -> String {
    let mut text = format!("{}\n", held.call_sid);
    for (said, response) in &held.talked.responses {
        let at = time_of(response.utterance.span.start).as_secs_f64();
        let ended = time_of(response.utterance.span.end).as_secs_f64();
        let shown = |time: Option<Duration>| {
            time.map_or_else(|| "-".to_owned(), |time| format!("{} ms", time.as_millis()))
        };
        let silenced = response.silenced;
        text.push_str(&format!(
            "{at:7.2}-{ended:7.2} s  reply {}, talked over at {}, agent's last sound {}, clear {}  “{said}”{}\n",
            shown(response.reply_after),
            shown(response.talked_over),
            shown(silenced.map(|silenced| silenced.last_sound_after)),
            shown(silenced.and_then(|silenced| silenced.clear_after)),
            if response.utterance.cuts_in { " (cutting in)" } else { "" },
        ));
    }
    if let Some(call) = &held.account {
        let cause = call.summary.cause.as_deref().unwrap_or("not over");
        text.push_str(&format!("\nThe server's account: {cause}\n"));
        for line in &call.transcript {
            let who = if line.who == Speaker::Caller { "caller" } else { "agent " };
            let cut = line.heard.as_ref().filter(|_| line.interrupted);
            let cut = cut.map_or_else(String::new, |heard| format!(" (cut after “{heard}”)"));
            let at = line.call_ms as f64 / 1_000.0;
            text.push_str(&format!("{at:7.2} s  {who}  {}{cut}\n", line.text));
        }
    }
    text
}

#[derive(Serialize)]
struct Document {
    rows: Vec<Row>,
}

impl Document {
    fn text(&self) -> String {
        // Only maps with other keys than strings and failing writers make this fail, and there are none.
        serde_json::to_string(self).unwrap_or_default()
    }
}
