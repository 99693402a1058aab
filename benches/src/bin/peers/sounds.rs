//! What is said and played: Flite's voices, noise like a cough, recorded sentences with pauses; all at 8 kHz, made
//! once for both sides.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use callwright_media::{Resampler, SampleRate};
use callwright_models::contract::{Synthesizer as _, VoiceStyle};
use callwright_models::flite::Flite;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Samples in a millisecond of the telephone's sound.
pub(crate) const PER_MS: usize = 8;
/// Smallest magnitude that is heard: 1 % of full scale, as for the simulated caller's ear.
pub(crate) const LOUD: u16 = 328;
/// The loudest sample of a recording once it is as loud as a telephone's: half of full scale.
const PEAK: f32 = 16_384.0;

/// The agent's sentence where it has no voice of its own: some six seconds.
const REPLY: &str = "We take cash, all debit and credit cards, and payment by phone, and you can also pay in \
    three parts.";

/// The voices that speak.
#[derive(Debug)]
pub(crate) struct Sounds {
    flite: Flite,
}

impl Sounds {
    /// Opens Flite.
    ///
    /// # Errors
    /// When it is not installed.
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        Ok(Self { flite: Flite::load()? })
    }

    /// Speaks `text`, without the silence around it.
    ///
    /// # Errors
    /// When Flite cannot.
    pub(crate) fn speak(
        &mut self,
        text: &str,
        voice: &str,
        pace: f32,
    ) -> Result<Vec<i16>, Box<dyn Error>> {
        let style = VoiceStyle::of(voice).at_pace(pace);
        let mut samples = Vec::new();
        let mut rate = SampleRate::Hz8000;
        self.flite.speak(text, &style, &mut |chunk| {
            rate = chunk.rate;
            samples.extend_from_slice(&chunk.samples);
            ControlFlow::Continue(())
        })?;
        Ok(trimmed(&at_8_khz(&samples, rate)?))
    }

    /// Writes the reply of an agent without a voice of its own; its first sample is loud.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write_reply(&mut self, file: &Path) -> Result<(), Box<dyn Error>> {
        let reply = self.speak(REPLY, "slt", 1.0)?;
        write(file, &reply)
    }
}

/// Noise like a cough: two bursts, rising at once and falling slowly, the second weaker. `seed` makes it.
pub(crate) fn cough(seed: u64) -> Vec<i16> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut low = 0.0_f32;
    let mut burst = |length_ms: usize, peak: f32| -> Vec<i16> {
        let length = length_ms * PER_MS;
        let sample = |at: usize| {
            // A throat lets the low half of the band through.
            low += 0.45 * (random.random_range(-1.0..=1.0_f32) - low);
            let rise = (at as f32 / (5 * PER_MS) as f32).min(1.0);
            let fall = (-4.0 * at as f32 / length as f32).exp();
            // `as` from float saturates.
            (low * 2.0 * peak * rise * fall) as i16
        };
        (0..length).map(sample).collect()
    };
    let (first, second) = (burst(180, 14_000.0), burst(140, 9_000.0));
    [first, vec![0; 60 * PER_MS], second].concat()
}

/// A hum of two syllables as who listens makes it, "mm-hm": 300 ms, at `pitch_hz` and a third higher. Flite spells such
/// words out letter by letter, so it is made from the harmonics of a voice behind closed lips.
pub(crate) fn hum(pitch_hz: f32) -> Vec<i16> {
    let syllable = |pitch_hz: f32, length_ms: usize, peak: f32| -> Vec<i16> {
        let length = length_ms * PER_MS;
        let sample = |at: usize| {
            let time = at as f32 / (1_000 * PER_MS) as f32;
            // The nose lets through what is near 250 Hz, and a little near 2.2 kHz (Fujimura, Analysis of nasal consonants, 1962).
            let voice: f32 = (1..20_u8)
                .map(|harmonic| f32::from(harmonic) * pitch_hz)
                .take_while(|hz| *hz < 3_400.0)
                .map(|hz| {
                    let strength = 1.0 / (1.0 + ((hz - 250.0) / 150.0).powi(2))
                        + 0.04 / (1.0 + ((hz - 2_200.0) / 300.0).powi(2));
                    strength * (std::f32::consts::TAU * hz * time).sin()
                })
                .sum();
            let edge = (20 * PER_MS) as f32;
            let rise = (at as f32 / edge).min(1.0);
            let fall = ((length - at) as f32 / edge).min(1.0);
            // `as` from float saturates.
            (voice * peak * rise * fall) as i16
        };
        (0..length).map(sample).collect()
    };
    let (first, second) =
        (syllable(pitch_hz, 130, 6_000.0), syllable(pitch_hz * 1.25, 140, 7_000.0));
    [first, vec![0; 30 * PER_MS], second].concat()
}

/// A sentence and how often its speaker pauses inside of it.
#[derive(Debug)]
pub(crate) struct Sentence {
    /// The sound.
    pub(crate) samples: Vec<i16>,
    /// Pauses of at least [`PAUSE_MS`].
    pub(crate) pauses: usize,
}

/// What counts as a pause: where a turn could be taken to end. Milliseconds.
pub(crate) const PAUSE_MS: usize = 300;
/// Sentences of this length make a short run, in milliseconds.
const LENGTH_MS: std::ops::RangeInclusive<usize> = 3_500..=9_000;

