//! `callwright bench waits`: how long the call core waits after everything that the callers of `bench conversation`
//! say, and which of their hesitations it takes for an end.
//!
//! Real models, a telephone's sound, a virtual clock: the slow twentieth of the replies can be looked at one by one.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use callwright_calls::Pace;
use callwright_calls::leg::LegAudio;
use callwright_contract::TurnReason;
use callwright_host::{InlineDelays, InlineLanes, InlineModels};
use callwright_models::Models;
use callwright_models::contract::VoiceStyle;
use callwright_models::flite::Flite;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::Serialize;

use super::conversation::script::{HESITATION, LINES, read};
use super::conversation::voices::{Line, VOICES, known, speak_all};
use super::turns::live::Player;
use super::{BenchError, progress, say};
use crate::config::Config;
use crate::simulate::ear::{percentile, time_of};
use crate::simulate::mouth::Mouth;

/// Show what turns wait for.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// How often every line is said, each time with other hesitations
    #[arg(long, default_value_t = 3, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=100))]
    times: u16,
    /// Decides how long callers hesitate
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Say the lines of this file instead: one in a line, with | where the speaker may hesitate, # before a remark
    #[arg(long, value_name = "FILE")]
    lines: Option<PathBuf>,
    /// Flite's voices that say them
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values = VOICES)]
    voices: Vec<String>,
    /// Log-odds of an end at which a turn is over, instead of the shipped ones: less answers sooner and cuts more off
    #[arg(long, value_name = "ODDS", allow_hyphen_values = true)]
    sure: Option<f32>,
    /// Folder of the models [default: callwright/models in the user's cache]
    #[arg(long, env = "CALLWRIGHT_MODELS", value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Print one line of JSON: {"waits_ms_p50", "waits_ms_p95", "hesitations", "cut_offs", "never", "turns": [...]}
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  callwright bench waits
      what was said and heard, the longest wait first, and a summary
  callwright bench waits --sure 0.2
      the same for a core that answers sooner
  callwright bench waits --lines benches/waits/businesses.txt --voices rms,awb,kal
      the same for what callers say to other businesses

A wait is counted from the caller's last loud sample to the moment at which the turn is over; the line and the voice add
their own time to that, which `bench conversation` measures.

Exit status: 0 when everything was measured, 2 when it could not be.";

/// Noise on a quiet line, dB under full scale.
const NOISE_DBOV: f32 = -65.0;
/// Frames of 20 ms before a line (0.4 s), and after it: longer than any patience but that for a caller who asked for time.
const BEFORE: usize = 20;
const AFTER: usize = 150;

/// One line in one voice.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Wait {
    voice: Arc<str>,
    line: Arc<str>,
    /// From the last loud sample to the end of the turn; absent when it was not taken to be over within 3 s.
    waited_ms: Option<u64>,
    /// The end was judged, or patience had its own.
    reason: Option<&'static str>,
    /// Turns that were taken to be over before the line was.
    cut_offs: usize,
    /// The words that each turn was given.
    heard: Vec<String>,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Report {
    waits_ms_p50: Option<u64>,
    waits_ms_p95: Option<u64>,
    hesitations: usize,
    cut_offs: usize,
    never: usize,
    turns: Vec<Wait>,
}

