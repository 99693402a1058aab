//! The caller's voice: texts and sound files made into clips before the call begins.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callwright_media::impair::Chance;
use callwright_media::{AnyRate, Resampler, ResamplerError, SampleRate};
use callwright_models::contract::{Synthesizer, VoiceStyle};

use super::mouth::Clip;
use super::persona::{Habits, Part};
use super::scenario::{Scenario, Voice};

/// A caller cannot be given a voice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The synthesiser could not speak the text.
    #[error("the caller's voice cannot say “{text}”: {why}")]
    Unspoken {
        /// The text.
        text: String,
        /// Why not.
        why: String,
    },
    /// The sound file could not be read.
    #[error("cannot read the sound file {}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

/// All that the caller of `scenario` may say.
///
/// # Errors
/// [`SpeechError`] names the text or the file.
pub(super) fn clips(
    scenario: &Scenario,
    synthesizer: &mut dyn Synthesizer,
) -> Result<HashMap<Voice, Arc<Clip>>, SpeechError> {
    let habits = &scenario.habits;
    // A voice that is played faster to be higher is made slower by as much.
    let pace = scenario.pace / habits.pitch;
    let style = VoiceStyle::of(scenario.voice.clone()).at_pace(pace);
    let mut chance = Chance::new(habits.seed);
    let mut clips = HashMap::new();
    for voice in scenario.voices() {
        if clips.contains_key(&voice) {
            continue;
        }
        let samples = match &voice {
            Voice::Text(text) => acted(text, habits, &style, &mut chance, synthesizer)?,
            Voice::File(path) => read_wav(&scenario.folder.join(path))?,
        };
        let narrow = resample(&samples, WIDE, SampleRate::Hz8000);
        let narrow = narrow.map_err(|error| SpeechError::Unspoken {
            text: format!("{voice:?}"),
            why: error.to_string(),
        })?;
        clips.insert(voice, Arc::new(Clip::with_wide(&narrow, &samples)));
    }
    Ok(clips)
}

/// The mean level of what a caller says, in dB under a full-scale square wave; `None` of one who only says silence.
pub(super) fn level_dbov(clips: &HashMap<Voice, Arc<Clip>>) -> Option<f32> {
    let power = |level: f32| 10.0_f32.powf(level / 10.0);
    let mut levels: Vec<f32> =
        clips.values().filter_map(|clip| clip.level_dbov()).map(power).collect();
    // In an order that does not depend on a map's: sums of floats do.
    levels.sort_by(f32::total_cmp);
    let mean = levels.iter().sum::<f32>() / levels.len().max(1) as f32;
    (!levels.is_empty()).then(|| 10.0 * mean.log10())
}

/// Six voices that talk at once, at 16 kHz: what a room full of people sounds like.
///
/// # Errors
/// [`SpeechError`] when the synthesiser fails.
pub(super) fn babble(synthesizer: &mut dyn Synthesizer) -> Result<Arc<[i16]>, SpeechError> {
    let talkers =
        [("rms", 1.0), ("slt", 1.1), ("awb", 0.9), ("slt", 0.85), ("rms", 1.15), ("awb", 1.05)];
    let mut mixed = vec![0_i32; BABBLE_SAMPLES];
    for (number, (voice, pace)) in talkers.into_iter().enumerate() {
        let style = VoiceStyle::of(voice).at_pace(pace);
        let mut said = Vec::new();
        for text in BABBLE.iter().cycle().skip(number * 2).take(BABBLE.len()) {
            said.extend(spoken(text, &style, synthesizer)?);
        }
        for (sum, &sample) in mixed.iter_mut().zip(said.iter().cycle()) {
            *sum += i32::from(sample);
        }
    }
    // Six voices of full scale fit 16 bits when they are divided by six.
    Ok(mixed.into_iter().map(|sum| (sum / 6) as i16).collect())
}

/// Twelve seconds.
const BABBLE_SAMPLES: usize = 12 * 16_000;
/// What the people of a café say.
const BABBLE: [&str; 8] = [
    "And then she told me that the train was an hour late, so we walked.",
    "Two coffees and one of those with the almonds, please.",
    "I would not have thought that it takes so long to paint a kitchen.",
    "Did you see the game last night? They should have won that.",
    "My sister moved there in the spring, and she likes it very much.",
    "No, the other one, with the green door, opposite the school.",
    "We could meet again on Sunday if the weather stays like this.",
    "He said that he would call back, but of course he never did.",
];

/// The text as somebody with these habits says it, at 16 kHz.
fn acted(
    text: &str,
    habits: &Habits,
    style: &VoiceStyle,
    chance: &mut Chance,
    synthesizer: &mut dyn Synthesizer,
) -> Result<Vec<i16>, SpeechError> {
    let parts = match &habits.hesitates {
        Some(hesitation) => hesitation.parts(text, chance),
        None => vec![Part::Words(text.to_owned())],
    };
    let alone = parts.len() == 1;
    let mut samples = Vec::new();
    for part in parts {
        match part {
            Part::Words(words) => {
                let said = spoken(&words, style, synthesizer)?;
                // The silence around the parts is theirs, not the pause's.
                let kept = if alone { said } else { Clip::new(&said).samples().to_vec() };
                samples.extend(kept);
            }
            Part::Pause(pause) => {
                let silence = usize::try_from(WIDE.samples(pause)).unwrap_or(0);
                samples.resize(samples.len() + silence, 0);
            }
        }
    }
    let unspoken =
        |why: ResamplerError| SpeechError::Unspoken { text: text.to_owned(), why: why.to_string() };
    let mut samples = pitched(samples, habits.pitch).map_err(unspoken)?;
    let gain = 10.0_f32.powf(habits.loudness_db / 20.0);
    // `as` from float saturates.
    samples.iter_mut().for_each(|sample| *sample = (f32::from(*sample) * gain) as i16);
    Ok(samples)
}

