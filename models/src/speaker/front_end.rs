//! From sound to what the encoder hears: the power of 40 mel bands every 10 ms, of sound that is not too soft.
//!
//! Source: `resemblyzer/audio.py`, 0.1.4: `librosa.feature.melspectrogram` with its defaults, no logarithm; sound under
//! -30 dBFS is raised to that, none is lowered.

use std::ops::Range;

use crate::mel::{HOP, MelPower, WINDOW};

/// Mel bands.
pub(super) const MELS: usize = 40;

/// Frames of a passage of so many samples.
pub(super) const fn frame_count(samples: usize) -> usize {
    samples / HOP
}

/// The bands, and the room for one window.
#[derive(Debug)]
pub(super) struct FrontEnd {
    mel: MelPower,
    window: [f32; WINDOW],
}

impl FrontEnd {
    pub(super) fn new() -> Self {
        Self { mel: MelPower::new(MELS), window: [0.0; WINDOW] }
    }

    /// Writes frame `number` of the passage that begins at sample `from` into `frame` ([`MELS`] places). Windows are centred
    /// and hear what is around the passage; beyond the sound's ends it is silent.
    pub(super) fn frame(
        &mut self,
        sound: &[i16],
        gain: f32,
        from: usize,
        number: usize,
        frame: &mut [f32],
    ) {
        let centre = from + number * HOP;
        let missing = HALF.saturating_sub(centre);
        let heard = sound.get(centre.saturating_sub(HALF)..).unwrap_or_default();
        self.window.fill(0.0);
        for (place, &sample) in self.window.iter_mut().skip(missing).zip(heard) {
            *place = f32::from(sample) * gain / FULL_SCALE;
        }
        for (place, power) in frame.iter_mut().zip(self.mel.of(&self.window)) {
            *place = power;
        }
    }
}

/// What soft sound is multiplied by, so that these passages of it have -30 dBFS.
pub(super) fn gain(sound: &[i16], passages: &[Range<usize>]) -> f32 {
    let (mut power, mut count) = (0.0_f64, 0_usize);
    for samples in passages.iter().filter_map(|passage| sound.get(passage.clone())) {
        power += samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
        count += samples.len();
    }
    if power == 0.0 {
        return 1.0;
    }
    let rms = (power / count as f64).sqrt() / f64::from(FULL_SCALE);
    (RMS_MIN / rms).clamp(1.0, GAIN_MAX) as f32
}

/// Half a window lies before the sample that it is centred on.
const HALF: usize = WINDOW / 2;
const FULL_SCALE: f32 = 32_768.0;
/// -30 dBFS.
const RMS_MIN: f64 = 0.031_622_776_601_683_79;
/// 60 dB, beyond which there is nothing but the noise of 16 bits.
const GAIN_MAX: f64 = 1_000.0;

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// Two tones, 0.1 s.
    fn tones() -> Vec<i16> {
        let at = |n: u32, hz: f64, phase: f64| (TAU * hz * f64::from(n) / 16_000.0 + phase).sin();
        (0..1_600)
            .map(|n| (8_000.0 * at(n, 440.0, 0.0) + 4_000.0 * at(n, 2_500.0, 1.0)).round() as i16)
            .collect()
    }

    /// Of `librosa.feature.melspectrogram(y=tones / 32768, sr=16000, n_fft=400, hop_length=160, n_mels=40)`, librosa 0.11.0:
    /// frames 0, 5 and 10 of 11, in some of their bands.
    const LIBROSA: [(usize, [(usize, f32); 6]); 3] = [
        (
            0,
            [
                (0, 0.062_014),
                (4, 1.281_45),
                (5, 3.192_48),
                (12, 0.001_792_83),
                (25, 0.347_215),
                (39, 1.447_93e-5),
            ],
        ),
        (
            5,
            [
                (4, 1.296_8),
                (5, 9.793_57),
                (6, 1.062_1),
                (24, 0.420_03),
                (25, 0.758_641),
                (26, 1.021_02e-4),
            ],
        ),
        (
            10,
            [
                (0, 0.062_017_9),
                (3, 0.223_325),
                (5, 3.212_17),
                (24, 0.203_422),
                (25, 0.343_75),
                (39, 1.446_75e-5),
            ],
        ),
    ];

    #[test]
    fn frames_are_those_of_librosa() {
        let mut front_end = FrontEnd::new();
        for (number, bands) in LIBROSA {
            let mut frame = [0.0; MELS];
            front_end.frame(&tones(), 1.0, 0, number, &mut frame);
            for (band, wanted) in bands {
                let off = (frame[band] / wanted - 1.0).abs();
                assert!(off < 2e-3, "frame {number}, band {band}: {} for {wanted}", frame[band]);
            }
        }
    }

    #[test]
    fn a_passage_hears_what_is_around_it_and_is_silent_beyond_the_end() {
        let (sound, mut front_end) = (tones(), FrontEnd::new());
        let (mut whole, mut part) = ([0.0; MELS], [0.0; MELS]);
        front_end.frame(&sound, 1.0, 0, 5, &mut whole);
        front_end.frame(&sound, 1.0, 3 * HOP, 2, &mut part);
        assert!(whole == part);
        front_end.frame(&sound, 1.0, 0, 400, &mut part);
        assert!(part == [0.0; MELS]);
    }

    #[test]
    fn soft_sound_is_raised_and_loud_sound_is_left() {
        let whole = |samples: &[i16]| gain(samples, std::slice::from_ref(&(0..samples.len())));
        assert_eq!(whole(&[8_000; 100]), 1.0);
        let raised = whole(&[100; 100]);
        assert!((raised * 100.0 / 32_768.0 - 0.031_622_8).abs() < 1e-5, "{raised}");
        assert_eq!(whole(&[0; 100]), 1.0);
        assert_eq!(whole(&[]), 1.0);
        let beyond = 20..30;
        assert_eq!(gain(&[1; 10], &[beyond]), 1.0);
    }
}
