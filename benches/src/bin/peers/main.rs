//! A peer beside Callwright: one caller dials both in turn, says the same to both, and measures what it hears.
//!
//! `benches/peers/` has the peers and the scripts that start everything; its README says what is compared and what is
//! fair about it. `peers reply FILE` writes the sentence that a peer without a voice of its own plays, and `peers dial`
//! makes the calls.
//!
//! | file | owns |
//! |---|---|
//! | `sounds` | what is said and played, made once for both |
//! | `calls` | the three kinds of calls |
//! | `heard` | what the recording of a call tells |
//! | `figures`, `table` | what came of all calls, counted and shown |

#![expect(clippy::print_stdout, reason = "a measuring program prints its table")]

mod calls;
mod figures;
mod heard;
mod sounds;
mod table;

use std::error::Error;
use std::path::{Path, PathBuf};

use callwright::simulate::{CallReport, Caller, Scenario, Target};
use clap::{Args, Parser, Subcommand};

use calls::{Calls, Disturbances};
use figures::{Behaviour, Figures};
use sounds::Sounds;
use table::Side;

/// A peer beside Callwright.
#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Write the sentence that a peer without a voice of its own plays: 8 kHz, mono, 16 bit
    Reply {
        /// The WAV file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Dial both in turn and print what the caller heard
    Dial(Dial),
}

/// Whom to dial, and how often.
#[derive(Debug, Args)]
struct Dial {
    /// The Callwright server
    #[arg(long, value_name = "URL")]
    ours: String,
    /// The key of its API
    #[arg(long, env = "CALLWRIGHT_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    key: String,
    /// The peer: it answers `/twilio/voice` as Twilio asks it to
    #[arg(long, value_name = "URL")]
    peer: String,
    /// What the peer is called in the table
    #[arg(long, value_name = "NAME", default_value = "peer")]
    name: String,
    /// Rounds of eight questions: each dials ours, then the peer
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Recorded sentences with pauses inside: a folder with `transcripts.tsv`, or with `librispeech/transcripts.tsv`.
    /// Without it the sentences are Flite's
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Keep the sound of every call here: caller on the left, agent on the right
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match Line::parse().command {
        Command::Reply { file } => Ok(Sounds::load()?.write_reply(&file)?),
        Command::Dial(dial) => dial.run().await,
    }
}

/// Somebody to dial, and what came of it so far.
struct Dialled {
    name: String,
    caller: Caller,
    figures: Figures,
}

impl Dialled {
    fn new(name: &str, url: &str, key: &str) -> Result<Self, Box<dyn Error>> {
        let caller = Caller::new(Target::new(url, key)?)?;
        Ok(Self { name: name.to_owned(), caller, figures: Figures::default() })
    }

    /// Makes the call and keeps its sound when asked to.
    async fn dial(
        &self,
        scenario: &Scenario,
        what: &str,
        record: Option<&Path>,
    ) -> Result<CallReport, Box<dyn Error>> {
        eprintln!("{}: {what}", self.name);
        let report = self.caller.call(scenario).await?;
        if let Some(folder) = record {
            let name: String =
                self.name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
            report
                .recording
                .write(&folder.join(format!("{name}-{}.wav", what.replace(' ', "-"))))?;
        }
        Ok(report)
    }

    /// The calls in which nothing is timed: the sentences one after the other, and beside them the small sounds.
    async fn behaves(
        &self,
        pauses: &[Scenario],
        disturbing: &Scenario,
        record: Option<&Path>,
    ) -> Result<Behaviour, Box<dyn Error>> {
        let sentences = async {
            let mut reports = Vec::new();
            for (index, scenario) in pauses.iter().enumerate() {
                reports
                    .push(self.dial(scenario, &format!("sentence {}", index + 1), record).await?);
            }
            Ok::<_, Box<dyn Error>>(reports)
        };
        let disturbed = self.dial(disturbing, "nods and coughs", record);
        let (pauses, disturbed) = tokio::join!(sentences, disturbed);
        Ok(Behaviour { pauses: pauses?, disturbed: disturbed? })
    }
}

impl Dial {
    async fn run(self) -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let mut sounds = Sounds::load()?;
        let calls = Calls::prepare(&mut sounds, self.data.as_deref(), folder.path())?;
        if let Some(record) = &self.record {
            std::fs::create_dir_all(record)?;
        }
        let record = self.record.as_deref();
        let mut ours = Dialled::new("Callwright", &self.ours, &self.key)?;
        let mut peer = Dialled::new(&self.name, &self.peer, "none")?;
        for round in 0..self.rounds {
            let scenario = calls.questions(round)?;
            let what = format!("questions {}", round + 1);
            // One after the other: nothing else runs while a time is taken.
            for side in [&mut ours, &mut peer] {
                let report = side.dial(&scenario, &what, record).await?;
                side.figures.questions(&report);
            }
        }
        // What is decided, and not when, may be asked of both at once.
        let pauses = calls.pauses()?;
        let disturbances = Disturbances::prepare(&mut sounds, folder.path())?;
        let disturbing = disturbances.scenario()?;
        let (one, other) = tokio::join!(
            ours.behaves(&pauses, &disturbing, record),
            peer.behaves(&pauses, &disturbing, record)
        );
        ours.figures.behaviour(&one?, &disturbances);
        peer.figures.behaviour(&other?, &disturbances);
        let sides = [ours, peer].map(|side| Side { name: side.name, figures: side.figures });
        if self.json {
            println!("{}", table::json(&sides)?);
        } else {
            print!("{}", table::text(&sides, &calls, &disturbances));
        }
        Ok(())
    }
}
