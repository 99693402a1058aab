//! What comes out of the buffer, and how it is to be played.

use crate::rtp::PayloadType;

/// What is to be heard next.
#[derive(Debug)]
pub enum Playout<'a> {
    /// So many ticks of silence, or of the line's noise: nothing has come yet, or nobody speaks.
    Silence {
        /// What is left of a frame of 20 ms.
        ticks: u32,
    },
    /// A packet.
    Packet(Due<'a>),
    /// So many ticks of sound that has not come, to be concealed.
    Missing {
        /// At most the length of the last packet.
        ticks: u32,
        /// The packet right after these ticks, if it is there: a codec with in-band error correction makes
        /// the missing sound from it.
        following: Option<&'a [u8]>,
    },
}

/// A packet whose time has come.
#[derive(Clone, Copy, Debug)]
pub struct Due<'a> {
    /// Its sequence number, as it went in.
    pub sequence: i64,
    /// Its timestamp, as it went in but counted on past roll-overs.
    pub timestamp: i64,
    /// What the payload is.
    pub payload_type: PayloadType,
    /// How long it lasts, in ticks.
    pub ticks: u32,
    /// The encoded sound.
    pub payload: &'a [u8],
    /// Whether to play it faster or slower.
    pub pace: Pace,
}

/// How a packet should be played so that the delay comes to what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As it is.
    Keep,
    /// Shorter by up to so many ticks. In silence all of them can go at once; in speech, a pitch period.
    Shorten(u32),
    /// Longer by up to so many ticks.
    Lengthen(u32),
}
