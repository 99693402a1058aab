//! The RTP packet (RFC 3550 section 5.1): reading it without trusting it, and writing it.

use super::Octets;
use super::extension::Extension;
use super::rtcp::RtcpError;

/// Which codec a payload is in, as the session agreed: 0..=127 (RFC 3551 section 6 has the static ones).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadType(u8);

impl PayloadType {
    /// G.711 mu-law, 8 kHz.
    pub const PCMU: Self = Self(0);
    /// G.711 A-law, 8 kHz.
    pub const PCMA: Self = Self(8);
    /// G.722: 16 kHz sound on an 8 kHz RTP clock, an old mistake that is now the rule (RFC 3551 section 4.5.2).
    pub const G722: Self = Self(9);
    /// Comfort noise, 8 kHz (RFC 3389).
    pub const COMFORT_NOISE: Self = Self(13);

    /// The payload type `value`, if it has seven bits.
    pub const fn new(value: u8) -> Option<Self> {
        if value < 128 { Some(Self(value)) } else { None }
    }

    /// Its number, 0..=127.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// The fixed fields of an RTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Set on the first packet of a talk spurt (RFC 3551 section 4.1).
    pub marker: bool,
    /// What the payload is.
    pub payload_type: PayloadType,
    /// One more for each packet, from a random start, modulo 2^16.
    pub sequence: u16,
    /// When the first sample was taken, in ticks of the payload's clock, from a random start, modulo 2^32.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
}

/// A packet as it came: every part lies within the datagram.
#[derive(Clone, Copy, Debug)]
pub struct RtpPacket<'a> {
    /// The fixed fields.
    pub header: Header,
    /// Whose sound was mixed into this.
    pub contributors: Contributors<'a>,
    /// The header extension, if there is one.
    pub extension: Option<Extension<'a>>,
    /// The sound, without padding.
    pub payload: &'a [u8],
}

impl<'a> RtpPacket<'a> {
    /// Parses a datagram.
    ///
    /// *Real time:* borrows; no allocation.
    ///
    /// # Errors
    /// When a length in it leads beyond its end, or the version is not 2. Count it and drop the datagram.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let mut rest = Octets(bytes);
        let [first, second] = rest.array().ok_or(RtpError::Short)?;
        if first >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let header = Header {
            marker: second & 0x80 != 0,
            payload_type: PayloadType(second & 0x7F),
            sequence: rest.u16().ok_or(RtpError::Short)?,
            timestamp: rest.u32().ok_or(RtpError::Short)?,
            ssrc: rest.u32().ok_or(RtpError::Short)?,
        };
        let contributors = rest.take(usize::from(first & 0x0F) * 4).ok_or(RtpError::Short)?;
        let extension = if first & 0x10 == 0 {
            None
        } else {
            Some(Extension::parse(&mut rest).ok_or(RtpError::Extension)?)
        };
        let payload = if first & 0x20 == 0 { rest.0 } else { without_padding(rest.0)? };
        Ok(Self { header, contributors: Contributors(contributors), extension, payload })
    }
}

/// The last octet of a padded packet says how many octets, itself among them, are padding.
fn without_padding(bytes: &[u8]) -> Result<&[u8], RtpError> {
    let padding = usize::from(*bytes.last().ok_or(RtpError::Padding)?);
    let payload = bytes.len().checked_sub(padding).filter(|_| padding > 0);
    payload.and_then(|len| bytes.get(..len)).ok_or(RtpError::Padding)
}

/// The SSRCs of those whose sound a mixer put into a packet, at most 15.
#[derive(Clone, Copy, Debug)]
pub struct Contributors<'a>(&'a [u8]);

impl<'a> Contributors<'a> {
    /// Each of them, in the mixer's order.
    pub fn iter(self) -> impl Iterator<Item = u32> + 'a {
        let mut rest = Octets(self.0);
        std::iter::from_fn(move || rest.u32())
    }
}

/// Why a datagram is no RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RtpError {
    /// It ends within the header.
    #[error("shorter than its RTP header")]
    Short,
    /// The version is not 2: STUN, DTLS, or another thing altogether.
    #[error("not RTP version 2")]
    Version,
    /// The extension is longer than the packet.
    #[error("an RTP header extension beyond the packet's end")]
    Extension,
    /// The padding is zero octets long, or more than there are.
    #[error("RTP padding that cannot be")]
    Padding,
    /// It has an RTCP packet type and is no RTCP.
    #[error(transparent)]
    Rtcp(#[from] RtcpError),
}

/// Writes a packet into `out`. `extension` is a one-byte-header element (RFC 8285 section 4.2), its
/// identifier 1..=14 and its 1..=16 octets. Returns the packet's length in octets.
///
/// *Real time:* no allocation.
///
/// # Errors
/// When `out` is too short, or `extension` has another identifier or length: both are the writer's mistakes.
pub fn write_packet(
    header: &Header,
    extension: Option<(u8, &[u8])>,
    payload: &[u8],
    out: &mut [u8],
) -> Result<usize, WriteError> {
    let mut at = 0;
    let mut put = |bytes: &[u8]| -> Result<(), WriteError> {
        let room = out.get_mut(at..at + bytes.len()).ok_or(WriteError::Short)?;
        room.copy_from_slice(bytes);
        at += bytes.len();
        Ok(())
    };
    let has_extension = if extension.is_some() { 0x10 } else { 0 };
    let marker = if header.marker { 0x80 } else { 0 };
    put(&[0x80 | has_extension, marker | header.payload_type.get()])?;
    put(&header.sequence.to_be_bytes())?;
    put(&header.timestamp.to_be_bytes())?;
    put(&header.ssrc.to_be_bytes())?;
    if let Some((id, data)) = extension {
        let len = u8::try_from(data.len()).unwrap_or(u8::MAX);
        if !(1..=14).contains(&id) || !(1..=16).contains(&len) {
            return Err(WriteError::Extension);
        }
        // Profile, length in 32-bit words, the element, and zeros up to the word's end.
        let padding = (4 - (data.len() + 1) % 4) % 4;
        let words = (len + 1).div_ceil(4);
        put(&[0xBE, 0xDE, 0, words, id << 4 | (len - 1)])?;
        put(data)?;
        put(&[0; 3][..padding])?;
    }
    put(payload)?;
    Ok(at)
}

/// Why a packet could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is not room enough.
    #[error("no room for the packet")]
    Short,
    /// Identifier or length of the extension are not those of a one-byte header.
    #[error("a header extension that has no one-byte form")]
    Extension,
}
