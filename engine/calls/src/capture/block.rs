//! How a capture lies in its file: a mark, then blocks, each checked by itself, so that a file that was cut off, by a
//! crash or a full disk, is good up to its last whole block.
//!
//! ```text
//! file  = "CWCAPTURE" version:u8 block*
//! block = kind:u8 raw_octets:u32 stored_octets:u32 crc32:u32 deflated octets
//! ```
//!
//! Numbers are little-endian; the CRC-32 (ISO 3309) is of kind, both lengths and the deflated octets. A block holds at
//! most [`BLOCK_MAX`] octets before it is deflated.

use std::io::{Read, Write};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::bytes::Malformed;

/// What every capture begins with; the last octet is the version of the form, which changes whenever an older reader
/// would misunderstand.
pub(super) const MAGIC: [u8; 10] = *b"CWCAPTURE\x02";

/// Octets of a block before it is deflated, at most. A second of a call takes about 10,000, and 100,000 in which a voice
/// makes ten seconds of sound.
pub const BLOCK_MAX: usize = 1 << 20;

const PREFIX: usize = 13;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// The header, first.
    Header,
    /// Records, in order.
    Records,
    /// What the program knew of the call besides, as it wrote it down.
    Context,
}

impl BlockKind {
    const fn octet(self) -> u8 {
        match self {
            Self::Header => 0,
            Self::Records => 1,
            Self::Context => 2,
        }
    }
}

/// Writes a block of `raw` octets, at most [`BLOCK_MAX`].
///
/// # Errors
/// What `out` says.
pub(super) fn write(out: &mut impl Write, kind: BlockKind, raw: &[u8]) -> std::io::Result<()> {
    let mut stored = vec![0; PREFIX];
    let mut deflate = DeflateEncoder::new(&mut stored, Compression::fast());
    deflate.write_all(raw)?;
    deflate.finish()?;
    let length = |octets: usize| (octets as u32).to_le_bytes();
    let lengths = [length(raw.len()), length(stored.len() - PREFIX)].concat();
    let crc = crc(kind.octet(), &lengths, stored.get(PREFIX..).unwrap_or_default());
    let prefix = [&[kind.octet()][..], &lengths, &crc.to_le_bytes()].concat();
    if let Some(place) = stored.get_mut(..PREFIX) {
        place.copy_from_slice(&prefix);
    }
    out.write_all(&stored)
}

fn crc(kind: u8, lengths: &[u8], stored: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&[kind]);
    crc.update(lengths);
    crc.update(stored);
    crc.sum()
}

/// What comes next in a file.
pub(super) enum Next<'a> {
    /// A block, and what follows it.
    Block(BlockKind, Vec<u8>, &'a [u8]),
    /// Nothing: the file ends with its last block.
    End,
    /// The beginning of a block that was not written to its end, or of one that was damaged.
    Torn,
}

/// Reads the next block of `octets`.
///
/// # Errors
/// [`Malformed`] when the block is whole and holds what no block of this version holds.
pub(super) fn read(octets: &[u8]) -> Result<Next<'_>, Malformed> {
    if octets.is_empty() {
        return Ok(Next::End);
    }
    let Some((prefix, rest)) = octets.split_first_chunk::<PREFIX>() else { return Ok(Next::Torn) };
    let [kind, r0, r1, r2, r3, s0, s1, s2, s3, crc_of @ ..] = *prefix;
    let raw = u32::from_le_bytes([r0, r1, r2, r3]) as usize;
    let stored = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
    let Some((stored, after)) = rest.split_at_checked(stored) else { return Ok(Next::Torn) };
    let lengths = [r0, r1, r2, r3, s0, s1, s2, s3];
    if crc(kind, &lengths, stored) != u32::from_le_bytes(crc_of) {
        return Ok(Next::Torn);
    }
    let kind = match kind {
        0 => BlockKind::Header,
        1 => BlockKind::Records,
        2 => BlockKind::Context,
        _ => return Err(Malformed("a block is of no kind that this version knows")),
    };
    if raw > BLOCK_MAX {
        return Err(Malformed("a block says that it is larger than any"));
    }
    let mut inflated = Vec::new();
    let mut inflate = DeflateDecoder::new(stored).take(raw as u64 + 1);
    let whole = inflate.read_to_end(&mut inflated);
    if whole.is_err() || inflated.len() != raw {
        return Err(Malformed("a block does not unpack to what it says"));
    }
    Ok(Next::Block(kind, inflated, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_and_a_torn_or_damaged_one_is_known() {
        let mut file = Vec::new();
        let raw = [7; 5_000];
        write(&mut file, BlockKind::Records, &raw).unwrap();
        assert!(file.len() < 100, "sound that does not change is small");
        let Next::Block(BlockKind::Records, inflated, []) = read(&file).unwrap() else {
            panic!("a block")
        };
        assert_eq!(inflated, raw);
        assert!(matches!(read(&[]), Ok(Next::End)));
        for cut in 1..file.len() {
            assert!(matches!(read(&file[..cut]), Ok(Next::Torn)), "cut at {cut}");
        }
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 0x10;
            assert!(matches!(read(&damaged), Ok(Next::Torn)), "damaged at {at}");
        }
    }

    #[test]
    fn a_block_that_unpacks_to_more_than_it_says_is_refused() {
        let mut stored = Vec::new();
        let mut deflate = DeflateEncoder::new(&mut stored, Compression::fast());
        deflate.write_all(&vec![0; 10 * BLOCK_MAX]).unwrap();
        deflate.finish().unwrap();
        for raw in [1, BLOCK_MAX as u32, u32::MAX] {
            let mut lengths = raw.to_le_bytes().to_vec();
            lengths.extend((stored.len() as u32).to_le_bytes());
            let crc = crc(1, &lengths, &stored).to_le_bytes();
            let file = [&[1][..], &lengths, &crc, &stored].concat();
            assert!(read(&file).is_err(), "{raw}");
        }
    }
}
