//! G.722: wideband telephony in 64 kbit/s (ITU-T G.722, 09/2012): two sub-bands of adaptive differential code.
//!
//! 16 kHz sound, one octet for two samples. Its RTP clock says 8 kHz all the same, by an old mistake that
//! RFC 3551 section 4.5.2 keeps: an octet is one tick. Encoder and decoder together delay sound by 22
//! samples (1.4 ms). Every output equals the ITU's reference software bit for bit.

mod band;
mod qmf;
mod tables;

use band::{Band, saturate};
use qmf::Qmf;
use tables::{ILN, ILP, Q6, QM2, QM4, QM5, QM6, W_HIGH, W_LOW};

/// How many bits of an octet are sound; the rest may carry data. Calls use [`Mode::Kbit64`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Mode 1: all eight bits are sound.
    #[default]
    Kbit64,
    /// Mode 2: the lowest bit is not sound.
    Kbit56,
    /// Mode 3: the lowest two bits are not sound.
    Kbit48,
}

/// Encodes 16 kHz sound.
#[derive(Clone, Debug)]
pub struct Encoder {
    qmf: Qmf,
    low: Band,
    high: Band,
}

impl Encoder {
    /// An encoder at the Recommendation's reset state.
    pub const fn new() -> Self {
        Self { qmf: Qmf::new(), low: Band::low(), high: Band::high() }
    }

    /// Encodes pairs of `samples` (16 kHz) into one octet each, as many as both sides hold; an odd sample at
    /// the end is left. Returns the octets written.
    ///
    /// *Real time:* no allocation, O(n).
    pub fn encode(&mut self, samples: &[i16], octets: &mut [u8]) -> usize {
        let (pairs, _odd) = samples.as_chunks::<2>();
        let count = pairs.len().min(octets.len());
        for (octet, &[first, second]) in octets.iter_mut().zip(pairs) {
            let (low, high) = self.qmf.split(first, second);
            *octet = self.encode_high(high) << 6 | self.encode_low(low);
        }
        count
    }

    fn encode_low(&mut self, sample: i32) -> u8 {
        let difference = saturate(sample - self.low.estimate);
        let negative = difference < 0;
        let magnitude = if negative { !difference } else { difference };
        // Interval 1 begins at 0; what lies beyond the last decision level is interval 30.
        let above = |level: &i32| magnitude >= (level * self.low.scale) >> 12;
        let interval = Q6[1..].partition_point(above) + 1;
        let code = if negative { ILN[interval] } else { ILP[interval] };
        adapt_low(&mut self.low, code);
        code
    }

    fn encode_high(&mut self, sample: i32) -> u8 {
        let difference = saturate(sample - self.high.estimate);
        let negative = difference < 0;
        let magnitude = if negative { !difference } else { difference };
        let outer = magnitude >= (564 * self.high.scale) >> 12;
        // Table 20: codes 0 and 1 are negative, and the odd ones the inner intervals.
        let code = if negative { 0 } else { 2 } | if outer { 0 } else { 1 };
        adapt_high(&mut self.high, code);
        code
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Decodes to 16 kHz sound.
#[derive(Clone, Debug)]
pub struct Decoder {
    mode: Mode,
    qmf: Qmf,
    low: Band,
    high: Band,
}

impl Decoder {
    /// A decoder at the Recommendation's reset state.
    pub const fn new(mode: Mode) -> Self {
        Self { mode, qmf: Qmf::new(), low: Band::low(), high: Band::high() }
    }

    /// Decodes each of `octets` into two `samples` (16 kHz), as many as both sides hold. Returns the samples
    /// written.
    ///
    /// *Real time:* no allocation, O(n).
    pub fn decode(&mut self, octets: &[u8], samples: &mut [i16]) -> usize {
        let (pairs, _odd) = samples.as_chunks_mut::<2>();
        let count = pairs.len().min(octets.len());
        for (pair, &octet) in pairs.iter_mut().zip(octets) {
            let low = self.decode_low(octet & 0x3F);
            let high = self.decode_high(octet >> 6);
            *pair = self.qmf.join(low, high);
        }
        2 * count
    }

    fn decode_low(&mut self, code: u8) -> i32 {
        // The codes of fewer bits are the same code without its lowest ones, which other data may fill.
        let level = match self.mode {
            Mode::Kbit64 => QM6[usize::from(code & 0x3F)],
            Mode::Kbit56 => QM5[usize::from((code & 0x3F) >> 1)],
            Mode::Kbit48 => QM4[usize::from((code & 0x3F) >> 2)],
        };
        let sample = limit(self.low.estimate + ((self.low.scale * level) >> 15));
        adapt_low(&mut self.low, code);
        sample
    }

    fn decode_high(&mut self, code: u8) -> i32 {
        let difference = high_difference(&self.high, code);
        let sample = limit(self.high.estimate + difference);
        adapt_high(&mut self.high, code);
        sample
    }
}

/// The lower band adapts by the upper four bits of its code alone, whatever the mode.
fn adapt_low(band: &mut Band, code: u8) {
    let code = usize::from((code & 0x3F) >> 2);
    band.adapt((band.scale * QM4[code]) >> 15, W_LOW[code]);
}

fn adapt_high(band: &mut Band, code: u8) {
    band.adapt(high_difference(band, code), W_HIGH[usize::from(code & 3)]);
}

fn high_difference(band: &Band, code: u8) -> i32 {
    (band.scale * QM2[usize::from(code & 3)]) >> 15
}

/// LIMIT: a reconstructed sample of a band has 15 bits.
fn limit(sample: i32) -> i32 {
    sample.clamp(-16_384, 16_383)
}