/// Up to `count` recorded sentences with pauses inside, of as many speakers as there are.
///
/// # Errors
/// When `data` holds no list of sentences, or one of its files cannot be read.
pub(crate) fn recorded(data: &Path, count: usize) -> Result<Vec<Sentence>, Box<dyn Error>> {
    let folders: [PathBuf; 2] = [data.to_owned(), data.join("librispeech")];
    let found = folders.iter().find(|folder| folder.join("transcripts.tsv").is_file());
    let folder = found.ok_or_else(|| format!("no transcripts.tsv in {}", data.display()))?;
    let list = std::fs::read_to_string(folder.join("transcripts.tsv"))?;
    let mut by_speaker: Vec<(String, Vec<Sentence>)> = Vec::new();
    for line in list.lines().skip(1) {
        let mut fields = line.split('\t');
        let (Some(path), Some(speaker)) = (fields.next(), fields.next()) else { continue };
        let samples = read_flac(&folder.join(path))?;
        let pauses = pauses(&samples, PAUSE_MS);
        if pauses == 0 || !LENGTH_MS.contains(&(samples.len() / PER_MS)) {
            continue;
        }
        let sentence = Sentence { samples, pauses };
        match by_speaker.iter_mut().find(|(known, _)| known == speaker) {
            Some((_, sentences)) => sentences.push(sentence),
            None => by_speaker.push((speaker.to_owned(), vec![sentence])),
        }
    }
    let mut chosen = Vec::new();
    while chosen.len() < count {
        let before = chosen.len();
        for (_, sentences) in &mut by_speaker {
            if chosen.len() < count && !sentences.is_empty() {
                chosen.push(sentences.remove(0));
            }
        }
        if chosen.len() == before {
            break;
        }
    }
    Ok(chosen)
}

/// How many silences of at least `at_least_ms` lie inside of `samples`.
pub(crate) fn pauses(samples: &[i16], at_least_ms: usize) -> usize {
    let loud = samples.iter().enumerate().filter(|(_, sample)| is_loud(**sample));
    let at: Vec<usize> = loud.map(|(at, _)| at).collect();
    at.iter()
        .zip(at.iter().skip(1))
        .filter(|(one, next)| *next - *one >= at_least_ms * PER_MS)
        .count()
}

/// Whether an ear hears it.
pub(crate) const fn is_loud(sample: i16) -> bool {
    sample.unsigned_abs() >= LOUD
}

/// Writes 8 kHz, mono, 16 bit.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(file: &Path, samples: &[i16]) -> Result<(), Box<dyn Error>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(file, spec)?;
    for &sample in samples {
        writer.write_sample(sample)?;
    }
    Ok(writer.finalize()?)
}

fn read_flac(path: &Path) -> Result<Vec<i16>, Box<dyn Error>> {
    let mut reader = claxon::FlacReader::open(path)?;
    let hz = reader.streaminfo().sample_rate;
    let rate = SampleRate::from_hz(hz).ok_or_else(|| format!("{}: {hz} Hz", path.display()))?;
    let samples: Result<Vec<i16>, Box<dyn Error>> =
        reader.samples().map(|sample| Ok(i16::try_from(sample?)?)).collect();
    let samples = at_8_khz(&samples?, rate)?;
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0).max(1);
    let gain = PEAK / f32::from(peak);
    // `as` from float saturates.
    let level = samples.iter().map(|&sample| (f32::from(sample) * gain) as i16);
    Ok(trimmed(&level.collect::<Vec<_>>()))
}

/// From the first loud sample to the last.
fn trimmed(samples: &[i16]) -> Vec<i16> {
    let first = samples.iter().position(|sample| is_loud(*sample)).unwrap_or(0);
    let last = samples.iter().rposition(|sample| is_loud(*sample)).unwrap_or(0);
    samples.get(first..=last).unwrap_or_default().to_vec()
}

fn at_8_khz(samples: &[i16], from: SampleRate) -> Result<Vec<i16>, Box<dyn Error>> {
    if from == SampleRate::Hz8000 {
        return Ok(samples.to_vec());
    }
    let mut resampler = Resampler::new(from, SampleRate::Hz8000)?;
    let mut frame = vec![0; from.frame_samples()];
    let mut out = vec![0; SampleRate::Hz8000.frame_samples()];
    let mut converted = Vec::new();
    // One silent frame more brings out what the resampler holds back.
    for piece in samples.chunks(from.frame_samples()).chain([&[][..]]) {
        frame.fill(0);
        for (room, &sample) in frame.iter_mut().zip(piece) {
            *room = sample;
        }
        resampler.process(&frame, &mut out)?;
        converted.extend_from_slice(&out);
    }
    Ok(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_long_silences_between_loud_samples() {
        let sound = |silence_ms: usize| {
            [vec![9_000; 80], vec![0; silence_ms * PER_MS], vec![9_000; 80]].concat()
        };
        assert_eq!(pauses(&sound(400), 300), 1);
        assert_eq!(pauses(&sound(200), 300), 0);
        assert_eq!(pauses(&[vec![0; 4_000], vec![9_000; 80], vec![0; 4_000]].concat(), 300), 0);
        assert_eq!(pauses(&[], 300), 0);
    }

    #[test]
    fn a_hum_is_as_long_as_a_nod_and_does_not_clip() {
        let hum = hum(120.0);
        assert_eq!(hum.len(), 300 * PER_MS);
        let peak = hum.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!((6_000..20_000).contains(&peak), "{peak}");
    }

    #[test]
    fn a_cough_is_loud_short_and_the_same_each_time() {
        let cough_once = cough(1);
        assert_eq!(cough_once, cough(1));
        assert_ne!(cough_once, cough(2));
        assert_eq!(cough_once.len(), 380 * PER_MS);
        let peak = cough_once.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!((4_000..32_000).contains(&peak), "{peak}");
    }
}
