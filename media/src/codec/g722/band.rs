//! One sub-band's adaptive predictor and scale factor (ITU-T G.722 section 3.5 and 3.6), which the encoder
//! and the decoder run alike, so that both predict the same from the same codes.

use super::tables::ILB;

/// What a band remembers. All values are of the Recommendation's 16-bit fixed point, held in 32 bits.
#[derive(Clone, Debug)]
pub(super) struct Band {
    /// The predictor's estimate of the next sample (S).
    pub(super) estimate: i32,
    /// Its part from the zeros (SZ).
    zeros_estimate: i32,
    /// Logarithmic quantizer scale factor (NB).
    log_scale: i32,
    /// Quantizer scale factor (DET).
    pub(super) scale: i32,
    /// The last two reconstructed samples (R).
    reconstructed: [i32; 2],
    /// Partly reconstructed, without the poles (P).
    partly: [i32; 2],
    /// Coefficients of the two poles (A).
    poles: [i32; 2],
    /// The last six quantized differences (D).
    differences: [i32; 6],
    /// Coefficients of the six zeros (B).
    zeros: [i32; 6],
    law: ScaleLaw,
}

/// How a band's scale factor goes, the only thing in which the two bands' adaptation differs.
#[derive(Clone, Copy, Debug)]
struct ScaleLaw {
    log_scale_max: i32,
    shift: i32,
}

impl Band {
    /// The lower band at reset.
    pub(super) const fn low() -> Self {
        Self::reset(32, ScaleLaw { log_scale_max: 18_432, shift: 8 })
    }

    /// The higher band at reset.
    pub(super) const fn high() -> Self {
        Self::reset(8, ScaleLaw { log_scale_max: 22_528, shift: 10 })
    }

    const fn reset(scale: i32, law: ScaleLaw) -> Self {
        Self {
            estimate: 0,
            zeros_estimate: 0,
            log_scale: 0,
            scale,
            reconstructed: [0; 2],
            partly: [0; 2],
            poles: [0; 2],
            differences: [0; 6],
            zeros: [0; 6],
            law,
        }
    }

    /// Learns the quantized `difference` of one sample and the `multiplier` that its code has for the scale
    /// (LOGSCL, SCALEL and BLOCK4 of the Recommendation).
    ///
    /// *Real time:* about a hundred operations.
    pub(super) fn adapt(&mut self, difference: i32, multiplier: i32) {
        self.log_scale =
            (((self.log_scale * 127) >> 7) + multiplier).clamp(0, self.law.log_scale_max);
        self.scale = linear_scale(self.log_scale, self.law.shift);
        self.predict(difference);
    }

    fn predict(&mut self, difference: i32) {
        let reconstructed = saturate(self.estimate + difference);
        let partly = saturate(self.zeros_estimate + difference);

        self.poles = self.next_poles(partly);
        // The zeros follow the sign of each older difference against the newest one (UPZERO).
        let gain = if difference == 0 { 0 } else { 128 };
        for (zero, &older) in self.zeros.iter_mut().zip(&self.differences) {
            let step = if (older < 0) == (difference < 0) { gain } else { -gain };
            *zero = saturate(step + ((*zero * 32_640) >> 15));
        }

        self.differences.copy_within(..5, 1);
        self.differences[0] = difference;
        self.reconstructed = [reconstructed, self.reconstructed[0]];
        self.partly = [partly, self.partly[0]];

        let of_poles = self.poles.iter().zip(&self.reconstructed);
        let poles_estimate =
            saturate(of_poles.map(|(&a, &r)| (a * saturate(r + r)) >> 15).sum::<i32>());
        // Summed from the oldest, as the Recommendation does: it saturates at each step.
        let of_zeros = self.zeros.iter().zip(&self.differences).rev();
        self.zeros_estimate =
            of_zeros.fold(0, |sum, (&b, &d)| saturate(sum + ((b * saturate(d + d)) >> 15)));
        self.estimate = saturate(poles_estimate + self.zeros_estimate);
    }

    /// UPPOL2 and UPPOL1: the poles' coefficients after `partly`, held where the predictor stays stable.
    fn next_poles(&self, partly: i32) -> [i32; 2] {
        let [first, second] = self.poles;
        let same = |older: i32| (older < 0) == (partly < 0);

        let pull = saturate(first << 2);
        let pull = if same(self.partly[0]) { (-pull).min(32_767) } else { pull };
        let step = if same(self.partly[1]) { 128 } else { -128 };
        let next_second = step + (pull >> 7) + ((second * 32_512) >> 15);
        let next_second = next_second.clamp(-12_288, 12_288);

        let step = if same(self.partly[0]) { 192 } else { -192 };
        let bound = 15_360 - next_second;
        let next_first = saturate(step + ((first * 32_640) >> 15)).clamp(-bound, bound);
        [next_first, next_second]
    }
}

/// Clamps to 16 bits.
pub(super) fn saturate(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

/// SCALEL and SCALEH: the scale factor of its logarithm.
fn linear_scale(log_scale: i32, shift: i32) -> i32 {
    // Five bits cannot leave the table of 32.
    let mantissa = ILB[((log_scale >> 6) & 31) as usize];
    let down = shift - (log_scale >> 11);
    (if down < 0 { mantissa << -down } else { mantissa >> down }) << 2
}
