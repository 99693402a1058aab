//! The noise of a line while nobody speaks: its level and colour, learnt from the sound itself, and more of it.
//!
//! A long gap that falls dead silent sounds like a hung-up call. The level is the least of what is heard, by a
//! floor that falls at once and rises slowly; the colour is the linear prediction of the quiet blocks. Speaks
//! of noise in the words of RFC 3389, whose generator makes it.

use arrayvec::ArrayVec;

use crate::level::Dbov;
use crate::rtp::comfort_noise::{NoiseDescription, NoiseMaker};

/// What is known of a line's noise.
#[derive(Clone, Debug)]
pub struct Background {
    /// Mean square of a quiet block; `None` before any sound.
    floor: Option<f32>,
    /// Autocorrelation of the quiet blocks, lags 0 to [`ORDER`], smoothed.
    correlation: [f32; ORDER + 1],
    noise: NoiseDescription,
    maker: NoiseMaker,
}

impl Background {
    /// Of a line that has not been heard yet: silence.
    pub fn new() -> Self {
        Self {
            floor: None,
            correlation: [0.0; ORDER + 1],
            noise: NoiseDescription::white(Dbov::SILENCE),
            maker: NoiseMaker::default(),
        }
    }

    /// Learns from `block`, some 10 ms of real sound.
    ///
    /// *Real time:* no allocation; one pass over the block, nine over a quiet one.
    pub fn learn(&mut self, block: &[i16]) {
        if block.is_empty() {
            return;
        }
        let power = correlation_at(block, 0) / block.len() as f32;
        let floor = match self.floor {
            None => power,
            Some(floor) if power < floor => floor + FALL * (power - floor),
            Some(floor) => (floor * RISE).min(power).max(1.0),
        };
        self.floor = Some(floor);
        if power <= QUIET * floor {
            for (lag, smoothed) in self.correlation.iter_mut().enumerate() {
                *smoothed += FALL * (correlation_at(block, lag) - *smoothed);
            }
        }
    }

    /// Takes over what the far end says its noise is (RFC 3389), until quiet sound says otherwise.
    ///
    /// *Real time:* no allocation.
    pub fn told(&mut self, noise: &NoiseDescription) {
        self.floor = Some(32_768.0_f32.powi(2) * 10.0_f32.powf(noise.level.0 / 10.0));
        self.noise = noise.clone();
        self.correlation = [0.0; ORDER + 1];
    }

    /// Brings [`Self::fill`]'s noise up to date with what was learnt; to be called when a gap begins.
    ///
    /// *Real time:* no allocation; some hundred operations.
    pub fn settle(&mut self) {
        let Some(floor) = self.floor else { return };
        let level = 10.0 * (floor / 32_768.0_f32.powi(2)).max(1e-13).log10();
        // Not louder than noise may be: what never pauses is no noise.
        self.noise.level = Dbov(level.clamp(Dbov::SILENCE.0, LOUDEST_DBOV));
        if self.correlation[0] > 0.0 {
            self.noise.reflections = reflections(&self.correlation);
        }
    }

    /// The noise as last settled.
    pub fn noise(&self) -> &NoiseDescription {
        &self.noise
    }

    /// Fills `samples` with the noise as last settled.
    ///
    /// *Real time:* no allocation; a dozen operations a sample and reflection coefficient.
    pub fn fill(&mut self, samples: &mut [i16]) {
        if self.noise.level.0 < FAINTEST_DBOV {
            samples.fill(0);
        } else {
            self.maker.fill(&self.noise, samples);
        }
    }
}

impl Default for Background {
    fn default() -> Self {
        Self::new()
    }
}

/// Reflection coefficients that are learnt; eight draw the colour of a room and a telephone.
const ORDER: usize = 8;
/// How fast the floor and the colour follow: a quarter of the way in 10 ms.
const FALL: f32 = 0.25;
/// How fast the floor rises under louder sound: 0.4 % in 10 ms, 1.8 dB a second, so that words do not lift it.
const RISE: f32 = 1.004;
/// A block of up to three times the floor's power is quiet.
const QUIET: f32 = 3.0;
/// Noise louder than this is not made.
const LOUDEST_DBOV: f32 = -40.0;
/// Noise fainter than half a step of 16 bits is silence.
const FAINTEST_DBOV: f32 = -90.0;

