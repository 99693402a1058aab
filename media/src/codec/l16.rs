//! L16: linear 16-bit sound, two octets a sample (RFC 3551 section 4.5.11).
//!
//! The RFC sends the high octet first; several carriers' WebSocket streams send the low one first.

/// Which octet of a sample comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The high octet: RTP's L16 (network byte order).
    BigEndian,
    /// The low octet: most WebSocket media streams, and WAV files.
    LittleEndian,
}

/// Decodes `octets` into `samples`; the shorter of the two decides how many, and half a sample at the end
/// is left. Returns the samples written.
///
/// *Real time:* no allocation, O(n).
pub fn decode_into(order: ByteOrder, octets: &[u8], samples: &mut [i16]) -> usize {
    let (pairs, _half) = octets.as_chunks::<2>();
    let count = pairs.len().min(samples.len());
    let both = samples.iter_mut().zip(pairs);
    match order {
        ByteOrder::BigEndian => both.for_each(|(sample, &pair)| *sample = i16::from_be_bytes(pair)),
        ByteOrder::LittleEndian => {
            both.for_each(|(sample, &pair)| *sample = i16::from_le_bytes(pair))
        }
    }
    count
}

/// Encodes `samples` into `octets`, as many samples as both hold. Returns the octets written.
///
/// *Real time:* no allocation, O(n).
pub fn encode_into(order: ByteOrder, samples: &[i16], octets: &mut [u8]) -> usize {
    let (pairs, _rest) = octets.as_chunks_mut::<2>();
    let count = pairs.len().min(samples.len());
    let both = pairs.iter_mut().zip(samples);
    match order {
        ByteOrder::BigEndian => both.for_each(|(pair, sample)| *pair = sample.to_be_bytes()),
        ByteOrder::LittleEndian => both.for_each(|(pair, sample)| *pair = sample.to_le_bytes()),
    }
    2 * count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_survives_in_both_orders() {
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        for order in [ByteOrder::BigEndian, ByteOrder::LittleEndian] {
            let mut octets = vec![0; 2 * all.len()];
            assert_eq!(encode_into(order, &all, &mut octets), octets.len());
            let mut again = vec![0; all.len()];
            assert_eq!(decode_into(order, &octets, &mut again), all.len());
            assert_eq!(again, all);
        }
    }

    #[test]
    fn the_orders_are_what_they_say_and_half_samples_stay() {
        let mut octets = [0; 5];
        assert_eq!(encode_into(ByteOrder::BigEndian, &[0x1234, -2, 1], &mut octets), 4);
        assert_eq!(octets, [0x12, 0x34, 0xFF, 0xFE, 0]);
        let mut samples = [0; 4];
        assert_eq!(decode_into(ByteOrder::LittleEndian, &octets, &mut samples), 2);
        assert_eq!(samples, [0x3412, -257, 0, 0]);
    }
}
