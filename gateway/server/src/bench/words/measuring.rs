//! All recordings of a folder: streamed, so many at a time, then heard whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callwright_host::Host;
use callwright_models::Models;
use futures_util::{StreamExt as _, TryStreamExt as _};
use indicatif::ProgressBar;
use tokio::task::spawn_blocking;

use super::args::{Args, Band};
use super::corpus::{Entry, list, speech};
use super::heard::Outcome;
use super::reading::{Events, read};
use super::{offline, tally};
use crate::bench::{BenchError, progress, say};
use crate::config::Config;
use crate::serve::engine::Engine;

/// Measures what `args` asks for and prints it.
///
/// # Errors
/// [`BenchError`] when it could not be measured.
pub(in crate::bench) async fn measure(args: Args) -> Result<(), BenchError> {
    let entries = list(&args.data, args.limit)?;
    let models = args.models.clone().unwrap_or_else(Config::default_models);
    // Every recording twice: streamed, and whole.
    let template = "{spinner} {bar:30} {pos}/{len}  {msg}  {eta} left";
    let bar = progress(2 * entries.len() as u64, template, args.json);
    let streamed = stream_all(&args, &entries, &models, &bar).await?;
    let (band, data) = (args.band, args.data.clone());
    let folder = models.clone();
    let hearing_bar = bar.clone();
    let heard =
        spawn_blocking(move || hear_all(band, &entries, streamed, &folder, &data, &hearing_bar));
    let all = heard.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    bar.finish_and_clear();
    if let Some(path) = &args.write {
        std::fs::write(path, tally::list(&all))
            .map_err(|why| BenchError::Record { path: path.clone(), why })?;
    }
    let figures = tally::Figures::of(args.band, &all);
    if args.json {
        say(figures.json());
    } else {
        say(figures);
    }
    Ok(())
}

/// What the listening line made of each recording, in order.
async fn stream_all(
    args: &Args,
    entries: &[Entry],
    models: &Path,
    bar: &ProgressBar,
) -> Result<Vec<Outcome>, BenchError> {
    bar.set_message("the models load");
    let config = config(args, models);
    let events = Events::default();
    let sink = events.clone();
    let starting = spawn_blocking(move || {
        let slots = config.calls_max.get();
        let models = Models::load(&config.models, slots)?;
        Ok::<_, BenchError>(Engine::start(&config, models, sink)?)
    });
    let engine =
        starting.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    bar.set_message("streamed");
    let (host, band) = (Arc::clone(&engine.host), args.band);
    let (host, events) = (&*host, &events);
    let readings = entries.iter().map(|entry| async move {
        let outcome = stream(host, events, band, entry).await;
        bar.inc(1);
        outcome
    });
    let all = futures_util::stream::iter(readings)
        .buffered(usize::from(args.at_a_time))
        .try_collect()
        .await;
    // Models are stopped before the next are loaded.
    let stopping = spawn_blocking(move || {
        engine.host.drain(std::time::Duration::ZERO);
        engine.stop();
    });
    stopping.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    all
}

/// A server that is never opened: as many seats as lines are read to, and as many again for calls that are just
/// ending.
fn config(args: &Args, models: &Path) -> Config {
    let mut config = Config::local(&PathBuf::new(), models.to_owned());
    config.calls_max = std::num::NonZeroUsize::from(std::num::NonZeroU16::MIN)
        .saturating_add(2 * usize::from(args.at_a_time));
    config.shards = std::num::NonZeroUsize::MIN;
    config
}

async fn stream(
    host: &Host,
    events: &Events,
    band: Band,
    entry: &Entry,
) -> Result<Outcome, BenchError> {
    let wanted = entry.clone();
    let made = spawn_blocking(move || {
        let sound = wanted.sound()?;
        let (_, end) = speech(&sound).unwrap_or_default();
        Ok::<_, BenchError>((band.wire(&sound)?, end))
    });
    let (wire, end) =
        made.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    Ok(read(host, events, &wire, end).await?)
}

/// Adds what the same model makes of each recording when it hears it whole.
fn hear_all(
    band: Band,
    entries: &[Entry],
    streamed: Vec<Outcome>,
    models: &Path,
    data: &Path,
    bar: &ProgressBar,
) -> Result<Vec<tally::Read>, BenchError> {
    bar.set_message("heard whole");
    let mut recognizer = Models::load(models, 1)?.recognizer;
    let mut all = Vec::with_capacity(streamed.len());
    for (entry, streamed) in entries.iter().zip(streamed) {
        let sound = entry.sound()?;
        let heard = band.heard(&sound)?;
        all.push(tally::Read {
            path: entry.path.strip_prefix(data).unwrap_or(&entry.path).display().to_string(),
            said: entry.said.clone(),
            streamed,
            offline: offline::transcribe(recognizer.as_mut(), &heard)?,
            speech: speech(&sound).unwrap_or_default(),
        });
        bar.inc(1);
    }
    Ok(all)
}