fn correlation_at(block: &[i16], lag: usize) -> f32 {
    let later = block.iter().skip(lag);
    later.zip(block).map(|(&a, &b)| f32::from(a) * f32::from(b)).sum()
}

/// Levinson and Durbin's recursion, in the sign of RFC 3389: the predictor adds what the lattice takes off.
fn reflections<const LIMIT: usize>(correlation: &[f32; ORDER + 1]) -> ArrayVec<f32, LIMIT> {
    // A little white noise keeps a pure tone from an error of zero.
    let mut error = correlation[0] * 1.001;
    let mut predictor = [0.0_f32; ORDER + 1];
    let mut reflections = ArrayVec::new();
    for order in 1..=ORDER {
        let foreseen: f32 = (1..order).map(|n| predictor[n] * correlation[order - n]).sum();
        let k = -((correlation[order] + foreseen) / error).clamp(-0.98, 0.98);
        let before = predictor;
        for n in 1..order {
            predictor[n] = before[n] + k * before[order - n];
        }
        predictor[order] = k;
        error *= 1.0 - k * k;
        if reflections.try_push(k).is_err() {
            break;
        }
    }
    reflections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level_dbov;

    /// Noise of `level` under one pole at `colour` (-1 to 1).
    fn coloured(level: f32, colour: f32, samples: usize) -> Vec<i16> {
        let mut noise = NoiseDescription::white(Dbov(level));
        noise.reflections.push(-colour);
        let mut sound = vec![0; samples];
        NoiseMaker::new(7).fill(&noise, &mut sound);
        sound
    }

    /// Correlation of neighbours, -1 to 1: how dull the sound is.
    fn dullness(sound: &[i16]) -> f32 {
        correlation_at(sound, 1) / correlation_at(sound, 0)
    }

    #[test]
    fn the_noise_made_is_as_loud_and_as_dull_as_the_noise_heard() {
        for (level, colour) in [(-45.0, 0.8), (-60.0, 0.0), (-55.0, -0.6)] {
            let mut background = Background::new();
            for block in coloured(level, colour, 16_000).chunks(80) {
                background.learn(block);
            }
            background.settle();
            let mut made = vec![0; 16_000];
            background.fill(&mut made);
            // The floor lies a little below the mean: it follows the quieter blocks.
            let louder = level_dbov(&made).0 - level;
            assert!((-4.0..=1.0).contains(&louder), "{louder} dB off at {level} dBov");
            assert!((dullness(&made) - colour).abs() < 0.12, "{} for {colour}", dullness(&made));
        }
    }

    #[test]
    fn words_do_not_lift_the_floor_and_a_quieter_room_lowers_it() {
        let mut background = Background::new();
        let level = |background: &mut Background| {
            background.settle();
            background.noise().level.0
        };
        for block in coloured(-60.0, 0.0, 8_000).chunks(80) {
            background.learn(block);
        }
        let before = level(&mut background);
        for block in coloured(-20.0, 0.5, 16_000).chunks(80) {
            background.learn(block);
        }
        let after = level(&mut background);
        assert!(after - before < 4.0, "two seconds of words lifted {before} to {after}");
        for block in coloured(-75.0, 0.0, 4_000).chunks(80) {
            background.learn(block);
        }
        assert!((level(&mut background) + 75.0).abs() < 4.0);
    }

    #[test]
    fn what_the_far_end_says_of_its_noise_is_taken() {
        let mut background = Background::new();
        background.told(&NoiseDescription::white(Dbov(-50.0)));
        background.settle();
        let mut made = vec![0; 8_000];
        background.fill(&mut made);
        assert!((level_dbov(&made).0 + 50.0).abs() < 1.0);
    }

    #[test]
    fn an_unheard_or_digitally_silent_line_stays_silent() {
        let mut made = [9; 160];
        let mut background = Background::new();
        background.settle();
        background.fill(&mut made);
        assert_eq!(made, [0; 160]);
        background.learn(&[0; 80]);
        background.settle();
        background.fill(&mut made);
        assert_eq!(made, [0; 160]);
    }
}
