//! The pitch period at the end of a stretch of sound (ITU-T G.711 Appendix I, section I.2.2).

/// The bounds of the search at one sample rate; all are multiples of the Appendix's 8 kHz figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct PitchSearch {
    /// Shortest period, 5 ms (200 Hz).
    min: usize,
    /// Longest period, 15 ms (66 Hz).
    max: usize,
    /// How much sound is compared, 20 ms.
    compared: usize,
    /// Step of the coarse search, in lags and in samples: 0.25 ms.
    step: usize,
}

impl PitchSearch {
    /// The search at `scale` times 8 kHz.
    pub(super) const fn new(scale: usize) -> Self {
        Self { min: 40 * scale, max: 120 * scale, compared: 160 * scale, step: 2 * scale }
    }

    /// Longest period that is found, in samples.
    pub(super) const fn period_max(self) -> usize {
        self.max
    }

    /// The lag, in samples, at which the end of `sound` resembles itself most. `sound` holds at least
    /// 35 ms; a shorter one has the longest period.
    ///
    /// Coarse first, then every lag around the best; a tie of the coarse search goes to the shorter period.
    ///
    /// *Real time:* no allocation; some 8,000 multiplications at 8 kHz, 60,000 at 48 kHz.
    pub(super) fn period(self, sound: &[f32]) -> usize {
        let Some(start) = sound.len().checked_sub(self.compared + self.max) else {
            return self.max;
        };
        let sound = &sound[start..];
        // Every lag and every sample of the coarse search lies on one grid: only that much is looked at.
        let mut grid = [0.0; GRID];
        for (to, &from) in grid.iter_mut().zip(sound.iter().step_by(self.step)) {
            *to = from;
        }
        // The lag is `max - offset`: the offsets grow from the longest period to the shortest.
        let widest = self.max - self.min;
        let [target_at, points] = [self.max / self.step, self.compared / self.step];
        let coarse = (0..=widest / self.step).fold((0, f32::NEG_INFINITY), |best, offset| {
            let likeness = likeness(&grid[offset..][..points], &grid[target_at..][..points]);
            if likeness >= best.1 { (offset, likeness) } else { best }
        });
        let coarse = coarse.0 * self.step;
        let around = coarse.saturating_sub(self.step - 1)..=(coarse + self.step - 1).min(widest);
        let fine = around.fold((0, f32::NEG_INFINITY), |best, offset| {
            let likeness = likeness(&sound[offset..][..self.compared], &sound[self.max..]);
            if likeness > best.1 { (offset, likeness) } else { best }
        });
        self.max - fine.0
    }
}

/// Points of the coarse search, the same at every rate: 35 ms by 0.25 ms.
const GRID: usize = 140;

/// Correlation of two stretches of one length, over the root of the first one's energy.
fn likeness(then: &[f32], now: &[f32]) -> f32 {
    // Sums in lanes, so that they need not wait for each other.
    let (mut product, mut energy) = ([0.0; LANES], [0.0; LANES]);
    let (then, _rest) = then.as_chunks::<LANES>();
    let (now, _rest) = now.as_chunks::<LANES>();
    for (then, now) in then.iter().zip(now) {
        for lane in 0..LANES {
            product[lane] += then[lane] * now[lane];
            energy[lane] += then[lane] * then[lane];
        }
    }
    let energy: f32 = energy.iter().sum();
    product.iter().sum::<f32>() / energy.max(ENERGY_MIN).sqrt()
}

/// A divisor of 80 and 160, the lengths that are compared at 8 kHz.
const LANES: usize = 8;

/// Below this a stretch counts as silence, which resembles everything (CORRMINPOWER of the Appendix).
const ENERGY_MIN: f32 = 250.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_period_of_a_buzz_to_the_sample() {
        for scale in [1, 2, 6] {
            let search = PitchSearch::new(scale);
            for period in [41 * scale, 57 * scale, 80 * scale, 119 * scale] {
                // Decaying pulses: one clear period and no shorter one.
                let buzz: Vec<f32> = (0..390 * scale)
                    .map(|n| 8_000.0 * (-((n % period) as f32) / (9 * scale) as f32).exp())
                    .collect();
                let found = search.period(&buzz);
                // Two short periods are as good as one where both fit.
                assert!(found.is_multiple_of(period), "{found} for {period} at {scale} x 8 kHz");
            }
        }
    }

    #[test]
    fn silence_and_too_little_sound_have_some_period_within_bounds() {
        let search = PitchSearch::new(1);
        assert!((40..=120).contains(&search.period(&[0.0; 390])));
        assert_eq!(search.period(&[1.0; 100]), 120);
    }
}
