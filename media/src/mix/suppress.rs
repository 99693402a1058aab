//! Taking the noise out of a voice (RNNoise, in its Rust form nnnoiseless), switchable while the line is open.

use std::sync::OnceLock;
use std::time::Duration;

use nnnoiseless::{DenoiseState, RnnModel};

use super::Gain;
use crate::{Resampler, ResamplerError, SampleRate};

/// Removes steady and babbling noise from one voice. RNNoise works at 48 kHz in blocks of 10 ms, so sound of
/// other rates goes up and down again.
///
/// Off it costs nothing and delays nothing. On it holds back [`NoiseSuppressor::delay`]; the change from one
/// to the other is a cross-fade of one frame.
pub struct NoiseSuppressor {
    rate: SampleRate,
    up: Resampler,
    down: Resampler,
    state: Box<DenoiseState<'static>>,
    wide: Vec<i16>,
    block_in: Vec<f32>,
    block_out: Vec<f32>,
    clean: Vec<i16>,
    /// How much of the cleaned sound is heard, and how much of the other.
    wet: Gain,
    dry: Gain,
    enabled: bool,
    voice: f32,
}

impl std::fmt::Debug for NoiseSuppressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NoiseSuppressor")
            .field("rate", &self.rate)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// A frame of another length than 20 ms was given; it was left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of 20 ms was wanted")]
pub struct NotOneFrame;

const WORKING_RATE: SampleRate = SampleRate::Hz48000;

impl NoiseSuppressor {
    /// A suppressor for a new stream, switched off. Allocates about 30 kB; the network's weights are shared.
    ///
    /// # Errors
    /// [`ResamplerError`] for a rate without a way to 48 kHz.
    pub fn new(rate: SampleRate) -> Result<Self, ResamplerError> {
        Ok(Self {
            rate,
            up: Resampler::new(rate, WORKING_RATE)?,
            down: Resampler::new(WORKING_RATE, rate)?,
            state: DenoiseState::with_model(model()),
            wide: vec![0; WORKING_RATE.frame_samples()],
            block_in: vec![0.0; DenoiseState::FRAME_SIZE],
            block_out: vec![0.0; DenoiseState::FRAME_SIZE],
            clean: vec![0; rate.frame_samples()],
            wet: Gain::SILENT,
            dry: Gain::default(),
            enabled: false,
            voice: 0.0,
        })
    }

    /// Switches the suppression on or off, from the next frame on. Switching on allocates a new network state:
    /// what the old one remembers is of the time before.
    pub fn set_enabled(&mut self, enabled: bool) {
        if enabled == self.enabled {
            return;
        }
        self.enabled = enabled;
        // One frame of at most 960 samples.
        let frame = self.rate.frame_samples() as u32;
        if enabled {
            self.up.reset();
            self.down.reset();
            *self.state = *DenoiseState::with_model(model());
            self.wet.fade_in(frame);
            self.dry.fade_out(frame);
        } else {
            self.wet.fade_out(frame);
            self.dry.fade_in(frame);
        }
    }

    /// Whether it is switched on.
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// How long a sound takes through it when it is on: 10 ms of the network's overlapping blocks, and the way
    /// to 48 kHz and back. 14 ms at 8 kHz.
    pub fn delay(&self) -> Duration {
        self.up.delay() + self.down.delay() + Duration::from_millis(10)
    }

    /// How sure the network is, from 0 to 1, that the last frame held a voice; 0 while it is off.
    pub const fn voice_probability(&self) -> f32 {
        self.voice
    }

    /// Cleans one frame of 20 ms in place.
    ///
    /// *Real time:* when off, nothing; when on, about 100 us. The first frame on each thread makes the tables of
    /// the Fourier transform and allocates; after it there is no allocation.
    ///
    /// # Errors
    /// [`NotOneFrame`] for another length than 20 ms; the samples are left as they are.
    pub fn process(&mut self, frame: &mut [i16]) -> Result<(), NotOneFrame> {
        if frame.len() != self.rate.frame_samples() {
            return Err(NotOneFrame);
        }
        if !self.enabled && self.wet.is_silent() {
            self.voice = 0.0;
            return Ok(());
        }
        self.up.process(frame, &mut self.wide).map_err(|_why| NotOneFrame)?;
        self.voice = 0.0;
        for block in self.wide.chunks_exact_mut(DenoiseState::FRAME_SIZE) {
            for (value, &sample) in self.block_in.iter_mut().zip(block.iter()) {
                *value = f32::from(sample);
            }
            let voice = self.state.process_frame(&mut self.block_out, &self.block_in);
            self.voice = self.voice.max(voice);
            for (sample, value) in block.iter_mut().zip(&self.block_out) {
                // `as` saturates, and turns what is not a number into 0.
                *sample = value.round() as i16;
            }
        }
        self.down.process(&self.wide, &mut self.clean).map_err(|_why| NotOneFrame)?;
        self.wet.apply(&mut self.clean);
        self.dry.apply(frame);
        for (sample, &clean) in frame.iter_mut().zip(&self.clean) {
            *sample = sample.saturating_add(clean);
        }
        Ok(())
    }
}

