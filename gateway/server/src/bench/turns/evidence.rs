//! What the models say in every pause, heard from the recording as it came over a line.

use std::time::Duration;

use callwright_calls::{EndWeights, Pace, PauseEvidence, Readings};
use callwright_models::contract::{JUDGE_SPAN, ModelError, Recognizer, TurnJudge};

use super::fit::Example;
use super::line::Arriving;
use super::live;
use super::score::Decision;
use super::set::{Clip, Pause};

/// What was heard in one pause.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) pause: Pause,
    /// The first moment at which the pause is known to be one, in milliseconds from the last sound; `None` when it
    /// never is.
    pub(super) known_ms: Option<f64>,
    /// The judge's readings as long as the pause lasts: milliseconds from the last sound, and the probability that the
    /// turn is over.
    pub(super) readings: Vec<(f64, f32)>,
    /// The recogniser's belief that a sentence ends with the last word.
    pub(super) finished: Option<f32>,
    /// The belief that a turn could end after these words.
    pub(super) complete: Option<f32>,
}

/// Milliseconds between two readings (the inference interval of eot-bench).
const EVERY_MS: f64 = 100.0;
/// Readings of a pause at most; then only a timeout ends the turn.
const READINGS: usize = 6;
/// Samples before the pause that the recogniser hears, 15 s, and after the last sound.
const BEFORE: usize = 15 * 16_000;
const TAIL: usize = 1_600;

/// Every pause of the clip is told as soon as there could be a reading of it.
pub(super) fn told(clip: &Clip) -> Vec<Option<f64>> {
    clip.pauses.iter().map(|_| Some(EVERY_MS)).collect()
}

/// When each pause of the clip was noticed by somebody who says when the speaker had stopped.
pub(super) fn noticed(clip: &Clip, stopped_ms: &[f64]) -> Vec<Option<f64>> {
    live::decisions(clip, stopped_ms).into_iter().map(|decision| decision.after_ms).collect()
}

/// Asks the models about every pause of a clip from the moment on at which it is known, `known_ms`.
pub(super) fn heard(
    clip: &Clip,
    arriving: &Arriving,
    known_ms: &[Option<f64>],
    judge: &mut dyn TurnJudge,
    mut recognizer: Option<&mut (dyn Recognizer + 'static)>,
) -> Result<Vec<Heard>, ModelError> {
    let sound = |range: std::ops::Range<usize>| arriving.heard.get(range).unwrap_or_default();
    let mut heard = Vec::new();
    for (&pause, &known_ms) in clip.pauses.iter().zip(known_ms) {
        let mut readings = Vec::new();
        for n in 0..READINGS {
            let Some(known_ms) = known_ms else { break };
            let at_ms = known_ms + n as f64 * EVERY_MS;
            if at_ms >= pause.ms() {
                break;
            }
            let moment = pause.start + (at_ms * 16.0) as usize;
            let mut over = [0.0];
            judge.judge(&[sound(moment.saturating_sub(JUDGE_SPAN)..moment)], &mut over)?;
            let [over] = over;
            readings.push((at_ms, over));
        }
        let (mut finished, mut complete) = (None, None);
        if let Some(recognizer) = &mut recognizer {
            let words = sound(pause.start.saturating_sub(BEFORE)..pause.start + TAIL);
            let words = recognizer.recognize(&[words])?.pop().unwrap_or_default();
            (finished, complete) = (words.finished, words.complete);
        }
        heard.push(Heard { pause, known_ms, readings, finished, complete });
    }
    Ok(heard)
}

impl Heard {
    /// What is known after each reading.
    fn evidence(&self) -> impl Iterator<Item = (f64, PauseEvidence)> + '_ {
        let mut judged = Readings::default();
        self.readings.iter().map(move |&(at_ms, over)| {
            judged.add(over);
            let Self { finished, complete, .. } = *self;
            (at_ms, PauseEvidence { judged, finished, complete })
        })
    }

    /// The call core's model at a pace, read at every reading, with its own weights unless others were fitted.
    pub(super) fn decide(&self, fitted: Option<&EndWeights>, pace: Pace) -> Decision {
        let longest_ms = pace.longest.as_secs_f64() * 1_000.0;
        let sure = self.evidence().find(|(at_ms, evidence)| {
            let weights = fitted.copied().unwrap_or_else(|| evidence.weights());
            evidence.log_odds_of_end(&weights, silence(*at_ms)) >= pace.sure
        });
        self.decided(sure.map_or(longest_ms, |(at_ms, _)| at_ms.min(longest_ms)))
    }

    /// A decision after so much silence, if the pause is known by then and still lasts.
    pub(super) fn decided(&self, after_ms: f64) -> Decision {
        let after_ms = self.known_ms.map(|known_ms| after_ms.max(known_ms));
        Decision { pause: self.pause, after_ms: after_ms.filter(|&ms| ms < self.pause.ms()) }
    }

    /// Every moment of the pause, to fit a model to.
    pub(super) fn examples(&self) -> impl Iterator<Item = Example> + '_ {
        let over = self.pause.over;
        self.evidence().map(move |(at_ms, evidence)| Example {
            evidence,
            silence: silence(at_ms),
            over,
        })
    }
}

fn silence(ms: f64) -> Duration {
    Duration::from_secs_f64(ms / 1_000.0)
}
