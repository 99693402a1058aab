//! G.711: the telephone's 8-bit logarithmic sound (ITU-T G.711, 11/1988), mu-law and A-law.
//!
//! One octet a sample at 8 kHz. Linear samples are 16-bit with the 14 (mu-law) or 13 (A-law) significant
//! bits of the standard at the top, as every telephone interface has them. Both laws encode by the decision
//! values of the standard, as the ITU's own software does; coders of the common "bias 132" kind differ from
//! it on 127 negative inputs of mu-law.
//!
//! The conversions are written without branches or tables so that the compiler makes vector code of them
//! for blocks: 20 ms cost some ten nanoseconds.

use super::vector::convert_each;

/// The mu-law octet for silence.
pub const ULAW_SILENCE: u8 = 0xFF;

/// The A-law octet for silence; it decodes to +8, the smallest value that A-law has.
pub const ALAW_SILENCE: u8 = 0xD5;

/// Decodes one mu-law octet to a linear sample.
///
/// *Real time:* a few shifts.
#[inline]
pub const fn ulaw_decode(octet: u8) -> i16 {
    let code = !octet as i16;
    let segment = (code >> 4) & 7;
    // Middle of the decision interval, without the bias, moved up from 14 to 16 bits.
    let biased = shift_by_segment(2 * (code & 0x0F) + BIAS, segment);
    negate_if(code & 0x80 != 0, (biased - BIAS) << 2)
}

/// Encodes one linear sample to the mu-law octet of the decision interval it lies in (G.711 table 2).
///
/// *Real time:* a few shifts.
#[inline]
pub const fn ulaw_encode(sample: i16) -> u8 {
    // The standard works on 14 bits; a negative value's magnitude is its one's complement.
    let magnitude = ones_complement_magnitude(sample) >> 2;
    let biased = min(magnitude + BIAS, MAGNITUDE_MAX);
    // Every segment begins at a power of two, the lowest at 32: the segment is the position of the top bit
    // above bit 5, found by halves, and what is left in bits 1 to 4 is the step.
    let (biased, segment) = halve_if(biased, 0, 0x200, 4);
    let (biased, segment) = halve_if(biased, segment, 0x80, 2);
    let (biased, segment) = halve_if(biased, segment, 0x40, 1);
    let code = (segment << 4) | ((biased >> 1) & 0x0F);
    // On the line all bits but the sign are inverted, and the sign bit is set for positive values.
    (!code as u8) ^ if sample < 0 { 0x80 } else { 0 }
}

/// Decodes one A-law octet to a linear sample.
///
/// *Real time:* a few shifts.
#[inline]
pub const fn alaw_decode(octet: u8) -> i16 {
    let code = (octet ^ ALAW_EVEN_BITS) as i16;
    let segment = (code >> 4) & 7;
    // Middle of the decision interval in 13 bits and sign, twice over; the lowest two segments have the same
    // width, and only the upper one of them has the leading bit.
    let step = 2 * (code & 0x0F) + 1;
    let lead = if segment == 0 { 0 } else { 32 };
    let above = if segment == 0 { 0 } else { segment - 1 };
    negate_if(code & 0x80 == 0, shift_by_segment(step + lead, above) << 3)
}

/// Encodes one linear sample to the A-law octet of the decision interval it lies in (G.711 table 1).
///
/// *Real time:* a few shifts.
#[inline]
pub const fn alaw_encode(sample: i16) -> u8 {
    // 11 bits are left of the magnitude; a negative value's is its one's complement.
    let magnitude = ones_complement_magnitude(sample) >> 4;
    // Segments from the second on begin at a power of two, the second at 16.
    let (step, segment) = halve_if(magnitude, 0, 0x100, 4);
    let (step, segment) = halve_if(step, segment, 0x40, 2);
    let (step, segment) = halve_if(step, segment, 0x20, 1);
    // The leading bit, where there is one, is worth exactly the one segment more that the halving left out.
    let code = (segment << 4) + step;
    (code as u8) ^ ALAW_EVEN_BITS ^ if sample < 0 { 0 } else { 0x80 }
}

/// Decodes mu-law `octets` into `samples`; the shorter of the two decides how many. Returns that number.
///
/// *Real time:* no allocation, O(n).
pub fn ulaw_decode_into(octets: &[u8], samples: &mut [i16]) -> usize {
    convert_each(octets, samples, ulaw_decode)
}

/// Encodes linear `samples` into mu-law `octets`; the shorter of the two decides how many. Returns that
/// number.
///
/// *Real time:* no allocation, O(n).
pub fn ulaw_encode_into(samples: &[i16], octets: &mut [u8]) -> usize {
    convert_each(samples, octets, ulaw_encode)
}

/// Decodes A-law `octets` into `samples`; the shorter of the two decides how many. Returns that number.
///
/// *Real time:* no allocation, O(n).
pub fn alaw_decode_into(octets: &[u8], samples: &mut [i16]) -> usize {
    convert_each(octets, samples, alaw_decode)
}

/// Encodes linear `samples` into A-law `octets`; the shorter of the two decides how many. Returns that
/// number.
///
/// *Real time:* no allocation, O(n).
pub fn alaw_encode_into(samples: &[i16], octets: &mut [u8]) -> usize {
    convert_each(samples, octets, alaw_encode)
}

