//! When the words of a clause end in its sound.

use super::{Sound, Spelling};

/// For each place in `spelling.ends`, the sample of `sound` at which that group has been spoken.
///
/// With durations from the model the times are its own. Without, the part of the sound that is loud is shared out by
/// the weights of the phonemes.
pub(super) fn group_ends(spelling: &Spelling, sound: &Sound) -> Vec<usize> {
    let durations = sound.durations.as_ref().filter(|d| d.len() == spelling.ids.len());
    match durations {
        Some(durations) => {
            // The unit cancels out: some models count frames, some samples.
            shared_out(durations, spelling, (0, sound.samples.len()))
        }
        None => shared_out(&spelling.weights, spelling, loud(&sound.samples)),
    }
}

fn shared_out(shares: &[f32], spelling: &Spelling, (begin, end): (usize, usize)) -> Vec<usize> {
    let share = |share: &f32| if share.is_finite() { f64::from(share.max(0.0)) } else { 0.0 };
    let all: f64 = shares.iter().map(share).sum();
    let length = end.saturating_sub(begin) as f64;
    let mut given = 0.0;
    let mut from = 0;
    let mut place = |upto: usize| {
        given += shares.get(from..upto).unwrap_or_default().iter().map(share).sum::<f64>();
        from = from.max(upto);
        let part = if all > 0.0 { given / all } else { 1.0 };
        // Between `begin` and `end`: the part is 0 to 1.
        (begin + (part * length).round() as usize).min(end)
    };
    spelling.ends.iter().map(|&upto| place(upto)).collect()
}

/// The first and one past the last sample that are not quiet; all of a sound that is quiet throughout.
pub(super) fn loud(samples: &[f32]) -> (usize, usize) {
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let is_loud = |sample: &f32| sample.abs() > peak * QUIET;
    let begin = samples.iter().position(is_loud);
    let end = samples.iter().rposition(is_loud);
    match (begin, end) {
        (Some(begin), Some(end)) => (begin, end + 1),
        _ => (0, samples.len()),
    }
}

/// Of the peak: 40 dB below it, where a voice fades into its model's noise.
const QUIET: f32 = 0.01;

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling() -> Spelling {
        // A begin and an end that take no time by themselves, two groups of two phonemes and a space between.
        Spelling {
            ids: vec![1, 5, 6, 3, 7, 8, 2],
            weights: vec![0.0, 1.0, 1.0, 0.5, 1.0, 1.5, 0.0],
            ends: vec![3, 6],
        }
    }

    #[test]
    fn the_models_own_durations_are_taken_whatever_their_unit() {
        for unit in [1.0, 256.0] {
            let durations = [2.0, 3.0, 3.0, 1.0, 4.0, 5.0, 2.0].map(|d| d * unit).to_vec();
            let sound = Sound { samples: vec![0.5; 2_000], durations: Some(durations) };
            assert_eq!(group_ends(&spelling(), &sound), [800, 1_800]);
        }
    }

    #[test]
    fn without_durations_what_is_loud_is_shared_out_by_phonemes() {
        let mut samples = vec![0.0; 1_000];
        samples[100..900].fill(0.5);
        let sound = Sound { samples, durations: None };
        assert_eq!(group_ends(&spelling(), &sound), [100 + 320, 900]);
        let silent = Sound { samples: vec![0.0; 1_000], durations: None };
        assert_eq!(group_ends(&spelling(), &silent), [400, 1_000]);
    }

    #[test]
    fn durations_that_cannot_be_are_no_reason_to_panic() {
        let durations = vec![f32::NAN, -1.0, f32::INFINITY, 0.0, 0.0, 0.0, 0.0];
        let sound = Sound { samples: vec![0.5; 100], durations: Some(durations) };
        assert_eq!(group_ends(&spelling(), &sound), [100, 100]);
    }
}
