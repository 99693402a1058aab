//! What a line does to a clip: band and background.

use std::path::Path;

use callwright_calls::leg::LegAudio;
use callwright_media::codec::l16::{self, ByteOrder};
use callwright_media::{Resampler, ResamplerError, SampleRate, g711};

use super::recordings::{RecordingsError, sound};
use super::set::{Chance, Clip};

/// A kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) band: LegAudio,
    /// Office noise, 20 dB below the speech.
    pub(super) noisy: bool,
}

/// All kinds that are measured.
pub(super) const LINES: [Line; 4] = [
    Line { band: LegAudio::Wideband, noisy: false },
    Line { band: LegAudio::Ulaw, noisy: false },
    Line { band: LegAudio::Wideband, noisy: true },
    Line { band: LegAudio::Ulaw, noisy: true },
];

impl Line {
    pub(super) const fn as_str(self) -> &'static str {
        match (self.band, self.noisy) {
            (LegAudio::Wideband, false) => "16 kHz",
            (LegAudio::Ulaw, false) => "8 kHz u-law",
            (LegAudio::Wideband, true) => "16 kHz, office 20 dB",
            (LegAudio::Ulaw, true) => "8 kHz u-law, office 20 dB",
        }
    }
}

/// The noise of an office, looped.
#[derive(Debug)]
pub(super) struct Office {
    samples: Vec<i16>,
    power: f64,
}

/// Speech is this many times stronger than the noise: 20 dB.
const SPEECH_TO_NOISE: f64 = 100.0;

impl Office {
    /// Reads the noise from the folder `noise` of `data`; `None` when it is not there.
    pub(super) fn load(data: &Path) -> Result<Option<Self>, RecordingsError> {
        let path = data.join("noise").join("office_active-call.wav");
        if !path.is_file() {
            return Ok(None);
        }
        let samples = sound(&path)?;
        let power = samples.iter().map(|&s| (f64::from(s) / 32_768.0).powi(2)).sum::<f64>();
        let power = power / samples.len().max(1) as f64;
        Ok(Some(Self { samples, power }))
    }

    /// The clip with the noise in it, from a place in the noise that `seed` chooses.
    fn mixed(&self, clip: &Clip, seed: u64) -> Vec<i16> {
        let gain = (clip.speech_power / SPEECH_TO_NOISE / self.power.max(1e-12)).sqrt();
        let start = Chance(seed).below(self.samples.len());
        let noise = self.samples.iter().cycle().skip(start);
        clip.samples
            .iter()
            .zip(noise)
            .map(|(&speech, &noise)| {
                let mixed = f64::from(speech) + gain * f64::from(noise);
                mixed.round().clamp(i16::MIN.into(), i16::MAX.into()) as i16
            })
            .collect()
    }
}

/// A clip as it comes over a line.
#[derive(Debug)]
pub(super) struct Arriving {
    /// What the line brings, 20 ms each.
    pub(super) packets: Vec<Vec<u8>>,
    /// The same as a model hears it, mono at 16 kHz.
    pub(super) heard: Vec<i16>,
}

/// Sends a clip over a line. `None` when the line has noise and there is none.
pub(super) fn send(
    clip: &Clip,
    line: Line,
    office: Option<&Office>,
    seed: u64,
) -> Result<Option<Arriving>, ResamplerError> {
    let samples = match (line.noisy, office) {
        (false, _) => clip.samples.clone(),
        (true, Some(office)) => office.mixed(clip, seed),
        (true, None) => return Ok(None),
    };
    let frames = samples.chunks_exact(SampleRate::Hz16000.frame_samples());
    let mut arriving = Arriving { packets: Vec::new(), heard: Vec::new() };
    match line.band {
        LegAudio::Wideband => {
            for frame in frames {
                let mut octets = vec![0; 2 * frame.len()];
                l16::encode_into(ByteOrder::BigEndian, frame, &mut octets);
                arriving.packets.push(octets);
                arriving.heard.extend_from_slice(frame);
            }
        }
        LegAudio::Ulaw => {
            let mut down = Resampler::new(SampleRate::Hz16000, SampleRate::Hz8000)?;
            let mut up = Resampler::new(SampleRate::Hz8000, SampleRate::Hz16000)?;
            let mut narrow = [0; SampleRate::Hz8000.frame_samples()];
            let mut wide = [0; SampleRate::Hz16000.frame_samples()];
            for frame in frames {
                down.process(frame, &mut narrow)?;
                let mut octets = vec![0; narrow.len()];
                g711::ulaw_encode_into(&narrow, &mut octets);
                g711::ulaw_decode_into(&octets, &mut narrow);
                up.process(&narrow, &mut wide)?;
                arriving.packets.push(octets);
                arriving.heard.extend_from_slice(&wide);
            }
        }
    }
    Ok(Some(arriving))
}
