//! A packet on its way in, and what becomes of it.

use crate::rtp::PayloadType;

/// A packet as it goes in.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Counted on past roll-overs, as [`crate::rtp::Reception`] does.
    pub sequence: i64,
    /// As it is in the header.
    pub timestamp: u32,
    /// The header's marker: a talk spurt begins.
    pub marker: bool,
    /// What the payload is.
    pub payload_type: PayloadType,
    /// How long the payload lasts, in ticks of the stream's clock; the codec knows. At most 1 s.
    pub ticks: u32,
    /// The encoded sound.
    pub payload: &'a [u8],
}

/// What became of a packet that went in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It waits for its time.
    Kept,
    /// It came before.
    Duplicate,
    /// Its time has passed.
    Late,
    /// It is longer than was agreed, in octets or in time.
    Refused,
}
