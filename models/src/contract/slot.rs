//! A call's place in a lane, and the sound it sends there.

use callwright_media::SampleRate;

/// The rate at which models listen.
pub const LISTENING_RATE: SampleRate = SampleRate::Hz16000;

/// Samples of one block of listening: 20 ms at 16 kHz.
pub const BLOCK_SAMPLES: usize = LISTENING_RATE.frame_samples();

/// A place in a lane, from 0 to the lane's number of slots - 1. A call has the same one in every lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u16);

/// Counts the calls that have held a slot, so that a late result is recognised as somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

/// One call in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotKey {
    /// The place.
    pub slot: SlotId,
    /// Which of its holders.
    pub generation: Generation,
}

/// Who shares a lane with whom: calls of one share stand in one queue, and a lane that is behind serves the queues in
/// turn, so that a tenant with many calls does not keep another's waiting. Of no other meaning to a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(pub u16);

/// Names one question to a lane, so that its answer can be told from an older one's. Counted per call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u32);

/// A position in a call's sound: samples at [`LISTENING_RATE`] since the call began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SamplePos(pub u64);

impl SamplePos {
    /// The position `samples` later.
    #[must_use]
    pub const fn plus(self, samples: u64) -> Self {
        Self(self.0.saturating_add(samples))
    }

    /// The position `samples` earlier, at the earliest the call's beginning.
    #[must_use]
    pub const fn minus(self, samples: u64) -> Self {
        Self(self.0.saturating_sub(samples))
    }

    /// Samples from `earlier` to here; 0 when it is not earlier.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// 20 ms of what a call hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioBlock {
    /// Position of the first sample.
    pub start: SamplePos,
    /// Mono samples at [`LISTENING_RATE`].
    pub samples: [i16; BLOCK_SAMPLES],
}

impl AudioBlock {
    /// Position one past the last sample.
    pub const fn end(&self) -> SamplePos {
        self.start.plus(BLOCK_SAMPLES as u64)
    }
}
