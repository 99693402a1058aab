//! Loss that comes in bursts (Gilbert 1960, Elliott 1963): a line is well or ill, and changes from packet to
//! packet.

use super::chance::Chance;

/// A line with two states, each of which loses its own share of packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GilbertElliott {
    /// Probability per packet of falling ill.
    pub falls_ill: f64,
    /// Probability per packet of getting well.
    pub gets_well: f64,
    /// Share of packets lost while well.
    pub loss_well: f64,
    /// Share of packets lost while ill.
    pub loss_ill: f64,
}

impl GilbertElliott {
    /// A line that loses nothing.
    pub const PERFECT: Self =
        Self { falls_ill: 0.0, gets_well: 1.0, loss_well: 0.0, loss_ill: 0.0 };

    /// A line that loses each packet with the same probability.
    pub const fn even(loss: f64) -> Self {
        Self { loss_well: loss, loss_ill: loss, ..Self::PERFECT }
    }

    /// A line that loses the share `loss` of all packets, below 1, in bursts of `mean_burst` packets on
    /// average, at least 1 (Gilbert's simple model: everything is lost while ill).
    pub fn bursts(loss: f64, mean_burst: f64) -> Self {
        let gets_well = 1.0 / mean_burst.max(1.0);
        let falls_ill = gets_well * loss / (1.0 - loss);
        Self { falls_ill, gets_well, loss_well: 0.0, loss_ill: 1.0 }
    }

    /// Whether the next packet is lost; `ill` is the line's state, which changes first.
    pub const fn loses(&self, ill: &mut bool, chance: &mut Chance) -> bool {
        let change = if *ill { self.gets_well } else { self.falls_ill };
        if chance.happens(change) {
            *ill = !*ill;
        }
        chance.happens(if *ill { self.loss_ill } else { self.loss_well })
    }
}
