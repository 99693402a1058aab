//! `callwright bench turns`: how often callers are cut off, against how long they wait.
//!
//! Reading order: `recordings`, `silences`, `sentences` and `labels` (the truth), `set` and `line` (what is played),
//! `evidence`, `sweep` and `live` (what decides), `score`, `fit`, `report`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use callwright_calls::{EndWeights, Pace};
use callwright_host::{InlineDelays, InlineLanes, InlineModels};
use callwright_media::ResamplerError;
use callwright_models::Models;
use callwright_models::contract::{ModelError, Recognizer, TurnJudge};
use callwright_models::runtime::LoadError;

use crate::config::Config;

mod evidence;
mod fit;
mod keep;
mod labels;
mod line;
pub(super) mod live;
mod memory;
mod recordings;
mod report;
mod score;
mod sentences;
mod set;
mod silences;
mod spoken;
mod sweep;

use evidence::Heard;
use line::{LINES, Line, Office};
pub use live::LiveError;
use live::Player;
use memory::Memory;
use report::Report;
use score::{Decision, Measure, Point};
use set::Clip;
use sweep::JudgeAlone;

/// Measure how turns are ended.
#[derive(Clone, Debug, clap::Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Folder with `librispeech` (FLAC files) or `turns` (WAV and RTTM files), and `noise`
    #[arg(long, value_name = "FOLDER", required_unless_present = "spoken")]
    data: Option<PathBuf>,
    /// Measure lines of callers instead, spoken by Flite with hesitations where they have |: settings are tuned on the
    /// first file and measured on the others
    #[arg(long, value_name = "FILES", value_delimiter = ',', conflicts_with = "data")]
    spoken: Vec<PathBuf>,
    /// Flite's voices for them
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "rms,awb,kal",
        requires = "spoken"
    )]
    voices: Vec<String>,
    /// How often every line is spoken in every voice
    #[arg(long, value_name = "COUNT", default_value_t = 2, requires = "spoken", value_parser = clap::value_parser!(u16).range(1..=100))]
    times: u16,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Write one line of JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Write the clips, their labels and what the models said to this folder
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Write a picture of the curves to this SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Keep what the models answered in this file, and ask them only what it does not hold
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Parts the speakers into those that settings are tuned on and those that are only measured
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Measure on the first so many kinds of line: 16 kHz, 8 kHz u-law, and each in an office
    #[arg(long, default_value_t = LINES.len(), value_name = "COUNT")]
    lines: usize,
    /// Fit the weights of the call core to the tuning half, on all lines, print them, and measure with them
    #[arg(long)]
    fit: bool,
}

const EXAMPLES: &str = "\
Examples:
  callwright bench turns --data FOLDER
      read and meeting speech, over every kind of line
  callwright bench turns --data FOLDER --lines 1 --plot turns.svg
      at 16 kHz alone, and a picture
  callwright bench turns --spoken benches/waits/tuning.txt,benches/waits/businesses.txt --lines 2
      what callers say: tuned on the one file, measured on the other";

const ABOUT: &str = "Measure how turns are ended: callers cut off against time waited.

Every sentence of the recordings is a turn. Its end is followed by the recording's own room; pauses inside it are what
callers must not be cut off in. Whether a pause lies inside a sentence is read from the words on both its sides, which
no policy hears: by the recogniser, and where the recordings are known by whoever wrote benches/turns/labels.tsv. The protocol is that of livekit/eot-bench: a false cut-off is a pause of 0.2-5 s inside a turn that
was answered before it was over; the delay of an end is the time from the last sound to the decision; a policy's
operating point is the setting with the fewest false cut-offs whose mean delay is within 300 or 600 ms. Settings are
chosen on one half of the speakers and measured on the other.

Two tables in one. `as scored`: pauses are told, answers take no time, the judge is read every 100 ms (eot-bench's own
terms). `live`: the detector of the call core must notice the pause, packets take 20 ms and models their time; `ours` is
the call core itself on a virtual clock.";