/// Measures, and prints what was found.
///
/// # Errors
/// [`BenchError`].
pub(super) fn measure(args: &Args) -> Result<(), BenchError> {
    let folder = args.models.clone().unwrap_or_else(Config::default_models);
    let Models { detector, judge, recognizer, synthesizer, .. } = Models::load(&folder, 1)?;
    let models =
        InlineModels { detector, judge, recognizer, others: None, synthesizer, emotion: None };
    let mut lanes = InlineLanes::new(models, InlineDelays::default());
    let mut flite = Flite::load().map_err(|error| BenchError::Voice(error.to_string()))?;
    let mut random = StdRng::seed_from_u64(args.seed);
    let pace = args.sure.map_or_else(Pace::default, |sure| Pace { sure, ..Pace::default() });
    let texts = args.lines.as_deref().map_or_else(|| Ok(LINES.map(str::to_owned).into()), read)?;
    let mut said = Vec::new();
    for _ in 0..args.times {
        for voice in &args.voices {
            known(voice, &flite)?;
            let lines = speak_all(&texts, &VoiceStyle::of(voice), &mut random, &mut flite)?;
            let voice: Arc<str> = voice.as_str().into();
            said.extend(lines.into_iter().map(|line| (Arc::clone(&voice), line)));
        }
    }
    let bar = progress(said.len() as u64, "{bar:30} {pos}/{len} lines {eta}", args.json);
    let mut elapsed_ms = 0;
    let mut turns = Vec::new();
    for (voice, line) in &said {
        let mut player = Player { lanes: &mut lanes, elapsed_ms };
        turns.push(wait(voice, line, &mut player, pace)?);
        elapsed_ms = player.elapsed_ms;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let report = Report::of(turns);
    if args.json {
        say(serde_json::to_string(&report).unwrap_or_default());
    } else {
        say(report.table());
    }
    Ok(())
}

/// Says one line to a call of its own.
fn wait(
    voice: &Arc<str>,
    line: &Line,
    player: &mut Player<'_>,
    pace: Pace,
) -> Result<Wait, BenchError> {
    let mut mouth = Mouth::new(Some(NOISE_DBOV));
    let mut packets: Vec<Vec<u8>> = Vec::new();
    let mut send = |mouth: &mut Mouth| packets.push(mouth.next_frame().octets().to_vec());
    (0..BEFORE).for_each(|_| send(&mut mouth));
    let loud = mouth.speak(Arc::clone(&line.clip), None);
    while mouth.is_busy() {
        send(&mut mouth);
    }
    (0..AFTER).for_each(|_| send(&mut mouth));
    let noticed = player.packets(&packets, LegAudio::Ulaw, pace)?;
    let ended_ms = loud.map_or(0.0, |loud| time_of(loud.end).as_secs_f64() * 1_000.0);
    let cut_offs = noticed.turns.iter().take_while(|(at_ms, _)| *at_ms < ended_ms).count();
    let after = noticed.turns.get(cut_offs);
    Ok(Wait {
        voice: Arc::clone(voice),
        line: Arc::clone(&line.text),
        // Whole milliseconds of a few seconds.
        waited_ms: after.map(|(at_ms, _)| (at_ms - ended_ms) as u64),
        reason: after.map(|(_, over)| TurnReason::as_str(over.reason)),
        cut_offs,
        heard: noticed.turns.iter().map(|(_, over)| over.text.reveal().clone()).collect(),
    })
}

impl Report {
    fn of(mut turns: Vec<Wait>) -> Self {
        turns.sort_by_key(|wait| std::cmp::Reverse(wait.waited_ms.unwrap_or(u64::MAX)));
        let waited: Vec<Duration> =
            turns.iter().filter_map(|wait| wait.waited_ms).map(Duration::from_millis).collect();
        let at = |share| percentile(&waited, share).map(|wait| wait.as_millis() as u64);
        Self {
            waits_ms_p50: at(0.5),
            waits_ms_p95: at(0.95),
            hesitations: turns.iter().map(|wait| wait.line.matches(HESITATION).count()).sum(),
            cut_offs: turns.iter().map(|wait| wait.cut_offs).sum(),
            never: turns.iter().filter(|wait| wait.waited_ms.is_none()).count(),
            turns,
        }
    }

    fn table(&self) -> String {
        let mut text = format!("{:>6}  {:8} {:>3}  {:5} heard\n", "wait", "reason", "cut", "voice");
        for wait in &self.turns {
            let ms = wait.waited_ms.map_or_else(|| "never".to_owned(), |ms| ms.to_string());
            let (reason, heard) = (wait.reason.unwrap_or("-"), wait.heard.join(" // "));
            // Writing to a string does not fail.
            let _written = writeln!(
                text,
                "{ms:>6}  {reason:8} {:>3}  {:5} {heard}",
                wait.cut_offs, wait.voice
            );
        }
        let ms = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        let _written = write!(
            text,
            "{} lines: waits p50 {} ms, p95 {} ms; {} of {} hesitations taken for an end; {} never answered",
            self.turns.len(),
            ms(self.waits_ms_p50),
            ms(self.waits_ms_p95),
            self.cut_offs,
            self.hesitations,
            self.never,
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_comes_first_and_no_answer_before_it() {
        let wait = |waited_ms, cut_offs| Wait {
            voice: "rms".into(),
            line: "one | two".into(),
            waited_ms,
            reason: None,
            cut_offs,
            heard: Vec::new(),
        };
        let report = Report::of(vec![wait(Some(200), 0), wait(None, 1), wait(Some(900), 0)]);
        let waits: Vec<_> = report.turns.iter().map(|wait| wait.waited_ms).collect();
        assert_eq!(waits, [None, Some(900), Some(200)]);
        assert_eq!((report.hesitations, report.cut_offs, report.never), (3, 1, 1));
        assert_eq!(report.waits_ms_p95, Some(900));
        assert!(report.table().ends_with("1 of 3 hesitations taken for an end; 1 never answered"));
    }
}
