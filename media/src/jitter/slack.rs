//! Whether playing runs behind or ahead of the delay that is aimed at.

/// Packets that are looked at before a small correction: within so many, packets of any usual length have met
/// the reader at every phase of its frames.
const PACKETS: u8 = 8;

/// The least excess of recent packets over the delay that is aimed at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slack {
    least: Option<i64>,
    packets: u8,
}

impl Slack {
    /// Takes in the excess of a packet that is played now. Every eight packets it tells the least of them.
    pub(crate) fn learn(&mut self, excess: i64) -> Option<i64> {
        let least = self.least.map_or(excess, |least| least.min(excess));
        self.packets += 1;
        if self.packets < PACKETS {
            self.least = Some(least);
            return None;
        }
        self.forget();
        Some(least)
    }

    /// Begins anew, after the timeline moved.
    pub(crate) const fn forget(&mut self) {
        self.least = None;
        self.packets = 0;
    }
}
