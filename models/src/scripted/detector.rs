//! Speech is what is loud.

use super::loudness;
use crate::contract::{DetectorStep, ModelError, SpeechDetector};

/// Says 1 for a window that is louder than its threshold on average, and 0 for any other.
#[derive(Clone, Copy, Debug)]
pub struct LevelDetector {
    slots: usize,
    threshold: u32,
}

impl LevelDetector {
    /// A detector for `slots` slots whose threshold is a mean magnitude of 500, -36 dB of full scale.
    pub const fn new(slots: usize) -> Self {
        Self { slots, threshold: 500 }
    }
}

impl SpeechDetector for LevelDetector {
    fn slots(&self) -> usize {
        self.slots
    }

    fn step(
        &mut self,
        steps: &[DetectorStep<'_>],
        probabilities: &mut [f32],
    ) -> Result<(), ModelError> {
        for (step, probability) in steps.iter().zip(probabilities) {
            let is_loud = loudness(step.window) > self.threshold;
            *probability = if is_loud { 1.0 } else { 0.0 };
        }
        Ok(())
    }
}
