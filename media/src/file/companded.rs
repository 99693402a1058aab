//! WAV files of mu-law and A-law whose format chunk has the 16 octets of the first WAV, as many telephone systems
//! write them. The standard (RFC 2361) wants 18, and the decoder of other formats insists on it.

use std::io::{Read, Seek, SeekFrom};

use crate::g711;

/// Where the sound of such a file lies, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Companded {
    pub(super) hz: u32,
    pub(super) channels: usize,
    law: Law,
    /// Octets of sound; the source stands at the first.
    length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Law {
    Mu,
    A,
}

/// Most chunks looked at before the sound.
const CHUNKS_MAX: usize = 64;
/// Samples read at once.
pub(super) const PIECE: usize = 4_096;

impl Companded {
    /// Finds the sound of `source`, and leaves it there; `None` for every other file, with the source at
    /// its beginning again.
    pub(super) fn find(source: &mut (impl Read + Seek)) -> std::io::Result<Option<Self>> {
        let found = match look(source) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => None,
            other => other?,
        };
        if found.is_none() {
            source.seek(SeekFrom::Start(0))?;
        }
        Ok(found)
    }

    /// How many samples there are of each channel.
    pub(super) fn frames(&self) -> u64 {
        self.length / self.channels.max(1) as u64
    }

    /// Reads the next samples of all channels, full scale 1.0; nothing at the end.
    pub(super) fn read(
        &mut self,
        source: &mut impl Read,
        into: &mut Vec<f32>,
    ) -> std::io::Result<()> {
        let wanted = (PIECE * self.channels) as u64;
        let mut octets = Vec::new();
        let read = source.by_ref().take(wanted.min(self.length)).read_to_end(&mut octets)?;
        self.length = if read == 0 { 0 } else { self.length - read as u64 };
        into.clear();
        into.extend(octets.into_iter().map(|octet| {
            let sample = match self.law {
                Law::Mu => g711::ulaw_decode(octet),
                Law::A => g711::alaw_decode(octet),
            };
            f32::from(sample) / 32_768.0
        }));
        Ok(())
    }
}

fn look(source: &mut (impl Read + Seek)) -> std::io::Result<Option<Companded>> {
    let mut head = [0; 12];
    source.read_exact(&mut head)?;
    let [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] = head else {
        return Ok(None);
    };
    let mut format = None;
    for _ in 0..CHUNKS_MAX {
        let mut chunk = [0; 8];
        source.read_exact(&mut chunk)?;
        let [a, b, c, d, length @ ..] = chunk;
        let length = u32::from_le_bytes(length);
        match (&[a, b, c, d], format) {
            (b"fmt ", None) if length == 16 => {
                let mut body = [0; 16];
                source.read_exact(&mut body)?;
                let [tag, 0, channels, 0, h0, h1, h2, h3, .., 8, 0] = body else {
                    return Ok(None);
                };
                let law = match tag {
                    6 => Law::A,
                    7 => Law::Mu,
                    _ => return Ok(None),
                };
                if channels == 0 {
                    return Ok(None);
                }
                format = Some((law, channels, u32::from_le_bytes([h0, h1, h2, h3])));
            }
            (b"data", Some((law, channels, hz))) => {
                let channels = usize::from(channels);
                return Ok(Some(Companded { hz, channels, law, length: u64::from(length) }));
            }
            (b"fmt " | b"data", _) => return Ok(None),
            _ => {
                // Chunks are padded to an even length.
                source.seek_relative(i64::from(length) + i64::from(length % 2))?;
            }
        }
    }
    Ok(None)
}
