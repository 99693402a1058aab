//! The other end of a recorder's ring: frames again.

use callwright_contract::CallId;
use callwright_media::ring::Reader;

use super::recorder::{FRAME_KINDS, FRAME_PREFIX, FrameKind};

/// Takes frames from the rings of recorders.
#[derive(Debug)]
pub struct Spool {
    ring: Reader<u8>,
    /// What was taken from the ring and not given out yet.
    octets: Vec<u8>,
    given: usize,
}

/// A frame.
#[derive(Debug)]
pub struct Frame<'a> {
    /// What it is.
    pub kind: FrameKind,
    /// Of which call.
    pub call: CallId,
    /// A header, or records.
    pub octets: &'a [u8],
}

/// Taken from the ring at a time.
const TAKEN: usize = 64 << 10;

impl Spool {
    /// The frames of a ring.
    pub const fn new(ring: Reader<u8>) -> Self {
        Self { ring, octets: Vec::new(), given: 0 }
    }

    /// Nothing more will come: the recorder is gone, and everything was taken.
    pub fn is_over(&self) -> bool {
        self.ring.is_abandoned() && self.ring.waiting() == 0
    }

    /// The next frame that is whole.
    pub fn frame(&mut self) -> Option<Frame<'_>> {
        let length = loop {
            match self.length() {
                Some(length) => break length,
                None if self.fill() => {}
                None => return None,
            }
        };
        let start = self.given + FRAME_PREFIX;
        self.given = start + length;
        let prefix = self.octets.get(start - FRAME_PREFIX..start)?;
        let (&kind, rest) = prefix.split_first()?;
        let call = CallId::from_u64(u64::from_le_bytes(*rest.first_chunk()?));
        let kind = *FRAME_KINDS.get(usize::from(kind))?;
        Some(Frame { kind, call, octets: self.octets.get(start..self.given)? })
    }

    /// Octets of the frame in front, once all of it is there.
    fn length(&self) -> Option<usize> {
        let waiting = self.octets.get(self.given..)?;
        let length = waiting.get(FRAME_PREFIX - 4..)?.first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        (waiting.len() >= FRAME_PREFIX + length).then_some(length)
    }

    /// Takes more from the ring; false when there is nothing.
    fn fill(&mut self) -> bool {
        self.octets.drain(..self.given);
        self.given = 0;
        let before = self.octets.len();
        self.octets.resize(before + TAKEN, 0);
        let room = self.octets.get_mut(before..).unwrap_or_default();
        let taken = self.ring.pop_into(room);
        self.octets.truncate(before + taken);
        taken > 0
    }
}
