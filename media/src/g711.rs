//! G.711: the telephone's 8-bit logarithmic sound (ITU-T G.711, 11/1988), mu-law.
//!
//! One octet a sample at 8 kHz. Linear samples are 16-bit with the 14 significant bits of the standard at
//! the top, as every telephone interface has them.

/// The octet for silence.
pub const ULAW_SILENCE: u8 = 0xFF;

/// Decodes one mu-law octet to a linear sample.
///
/// *Real time:* a table look-up.
pub const fn ulaw_decode(octet: u8) -> i16 {
    ULAW_TO_LINEAR[octet as usize]
}

/// Encodes one linear sample to the mu-law octet of the decision interval it lies in (G.711 table 2).
///
/// *Real time:* a few shifts.
pub const fn ulaw_encode(sample: i16) -> u8 {
    // The standard works on 14 bits; a negative value's magnitude is its one's complement, as in the ITU's
    // reference coder, which is where coders of the common "bias 132" kind differ on 127 values.
    let magnitude = (if sample < 0 { !sample } else { sample }) >> 2;
    let biased = magnitude as u16 + BIAS;
    let biased = if biased > MAGNITUDE_MAX { MAGNITUDE_MAX } else { biased };
    // The segment is the position of the top bit above bit 5; `biased` lies in 33..=8191.
    let segment = 10 - biased.leading_zeros() as u16;
    let step = (biased >> (segment + 1)) & 0x0F;
    let code = (segment << 4 | step) as u8;
    // On the line all bits but the sign are inverted, and the sign bit is set for positive values.
    if sample < 0 { !code & 0x7F } else { !code }
}

/// Decodes mu-law `octets` into `samples`; the shorter of the two decides how many. Returns that number.
///
/// *Real time:* no allocation, O(n).
pub fn ulaw_decode_into(octets: &[u8], samples: &mut [i16]) -> usize {
    let pairs = samples.iter_mut().zip(octets);
    pairs.map(|(sample, &octet)| *sample = ulaw_decode(octet)).count()
}

/// Encodes linear `samples` into mu-law `octets`; the shorter of the two decides how many. Returns that
/// number.
///
/// *Real time:* no allocation, O(n).
pub fn ulaw_encode_into(samples: &[i16], octets: &mut [u8]) -> usize {
    let pairs = octets.iter_mut().zip(samples);
    pairs.map(|(octet, &sample)| *octet = ulaw_encode(sample)).count()
}

/// Added to a magnitude so that every segment begins at a power of two (G.711, note to table 2a).
const BIAS: u16 = 33;
/// Largest biased magnitude of 13 bits.
const MAGNITUDE_MAX: u16 = 0x1FFF;

static ULAW_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let code = !(octet as u8);
        let segment = (code >> 4) & 7;
        let step = (code & 0x0F) as i32;
        // Middle of the decision interval, without the bias, moved up from 14 to 16 bits.
        let magnitude = (((2 * step + 33) << segment) - BIAS as i32) << 2;
        table[octet] = if code & 0x80 == 0 { magnitude } else { -magnitude } as i16;
        octet += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// G.711 table 2a/2b, written from the standard's decision values rather than by shifting: segment `s`
    /// begins at `2^(s+5) - 33` and its 16 intervals are `2^(s+1)` wide.
    fn by_the_tables(sample: i16) -> u8 {
        let positive = sample >= 0;
        let magnitude = i32::from(if positive { sample } else { !sample }) / 4;
        let magnitude = magnitude.min(8_158);
        let segment = (0..8).rev().find(|s| magnitude >= (1 << (s + 5)) - 33).unwrap();
        let step = (magnitude - ((1 << (segment + 5)) - 33)) / (1 << (segment + 1));
        let code = 127 - u8::try_from(segment * 16 + step).unwrap();
        if positive { code | 0x80 } else { code }
    }

    #[test]
    fn every_sample_gets_the_code_of_its_interval() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(ulaw_encode(sample), by_the_tables(sample), "{sample}");
        }
    }

    #[test]
    fn every_code_comes_back_as_itself() {
        for octet in 0..=u8::MAX {
            let again = ulaw_encode(ulaw_decode(octet));
            // Both zeros decode to 0, and 0 is positive.
            assert_eq!(again, if octet == 0x7F { 0xFF } else { octet });
        }
        assert_eq!((ulaw_decode(0x00), ulaw_decode(0x80)), (-32_124, 32_124));
        assert_eq!(ulaw_decode(ULAW_SILENCE), 0);
    }

    #[test]
    fn blocks_convert_as_many_as_both_sides_hold() {
        let mut samples = [7; 3];
        assert_eq!(ulaw_decode_into(&[0x80, 0xFF], &mut samples), 2);
        assert_eq!(samples, [32_124, 0, 7]);
        let mut octets = [0; 2];
        assert_eq!(ulaw_encode_into(&samples, &mut octets), 2);
        assert_eq!(octets, [0x80, 0xFF]);
    }
}
