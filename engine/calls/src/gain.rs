//! Loudness of what is played, changed without clicks.

/// A gain that moves to its target over one frame.
#[derive(Debug)]
pub(crate) struct Gain {
    current: f32,
    target: f32,
}

/// Full loudness.
const FULL: f32 = 1.0;
/// A ducked reply: 12 dB down, clearly yielding and still understood.
const DUCKED: f32 = 0.25;

impl Gain {
    pub(crate) const fn new() -> Self {
        Self { current: FULL, target: FULL }
    }

    /// Lowers the voice, or raises it again.
    pub(crate) const fn duck(&mut self, ducked: bool) {
        self.target = if ducked { DUCKED } else { FULL };
    }

    /// Full loudness at once, for a new reply.
    pub(crate) const fn reset(&mut self) {
        *self = Self::new();
    }

    /// Is where it was to go, without a ramp.
    pub(crate) const fn at_once(&mut self) {
        self.current = self.target;
    }

    /// Begins at silence: sound that goes on in the middle would click.
    pub(crate) const fn fade_in(&mut self) {
        self.current = 0.0;
    }

    /// Applies the gain to one frame, moving to the target over its length.
    ///
    /// *Real time:* one pass, none when there is nothing to do.
    pub(crate) fn apply(&mut self, frame: &mut [i16]) {
        if self.current == FULL && self.target == FULL {
            return;
        }
        let step = (self.target - self.current) / frame.len().max(1) as f32;
        for sample in frame {
            self.current += step;
            *sample = (f32::from(*sample) * self.current) as i16;
        }
        self.current = self.target;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ducking_is_a_ramp_and_full_loudness_changes_nothing() {
        let mut gain = Gain::new();
        let mut frame = [12_345; 4];
        gain.apply(&mut frame);
        assert_eq!(frame, [12_345; 4]);
        gain.duck(true);
        let mut frame = [10_000; 4];
        gain.apply(&mut frame);
        assert_eq!(frame, [8_125, 6_250, 4_375, 2_500]);
        gain.apply(&mut frame);
        assert_eq!(frame[0], 2_031);
        gain.reset();
        let mut frame = [7; 2];
        gain.apply(&mut frame);
        assert_eq!(frame, [7; 2]);
    }

    #[test]
    fn what_goes_on_in_the_middle_begins_softly() {
        let mut gain = Gain::new();
        gain.duck(true);
        gain.at_once();
        let mut frame = [8_000; 2];
        gain.apply(&mut frame);
        assert_eq!(frame, [2_000; 2]);
        gain.duck(false);
        gain.fade_in();
        let mut frame = [8_000; 4];
        gain.apply(&mut frame);
        assert_eq!(frame, [2_000, 4_000, 6_000, 8_000]);
    }
}
