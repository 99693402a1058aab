//! What happened to a stream's packets, for the quality estimate and the metrics.

/// Sums since the buffer was made. Packets are counted once: every one that was sent is in the end `played`,
/// `late`, `lost` or `skipped`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterCounts {
    /// Packets given out in time.
    pub played: u64,
    /// Packets that came after their place had passed.
    pub late: u64,
    /// Packets that never came.
    pub lost: u64,
    /// How often one or more packets in a row were lost or late: the mean burst is
    /// `(lost + late) / loss_runs`.
    pub loss_runs: u64,
    /// Packets that were thrown away so that delay or room stayed within its bound.
    pub skipped: u64,
    /// Packets that came again.
    pub duplicates: u64,
    /// Packets that were too long, in octets or in time, to be kept.
    pub refused: u64,
    /// How often the sender's timeline began anew.
    pub restarts: u64,
    /// Ticks of sound given out.
    pub played_ticks: u64,
    /// Ticks for which something had to be invented.
    pub concealed_ticks: u64,
}

impl JitterCounts {
    /// Packets that should have been played.
    pub const fn expected(&self) -> u64 {
        self.played + self.late + self.lost + self.skipped
    }

    /// The share of packets that were not heard, 0 to 1: lost, late or skipped.
    pub fn unheard_share(&self) -> f64 {
        share(self.late + self.lost + self.skipped, self.expected())
    }

    /// The share of time that was invented, 0 to 1.
    pub fn concealed_share(&self) -> f64 {
        share(self.concealed_ticks, self.concealed_ticks + self.played_ticks)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
