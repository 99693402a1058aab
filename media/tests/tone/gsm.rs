//! Decodes GSM full rate (ETSI EN 300 961, GSM 06.10), the format of the recorded prompts that the tests listen to:
//! 33 octets make 160 samples at 8 kHz.

/// The state between frames.
#[derive(Default)]
struct Decoder {
    /// The last 120 samples of the reconstructed residual, oldest first, then room for 40.
    residual: Vec<i16>,
    lag: usize,
    coefficients: [i16; 8],
    lattice: [i16; 9],
    emphasis: i16,
}

/// Table 4.1: what makes the coded log-area ratios whole again.
const B: [i16; 8] = [0, 0, 2_048, -2_560, 94, -1_792, -341, -1_144];
const MINIMA: [i16; 8] = [-32, -32, -16, -16, -8, -8, -4, -4];
const INVERSE_A: [i16; 8] = [13_107, 13_107, 13_107, 13_107, 19_223, 17_476, 31_454, 29_708];
const RATIO_BITS: [u32; 8] = [6, 6, 5, 5, 4, 4, 3, 3];
/// Tables 4.3b and 4.6.
const GAINS: [i16; 4] = [3_277, 11_469, 21_299, 32_767];
const FACTORS: [i16; 8] = [18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767];

/// All whole frames of a file.
pub(crate) fn decode(bytes: &[u8]) -> Vec<i16> {
    let mut decoder = Decoder { residual: vec![0; 160], lag: 40, ..Decoder::default() };
    bytes.chunks_exact(33).flat_map(|frame| decoder.frame(frame)).collect()
}

struct Bits<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> i16 {
        (0..count).fold(0, |value, _| {
            let bit = self.bytes[self.place / 8] >> (7 - self.place % 8) & 1;
            self.place += 1;
            value << 1 | i16::from(bit)
        })
    }
}

/// The standard's rounded product of two fractions.
fn product(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + 16_384) >> 15).clamp(-32_768, 32_767) as i16
}

impl Decoder {
    fn frame(&mut self, bytes: &[u8]) -> Vec<i16> {
        let mut bits = Bits { bytes, place: 4 };
        let mut ratios = [0; 8];
        for (n, ratio) in ratios.iter_mut().enumerate() {
            let coded = bits.take(RATIO_BITS[n]) + MINIMA[n];
            let moved = (coded << 10).saturating_sub(B[n] * 2);
            let whole = product(INVERSE_A[n], moved);
            *ratio = whole.saturating_add(whole);
        }
        let mut excited = Vec::with_capacity(160);
        for _ in 0..4 {
            self.excite(&mut bits);
            excited.extend_from_slice(&self.residual[120..]);
        }
        let last = std::mem::replace(&mut self.coefficients, ratios);
        let parts = [(0..13, 3, 1), (13..27, 2, 2), (27..40, 1, 3), (40..160, 0, 4)];
        let mut out = Vec::with_capacity(160);
        for (range, of_last, of_now) in parts {
            let reflections: [i16; 8] = std::array::from_fn(|n| {
                let mixed = i32::from(last[n]) * of_last + i32::from(ratios[n]) * of_now;
                reflection((mixed >> 2) as i16)
            });
            for &sample in &excited[range] {
                out.push(self.synthesise(sample, &reflections));
            }
        }
        out
    }

    /// One quarter's excitation: pulses on a grid, and the residual of a pitch period ago.
    fn excite(&mut self, bits: &mut Bits<'_>) {
        let lag = bits.take(7) as usize;
        let gain = GAINS[bits.take(2) as usize];
        let grid = bits.take(2) as usize;
        let block = bits.take(6);
        let mut exponent = if block > 15 { (block >> 3) - 1 } else { 0 };
        let mut mantissa = block - (exponent << 3);
        if mantissa == 0 {
            (exponent, mantissa) = (-4, 7);
        } else {
            while mantissa <= 7 {
                mantissa = mantissa << 1 | 1;
                exponent -= 1;
            }
            mantissa -= 8;
        }
        let shift = 6 - exponent;
        let half = 1_i16 << (shift - 1);
        let mut pulses = [0_i16; 40];
        for n in 0..13 {
            let pulse = ((bits.take(3) << 1) - 7) << 12;
            let pulse = product(FACTORS[mantissa as usize], pulse).saturating_add(half) >> shift;
            pulses[grid + 3 * n] = pulse;
        }
        if (40..=120).contains(&lag) {
            self.lag = lag;
        }
        self.residual.copy_within(40.., 0);
        for (n, pulse) in pulses.into_iter().enumerate() {
            let past = product(gain, self.residual[120 + n - self.lag]);
            self.residual[120 + n] = pulse.saturating_add(past);
        }
    }

    fn synthesise(&mut self, sample: i16, reflections: &[i16; 8]) -> i16 {
        let mut value = sample;
        for n in (0..8).rev() {
            value = value.saturating_sub(product(reflections[n], self.lattice[n]));
            self.lattice[n + 1] = self.lattice[n].saturating_add(product(reflections[n], value));
        }
        self.lattice[0] = value;
        self.emphasis = value.saturating_add(product(self.emphasis, 28_180));
        self.emphasis.saturating_add(self.emphasis)
    }
}

fn reflection(ratio: i16) -> i16 {
    let size = ratio.saturating_abs();
    let size = match size {
        ..11_059 => size << 1,
        11_059..20_070 => size + 11_059,
        _ => (size >> 2) + 26_112,
    };
    if ratio < 0 { -size } else { size }
}
