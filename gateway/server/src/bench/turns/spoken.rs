//! Turns that are spoken for the measurement: lines of callers by Flite's voices, whose hesitations are known.

use std::path::PathBuf;

use callwright_media::SampleRate;
use callwright_models::contract::VoiceStyle;
use callwright_models::flite::Flite;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::recordings::Origin;
use super::set::{Chance, Clip, Pause, TRAIL};
use crate::bench::BenchError;
use crate::bench::conversation::script::read;
use crate::bench::conversation::voices::{Spoken, known, say};
use crate::simulate::ear::LOUD;

/// Greatest sample of the noise of a quiet line: evenly spread, -65 dB under full scale.
const NOISE: i16 = 32;

/// Every line of every file, in every voice, so many times, each time with other hesitations. Settings are tuned on the
/// first file. The same arguments give the same set.
pub(super) fn make(
    files: &[PathBuf],
    voices: &[String],
    times: u16,
    seed: u64,
) -> Result<Vec<Clip>, BenchError> {
    let mut flite = Flite::load().map_err(|error| BenchError::Voice(error.to_string()))?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut clips = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let lines = read(file)?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        for time in 0..times {
            for voice in voices {
                known(voice, &flite)?;
                let style = VoiceStyle::of(voice);
                for (place, line) in lines.iter().enumerate() {
                    let at = SampleRate::Hz16000;
                    let spoken = say(line, &style, at, &mut random, &mut flite)?;
                    let name = format!("{name}.{voice}.{time}.{place}");
                    clips.extend(clip(name, voice, number == 0, &spoken));
                }
            }
        }
    }
    Ok(clips)
}

/// The turn, then a quiet line; `None` when nothing can be heard.
fn clip(name: String, voice: &str, tuning: bool, spoken: &Spoken) -> Option<Clip> {
    let loud = |sample: &i16| sample.unsigned_abs() >= LOUD;
    let sound = &spoken.samples;
    let ended = sound.iter().rposition(loud)? + 1;
    let mut pauses: Vec<Pause> = spoken
        .hesitations
        .iter()
        .filter_map(|around| {
            let middle = around.start.midpoint(around.end);
            let start = sound.get(..middle)?.iter().rposition(loud)? + 1;
            let end = middle + sound.get(middle..)?.iter().position(loud)?;
            Some(Pause { start, end, at: start, over: false })
        })
        .collect();
    let mut samples = sound.get(..ended)?.to_vec();
    samples.resize(ended + TRAIL, 0);
    let mut chance = Chance(ended as u64);
    for sample in &mut samples {
        // Below 65, so it fits.
        let noise = chance.below(2 * NOISE as usize + 1) as i16 - NOISE;
        *sample = sample.saturating_add(noise);
    }
    pauses.push(Pause { start: ended, end: samples.len(), at: ended, over: true });
    let powers = sound.iter().filter(|sample| loud(sample));
    let powers = powers.map(|&sample| (f64::from(sample) / 32_768.0).powi(2));
    let speech_power = powers.clone().sum::<f64>() / powers.count().max(1) as f64;
    let (speaker, origin) = (voice.to_owned(), Origin::Spoken);
    Some(Clip { name, speaker, tuning, origin, samples, pauses, speech_power })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hesitations_lie_between_loud_samples_and_the_end_after_the_last() {
        let mut samples = vec![0; 1_000];
        samples.extend([5_000; 4_000]);
        samples.extend([20; 8_000]);
        samples.extend([5_000; 4_000]);
        samples.extend([20; 500]);
        let spoken = Spoken { samples, hesitations: std::iter::once(5_200..12_900).collect() };
        let clip = clip("a".to_owned(), "rms", true, &spoken).unwrap();
        let [inside, end] = clip.pauses[..] else { panic!("two pauses") };
        assert_eq!((inside.start, inside.end, inside.over), (5_000, 13_000, false));
        assert_eq!((end.start, end.over), (17_000, true));
        assert!(end.ms() >= 4_000.0);
        let trail = &clip.samples[17_000..];
        assert!(trail.iter().all(|s| s.abs() <= NOISE) && trail.iter().any(|&s| s != 0));
    }

    #[test]
    fn a_line_without_sound_is_no_turn() {
        let spoken = Spoken { samples: vec![0; 100], hesitations: Vec::new() };
        assert!(clip("a".to_owned(), "rms", true, &spoken).is_none());
    }
}
