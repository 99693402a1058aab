//! From frames to features, group by group, in the order of `features.py`.

use super::FEATURES;
use super::frames::{FLOOR_DB, Frames, POWER_FLOOR, Speech, decibel, hz, sum};
use super::pitch::Voice;
use super::statistics::{marked, mean, percentile, runs, spread, steps};

/// The features so far.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    values: Vec<f64>,
}

impl Gathered {
    fn add(&mut self, values: impl IntoIterator<Item = f64>) {
        self.values.extend(values);
    }

    /// The features, if they are as many as there should be and all of them are numbers.
    pub(super) fn finish(self) -> Option<[f64; FEATURES]> {
        debug_assert_eq!(self.values.len(), FEATURES);
        self.values
            .try_into()
            .ok()
            .filter(|values: &[f64; FEATURES]| values.iter().all(|value| value.is_finite()))
    }
}

/// How high the voice is, how far and how fast it moves, and how clear it is.
pub(super) fn pitch(voice: &Voice, out: &mut Gathered) {
    let own = || marked(&voice.semitones, &voice.flags);
    let (low, high) = (percentile(own(), 0.1), percentile(own(), 0.9));
    out.add([mean(own()), spread(own()), low, percentile(own(), 0.5), high, high - low]);
    // A greater step in 10 ms is an error of the tracker.
    let moves = || steps(&voice.semitones, &voice.flags).map(|step| step.clamp(-2.0, 2.0));
    out.add([mean(moves().map(f64::abs)), mean(moves())]);
    let clear = || marked(&voice.height, &voice.flags);
    out.add([mean(clear()), spread(clear())]);
}

/// How loud it is, and how unevenly.
pub(super) fn level(speech: &Speech, voice: &Voice, out: &mut Gathered) {
    let spoken = || marked(&speech.relative_db, &speech.flags);
    out.add([speech.loud_db, mean(spoken()), spread(spoken())]);
    out.add([percentile(spoken(), 0.2), percentile(spoken(), 0.5)]);
    out.add([
        mean(steps(&speech.relative_db, &speech.flags).map(f64::abs)),
        mean(steps(&speech.relative_db, &voice.flags).map(f64::abs)),
    ]);
}

/// Where in the band its power lies: the mean shape, how it varies, how fast, and its tilts and centres.
pub(super) fn shape(frames: &Frames, speech: &Speech, voice: &Voice, out: &mut Gathered) {
    let bands = mel_bands();
    let floor = speech.loud_db - 20.0 - FLOOR_DB;
    // `[band][frame]`, so that the sums over frames are those of one list.
    let mut mel = vec![Vec::new(); BANDS];
    for power in frames.iter() {
        for (band, row) in bands.iter().zip(&mut mel) {
            row.push(decibel(band.energy(power) + POWER_FLOOR).max(floor));
        }
    }
    let count = speech.flags.len();
    let middle: Vec<f64> = (0..count).map(|i| mean(mel.iter().map(|row| at(row, i)))).collect();
    let shape: Vec<Vec<f64>> =
        mel.iter().map(|row| row.iter().zip(&middle).map(|(v, m)| v - m).collect()).collect();
    out.add(shape.iter().map(|row| mean(marked(row, &voice.flags))));
    out.add(shape.iter().map(|row| spread(marked(row, &voice.flags))));
    let change: Vec<f64> =
        mel.iter().map(|row| mean(steps(row, &voice.flags).map(f64::abs))).collect();
    let change = |from, upto| mean(change.iter().copied().take(upto).skip(from));
    out.add([change(0, BANDS), change(0, BANDS / 2), change(BANDS / 2, BANDS)]);

    let tilt: Vec<f64> = (0..count).map(|i| slope(shape.iter().map(|row| at(row, i)))).collect();
    out.add([mean(marked(&tilt, &voice.flags)), spread(marked(&tilt, &voice.flags))]);
    let alpha: fn(&[f64]) -> f64 = |p| decibel(share(p, 16, 64) / share(p, 65, 224));
    let low: fn(&[f64]) -> f64 = |p| decibel(share(p, 16, 32) / share(p, 33, 64));
    let centres: [fn(&[f64]) -> f64; 3] =
        [|p| centre(p, 16, 224), |p| centre(p, 16, 64), |p| centre(p, 65, 180)];
    for of in [alpha].into_iter().chain(centres).chain([low]) {
        let values: Vec<f64> = frames.iter().map(of).collect();
        out.add([mean(marked(&values, &voice.flags)), spread(marked(&values, &voice.flags))]);
    }
    let unvoiced: Vec<bool> =
        speech.flags.iter().zip(&voice.flags).map(|(s, v)| *s && !v).collect();
    let any = unvoiced.contains(&true);
    out.add([mean(marked(&tilt, if any { &unvoiced } else { &voice.flags }))]);
    // Of the louder half of the voice: strain shows there first.
    let half = percentile(marked(&speech.relative_db, &voice.flags), 0.5);
    let strong: Vec<bool> = speech
        .relative_db
        .iter()
        .zip(&voice.flags)
        .map(|(level, v)| *v && *level >= half)
        .collect();
    out.add([mean(marked(&tilt, &strong))]);
}

