//! Encoded sound as it crosses the line.

use arrayvec::ArrayVec;

/// Longest payload of one packet, in octets: 40 ms of G.711. A driver
/// splits what is longer.
pub const PAYLOAD_MAX_BYTES: usize = 320;

/// Encoded audio, held in place so that passing it on never allocates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// The payload in the codec that the leg agreed on.
    pub payload: ArrayVec<u8, PAYLOAD_MAX_BYTES>,
}

impl Packet {
    /// Splits `bytes` into packets of at most `piece` octets (clamped to 1..=[`PAYLOAD_MAX_BYTES`]), in order.
    pub fn split(bytes: &[u8], piece: usize) -> impl Iterator<Item = Self> + '_ {
        bytes.chunks(piece.clamp(1, PAYLOAD_MAX_BYTES)).map(|chunk| {
            let mut payload = ArrayVec::new();
            payload.extend(chunk.iter().copied());
            Self { payload }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitting_keeps_every_octet_in_order() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_601).map(|b: u16| b as u8).collect();
        for piece in [0, 1, 160, 320, 10_000] {
            let joined: Vec<u8> = Packet::split(&bytes, piece).flat_map(|p| p.payload).collect();
            assert_eq!(joined, bytes);
        }
        assert_eq!(Packet::split(&[], 160).count(), 0);
    }
}