/// The same sound higher by this factor, and shorter by it.
fn pitched(samples: Vec<i16>, pitch: f32) -> Result<Vec<i16>, ResamplerError> {
    if (pitch - 1.0).abs() < 0.001 {
        return Ok(samples);
    }
    // In steps of 100 Hz: a large common divisor of the rates makes for short blocks.
    let from_hz = (WIDE.hz() as f32 * pitch / 100.0).round() as u32 * 100;
    let mut resampler = AnyRate::new(from_hz, WIDE)?;
    let floats: Vec<f32> = samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    let mut out = Vec::new();
    resampler.push(&floats, &mut out)?;
    resampler.finish(&mut out)?;
    Ok(out)
}

/// The rate at which voices are made ready.
const WIDE: SampleRate = SampleRate::Hz16000;

fn spoken(
    text: &str,
    style: &VoiceStyle,
    synthesizer: &mut dyn Synthesizer,
) -> Result<Vec<i16>, SpeechError> {
    let unspoken = |why: String| SpeechError::Unspoken { text: text.to_owned(), why };
    let mut samples = Vec::new();
    let mut rate = SampleRate::Hz8000;
    synthesizer
        .speak(text, style, &mut |chunk| {
            rate = chunk.rate;
            samples.extend_from_slice(&chunk.samples);
            ControlFlow::Continue(())
        })
        .map_err(|error| unspoken(error.to_string()))?;
    to_16_khz(&samples, rate).map_err(unspoken)
}

fn read_wav(path: &Path) -> Result<Vec<i16>, SpeechError> {
    let wrong = |why: String| SpeechError::File { path: path.to_owned(), why };
    let mut reader = hound::WavReader::open(path).map_err(|error| wrong(error.to_string()))?;
    let spec = reader.spec();
    let rate = SampleRate::from_hz(spec.sample_rate).ok_or_else(|| {
        wrong(format!("{} Hz; 8, 16, 24 and 48 kHz can be played", spec.sample_rate))
    })?;
    let interleaved: Result<Vec<f32>, _> = match (spec.sample_format, spec.bits_per_sample) {
        (hound::SampleFormat::Float, _) => reader.samples::<f32>().collect(),
        (hound::SampleFormat::Int, bits @ 1..=32) => {
            let full_scale = (1_u64 << (bits - 1)) as f32;
            reader.samples::<i32>().map(|s| s.map(|value| value as f32 / full_scale)).collect()
        }
        (_, bits) => return Err(wrong(format!("{bits} bits a sample"))),
    };
    let interleaved = interleaved.map_err(|error| wrong(error.to_string()))?;
    let channels = usize::from(spec.channels.max(1));
    let mono: Vec<i16> = interleaved
        .chunks(channels)
        // `as` from float saturates.
        .map(|frame| (frame.iter().sum::<f32>() / channels as f32 * 32_768.0) as i16)
        .collect();
    to_16_khz(&mono, rate).map_err(wrong)
}

/// The same sound at another rate, whole: up to two frames of silence follow it.
///
/// # Errors
/// [`ResamplerError`].
pub(crate) fn resample(
    samples: &[i16],
    from: SampleRate,
    to: SampleRate,
) -> Result<Vec<i16>, ResamplerError> {
    let mut resampler = Resampler::new(from, to)?;
    let mut frame = vec![0; from.frame_samples()];
    let mut out = vec![0; to.frame_samples()];
    let mut converted = Vec::new();
    // The resampler holds back 5 ms: one silent frame more brings them out.
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

fn to_16_khz(samples: &[i16], from: SampleRate) -> Result<Vec<i16>, String> {
    resample(samples, from, WIDE).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, rate: u32, channels: u16) {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for n in 0..rate * u32::from(channels) {
            writer.write_sample(if n % 20 < 10 { 9_000_i16 } else { -9_000 }).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn sound_files_become_16_khz_mono() {
        let folder = tempfile::tempdir().unwrap();
        for (rate, channels) in [(8_000, 1), (16_000, 2), (48_000, 1)] {
            let path = folder.path().join(format!("{rate}.wav"));
            write(&path, rate, channels);
            let samples = read_wav(&path).unwrap();
            assert!((16_000..=16_640).contains(&samples.len()), "{rate}: {}", samples.len());
        }
    }

    #[test]
    fn files_that_cannot_be_played_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("odd.wav");
        write(&path, 44_100, 1);
        let error = read_wav(&path).unwrap_err().to_string();
        assert!(error.contains("odd.wav") && error.contains("44100 Hz"), "{error}");
        std::fs::write(&path, b"no sound").unwrap();
        assert!(read_wav(&path).unwrap_err().to_string().contains("odd.wav"));
        assert!(read_wav(&folder.path().join("none.wav")).is_err());
    }
}
