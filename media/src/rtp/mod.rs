//! RTP and RTCP as types that cannot be wrong (RFC 3550), with what telephones put into them.
//!
//! Bytes become a [`Datagram`] once, without copying; nothing downstream checks again. Nothing here knows a
//! socket, a clock or a codec: arrival times are arguments, measured from any one origin.

mod datagram;
pub use datagram::Datagram;

mod header;
pub use header::{
    Contributors, Header, PayloadType, RtpError, RtpPacket, WriteError, write_packet,
};

mod extension;
pub use extension::{AudioLevel, Extension, ExtensionElement, ExtensionElements};

mod sequence;
pub use sequence::Unwrapper;

mod source;
pub use source::{Arrival, Reception, Refusal};

mod sending;
pub use sending::Sending;

pub mod rtcp;

pub mod telephone_event;

pub mod comfort_noise;

mod bytes;
use bytes::Octets;
