//! The noise of a line on which nobody speaks, described in a few octets (RFC 3389).

use arrayvec::ArrayVec;

use crate::level::Dbov;

/// Order of the model that is kept; what a sender gives beyond it is left out, as section 3.2 allows.
pub const ORDER_MAX: usize = 12;

/// How loud the noise is and how it is coloured.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseDescription {
    /// 0 to -127.
    pub level: Dbov,
    /// Reflection coefficients, each between -1 and 1; none for white noise.
    pub reflections: ArrayVec<f32, ORDER_MAX>,
}

impl NoiseDescription {
    /// White noise of `level`.
    pub const fn white(level: Dbov) -> Self {
        Self { level, reflections: ArrayVec::new_const() }
    }

    /// Reads a payload; an empty one says nothing.
    ///
    /// *Real time:* no allocation.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (&level, rest) = payload.split_first()?;
        let reflection = |&index: &u8| {
            // Section 3.2: 0..=254 stand for -1..1; 255 is reserved, and taken for the highest.
            258.0 * (f32::from(index.min(254)) - 127.0) / 32_768.0
        };
        Some(Self {
            // Section 3.1: the top bit is zero. Some senders set it; the other seven are the level.
            level: Dbov(-f32::from(level & 0x7F)),
            reflections: rest.iter().take(ORDER_MAX).map(reflection).collect(),
        })
    }

    /// The payload.
    ///
    /// *Real time:* no allocation.
    pub fn octets(&self) -> ArrayVec<u8, { ORDER_MAX + 1 }> {
        let mut octets = ArrayVec::new();
        // Both are clamped to the field's range first, so that the casts lose only fractions.
        octets.push((-self.level.0).round().clamp(0.0, 127.0) as u8);
        octets.extend(
            self.reflections
                .iter()
                .map(|k| (k * 32_768.0 / 258.0 + 127.0).round().clamp(0.0, 254.0) as u8),
        );
        octets
    }
}

/// Makes the noise that was described, going on without a seam when the description changes.
#[derive(Clone, Debug)]
pub struct NoiseMaker {
    state: u64,
    backward: [f32; ORDER_MAX],
}

impl NoiseMaker {
    /// Noise from `seed`; the same seed makes the same noise.
    pub const fn new(seed: u64) -> Self {
        // Xorshift stands still at zero.
        Self { state: seed | 1, backward: [0.0; ORDER_MAX] }
    }

    /// Fills `samples` with noise.
    ///
    /// *Real time:* no allocation; a few operations per sample and reflection coefficient.
    pub fn fill(&mut self, noise: &NoiseDescription, samples: &mut [i16]) {
        let rms = 32_768.0 * 10.0_f32.powf(noise.level.0 / 20.0);
        // The filter raises the power by the product of 1/(1-k^2); uniform noise has a third of its peak's.
        let shrink: f32 = noise.reflections.iter().map(|k| 1.0 - k * k).product();
        let gain = rms * (3.0 * shrink.max(0.0)).sqrt();
        for sample in samples {
            let mut forward = gain * self.uniform();
            // The all-pole lattice: each stage takes off what the model foresees from the stage before.
            for (order, &k) in noise.reflections.iter().enumerate().rev() {
                let before = self.backward[order];
                forward -= k * before;
                if let Some(next) = self.backward.get_mut(order + 1) {
                    *next = k * forward + before;
                }
            }
            self.backward[0] = forward;
            // The cast saturates, and what is loud enough for that is no comfort.
            *sample = forward.round() as i16;
        }
    }

    /// From -1 to 1, evenly.
    fn uniform(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        // The top 24 bits are all that a single-precision number holds.
        (self.state >> 40) as f32 / 8_388_608.0 - 1.0
    }
}

impl Default for NoiseMaker {
    fn default() -> Self {
        Self::new(0x9E37_79B9_7F4A_7C15)
    }
}
