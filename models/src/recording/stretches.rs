//! Where somebody speaks in a recording, in stretches that a model hears at once.

use std::ops::Range;

use crate::contract::{DETECTOR_WINDOW, DetectorStep, ModelError, SlotId, SpeechDetector};

/// Sound that is to be written down in one go: samples of the recording.
pub type Stretch = Range<usize>;

/// Silence, in samples, that ends a stretch: 2 s, in which a transcript begins a new line.
pub const STRETCH_PAUSE_MAX: usize = 2 * 16_000;

/// Finds the speech in one channel of a recording, fed piece by piece.
#[derive(Clone, Debug)]
pub struct SpeechFinder {
    /// Which of the detector's slots hears this channel.
    slot: SlotId,
    fresh: bool,
    /// What the detector has heard, in windows.
    heard: usize,
    speaking: Option<Speech>,
    regions: Vec<Range<usize>>,
}

/// A region that is not over yet.
#[derive(Clone, Copy, Debug)]
struct Speech {
    from: usize,
    /// One past the last window that was loud.
    upto: usize,
}

impl SpeechFinder {
    /// Nothing heard yet.
    pub fn new(slot: SlotId) -> Self {
        Self { slot, fresh: true, heard: 0, speaking: None, regions: Vec::new() }
    }

    /// Hears some more of the channel: mono at 16 kHz. Only the last piece may end in a part of a window (32 ms), which
    /// is not heard.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn hear(
        &mut self,
        detector: &mut dyn SpeechDetector,
        samples: &[i16],
    ) -> Result<(), ModelError> {
        for window in samples.as_chunks::<DETECTOR_WINDOW>().0 {
            let mut probability = [0.0];
            let step = DetectorStep { slot: self.slot, fresh: self.fresh, window };
            detector.step(&[step], &mut probability)?;
            self.fresh = false;
            self.take(probability[0]);
        }
        Ok(())
    }

    /// Where somebody spoke, as it was heard.
    pub fn regions(mut self) -> Vec<Range<usize>> {
        self.end();
        self.regions
    }

    /// Where somebody spoke, with a margin, in stretches of at most `longest` samples of a recording of `length`.
    ///
    /// Regions that are close together are heard together, since models hear better what has more around it.
    pub fn stretches(mut self, length: usize, longest: usize) -> Vec<Stretch> {
        self.end();
        let mut stretches: Vec<Stretch> = Vec::new();
        for region in self.regions {
            let from = region.start.saturating_sub(MARGIN);
            let upto = (region.end + MARGIN).min(length);
            let joined = stretches.last_mut().filter(|last| {
                from.saturating_sub(last.end) <= STRETCH_PAUSE_MAX && upto - last.start <= longest
            });
            match joined {
                Some(last) => last.end = upto,
                None => {
                    // Margins of neighbours may not overlap: a word would be heard twice.
                    let from = from.max(stretches.last().map_or(0, |last| last.end));
                    split(from..upto, longest, &mut stretches);
                }
            }
        }
        stretches
    }

    fn take(&mut self, probability: f32) {
        let at = self.heard * DETECTOR_WINDOW;
        self.heard += 1;
        match &mut self.speaking {
            None if probability >= SPEECH => {
                self.speaking = Some(Speech { from: at, upto: at + DETECTOR_WINDOW });
            }
            Some(speech) if probability >= STILL_SPEECH => speech.upto = at + DETECTOR_WINDOW,
            Some(speech) if at - speech.upto >= PAUSE => self.end(),
            _ => {}
        }
    }

    fn end(&mut self) {
        if let Some(speech) = self.speaking.take()
            && speech.upto - speech.from >= SHORTEST
        {
            self.regions.push(speech.from..speech.upto);
        }
    }
}

/// Somebody who speaks for longer than a model hears is cut into equal parts.
fn split(region: Range<usize>, longest: usize, into: &mut Vec<Stretch>) {
    let longest = longest.max(1);
    let parts = region.len().div_ceil(longest).max(1);
    let each = region.len().div_ceil(parts);
    let mut from = region.start;
    while from < region.end {
        let upto = (from + each).min(region.end);
        into.push(from..upto);
        from = upto;
    }
}

