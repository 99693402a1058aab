//! A gain that moves without a click.

/// A gain over a stream of samples that walks to a new value in equal steps: volume, fade in, fade out, duck.
#[derive(Clone, Debug)]
pub struct Gain {
    now: f32,
    target: f32,
    step: f32,
    samples_left: u32,
}

impl Default for Gain {
    /// The sound as it is.
    fn default() -> Self {
        Self::fixed(1.0)
    }
}

impl Gain {
    /// A gain that leaves nothing to hear; [`Gain::fade_in`] brings the sound.
    pub const SILENT: Self = Self::fixed(0.0);

    /// A gain of so many decibels from the first sample on.
    pub fn decibels(decibels: f32) -> Self {
        Self::fixed(factor(decibels))
    }

    const fn fixed(now: f32) -> Self {
        Self { now, target: now, step: 0.0, samples_left: 0 }
    }

    /// Walks to `decibels` within `samples` samples from where it is, even from the middle of another walk.
    ///
    /// *Real time.*
    pub fn ramp_to(&mut self, decibels: f32, samples: u32) {
        self.walk(factor(decibels), samples);
    }

    /// Walks to the sound as it is.
    ///
    /// *Real time.*
    pub fn fade_in(&mut self, samples: u32) {
        self.walk(1.0, samples);
    }

    /// Walks to silence.
    ///
    /// *Real time.*
    pub fn fade_out(&mut self, samples: u32) {
        self.walk(0.0, samples);
    }

    fn walk(&mut self, target: f32, samples: u32) {
        self.target = target;
        self.samples_left = samples;
        if samples == 0 {
            self.now = target;
            self.step = 0.0;
        } else {
            self.step = (target - self.now) / samples as f32;
        }
    }

    /// Whether the walk is over.
    pub const fn is_settled(&self) -> bool {
        self.samples_left == 0
    }

    /// Whether what comes is silence until the gain is moved again.
    pub const fn is_silent(&self) -> bool {
        self.samples_left == 0 && self.now == 0.0
    }

    /// Gives the next samples of the stream their strength; what gets too loud is clipped.
    ///
    /// *Real time:* one pass, no allocation; nothing to do at 0 dB.
    pub fn apply(&mut self, samples: &mut [i16]) {
        let walking = samples.len().min(self.samples_left as usize);
        let (walked, steady) = samples.split_at_mut(walking);
        for sample in walked {
            self.now += self.step;
            *sample = scaled(*sample, self.now);
        }
        // At most `samples_left`, by the minimum above.
        self.samples_left -= walking as u32;
        if self.samples_left > 0 {
            return;
        }
        // Takes the rounding of the steps back.
        self.now = self.target;
        if self.now == 0.0 {
            steady.fill(0);
        } else if self.now != 1.0 {
            for sample in steady {
                *sample = scaled(*sample, self.now);
            }
        }
    }
}

/// The factor on a sample's height of so many decibels.
fn factor(decibels: f32) -> f32 {
    10.0_f32.powf(decibels / 20.0)
}

fn scaled(sample: i16, gain: f32) -> i16 {
    // `as` saturates, and turns what is not a number into 0.
    (f32::from(sample) * gain).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_moves_evenly_and_ends_exactly() {
        let mut gain = Gain::SILENT;
        assert!(gain.is_silent());
        gain.fade_in(1_000);
        let mut sound = [10_000; 1_200];
        for piece in sound.chunks_mut(160) {
            gain.apply(piece);
        }
        assert!(gain.is_settled());
        assert!(sound.windows(2).all(|w| (0..=11).contains(&(w[1] - w[0]))));
        assert_eq!((sound[0], sound[499], sound[999], sound[1_199]), (10, 5_000, 10_000, 10_000));

        gain.fade_out(160);
        gain.apply(&mut sound);
        assert!(gain.is_silent());
        assert!(sound[160..].iter().all(|&s| s == 0));
    }

    #[test]
    fn a_walk_can_turn_back_halfway_without_a_step() {
        let mut gain = Gain::default();
        let mut sound = [10_000; 320];
        gain.ramp_to(-20.0, 320);
        gain.apply(&mut sound[..160]);
        gain.ramp_to(0.0, 160);
        gain.apply(&mut sound[160..]);
        assert!(sound.windows(2).all(|w| (w[1] - w[0]).abs() < 40));
        assert_eq!(sound[319], 10_000);
    }

    #[test]
    fn decibels_are_decibels_and_what_is_too_loud_clips() {
        let mut sound = [1_000, -1_000, 20_000, -20_000];
        Gain::decibels(6.0206).apply(&mut sound);
        assert_eq!(sound, [2_000, -2_000, i16::MAX, i16::MIN]);
    }
}
