//! Telling RTP from RTCP where both come to one port (RFC 5761 section 4).

use super::header::{RtpError, RtpPacket};
use super::rtcp::Compound;

/// One datagram of a media port.
#[derive(Clone, Copy, Debug)]
pub enum Datagram<'a> {
    /// Sound.
    Rtp(RtpPacket<'a>),
    /// Reports. What is in them is checked as they are read.
    Rtcp(Compound<'a>),
}

impl<'a> Datagram<'a> {
    /// Parses `bytes` as they came from the socket.
    ///
    /// *Real time:* borrows; no allocation.
    ///
    /// # Errors
    /// When they are neither: STUN, DTLS, a probe, or nonsense. Count it and drop the datagram.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        // RTCP's packet types 192-223 are where RTP has its marker and payload type: 64-95 stay unused there.
        match bytes.get(1) {
            Some(192..=223) => Ok(Self::Rtcp(Compound::parse(bytes)?)),
            _ => RtpPacket::parse(bytes).map(Self::Rtp),
        }
    }
}