/// A window with this probability of speech begins a region; one with that goes on with it (Silero's own values).
const SPEECH: f32 = 0.5;
const STILL_SPEECH: f32 = 0.35;
/// Samples of silence that end a region: 160 ms, shorter than which people pause within words.
const PAUSE: usize = 5 * DETECTOR_WINDOW;
/// A region shorter than 96 ms is a click.
const SHORTEST: usize = 3 * DETECTOR_WINDOW;
/// Kept before and after: 160 ms, since soft sounds begin and end words.
const MARGIN: usize = 5 * DETECTOR_WINDOW;

#[cfg(test)]
mod tests {
    use super::*;

    /// Hears speech in what is loud.
    struct Loud;

    impl SpeechDetector for Loud {
        fn slots(&self) -> usize {
            1
        }

        fn step(&mut self, steps: &[DetectorStep<'_>], out: &mut [f32]) -> Result<(), ModelError> {
            for (step, out) in steps.iter().zip(out) {
                *out = if step.window[0] > 100 { 0.9 } else { 0.01 };
            }
            Ok(())
        }
    }

    /// Stretches of at most 10 s in sound that is loud in the given seconds of 60.
    fn stretches(loud: &[Range<f32>]) -> Vec<Range<f32>> {
        let mut sound = vec![0_i16; 60 * 16_000];
        for seconds in loud {
            let range = (seconds.start * 16_000.0) as usize..(seconds.end * 16_000.0) as usize;
            sound[range].fill(1_000);
        }
        let mut finder = SpeechFinder::new(SlotId(0));
        for piece in sound.chunks(DETECTOR_WINDOW * 100) {
            finder.hear(&mut Loud, piece).unwrap();
        }
        let found = finder.stretches(sound.len(), 10 * 16_000);
        found.iter().map(|s| s.start as f32 / 16_000.0..s.end as f32 / 16_000.0).collect()
    }

    fn check(loud: &[Range<f32>], wanted: &[Range<f32>]) {
        let found = stretches(loud);
        assert_eq!(found.len(), wanted.len(), "{found:?}");
        for (found, wanted) in found.iter().zip(wanted) {
            let off = (found.start - wanted.start).abs().max((found.end - wanted.end).abs());
            assert!(off < 0.3, "{found:?} for {wanted:?}");
        }
    }

    #[test]
    fn speech_is_found_with_a_margin_and_silence_is_not() {
        check(&[], &[]);
        check(&[5.0..7.0], &[4.84..7.16]);
        check(&[0.0..1.0, 59.0..60.0], &[0.0..1.16, 58.84..60.0]);
        check(&[10.0..10.04], &[]);
    }

    #[test]
    fn regions_are_what_was_heard_and_no_more() {
        let mut sound = vec![0_i16; 4 * 16_000];
        sound[16_000..32_000].fill(1_000);
        let mut finder = SpeechFinder::new(SlotId(0));
        finder.hear(&mut Loud, &sound).unwrap();
        let found = finder.regions();
        assert_eq!(found.len(), 1);
        assert!(found[0].start.abs_diff(16_000) <= DETECTOR_WINDOW, "{found:?}");
        assert!(found[0].end.abs_diff(32_000) <= DETECTOR_WINDOW, "{found:?}");
    }

    #[test]
    fn what_is_close_is_heard_together_as_far_as_the_model_hears() {
        check(&[1.0..2.0, 3.0..4.0], &[0.84..4.16]);
        check(&[1.0..2.0, 6.0..7.0], &[0.84..2.16, 5.84..7.16]);
        check(&[0.0..6.0, 7.0..12.0], &[0.0..6.16, 6.84..12.16]);
    }

    #[test]
    fn a_long_speech_is_cut_without_losing_or_doubling_a_sample() {
        let found = stretches(&[2.0..40.0]);
        assert_eq!(found.len(), 4, "{found:?}");
        for pair in found.windows(2) {
            assert_eq!(pair[0].end, pair[1].start);
        }
        assert!(found.iter().all(|part| part.end - part.start <= 10.0));
    }
}