/// The weights that RNNoise was published with, one copy for all streams.
fn model() -> &'static RnnModel {
    static MODEL: OnceLock<RnnModel> = OnceLock::new();
    MODEL.get_or_init(RnnModel::default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level_dbov;

    const RATE: SampleRate = SampleRate::Hz8000;

    fn noise(samples: usize) -> Vec<i16> {
        let mut seed = 7_u32;
        (0..samples)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((seed >> 16) as i16) / 24
            })
            .collect()
    }

    /// A voice: a glottal pulse train of moving pitch through two formants, in syllables.
    fn voice(samples: usize) -> Vec<i16> {
        let (mut phase, mut y, mut z) = (0.0_f64, [0.0_f64; 2], [0.0_f64; 2]);
        (0..samples)
            .map(|n| {
                let t = n as f64 / 8_000.0;
                phase += (120.0 + 25.0 * (t * 2.2).sin()) / 8_000.0;
                let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
                phase -= phase.floor();
                let formant = |x: f64, m: &mut [f64; 2], hz: f64, width: f64| {
                    let r = (-std::f64::consts::PI * width / 8_000.0).exp();
                    let a = 2.0 * r * (std::f64::consts::TAU * hz / 8_000.0).cos();
                    let out = x + a * m[0] - r * r * m[1];
                    *m = [out, m[0]];
                    out
                };
                let first = formant(pulse, &mut y, 600.0 + 150.0 * (t * 9.0).sin(), 80.0);
                let second = formant(first, &mut z, 1_400.0 + 300.0 * (t * 7.0).sin(), 120.0);
                let open = (t * 4.0).fract() < 0.65;
                if open { (second * 900.0) as i16 } else { 0 }
            })
            .collect()
    }

    fn clean(sound: &[i16]) -> (Vec<i16>, f32) {
        let mut suppressor = NoiseSuppressor::new(RATE).unwrap();
        suppressor.set_enabled(true);
        let mut out = sound.to_vec();
        let mut voice = 0.0_f32;
        for frame in out.chunks_exact_mut(160) {
            suppressor.process(frame).unwrap();
            voice = voice.max(suppressor.voice_probability());
        }
        (out, voice)
    }

    #[test]
    fn noise_goes_and_a_voice_stays_where_it_is_said_to_be() {
        let noise = noise(8_000 * 4);
        let (quiet, _) = clean(&noise);
        let removed = level_dbov(&noise).0 - level_dbov(&quiet[16_000..]).0;
        eprintln!("noise: {removed:.1} dB less");
        assert!(removed > 15.0, "{removed}");

        let voice = voice(8_000 * 4);
        let (kept, sure) = clean(&voice);
        let lost = level_dbov(&voice[16_000..]).0 - level_dbov(&kept[16_000..]).0;
        eprintln!("voice: {lost:.1} dB less, probability {sure:.2}");
        assert!(lost < 3.0 && sure > 0.9, "{lost} {sure}");

        let product = |shift: usize| -> f64 {
            let pairs = voice[16_000..31_000].iter().zip(&kept[16_000 + shift..]);
            pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let delay = (0..400).max_by(|&a, &b| product(a).total_cmp(&product(b))).unwrap();
        let said = NoiseSuppressor::new(RATE).unwrap().delay();
        assert_eq!(RATE.duration(delay as u64), said);
    }

    #[test]
    fn off_it_leaves_every_sample_alone_and_switching_makes_no_click() {
        let mut suppressor = NoiseSuppressor::new(RATE).unwrap();
        let sound = voice(8_000);
        let mut out = sound.clone();
        for (n, frame) in out.chunks_exact_mut(160).enumerate() {
            suppressor.set_enabled((10..20).contains(&n));
            suppressor.process(frame).unwrap();
        }
        assert_eq!((&out[..1_600], &out[3_360..]), (&sound[..1_600], &sound[3_360..]));
        assert_ne!(out[1_600..3_200], sound[1_600..3_200]);
        let step = |s: &[i16]| s.windows(2).map(|w| w[0].abs_diff(w[1])).max().unwrap();
        assert!(step(&out) <= step(&sound) + 200);
        assert_eq!(suppressor.process(&mut [0; 159]), Err(NotOneFrame));
    }

    #[test]
    fn after_the_first_frame_a_frame_costs_no_allocation() {
        let mut suppressor = NoiseSuppressor::new(RATE).unwrap();
        suppressor.set_enabled(true);
        let mut sound = voice(1_600);
        let mut frames = sound.chunks_exact_mut(160);
        suppressor.process(frames.next().unwrap()).unwrap();
        let counted = allocation_counter::measure(|| {
            for frame in frames {
                suppressor.process(frame).unwrap();
            }
        });
        assert_eq!(counted.count_total, 0);
    }
}
