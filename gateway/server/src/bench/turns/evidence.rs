//! What the turn judge alone says in every pause, heard from the recording as it came over a line.

use callwright_models::contract::{JUDGE_SPAN, ModelError, TurnJudge};

use super::line::Arriving;
use super::set::{Clip, Pause};

/// The judge's readings in one pause.
#[derive(Clone, Debug)]
pub(super) struct Readings {
    pub(super) pause: Pause,
    /// After each whole multiple of [`EVERY_MS`] of the pause, as long as it lasts, up to [`READINGS`] of them.
    pub(super) over: Vec<f32>,
}

/// Milliseconds between two readings (the inference interval of eot-bench).
pub(super) const EVERY_MS: usize = 100;
/// Readings of a pause at most; then only a timeout ends the turn.
pub(super) const READINGS: usize = 15;

/// Reads the judge in every pause of a clip. The pause's beginning is told, not detected, and the answer is there at
/// once: better than any system that uses this judge has it.
pub(super) fn readings(
    clip: &Clip,
    arriving: &Arriving,
    judge: &mut dyn TurnJudge,
) -> Result<Vec<Readings>, ModelError> {
    clip.pauses
        .iter()
        .map(|&pause| {
            let moments = (1..=READINGS).map(|n| pause.start + n * EVERY_MS * 16);
            let over = moments
                .take_while(|&moment| moment <= pause.end)
                .map(|moment| {
                    let from = moment.saturating_sub(JUDGE_SPAN);
                    let turn = arriving.heard.get(from..moment).unwrap_or_default();
                    let mut over = [0.0];
                    judge.judge(&[turn], &mut over)?;
                    let [over] = over;
                    Ok(over)
                })
                .collect::<Result<_, _>>()?;
            Ok(Readings { pause, over })
        })
        .collect()
}
