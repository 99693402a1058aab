//! `callwright bench speaker`: how often two recordings are taken for one person wrongly, and how much of a mixed recording is
//! given to the wrong speaker.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use callwright_models::contract::SlotId;
use callwright_models::recording::SpeechFinder;
use callwright_models::silero::SileroDetector;
use callwright_models::speaker::{SpeakerEncoder, Speakers};
use serde_json::json;

use super::BenchError;
use super::words::Band;
use crate::config::Config;
use crate::transcribe::{mono, speakers};

mod errors;
mod turns;
mod voices;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = FIGURES)]
#[group(required = true, multiple = true, args = ["voices", "turns"])]
pub struct Args {
    /// Folder with a folder for each person, of recordings of that person alone
    #[arg(long, value_name = "FOLDER")]
    voices: Option<PathBuf>,
    /// Folder of mixed recordings, with `.rttm` files that say who speaks when in them
    #[arg(long, value_name = "FOLDER")]
    turns: Option<PathBuf>,
    /// How many people speak in each of the mixed recordings: a number, or `auto` to find it out
    #[arg(long, value_name = "NUMBER", default_value = "auto", value_parser = speakers)]
    speakers: Speakers,
    /// What the recordings go through first
    #[arg(long, value_enum, default_value_t = Band::Wideband)]
    band: Band,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
}

const FIGURES: &str = "\
The figures:
  eer       the share of pairs that is judged wrongly where as many of one person as of two are, in percent; at which cosine
  even      pairs of two people taken for one, and of one person taken for two, where one is as likely as two, in percent
  bits      what the likelihoods cost (Cllr): 0 were they always right and sure, 1 if they said nothing
  der       diarisation error rate: seconds missed, heard where nobody speaks, and given to the wrong speaker, by the seconds
            that everybody speaks, in percent. Where two speak at once both count, and one of them is missed; `collar` leaves
            0.25 s around every beginning and end out
  half      every other recording by name, from the first on, is `tuning`: thresholds were chosen on such halves";

/// What hears every recording.
struct Ears {
    detector: SileroDetector,
    encoder: SpeakerEncoder,
    band: Band,
}

impl Ears {
    fn load(models: &Path, band: Band) -> Result<Self, BenchError> {
        let detector = SileroDetector::load(models, 1)?;
        Ok(Self { detector, encoder: SpeakerEncoder::load(models)?, band })
    }

    /// A recording as it is heard, and where somebody speaks in it.
    fn hear(&mut self, path: &Path) -> Result<(Vec<i16>, Vec<Range<usize>>), BenchError> {
        let sound = mono(path).map_err(|why| BenchError::Recording(why.to_string()))?;
        let sound = self.band.heard(&sound)?;
        let mut finder = SpeechFinder::new(SlotId(0));
        finder.hear(&mut self.detector, &sound)?;
        Ok((sound, finder.regions()))
    }
}

pub(super) fn run(out: &mut impl Write, args: &Args) -> Result<(), BenchError> {
    let models = args.models.clone().unwrap_or_else(Config::default_models);
    let mut ears = Ears::load(&models, args.band)?;
    let pairs =
        args.voices.as_deref().map(|folder| voices::measure(&mut ears, folder)).transpose()?;
    let turns = args
        .turns
        .as_deref()
        .map(|folder| turns::measure(&mut ears, folder, args.speakers))
        .transpose()?;
    let told = if args.json {
        let turns = turns.as_ref().map(turns::Measured::document);
        let voices = pairs.as_ref().map(voices::Measured::document);
        writeln!(out, "{}", json!({ "voices": voices, "turns": turns }))
    } else {
        let voices = pairs.iter().try_for_each(|measured| measured.table(out));
        voices.and_then(|()| turns.iter().try_for_each(|measured| measured.table(out)))
    };
    told.map_err(BenchError::System)
}

/// The files of a folder, or its folders, by name.
fn listed(folder: &Path, wanted: fn(&Path) -> bool) -> Result<Vec<PathBuf>, BenchError> {
    let unreadable = |why: std::io::Error| {
        BenchError::Recording(format!("cannot read {}: {why}", folder.display()))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if wanted(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}
