//! The diarisation error rate: who is said to speak, against who does, every 10 ms.

use std::ops::Add;

/// Somebody speaks, in seconds of a recording.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spoken {
    pub(super) who: String,
    pub(super) from: f64,
    pub(super) upto: f64,
}

/// Seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Errors {
    /// That everybody speaks; where two do, both count.
    pub(super) spoken: f64,
    /// Somebody speaks and is not heard.
    pub(super) missed: f64,
    /// Somebody is heard who does not speak.
    pub(super) false_alarm: f64,
    /// Somebody is taken for another.
    pub(super) confused: f64,
}

impl Errors {
    /// The diarisation error rate, 0-1 and beyond.
    pub(super) fn rate(self) -> f64 {
        (self.missed + self.false_alarm + self.confused) / self.spoken.max(f64::MIN_POSITIVE)
    }
}

impl Add for Errors {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            spoken: self.spoken + other.spoken,
            missed: self.missed + other.missed,
            false_alarm: self.false_alarm + other.false_alarm,
            confused: self.confused + other.confused,
        }
    }
}

/// Holds `heard` to `known`, each speaker to the one that fits best. `collar` seconds around every known beginning and end are
/// left out.
pub(super) fn compare(known: &[Spoken], heard: &[Spoken], collar: f64) -> Errors {
    let length = known.iter().chain(heard).map(|turn| frame(turn.upto)).max().unwrap_or(0);
    let mut counts = vec![true; length];
    if collar > 0.0 {
        for edge in known.iter().flat_map(|turn| [turn.from, turn.upto]) {
            let upto = frame(edge + collar).min(length);
            let from = frame((edge - collar).max(0.0)).min(upto);
            counts[from..upto].fill(false);
        }
    }
    let (known, heard) = (rows(known, length), rows(heard, length));
    let together: Vec<Vec<usize>> = known
        .iter()
        .map(|one| {
            let with = |other: &Vec<bool>| {
                (0..length).filter(|&f| counts[f] && one[f] && other[f]).count()
            };
            heard.iter().map(with).collect()
        })
        .collect();
    let (mut spoken, mut missed, mut false_alarm, mut both) = (0, 0, 0, 0);
    for frame in (0..length).filter(|&frame| counts[frame]) {
        let speaking = known.iter().filter(|row| row[frame]).count();
        let said = heard.iter().filter(|row| row[frame]).count();
        spoken += speaking;
        missed += speaking.saturating_sub(said);
        false_alarm += said.saturating_sub(speaking);
        both += speaking.min(said);
    }
    let right = best(&together, heard.len());
    let seconds = |frames: usize| frames as f64 * FRAME_SECONDS;
    Errors {
        spoken: seconds(spoken),
        missed: seconds(missed),
        false_alarm: seconds(false_alarm),
        confused: seconds(both.saturating_sub(right)),
    }
}

/// When each speaker speaks.
fn rows(turns: &[Spoken], length: usize) -> Vec<Vec<bool>> {
    let mut names: Vec<&str> = turns.iter().map(|turn| &*turn.who).collect();
    names.sort_unstable();
    names.dedup();
    names
        .iter()
        .map(|name| {
            let mut row = vec![false; length];
            for turn in turns.iter().filter(|turn| turn.who == *name) {
                row[frame(turn.from).min(frame(turn.upto))..frame(turn.upto)].fill(true);
            }
            row
        })
        .collect()
}

/// The most frames on which known and heard speakers agree, each with one other at most. At most [`HEARD_MAX`] are heard.
fn best(together: &[Vec<usize>], heard: usize) -> usize {
    let heard = heard.min(HEARD_MAX);
    // By the set of those who are taken.
    let mut most = vec![0_usize; 1 << heard];
    for row in together {
        // From the fullest set down, so that each known speaker takes one.
        for taken in (0..most.len()).rev() {
            for own in (0..heard).filter(|own| taken & (1 << own) != 0) {
                let with = most[taken & !(1 << own)] + row[own];
                most[taken] = most[taken].max(with);
            }
        }
    }
    most.into_iter().max().unwrap_or(0)
}

fn frame(seconds: f64) -> usize {
    (seconds / FRAME_SECONDS).round() as usize
}

const FRAME_SECONDS: f64 = 0.01;
/// As many voices as are told apart.
const HEARD_MAX: usize = callwright_models::speaker::SPEAKERS_MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(turns: &[(&str, f64, f64)]) -> Vec<Spoken> {
        turns.iter().map(|&(who, from, upto)| Spoken { who: who.to_owned(), from, upto }).collect()
    }

    fn check(known: &[(&str, f64, f64)], heard: &[(&str, f64, f64)], wanted: [f64; 4]) {
        let Errors { spoken, missed, false_alarm, confused } =
            compare(&turns(known), &turns(heard), 0.0);
        let found = [spoken, missed, false_alarm, confused];
        let off = found.iter().zip(wanted).map(|(found, wanted)| (found - wanted).abs());
        assert!(off.fold(0.0, f64::max) < 1e-6, "{found:?} for {wanted:?}");
    }

    #[test]
    fn speakers_need_no_names_of_their_own() {
        check(
            &[("a", 0.0, 2.0), ("b", 2.0, 3.0)],
            &[("1", 0.0, 2.0), ("0", 2.0, 3.0)],
            [3.0, 0.0, 0.0, 0.0],
        );
    }

    #[test]
    fn each_kind_of_error_is_counted() {
        let known = [("a", 0.0, 4.0), ("b", 5.0, 8.0)];
        check(&known, &[("x", 0.0, 3.0), ("y", 5.0, 8.0)], [7.0, 1.0, 0.0, 0.0]);
        check(&known, &[("x", 0.0, 4.5), ("y", 5.0, 8.0)], [7.0, 0.0, 0.5, 0.0]);
        check(&known, &[("x", 0.0, 4.0), ("y", 5.0, 7.0), ("x", 7.0, 8.0)], [7.0, 0.0, 0.0, 1.0]);
        check(&known, &[("x", 0.0, 4.0), ("x", 5.0, 8.0)], [7.0, 0.0, 0.0, 3.0]);
        check(&known, &[], [7.0, 7.0, 0.0, 0.0]);
        check(&[], &[("x", 0.0, 1.0)], [0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn where_two_speak_at_once_one_is_missed() {
        check(
            &[("a", 0.0, 2.0), ("b", 1.0, 3.0)],
            &[("x", 0.0, 2.0), ("y", 2.0, 3.0)],
            [4.0, 1.0, 0.0, 0.0],
        );
    }

    #[test]
    fn a_collar_forgives_what_is_near_an_edge() {
        let (known, heard) = (turns(&[("a", 1.0, 3.0)]), turns(&[("x", 0.8, 3.2)]));
        assert_eq!(compare(&known, &heard, 0.25).rate(), 0.0);
        let strict = compare(&known, &heard, 0.0);
        assert!((strict.false_alarm - 0.4).abs() < 1e-6, "{strict:?}");
    }
}
