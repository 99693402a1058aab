//! How one caller sounded at first: what later utterances are held against.

use super::features::{FEATURES, Measured};

/// The mean of the features of a caller's first seconds, weighted by voice.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnMeasure {
    sum: Vec<f64>,
    /// Frames of 10 ms.
    voiced: usize,
}

impl OwnMeasure {
    /// The measure, once it rests on enough voice.
    pub(super) fn known(&self) -> Option<[f64; FEATURES]> {
        if self.voiced < KNOWN_FROM {
            return None;
        }
        let mut mean = [0.0; FEATURES];
        for (mean, sum) in mean.iter_mut().zip(&self.sum) {
            *mean = sum / self.voiced as f64;
        }
        Some(mean)
    }

    /// Learns from an utterance that was judged roused with probability `arousal`. What comes after the first seconds
    /// is not learned from, and neither is what is clearly roused: who begins a call in anger is not at rest then.
    pub(super) fn learn(&mut self, measured: &Measured, arousal: f32) {
        if self.voiced >= ENOUGH || arousal > ROUSED {
            return;
        }
        self.sum.resize(FEATURES, 0.0);
        for (sum, value) in self.sum.iter_mut().zip(measured.values) {
            *sum += value * measured.voiced as f64;
        }
        self.voiced += measured.voiced;
    }
}

/// 0.8 s of voice: as much as the model had at least when it was trained against a speaker's own measure.
const KNOWN_FROM: usize = 80;

/// 4 s of voice; what comes later may already be a change.
const ENOUGH: usize = 400;

/// Clips that were acted at rest are rarely judged above this.
const ROUSED: f32 = 0.8;

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(value: f64, voiced: usize) -> Measured {
        Measured { values: [value; FEATURES], voiced }
    }

    #[test]
    fn the_first_seconds_at_rest_are_the_measure() {
        let mut own = OwnMeasure::default();
        own.learn(&utterance(9.0, 300), 0.95);
        assert!(own.known().is_none(), "anger at the beginning is no measure");
        own.learn(&utterance(1.0, 60), 0.2);
        assert!(own.known().is_none(), "too little voice");
        own.learn(&utterance(4.0, 30), 0.3);
        assert_eq!(own.known().unwrap()[0], 2.0);
        own.learn(&utterance(2.0, 400), 0.3);
        own.learn(&utterance(50.0, 400), 0.3);
        assert_eq!(own.known().unwrap()[79], 2.0, "what comes later is not learned from");
    }
}
