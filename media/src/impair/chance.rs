//! Chance from a seed.

/// A generator of chance (SplitMix64: Steele, Lea, Flood, OOPSLA 2014). Equal seeds give equal chance, on every
/// machine.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Chance from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits, each as likely as its neighbour.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// From 0 up to, but not, 1.
    pub const fn share(&mut self) -> f64 {
        // 53 bits are what the type holds.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to, but not, `bound`; 0 if that is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        // The bias is `bound` / 2^64: nobody will see it.
        ((self.bits() as u128 * bound as u128) >> 64) as u64
    }

    /// Yes, with the given probability.
    pub const fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// An exponentially distributed number with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }
}