/// Nothing could be measured. Each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TurnsError {
    /// A model.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A model's step.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The recordings.
    #[error("the recordings cannot be used: {0}")]
    Recordings(String),
    /// The line.
    #[error(transparent)]
    Line(#[from] ResamplerError),
    /// The call core.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// What was made.
    #[error(transparent)]
    Keep(#[from] keep::KeepError),
    /// A file that was asked for.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// Measures, and prints what was found.
///
/// # Errors
/// [`TurnsError`].
pub(super) fn measure(args: &Args) -> Result<(), TurnsError> {
    let report = Bench::new(args)?.run()?;
    if let Some(path) = &args.plot {
        std::fs::write(path, report.svg())
            .map_err(|source| TurnsError::File { path: path.clone(), source })?;
    }
    if args.json {
        super::say(serde_json::to_string(&report).unwrap_or_default());
    } else {
        super::say(report.table());
    }
    Ok(())
}

/// Everything that a run needs.
struct Bench<'a> {
    args: &'a Args,
    memory: Memory,
    clips: Vec<Clip>,
    office: Option<Office>,
    judge: Box<dyn TurnJudge>,
    recognizer: Box<dyn Recognizer>,
    lanes: InlineLanes,
    elapsed_ms: u64,
}

/// A clip as it was heard over one line.
struct Played {
    heard: Vec<Heard>,
    /// What the judge alone says once a pause is noticed.
    live: Vec<Heard>,
    arriving: line::Arriving,
}

/// What the judge takes, as the lanes have it.
const JUDGE_MS: f64 = 25.0;

impl<'a> Bench<'a> {
    fn new(args: &'a Args) -> Result<Self, TurnsError> {
        let folder = args.models.clone().unwrap_or_else(Config::default_models);
        let memory = match &args.answers {
            Some(path) if path.is_file() => Memory::load(path)
                .map_err(|source| TurnsError::File { path: path.clone(), source })?,
            _ => Memory::default(),
        };
        // Two sets of models: one to make the truth and to ask alone, one for the lanes.
        let Models { mut detector, judge, recognizer, .. } = Models::load(&folder, 1)?;
        let (judge, mut recognizer) = (memory.judge(judge), memory.recognizer(recognizer));
        let failed = |error: &dyn std::error::Error| {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            TurnsError::Recordings(format!("{error}{cause}"))
        };
        tell("making the set");
        let clips = match &args.data {
            Some(data) => set::make(data, detector.as_mut(), recognizer.as_mut(), args.seed)
                .map_err(|error| failed(&error))?,
            None => spoken::make(&args.spoken, &args.voices, args.times, args.seed)
                .map_err(|error| failed(&error))?,
        };
        let office = args.data.as_deref().map(Office::load).transpose();
        let office = office.map_err(|error| failed(&error))?.flatten();
        let models = Models::load(&folder, 1)?;
        let mut lanes = InlineLanes::new(
            InlineModels {
                others: None,
                detector: memory.detector(models.detector),
                judge: memory.judge(models.judge),
                recognizer: memory.recognizer(models.recognizer),
                synthesizer: models.synthesizer,
                emotion: None,
            },
            InlineDelays::default(),
        );
        lanes.shed_partials();
        Ok(Self { args, memory, clips, office, judge, recognizer, lanes, elapsed_ms: 0 })
    }

    fn run(mut self) -> Result<Report, TurnsError> {
        if let Some(folder) = &self.args.keep {
            keep::labels(folder, &self.clips)?;
        }
        let half = |tuning: bool| self.clips.iter().filter(move |clip| clip.tuning == tuning);
        let speakers = |tuning: bool| {
            half(tuning).map(|clip| clip.speaker.as_str()).collect::<BTreeSet<_>>().len()
        };
        let mut report = Report {
            clips: [true, false].map(|tuning| half(tuning).count()),
            speakers: [true, false].map(speakers),
            seed: self.args.seed,
            rows: Vec::new(),
            curves: Vec::new(),
        };
        let mut played = Vec::new();
        for line in LINES.into_iter().take(self.args.lines) {
            tell(&format!("hearing the set over {}", line.as_str()));
            if let Some(clips) = self.hear(line)? {
                if let Some(folder) = &self.args.keep {
                    let heard = clips.iter().map(|played| played.heard.as_slice());
                    keep::evidence(folder, line, self.clips.iter().zip(heard))?;
                }
                played.push((line, clips));
            }
            if let Some(path) = &self.args.answers {
                self.memory
                    .save(path)
                    .map_err(|source| TurnsError::File { path: path.clone(), source })?;
            }
        }
        let fitted = self.args.fit.then(|| self.fitted(&played));
        for (line, clips) in &played {
            tell(&format!("deciding over {}", line.as_str()));
            self.decide(*line, clips, fitted.as_ref(), &mut report)?;
        }
        if let Some(path) = &self.args.answers {
            self.memory
                .save(path)
                .map_err(|source| TurnsError::File { path: path.clone(), source })?;
        }
        Ok(report)
    }

    /// Sends the set over a line and asks the models about every pause; `None` when there is no such line.
    fn hear(&mut self, line: Line) -> Result<Option<Vec<Played>>, TurnsError> {
        let mut played = Vec::new();
        for (clip, seed) in self.clips.iter().zip(0..) {
            let Some(arriving) = line::send(clip, line, self.office.as_ref(), seed)? else {
                return Ok(None);
            };
            if let Some(folder) = &self.args.keep {
                keep::clip(folder, clip, line, &arriving)?;
            }
            let judge = self.judge.as_mut();
            let told = evidence::told(clip);
            let heard =
                evidence::heard(clip, &arriving, &told, judge, Some(self.recognizer.as_mut()))?;
            let never = Pace { sure: f32::INFINITY, longest: Duration::from_secs(60) };
            let mut player = Player { lanes: &mut self.lanes, elapsed_ms: self.elapsed_ms };
            let noticed = player.play(&arriving, line, never)?;
            self.elapsed_ms = player.elapsed_ms;
            let moments = evidence::noticed(clip, &noticed.stopped);
            let live = evidence::heard(clip, &arriving, &moments, judge, None)?;
            played.push(Played { heard, live, arriving });
        }
        Ok(Some(played))
    }

    fn fitted(&self, played: &[(Line, Vec<Played>)]) -> EndWeights {
        let mut examples = Vec::new();
        for (_, clips) in played {
            for (clip, played) in self.clips.iter().zip(clips) {
                if clip.tuning {
                    examples.extend(played.heard.iter().flat_map(Heard::examples));
                }
            }
        }
        let weights = fit::fit(&examples);
        tell(&format!("fitted to {} moments of the tuning half: {weights:?}", examples.len()));
        weights
    }

    /// Sweeps every policy over what was heard on a line.
    fn decide(
        &mut self,
        line: Line,
        played: &[Played],
        fitted: Option<&EndWeights>,
        report: &mut Report,
    ) -> Result<(), TurnsError> {
        let scored = |decide: &dyn Fn(&Heard) -> Decision| {
            played.iter().map(|clip| clip.heard.iter().map(decide).collect()).collect::<Vec<_>>()
        };
        let live = |decide: &dyn Fn(&Heard) -> Decision| {
            played.iter().map(|clip| clip.live.iter().map(decide).collect()).collect::<Vec<_>>()
        };
        let name = line.as_str();
        let silence = sweep::silences_ms().map(|ms| {
            self.point(format!("{ms} ms"), &scored(&|heard| sweep::silence_alone(heard, ms)))
        });
        report.add(name, "silence, as scored", &silence.collect::<Vec<_>>());
        let judge = JudgeAlone::settings(0.0);
        let judge = judge.iter().map(|setting| {
            self.point(setting.to_string(), &scored(&|heard| setting.decide(heard)))
        });
        report.add(name, "judge alone, as scored", &judge.collect::<Vec<_>>());
        let longest = [300, 400, 500, 600, 700, 800, 900, 1_000, 1_200, 1_600, 2_000, 3_000];
        let ours = sweep::paces(0.1, &longest).map(|pace| {
            let setting = format!("sure {:.1}, longest {} ms", pace.sure, pace.longest.as_millis());
            self.point(setting, &scored(&|heard| heard.decide(fitted, pace)))
        });
        report.add(name, "ours, as scored", &ours.collect::<Vec<_>>());
        let silence = sweep::silences_ms().map(|ms| {
            self.point(format!("{ms} ms"), &live(&|heard| sweep::silence_alone(heard, ms)))
        });
        report.add(name, "silence, live", &silence.collect::<Vec<_>>());
        let judge = JudgeAlone::settings(JUDGE_MS);
        let judge = judge
            .iter()
            .map(|setting| self.point(setting.to_string(), &live(&|heard| setting.decide(heard))));
        report.add(name, "judge alone, live", &judge.collect::<Vec<_>>());
        let mut ours = Vec::new();
        // Each takes a run of the call core, so there are fewer.
        for pace in sweep::paces(0.5, &[700, 1_200]) {
            let setting = format!("sure {:.1}, longest {} ms", pace.sure, pace.longest.as_millis());
            ours.push(self.core(setting, line, played, pace)?);
        }
        report.add(name, "ours, live", &ours);
        let shipped = self.core("as shipped".to_owned(), line, played, Pace::default())?;
        report.add_shipped(name, "ours, live", shipped);
        Ok(())
    }

    /// The call core at a pace.
    fn core(
        &mut self,
        setting: String,
        line: Line,
        played: &[Played],
        pace: Pace,
    ) -> Result<Point, TurnsError> {
        let mut decisions = Vec::new();
        for (clip, played) in self.clips.iter().zip(played) {
            let mut player = Player { lanes: &mut self.lanes, elapsed_ms: self.elapsed_ms };
            let noticed = player.play(&played.arriving, line, pace)?;
            self.elapsed_ms = player.elapsed_ms;
            decisions.push(live::decisions(clip, &noticed.over));
        }
        Ok(self.point(setting, &decisions))
    }

    /// Measures what was decided in each clip, on both halves.
    fn point(&self, setting: String, decisions: &[Vec<Decision>]) -> Point {
        let half = |tuning: bool| {
            let of_half =
                self.clips.iter().zip(decisions).filter(move |(clip, _)| clip.tuning == tuning);
            Measure::of(of_half.flat_map(|(_, decisions)| decisions.iter().copied()))
        };
        Point { setting, tuning: half(true), held_out: half(false) }
    }
}

/// Says on the standard error what is going on.
fn tell(what: &str) {
    // Nowhere else to say it.
    let _closed = writeln!(std::io::stderr().lock(), "callwright bench turns: {what}");
}
