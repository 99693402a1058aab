//! A running sum of what goes to the line, by which two runs are told apart.

use callwright_contract::AfterCall;

use crate::leg::LegOutput;

/// What has come out of a call so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    /// Of everything that went to the line, in order: FNV-1a, 64 bits. It tells defects apart, not forgers.
    pub digest: u64,
    /// Octets of sound that went to the line.
    pub octets: u64,
    /// Events.
    pub facts: u64,
}

/// FNV-1a's offset basis and prime (<http://www.isthe.com/chongo/tech/comp/fnv/>).
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl Default for Played {
    fn default() -> Self {
        Self { digest: BASIS, octets: 0, facts: 0 }
    }
}

impl Played {
    fn add(&mut self, octets: &[u8]) {
        for &octet in octets {
            self.digest = (self.digest ^ u64::from(octet)).wrapping_mul(PRIME);
        }
    }

    /// Counts what goes to the line.
    pub(crate) fn line(&mut self, output: &LegOutput) {
        match output {
            LegOutput::Audio(packet) => {
                self.add(&[0]);
                self.add(&packet.payload);
                self.octets += packet.payload.len() as u64;
            }
            LegOutput::Mark(mark) => {
                self.add(&[1]);
                self.add(&mark.0.to_le_bytes());
            }
            LegOutput::Clear => self.add(&[2]),
            LegOutput::Close(AfterCall::HangUp) => self.add(&[3]),
            LegOutput::Close(AfterCall::Transfer(number)) => {
                self.add(&[4]);
                self.add(number.reveal().as_bytes());
            }
        }
    }

    /// Counts an event.
    pub(crate) const fn fact(&mut self) {
        self.facts += 1;
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::Packet;

    use super::*;

    #[test]
    fn the_sum_is_fnv_1a_and_order_counts() {
        let mut played = Played::default();
        played.add(b"foobar");
        assert_eq!(played.digest, 0x8594_4171_f739_67e8, "the published test vector");
        let audio = LegOutput::Audio(Packet::split(&[7; 160], 160).next().unwrap());
        let sum = |outputs: [&LegOutput; 2]| {
            let mut played = Played::default();
            outputs.iter().for_each(|output| played.line(output));
            played
        };
        let (one, other) = (sum([&audio, &LegOutput::Clear]), sum([&LegOutput::Clear, &audio]));
        assert_ne!(one.digest, other.digest);
        assert_eq!((one.octets, other.octets), (160, 160));
    }
}
