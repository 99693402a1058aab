//! The quadrature mirror filters that split 16 kHz sound into two bands of 8 kHz and join them again
//! (ITU-T G.722 sections 3.1 and 4.4). Each holds back 11 samples (0.7 ms); the pair together 22.

use super::band::saturate;
use super::tables::QMF;

/// The last 24 values of a filter, as 12 pairs, newest last.
#[derive(Clone, Debug)]
pub(super) struct Qmf {
    pairs: [[i32; 2]; 12],
}

impl Qmf {
    /// A filter over silence.
    pub(super) const fn new() -> Self {
        Self { pairs: [[0; 2]; 12] }
    }

    /// Takes two 16-bit samples, gives one sample of the lower and one of the higher band.
    ///
    /// *Real time:* 24 multiplications.
    pub(super) fn split(&mut self, first: i16, second: i16) -> (i32, i32) {
        let (odd, even) = self.filter(i32::from(first), i32::from(second));
        (halved(even + odd), halved(even - odd))
    }

    /// Takes one sample of each band, gives two 16-bit samples.
    ///
    /// *Real time:* 24 multiplications.
    pub(super) fn join(&mut self, low: i32, high: i32) -> [i16; 2] {
        let (first, second) = self.filter(low + high, low - high);
        // The later phase of the filter comes out first. 11 fractional bits: two of the 13 are the bands' gain.
        [second, first].map(|sum| saturate(sum >> 11) as i16)
    }

    fn filter(&mut self, first: i32, second: i32) -> (i32, i32) {
        self.pairs.copy_within(1.., 0);
        self.pairs[11] = [first, second];
        let mut sums = (0, 0);
        for (pair, (&forth, &back)) in self.pairs.iter().zip(QMF.iter().zip(QMF.iter().rev())) {
            sums.0 += pair[0] * forth;
            sums.1 += pair[1] * back;
        }
        sums
    }
}

/// A band's sample of a sum with 13 fractional bits, and one bit for adding two phases, in 15 bits.
fn halved(sum: i32) -> i32 {
    (sum >> 14).clamp(-16_384, 16_383)
}