/// Added to a magnitude so that every segment begins at a power of two (G.711, note to table 2a).
const BIAS: i16 = 33;
/// Largest biased magnitude of 13 bits.
const MAGNITUDE_MAX: i16 = 0x1FFF;
/// A-law inverts the even bits on the line (G.711, note to table 1a).
const ALAW_EVEN_BITS: u8 = 0x55;

#[inline(always)]
const fn ones_complement_magnitude(sample: i16) -> i16 {
    sample ^ (sample >> 15)
}

#[inline(always)]
const fn min(a: i16, b: i16) -> i16 {
    if a < b { a } else { b }
}

#[inline(always)]
const fn negate_if(negative: bool, magnitude: i16) -> i16 {
    if negative { -magnitude } else { magnitude }
}

/// `value << segment` for a segment of 0 to 7, as three selections: SSE2 has no shift by a lane's own count.
#[inline(always)]
const fn shift_by_segment(value: i16, segment: i16) -> i16 {
    let value = if segment & 1 != 0 { value << 1 } else { value };
    let value = if segment & 2 != 0 { value << 2 } else { value };
    if segment & 4 != 0 { value << 4 } else { value }
}

/// Where `value` reaches `bound`: down by `by` bits, and as many segments up.
#[inline(always)]
const fn halve_if(value: i16, segment: i16, bound: i16, by: i16) -> (i16, i16) {
    if value >= bound { (value >> by, segment + by) } else { (value, segment) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G.711 table 2a/2b, written from the standard's decision values rather than by shifting: segment `s`
    /// begins at `2^(s+5) - 33` and its 16 intervals are `2^(s+1)` wide.
    fn ulaw_by_the_tables(sample: i16) -> u8 {
        let positive = sample >= 0;
        let magnitude = i32::from(if positive { sample } else { !sample }) / 4;
        let magnitude = magnitude.min(8_158);
        let segment = (0..8).rev().find(|s| magnitude >= (1 << (s + 5)) - 33).unwrap();
        let step = (magnitude - ((1 << (segment + 5)) - 33)) / (1 << (segment + 1));
        let code = 127 - u8::try_from(segment * 16 + step).unwrap();
        if positive { code | 0x80 } else { code }
    }

    /// G.711 table 1a/1b: segment 0 begins at 0, segment `s` at `2^(s+4)` of a full scale of 2,048 with
    /// intervals of 2 in the first two segments and `2^s` in segment `s`.
    fn alaw_by_the_tables(sample: i16) -> u8 {
        let positive = sample >= 0;
        let magnitude = i32::from(if positive { sample } else { !sample }) / 16;
        let segment = (1..8).rev().find(|s| magnitude >= 1 << (s + 3)).unwrap_or(0);
        let (start, width) =
            if segment == 0 { (0, 1) } else { (1 << (segment + 3), 1 << (segment - 1)) };
        let step = (magnitude - start) / width;
        let code = u8::try_from(segment * 16 + step).unwrap() | if positive { 0x80 } else { 0 };
        code ^ 0x55
    }

    #[test]
    fn every_sample_gets_the_code_of_its_interval() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(ulaw_encode(sample), ulaw_by_the_tables(sample), "mu-law of {sample}");
            assert_eq!(alaw_encode(sample), alaw_by_the_tables(sample), "A-law of {sample}");
        }
    }

    #[test]
    fn every_code_comes_back_as_itself() {
        for octet in 0..=u8::MAX {
            let again = ulaw_encode(ulaw_decode(octet));
            // Both zeros of mu-law decode to 0, and 0 is positive.
            assert_eq!(again, if octet == 0x7F { 0xFF } else { octet });
            assert_eq!(alaw_encode(alaw_decode(octet)), octet);
        }
        assert_eq!((ulaw_decode(0x00), ulaw_decode(0x80)), (-32_124, 32_124));
        assert_eq!((alaw_decode(0x2A), alaw_decode(0xAA)), (-32_256, 32_256));
        assert_eq!((ulaw_decode(ULAW_SILENCE), alaw_decode(ALAW_SILENCE)), (0, 8));
    }

    #[test]
    fn a_decoded_value_is_the_nearest_that_the_law_has() {
        for sample in i16::MIN..=i16::MAX {
            let error = |law: i16| (i32::from(law) - i32::from(sample)).unsigned_abs();
            let magnitude = u32::from(sample.unsigned_abs());
            // Half an interval: a 32nd of the segment's lower bound, and what is cut at the very top.
            let cut = magnitude.saturating_sub(31_868);
            assert!(
                error(ulaw_decode(ulaw_encode(sample))) <= magnitude / 32 + 8 + cut,
                "{sample}"
            );
            assert!(
                error(alaw_decode(alaw_encode(sample))) <= magnitude / 32 + 16 + cut,
                "{sample}"
            );
        }
    }

    #[test]
    fn blocks_convert_as_many_as_both_sides_hold() {
        let mut samples = [7; 3];
        assert_eq!(ulaw_decode_into(&[0x80, 0xFF], &mut samples), 2);
        assert_eq!(samples, [32_124, 0, 7]);
        let mut octets = [0; 2];
        assert_eq!(ulaw_encode_into(&samples, &mut octets), 2);
        assert_eq!(octets, [0x80, 0xFF]);
        assert_eq!(alaw_decode_into(&[0xAA, 0xD5, 0x55], &mut samples[..2]), 2);
        assert_eq!(samples, [32_256, 8, 7]);
        assert_eq!(alaw_encode_into(&samples[..1], &mut octets), 1);
        assert_eq!(octets, [0xAA, 0xFF]);
    }
}
