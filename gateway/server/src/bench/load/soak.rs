//! `callwright bench soak`: very many calls made and ended, within this process and over sockets, and what is left.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::inside::{Virtual, virtual_calls};
use super::json;
use super::process::{Holding, Process};
use super::sockets::{Sockets, socket_calls};
use crate::bench::{BenchError, progress, say};

/// Makes and ends very many calls, and looks for what they leave behind.
///
/// Virtual calls go through the call core, the agents and the store of this process, on a clock of its own and with
/// scripted models. Socket calls go to a server of its own with the real models, over HTTP and WebSockets; one in ten
/// talks to the agent, and one in six is broken off in the middle.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Virtual calls
    #[arg(long = "virtual", value_name = "CALLS", default_value_t = 10_000)]
    inside: u64,
    /// Calls over sockets
    #[arg(long, value_name = "CALLS", default_value_t = 1_000)]
    sockets: u64,
    /// Calls at a time
    #[arg(long, value_name = "CALLS", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=2_000))]
    at_a_time: u16,
    /// What chance follows from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The server's models [default: where the launcher installs them]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  callwright bench soak                                      10,000 virtual calls and 1,000 over sockets
  callwright bench soak --virtual 100000 --sockets 10000     the long one

Exit status: 0 when nothing was left behind, 2 when something was.";

#[derive(Debug, Serialize)]
struct Soaked {
    inside: Option<Virtual>,
    before: Option<Holding>,
    after: Option<Holding>,
    sockets: Option<Sockets>,
}

/// Makes the calls and prints what there was and what is left.
///
/// # Errors
/// [`BenchError::LeftBehind`] when something was.
pub(in crate::bench) async fn measure(args: Args) -> Result<(), BenchError> {
    let template = "{spinner} {bar:30} {pos}/{len} {msg}  {elapsed}, {eta} left";
    let mut soaked = Soaked { inside: None, before: None, after: None, sockets: None };
    if args.inside > 0 {
        let bar = progress(args.inside, template, args.json);
        bar.set_message("virtual calls");
        let home =
            std::env::temp_dir().join(format!("callwright-soak-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&home).map_err(BenchError::System)?;
        soaked.before = Process::this().holding();
        let shown = bar.clone();
        let outcome = virtual_calls(args.inside, args.at_a_time, args.seed, &home, &mut |over| {
            shown.set_position(over);
        })
        .await;
        // What remains lies in the system's temporary folder.
        let _removed = std::fs::remove_dir_all(&home);
        soaked.inside = Some(outcome.map_err(BenchError::Inside)?);
        soaked.after = Process::this().holding();
        bar.finish_and_clear();
    }
    if args.sockets > 0 {
        let bar = progress(args.sockets, template, args.json);
        bar.set_message("calls over sockets");
        let shown = bar.clone();
        let tell = move |over| shown.set_position(over);
        let models = args.models.as_deref();
        let outcome = socket_calls(args.sockets, args.at_a_time, args.seed, models, tell).await?;
        soaked.sockets = Some(outcome);
        bar.finish_and_clear();
    }
    if args.json {
        say(json(&soaked));
    } else {
        show(&soaked);
    }
    let inside = soaked.inside.as_ref().and_then(Virtual::left_behind);
    let sockets = soaked.sockets.as_ref().and_then(Sockets::left_behind);
    let left: Vec<String> = inside.into_iter().chain(sockets).collect();
    if left.is_empty() { Ok(()) } else { Err(BenchError::LeftBehind(left.join(", "))) }
}

fn show(soaked: &Soaked) {
    if let Some(inside) = &soaked.inside {
        say(format_args!(
            "virtual calls: {} made, {} ended, in {} of virtual time; {} in the core, {} rows open, {} slots held, {} \
             defects",
            inside.made,
            inside.ended,
            hours(inside.seconds),
            inside.live,
            inside.rows_open,
            inside.holds,
            inside.faults
        ));
        let kb: Vec<String> =
            inside.resident_kb.iter().map(|kb| (kb / 1_024).to_string()).collect();
        say(format_args!("  memory at each tenth, MB: {}", kb.join(" ")));
        holdings("this process", soaked.before, soaked.after);
    }
    if let Some(sockets) = &soaked.sockets {
        say(format_args!(
            "calls over sockets: {} made, {} refused, {} failed; {} rows open, {} slots held, {} files of data",
            sockets.made,
            sockets.refused,
            sockets.failed,
            sockets.rows_open,
            sockets.holds,
            sockets.data_files
        ));
        if let Some(why) = &sockets.first_failure {
            say(format_args!("  the first failure: {why}"));
        }
        holdings("the server", Some(sockets.before), Some(sockets.after));
    }
}

fn holdings(whose: &str, before: Option<Holding>, after: Option<Holding>) {
    let (Some(before), Some(after)) = (before, after) else { return };
    say(format_args!(
        "  {whose:14} {:>9} {:>7} {:>8} {:>10}",
        "threads", "files", "sockets", "memory MB"
    ));
    for (when, holding) in [("before", before), ("after", after)] {
        say(format_args!(
            "  {when:14} {:>9} {:>7} {:>8} {:>10}",
            holding.threads,
            holding.files,
            holding.sockets,
            holding.resident_kb / 1_024
        ));
    }
}

fn hours(seconds: u64) -> String {
    let whole = Duration::from_secs(seconds).as_secs();
    format!("{} h {} min", whole / 3_600, whole % 3_600 / 60)
}
