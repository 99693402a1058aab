//! Where playing is in a stream, and which of its packets came.

use super::Entry;

/// Where playing is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    /// The sequence number that it began with.
    pub(crate) first: i64,
    /// The sequence number that is next to be played.
    pub(crate) next: i64,
    /// The timestamp that is next to be played.
    pub(crate) cursor: i64,
    /// The timestamp of the packet last played.
    pub(crate) played: Option<i64>,
    /// The highest sequence number that came, and its timestamp.
    pub(crate) newest: i64,
    pub(crate) newest_timestamp: i64,
    /// Ticks for which something was invented because nothing was there, without moving on.
    pub(crate) held: i64,
    /// How long the last packet was.
    pub(crate) nominal: i64,
    /// Nothing has been played since the beginning, or since the sender fell silent.
    pub(crate) waits_for_spurt: bool,
    /// Which of the 64 numbers before `next` came; bit 0 is the nearest.
    pub(crate) came: u64,
    /// Of the packet last played, when it was: how much later than the fastest one could have been.
    pub(crate) age: i64,
}

impl Timeline {
    /// Whether a packet's time is over, or is not after that of the packet last played.
    pub(crate) fn is_past(&self, entry: &Entry) -> bool {
        entry.end() <= self.cursor || self.played.is_some_and(|played| entry.timestamp <= played)
    }

    /// Whether a packet that has been passed had come.
    pub(crate) fn has_come(&self, sequence: i64) -> bool {
        let back = self.next.saturating_sub(1).saturating_sub(sequence);
        u32::try_from(back)
            .ok()
            .and_then(|back| 1_u64.checked_shl(back))
            .is_some_and(|bit| self.came & bit != 0)
    }

    pub(crate) fn mark_came(&mut self, sequence: i64) {
        let back = self.next.saturating_sub(1).saturating_sub(sequence);
        self.came |= u32::try_from(back).ok().and_then(|back| 1_u64.checked_shl(back)).unwrap_or(0);
    }

    /// Moves on to `next`; `came` is whether the last number passed had come.
    pub(crate) fn advance_to(&mut self, next: i64, came: bool) {
        let by = u32::try_from(next.saturating_sub(self.next)).unwrap_or(u32::MAX);
        self.came = self.came.checked_shl(by).unwrap_or(0) | u64::from(came);
        self.next = next;
    }
}
