//! What sounds around a caller: noises made from a seed, or a recording, at a level that was asked for.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

use super::chance::Chance;
use crate::SampleRate;

/// A kind of background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ambience {
    /// All frequencies alike: an old amplifier.
    White,
    /// As much in each octave: a room with people in it who say nothing, a fan.
    Room,
    /// Mostly below 300 Hz: inside a car.
    Car,
    /// Chords and a beat.
    Music,
    /// This sound, over and over: talk of others, a recording. At the rate of the line, mono.
    Sound(Arc<[i16]>),
}

/// How long what is made lasts before it begins anew: longer than what an ear or a noise suppressor remembers.
const LOOP: Duration = Duration::from_secs(8);

/// A background under way.
#[derive(Clone, Debug)]
pub struct Background {
    sound: Arc<[f32]>,
    at: usize,
}

impl Background {
    /// A background at `rate` whose mean level is `level_dbov` (dB under a full-scale square wave), from a place that
    /// `seed` chooses. A silent sound stays silent. Allocates some seconds of sound.
    pub fn new(ambience: &Ambience, level_dbov: f32, rate: SampleRate, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let samples = usize::try_from(rate.samples(LOOP)).unwrap_or(0);
        let mut sound: Vec<f32> = match ambience {
            Ambience::White => white(&mut chance).take(samples).collect(),
            Ambience::Room => pink(&mut chance).take(samples).collect(),
            Ambience::Car => low_passed(white(&mut chance), 120.0, rate).take(samples).collect(),
            Ambience::Music => music(&mut chance, rate, samples),
            Ambience::Sound(sound) => sound.iter().map(|&sample| f32::from(sample)).collect(),
        };
        let power = sound.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
        let rms = (power / sound.len().max(1) as f64).sqrt();
        let wanted = 32_768.0 * 10.0_f64.powf(f64::from(level_dbov) / 20.0);
        let gain = if rms > 0.0 { (wanted / rms) as f32 } else { 0.0 };
        sound.iter_mut().for_each(|sample| *sample *= gain);
        let at = usize::try_from(chance.below(sound.len() as u64)).unwrap_or(0);
        Self { sound: sound.into(), at }
    }

    /// Adds the next samples to `frame`.
    pub fn add_to(&mut self, frame: &mut [i16]) {
        for sample in frame {
            let Some(&background) = self.sound.get(self.at) else { return };
            *sample = sample.saturating_add(background as i16);
            self.at = (self.at + 1) % self.sound.len();
        }
    }
}

fn white(chance: &mut Chance) -> impl Iterator<Item = f32> + '_ {
    std::iter::repeat_with(move || (chance.share() * 2.0 - 1.0) as f32)
}

/// Pink noise by Voss's way in the form of Gardner (1978): one source for each octave, each drawn half as often as
/// the one before.
fn pink(chance: &mut Chance) -> impl Iterator<Item = f32> + '_ {
    let mut rows = [0.0_f32; 12];
    let mut count = 0_u32;
    std::iter::repeat_with(move || {
        count = count.wrapping_add(1);
        let row = count.trailing_zeros() as usize % rows.len();
        if let Some(row) = rows.get_mut(row) {
            *row = (chance.share() * 2.0 - 1.0) as f32;
        }
        rows.iter().sum::<f32>() + (chance.share() * 2.0 - 1.0) as f32
    })
}

/// Two one-pole filters in a row: 12 dB an octave above `hz`.
fn low_passed(
    source: impl Iterator<Item = f32>,
    hz: f64,
    rate: SampleRate,
) -> impl Iterator<Item = f32> {
    let share = (1.0 - (-TAU * hz / f64::from(rate.hz())).exp()) as f32;
    let (mut first, mut second) = (0.0_f32, 0.0_f32);
    source.map(move |sample| {
        first += share * (sample - first);
        second += share * (first - second);
        second
    })
}

/// Eight bars of a second: plucked chords of a key that chance chooses, over a beat of four.
fn music(chance: &mut Chance, rate: SampleRate, samples: usize) -> Vec<f32> {
    /// Semitones above the key's tonic: I V vi IV, twice.
    const CHORDS: [[i32; 3]; 4] = [[0, 4, 7], [7, 11, 14], [9, 12, 16], [5, 9, 12]];
    let tonic_hz = 196.0 * 2.0_f64.powf(chance.below(12) as f64 / 12.0);
    let bar = rate.hz() as usize;
    let mut sound = vec![0.0_f32; samples];
    for (number, chunk) in sound.chunks_mut(bar).enumerate() {
        let chord = CHORDS.get(number % CHORDS.len()).copied().unwrap_or_default();
        for (at, sample) in chunk.iter_mut().enumerate() {
            let second = at as f64 / f64::from(rate.hz());
            // Arpeggio: each note is plucked a quarter of a second after the one before.
            let notes = chord.iter().zip(0_u8..).filter_map(|(&semitones, place)| {
                let since = second - 0.25 * f64::from(place);
                let hz = tonic_hz * 2.0_f64.powf(f64::from(semitones) / 12.0);
                (since >= 0.0).then(|| pluck(hz, since))
            });
            let beat = second % 0.5;
            let drum = (-beat * 40.0).exp() * (chance.share() * 2.0 - 1.0) * 0.5;
            *sample = (notes.sum::<f64>() + drum) as f32;
        }
    }
    sound
}

/// A string, `since` seconds after it was plucked.
fn pluck(hz: f64, since: f64) -> f64 {
    let harmonic = |n: f64| (TAU * hz * n * since).sin() * (-since * 2.5 * n).exp() / n;
    harmonic(1.0) + harmonic(2.0) + harmonic(3.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level_dbov;

    #[test]
    fn every_background_has_the_level_that_was_asked_for() {
        let talk: Vec<i16> = (0..8_000).map(|n| if n % 40 < 20 { 900 } else { -900 }).collect();
        for ambience in [
            Ambience::White,
            Ambience::Room,
            Ambience::Car,
            Ambience::Music,
            Ambience::Sound(talk.into()),
        ] {
            let mut background = Background::new(&ambience, -40.0, SampleRate::Hz8000, 7);
            let mut frame = vec![0; 64_000];
            background.add_to(&mut frame);
            let level = level_dbov(&frame).0;
            assert!((level + 40.0).abs() < 0.5, "{ambience:?}: {level}");
        }
    }

    #[test]
    fn a_seed_makes_the_same_sound_and_another_seed_another() {
        let first = |seed| {
            let mut frame = [0; 160];
            Background::new(&Ambience::Music, -30.0, SampleRate::Hz8000, seed).add_to(&mut frame);
            frame
        };
        assert_eq!(first(3), first(3));
        assert_ne!(first(3), first(4));
    }

    #[test]
    fn silence_and_nothing_at_all_stay_silent() {
        for sound in [vec![], vec![0; 100]] {
            let ambience = Ambience::Sound(sound.into());
            let mut frame = [5; 160];
            Background::new(&ambience, -20.0, SampleRate::Hz8000, 1).add_to(&mut frame);
            assert_eq!(frame, [5; 160]);
        }
    }
}