/// How fast it goes, and how it is broken up.
pub(super) fn tempo(speech: &Speech, voice: &Voice, out: &mut Gathered) {
    let first = speech.flags.iter().position(|spoken| *spoken).unwrap_or(0);
    let last = speech.flags.iter().rposition(|spoken| *spoken).unwrap_or(0);
    let span = (last + 1 - first) as f64;
    let spoken = speech.flags.iter().filter(|spoken| **spoken).count() as f64;
    let lengths = runs(&voice.flags);
    let seconds = || lengths.iter().map(|&length| length as f64 / 100.0);
    out.add([voice.count as f64 / spoken, lengths.len() as f64 / span * 100.0]);
    out.add([mean(seconds()), spread(seconds())]);
    let level = speech.relative_db.get(first..=last).unwrap_or_default();
    out.add([syllables(level) as f64 / span * 100.0, spoken / span]);
}

/// Peaks of the level, smoothed over 50 ms, that stand 2 dB above the valleys on both sides.
fn syllables(level: &[f64]) -> usize {
    let smooth: Vec<f64> = level.windows(5).map(|five| five.iter().sum::<f64>() / 5.0).collect();
    let Some(&start) = smooth.first() else { return 0 };
    let (mut peaks, mut top, mut valley, mut rising) = (0, start, start, true);
    for value in smooth {
        if rising {
            top = f64::max(top, value);
            if value < top - 2.0 {
                (peaks, rising, valley) = (peaks + 1, false, value);
            }
        } else {
            valley = f64::min(valley, value);
            if value > valley + 2.0 {
                (rising, top) = (true, value);
            }
        }
    }
    peaks
}

/// The straight line through equally spaced values: its rise from one to the next.
fn slope(values: impl Iterator<Item = f64>) -> f64 {
    let place = |i: usize| i as f64 - (BANDS - 1) as f64 / 2.0;
    let length: f64 = (0..BANDS).map(|i| place(i).powi(2)).sum();
    values.enumerate().map(|(i, value)| value * place(i)).sum::<f64>() / length
}

fn share(power: &[f64], first: usize, last: usize) -> f64 {
    sum(power, first, last) + POWER_FLOOR
}

/// Where the power of some bins is centred, in kHz.
fn centre(power: &[f64], first: usize, last: usize) -> f64 {
    let inside = power.iter().enumerate().take(last + 1).skip(first);
    let moment: f64 = inside.map(|(bin, power)| power * hz(bin)).sum();
    let middle = hz(usize::midpoint(first, last));
    (moment + POWER_FLOOR * middle) / share(power, first, last) / 1_000.0
}

fn at(row: &[f64], frame: usize) -> f64 {
    row.get(frame).copied().unwrap_or(0.0)
}

/// A triangle of unit sum over the bins from `first` on.
struct Band {
    first: usize,
    weights: Vec<f64>,
}

impl Band {
    fn energy(&self, power: &[f64]) -> f64 {
        let bins = power.get(self.first..).unwrap_or_default();
        self.weights.iter().zip(bins).map(|(weight, power)| weight * power).sum()
    }
}

/// Triangles of equal width in mel from 250 to 3,500 Hz.
fn mel_bands() -> Vec<Band> {
    let mel = |hz: f64| 2_595.0 * (1.0 + hz / 700.0).log10();
    let (low, high) = (mel(250.0), mel(3_500.0));
    let edge = |i: usize| {
        700.0
            * (10.0_f64.powf((low + (high - low) * i as f64 / (BANDS + 1) as f64) / 2_595.0) - 1.0)
    };
    (0..BANDS)
        .map(|band| {
            let (left, top, right) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |bin: usize| {
                ((hz(bin) - left) / (top - left)).min((right - hz(bin)) / (right - top)).max(0.0)
            };
            let first = (0..super::frames::BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
            let weights: Vec<f64> = (first..).map(weight).take_while(|w| *w > 0.0).collect();
            let sum: f64 = weights.iter().sum();
            Band { first, weights: weights.iter().map(|weight| weight / sum).collect() }
        })
        .collect()
}

const BANDS: usize = 20;
