//! Where a recording is silent, found with all of it in view: the truth that turn-taking is measured against.
//!
//! A moment is speech when it is well above the recording's own noise and the speech detector hears speech there; both,
//! because breath is loud and a detector lingers. What decides turns never sees this.

use callwright_media::{SampleRate, level_dbov};
use callwright_models::contract::{
    DETECTOR_WINDOW, DetectorStep, ModelError, SlotId, SpeechDetector,
};

/// A silence, in samples at 16 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What is silent and what is spoken in a recording.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Silences {
    /// Silences of at least [`SILENCE_MIN`] between the first sound and the last.
    pub(super) inside: Vec<Silence>,
    /// Where the last sound ends.
    pub(super) ended: usize,
    /// Frames of 10 ms without speech, the edges of words left out: what the room sounds like.
    pub(super) room: Vec<usize>,
    /// Mean power of the frames that are speech, full scale 1.
    pub(super) speech_power: f64,
}

/// Samples of a frame of 10 ms.
pub(super) const FRAME: usize = SampleRate::Hz16000.frame_samples() / 2;
/// A silence is at least 100 ms (as eot-bench has it); shorter ones are the closures of stops.
const SILENCE_MIN: usize = 10;
/// Speech is at least 40 ms; shorter sounds are clicks of lips and machines.
const SPEECH_MIN: usize = 4;
/// The share of the way from the noise's level to the speech's, in decibels, above which a frame may be speech.
const RISE: f32 = 0.3;
/// The detector's probability above which a frame may be speech; it lingers, so the level must agree.
const HEARD: f32 = 0.35;
/// Frames next to speech that do not count as room.
const EDGE: usize = 5;

/// Finds the silences of a recording at 16 kHz; `None` when nobody speaks in it.
pub(super) fn silences(
    samples: &[i16],
    detector: &mut dyn SpeechDetector,
) -> Result<Option<Silences>, ModelError> {
    let heard = probabilities(samples, detector)?;
    let levels: Vec<f32> = samples.chunks_exact(FRAME).map(|frame| level_dbov(frame).0).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let share = |share: usize| sorted.get(sorted.len() * share / 100).copied().unwrap_or(-127.0);
    let (noise, loud) = (share(5), share(90));
    let threshold = noise + RISE * (loud - noise);
    let mut speech: Vec<bool> = levels
        .iter()
        .enumerate()
        .map(|(frame, &level)| {
            let window = frame * FRAME / DETECTOR_WINDOW;
            level > threshold && heard.get(window).is_none_or(|&p| p > HEARD)
        })
        .collect();
    fill(&mut speech, true, SPEECH_MIN);
    fill(&mut speech, false, SILENCE_MIN);
    let Some(first) = speech.iter().position(|&spoken| spoken) else { return Ok(None) };
    let Some(last) = speech.iter().rposition(|&spoken| spoken) else { return Ok(None) };
    let inside = runs(&speech, false)
        .filter(|run| run.start > first && run.end <= last)
        .map(|run| Silence { start: run.start * FRAME, end: run.end * FRAME })
        .collect();
    let near_speech = |frame: usize| {
        let around = frame.saturating_sub(EDGE)..(frame + EDGE + 1).min(speech.len());
        speech.get(around).is_some_and(|around| around.contains(&true))
    };
    let room = (0..speech.len()).filter(|&frame| !near_speech(frame)).collect();
    let spoken = || speech.iter().zip(&levels).filter(|(spoken, _)| **spoken);
    let power = spoken().map(|(_, &level)| 10_f64.powf(f64::from(level) / 10.0)).sum::<f64>();
    let speech_power = power / spoken().count().max(1) as f64;
    Ok(Some(Silences { inside, ended: (last + 1) * FRAME, room, speech_power }))
}

fn probabilities(
    samples: &[i16],
    detector: &mut dyn SpeechDetector,
) -> Result<Vec<f32>, ModelError> {
    let (windows, _) = samples.as_chunks::<DETECTOR_WINDOW>();
    let mut fresh = true;
    windows
        .iter()
        .map(|window| {
            let mut probability = [0.0];
            detector.step(&[DetectorStep { slot: SlotId(0), fresh, window }], &mut probability)?;
            fresh = false;
            let [probability] = probability;
            Ok(probability)
        })
        .collect()
}

/// Turns runs of `value` that are shorter than `shortest` into the opposite; those at the ends stay.
fn fill(flags: &mut [bool], value: bool, shortest: usize) {
    let short: Vec<_> = runs(flags, value).filter(|run| run.len() < shortest).collect();
    for run in short {
        if (run.start > 0 && run.end < flags.len()) || value {
            flags.get_mut(run).into_iter().flatten().for_each(|flag| *flag = !value);
        }
    }
}

/// Runs of `value`.
fn runs(flags: &[bool], value: bool) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut at = 0;
    flags.chunk_by(|a, b| a == b).filter_map(move |run| {
        let start = at;
        at += run.len();
        (run.first() == Some(&value)).then_some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use callwright_models::scripted::{LevelDetector, tone};

    use super::*;

    #[test]
    fn silences_lie_between_the_first_sound_and_the_last() {
        let pieces =
            [(0, 500), (8_000, 1_000), (0, 50), (8_000, 500), (0, 300), (8_000, 700), (0, 400)];
        let mut samples = Vec::new();
        for (loudness, ms) in pieces {
            samples.extend(tone(loudness, ms * 16).iter().map(|s| s + 3));
        }
        let found = silences(&samples, &mut LevelDetector::new(1)).unwrap().unwrap();
        let near = |found: usize, ms: usize| found.abs_diff(ms * 16) <= 2 * FRAME;
        assert_eq!(found.inside.len(), 1, "50 ms is no silence: {found:?}");
        assert!(near(found.inside[0].start, 2_050) && near(found.inside[0].end, 2_350));
        assert!(near(found.ended, 3_050), "{found:?}");
        assert!(found.room.iter().all(|frame| !(500..2_050).contains(&(frame * 10))));
        assert!(found.room.len() > 60);
    }

    #[test]
    fn where_nobody_speaks_there_is_nothing_to_find() {
        assert_eq!(silences(&[0; 16_000], &mut LevelDetector::new(1)), Ok(None));
    }
}
