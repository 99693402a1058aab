//! Several RTCP packets in one datagram (RFC 3550 section 6.1; RFC 5506 lets it be any one).

use super::description::{Goodbye, SourceDescription};
use super::report::{ReceiverReport, SenderReport};
use crate::rtp::Octets;

/// A datagram of RTCP in which every packet is whole.
#[derive(Clone, Copy, Debug)]
pub struct Compound<'a>(&'a [u8]);

impl<'a> Compound<'a> {
    /// Checks a datagram from end to end.
    ///
    /// *Real time:* borrows; no allocation; one pass.
    ///
    /// # Errors
    /// When any packet in it is malformed: then none of it is to be believed. Count it and drop the datagram.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtcpError> {
        let mut rest = Octets(bytes);
        loop {
            RtcpPacket::parse(&mut rest)?;
            if rest.0.is_empty() {
                return Ok(Self(bytes));
            }
        }
    }

    /// Each packet, in order.
    pub fn iter(self) -> impl Iterator<Item = RtcpPacket<'a>> + 'a {
        let mut rest = Octets(self.0);
        // The packets were all parsed once already; the end is what stops this.
        std::iter::from_fn(move || RtcpPacket::parse(&mut rest).ok())
    }
}

/// One packet of RTCP.
#[derive(Clone, Copy, Debug)]
pub enum RtcpPacket<'a> {
    /// From one who sends.
    SenderReport(SenderReport<'a>),
    /// From one who only receives.
    ReceiverReport(ReceiverReport<'a>),
    /// Names.
    SourceDescription(SourceDescription<'a>),
    /// Leave-taking.
    Goodbye(Goodbye<'a>),
    /// Feedback, extended reports, and what else there is.
    Other(Other<'a>),
}

/// A packet of a type that is not read here.
#[derive(Clone, Copy, Debug)]
pub struct Other<'a> {
    /// 192..=223; 205 and 206 are feedback (RFC 4585), 207 extended reports (RFC 3611).
    pub packet_type: u8,
    /// The five bits beside the version, which mean another thing in each type.
    pub count: u8,
    /// What follows the first word.
    pub data: &'a [u8],
}

impl<'a> RtcpPacket<'a> {
    fn parse(rest: &mut Octets<'a>) -> Result<Self, RtcpError> {
        let [first, packet_type] = rest.array().ok_or(RtcpError::Short)?;
        if first >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        let words = rest.u16().ok_or(RtcpError::Short)?;
        let mut data = rest.take(usize::from(words) * 4).ok_or(RtcpError::Short)?;
        if first & 0x20 != 0 {
            let padding = usize::from(*data.last().ok_or(RtcpError::Padding)?);
            let len = data.len().checked_sub(padding).filter(|_| padding > 0);
            data = len.and_then(|len| data.get(..len)).ok_or(RtcpError::Padding)?;
        }
        let count = first & 0x1F;
        let mut body = Octets(data);
        let packet = match packet_type {
            200 => SenderReport::parse(&mut body, count).map(Self::SenderReport),
            201 => ReceiverReport::parse(&mut body, count).map(Self::ReceiverReport),
            202 => SourceDescription::parse(&mut body, count).map(Self::SourceDescription),
            203 => Goodbye::parse(&mut body, count).map(Self::Goodbye),
            192..=223 => Some(Self::Other(Other { packet_type, count, data })),
            _ => return Err(RtcpError::Type),
        };
        packet.ok_or(RtcpError::Count)
    }
}

/// Why a datagram is no RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RtcpError {
    /// A packet ends within its header or beyond the datagram.
    #[error("RTCP shorter than it says")]
    Short,
    /// The version is not 2.
    #[error("not RTCP version 2")]
    Version,
    /// The packet type is none of RTCP's.
    #[error("not an RTCP packet type")]
    Type,
    /// The padding is zero octets long, or more than there are.
    #[error("RTCP padding that cannot be")]
    Padding,
    /// It counts more blocks, chunks or sources than it holds.
    #[error("RTCP that holds less than it counts")]
    Count,
}
