//! The caller's voice: texts and sound files made into 8 kHz clips before the call begins.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callwright_media::{Resampler, ResamplerError, SampleRate};
use callwright_models::contract::{Synthesizer, VoiceStyle};

use super::mouth::Clip;
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
    let style = VoiceStyle::of(scenario.voice.clone()).at_pace(scenario.pace);
    let mut clips = HashMap::new();
    for voice in scenario.voices() {
        if clips.contains_key(&voice) {
            continue;
        }
        let samples = match &voice {
            Voice::Text(text) => spoken(text, &style, synthesizer)?,
            Voice::File(path) => read_wav(&scenario.folder.join(path))?,
        };
        clips.insert(voice, Arc::new(Clip::new(&samples)));
    }
    Ok(clips)
}

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
    to_8_khz(&samples, rate).map_err(unspoken)
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
    to_8_khz(&mono, rate).map_err(wrong)
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

fn to_8_khz(samples: &[i16], from: SampleRate) -> Result<Vec<i16>, String> {
    resample(samples, from, SampleRate::Hz8000).map_err(|error| error.to_string())
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
    fn sound_files_become_8_khz_mono() {
        let folder = tempfile::tempdir().unwrap();
        for (rate, channels) in [(8_000, 1), (16_000, 2), (48_000, 1)] {
            let path = folder.path().join(format!("{rate}.wav"));
            write(&path, rate, channels);
            let samples = read_wav(&path).unwrap();
            assert!((8_000..=8_320).contains(&samples.len()), "{rate}: {}", samples.len());
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
