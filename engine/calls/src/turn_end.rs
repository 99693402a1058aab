//! How likely a pause is the end of a turn, and so how long to wait: a small model over what several judges say.
//!
//! A logistic model over few features, so that it holds for voices and lines it has not met. `callwright bench turns
//! --fit` fits one; what ships was weighed on more than that command hears, which `docs/turns.md` tells with the figures.

use std::time::Duration;

/// What is known of a pause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PauseEvidence {
    /// What the turn judge said in this pause so far.
    pub judged: Readings,
    /// The recogniser's belief that a sentence ends with the last word, 0-1, if it has one.
    pub finished: Option<f32>,
    /// The belief that a turn could end after these words, by the words alone, 0-1, where they were weighed.
    pub complete: Option<f32>,
}

/// The judge's readings of one pause. One reading wavers with where the sound happens to be cut, so they are taken
/// together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Readings {
    count: u16,
    /// Of their log-odds.
    sum: f32,
}

impl Readings {
    /// Takes in a reading: the probability that the turn is over, 0-1.
    pub fn add(&mut self, over: f32) {
        self.count = self.count.saturating_add(1);
        self.sum += log_odds(over);
    }

    /// There is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn mean(&self) -> f32 {
        self.sum / f32::from(self.count.max(1))
    }
}

/// Numbers of a feature vector.
pub const FEATURES: usize = 4;

/// The weights of the model: of one, and of [`PauseEvidence::features`] in their order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndWeights(pub [f32; 1 + FEATURES]);

/// How soon a silence is taken for the end of a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The log-odds of an end at which the turn is over. Less answers sooner and cuts more callers off.
    pub sure: f32,
    /// The longest silence that is waited for when an open question was asked and nothing promises more words.
    pub longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { sure: SURE, longest: LONGEST }
    }
}

impl PauseEvidence {
    /// The features of a pause that has lasted for `silence`: the judge's mean reading, the recogniser's belief and that of
    /// the words as log-odds, and the logarithm of the silence over 0.2 s. What is not known speaks for neither.
    pub fn features(&self, silence: Duration) -> [f32; FEATURES] {
        let finished = self.finished.map_or(0.0, log_odds);
        let complete = self.complete.map_or(0.0, log_odds);
        [self.judged.mean(), finished, complete, (silence.as_secs_f32() / UNIT_S).ln()]
    }

    /// The shipped weights for what is known of this pause.
    pub const fn weights(&self) -> EndWeights {
        if self.complete.is_some() { WEIGHTS } else { WEIGHTS_UNWEIGHED }
    }

    /// The log-odds that a pause that has lasted for `silence` is the end of the turn.
    pub fn log_odds_of_end(&self, weights: &EndWeights, silence: Duration) -> f32 {
        let EndWeights([always, weights @ ..]) = weights;
        let features = self.features(silence);
        always + weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum::<f32>()
    }

    /// The silence after which the turn is over: the moment at which an end is as likely as `pace` wants, because
    /// pauses that go on are more and more often ends.
    pub(crate) fn patience(&self, pace: Pace) -> Duration {
        let weights = self.weights();
        let EndWeights([.., per_log_silence]) = weights;
        let lacking = pace.sure - self.log_odds_of_end(&weights, Duration::from_secs_f32(UNIT_S));
        let silence = UNIT_S * (lacking / per_log_silence).exp();
        Duration::from_secs_f32(silence.clamp(0.0, pace.longest.as_secs_f32()))
    }
}

/// The weights of a pause whose words were weighed.
const WEIGHTS: EndWeights = EndWeights([0.2, 0.25, 0.2, 0.85, 1.03]);
/// The weights where they were not, because they are of another language than English or there are none. The same pace
/// fits both.
const WEIGHTS_UNWEIGHED: EndWeights = EndWeights([-0.42, 0.21, 0.35, 0.0, 1.03]);

/// The shipped pace.
const SURE: f32 = 0.6;
const LONGEST: Duration = Duration::from_millis(800);

/// The silence at which the logarithm's feature is zero, in seconds: about where the first decision falls.
const UNIT_S: f32 = 0.2;

/// Probabilities are not believed beyond this, so that no single reading decides alone.
const BELIEF: std::ops::RangeInclusive<f32> = 0.005..=0.995;

fn log_odds(probability: f32) -> f32 {
    let p = if probability.is_nan() { 0.5 } else { probability };
    let p = p.clamp(*BELIEF.start(), *BELIEF.end());
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(readings: &[f32], finished: Option<f32>) -> u128 {
        let mut judged = Readings::default();
        readings.iter().for_each(|&over| judged.add(over));
        PauseEvidence { judged, finished, complete: None }.patience(Pace::default()).as_millis()
    }

    #[test]
    fn the_surer_the_judges_the_shorter_the_wait() {
        let waits = [
            patience(&[0.98, 0.98], Some(0.99)),
            patience(&[0.8, 0.9], Some(0.9)),
            patience(&[0.5], Some(0.6)),
            patience(&[0.05, 0.1], Some(0.05)),
        ];
        assert!(waits.is_sorted() && waits[0] < 150, "{waits:?}");
        assert_eq!(waits[3], LONGEST.as_millis());
        assert!(patience(&[0.9], Some(0.1)) > patience(&[0.9], Some(0.9)) + 100);
    }

    #[test]
    fn readings_count_together_and_none_decides_alone() {
        let wavering = patience(&[0.9, 0.2, 0.9], Some(0.9));
        assert!(patience(&[0.9, 0.9, 0.9], Some(0.9)) < wavering);
        assert!(wavering < patience(&[0.2], Some(0.9)));
        assert_eq!(patience(&[1.0], None), patience(&[0.995], None));
        assert_eq!(patience(&[f32::NAN], None), patience(&[0.5], None));
        assert!(Readings::default().is_empty());
    }

    #[test]
    fn at_the_end_of_its_patience_a_pause_is_as_sure_as_the_pace_wants() {
        let mut judged = Readings::default();
        judged.add(0.6);
        let evidence = PauseEvidence { judged, finished: Some(0.7), complete: Some(0.4) };
        let silence = evidence.patience(Pace::default());
        let odds = evidence.log_odds_of_end(&WEIGHTS, silence);
        assert!((odds - SURE).abs() < 1e-3, "{odds} after {silence:?}");
    }
}
