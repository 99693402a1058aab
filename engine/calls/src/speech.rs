//! From probabilities to edges: when speech begins and when it pauses.

use callwright_models::contract::{DETECTOR_WINDOW, SamplePos};

use crate::tuning::SpeechTuning;

/// Turns the speech detector's probabilities into onsets, lulls and pauses, with hysteresis.
///
/// ```text
/// probability   .1 .2 .7 .8 .9 .4 .9 .8 .2 .1 .1 .1 .1
///                     |  ^onset (2 windows) ^lull ^pause (2 and 4 quiet ones)
///                     began                |ended
/// ```
///
/// A lull is a pause in the making: early enough to have the words ready when it becomes one, too short to act on.
#[derive(Debug, Default)]
pub(crate) struct SpeechEdges {
    tuning: SpeechTuning,
    speaking: bool,
    /// Windows in a row at or above [`SpeechTuning::on`].
    voiced_run: u32,
    /// Windows in a row below [`SpeechTuning::off`].
    quiet_run: u32,
    began: SamplePos,
    ended: SamplePos,
}

/// An edge of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpeechEdge {
    /// Speech began at this position.
    Onset(SamplePos),
    /// There has been no speech since this position, but it may be only the gap between two words.
    Lull(SamplePos),
    /// The lull was only a gap: the same speech goes on.
    Resumed,
    /// Speech has been over since this position.
    Pause(SamplePos),
}

impl SpeechEdges {
    pub(crate) fn new(tuning: SpeechTuning) -> Self {
        Self { tuning, ..Self::default() }
    }

    /// Takes in the detector's verdict on the window that ends at `end`.
    ///
    /// *Real time:* no allocation.
    pub(crate) fn window(&mut self, end: SamplePos, probability: f32) -> Option<SpeechEdge> {
        if probability >= self.tuning.on {
            if self.voiced_run == 0 && !self.speaking {
                self.began = end.minus(DETECTOR_WINDOW as u64);
            }
            self.voiced_run += 1;
        } else {
            self.voiced_run = 0;
        }
        let quiet_before = self.quiet_run;
        if probability < self.tuning.off {
            self.quiet_run += 1;
        } else {
            self.quiet_run = 0;
            self.ended = end;
        }
        if !self.speaking {
            return (self.voiced_run >= self.tuning.onset_windows).then(|| {
                self.speaking = true;
                SpeechEdge::Onset(self.began)
            });
        }
        let SpeechTuning { lull_windows, pause_windows, .. } = self.tuning;
        match self.quiet_run {
            0 if quiet_before >= lull_windows => Some(SpeechEdge::Resumed),
            windows if windows == lull_windows => Some(SpeechEdge::Lull(self.ended)),
            windows if windows == pause_windows => {
                self.speaking = false;
                Some(SpeechEdge::Pause(self.ended))
            }
            _ => None,
        }
    }

    /// Somebody is speaking, as far as the windows so far tell.
    pub(crate) const fn speaking(&self) -> bool {
        self.speaking
    }

    /// Windows in a row that were speech, up to the latest.
    pub(crate) const fn voiced_run(&self) -> u32 {
        self.voiced_run
    }

    /// Beginning of the latest speech.
    pub(crate) const fn began(&self) -> SamplePos {
        self.began
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(probabilities: &[f32]) -> Vec<(usize, SpeechEdge)> {
        let mut speech = SpeechEdges::default();
        let windows = probabilities.iter().enumerate();
        windows
            .filter_map(|(n, &p)| Some((n, speech.window(SamplePos((n as u64 + 1) * 512), p)?)))
            .collect()
    }

    #[test]
    fn speech_begins_where_its_first_window_began_and_ends_after_its_last() {
        let quiet = [0.1; 5];
        let found = edges(&[&[0.1, 0.7, 0.8, 0.4, 0.9][..], &quiet].concat());
        assert_eq!(
            found,
            [
                (2, SpeechEdge::Onset(SamplePos(512))),
                (6, SpeechEdge::Lull(SamplePos(5 * 512))),
                (8, SpeechEdge::Pause(SamplePos(5 * 512)))
            ]
        );
    }

    #[test]
    fn a_click_is_no_speech_and_a_short_gap_no_pause() {
        assert_eq!(edges(&[0.9, 0.1, 0.9, 0.1, 0.1]), []);
        let gap = [&[0.9; 3][..], &[0.1; 1], &[0.9; 2], &[0.1; 3], &[0.4]].concat();
        assert_eq!(
            edges(&gap),
            [
                (1, SpeechEdge::Onset(SamplePos(0))),
                (7, SpeechEdge::Lull(SamplePos(6 * 512))),
                (9, SpeechEdge::Resumed)
            ]
        );
    }
}
