//! From packets to blocks for the models: decode, cut into 20 ms, resample, measure.

use callwright_media::{Dbov, Packet, Resampler, ResamplerError, SampleRate, g711, level_dbov};
use callwright_models::contract::{AudioBlock, BLOCK_SAMPLES, LISTENING_RATE, SamplePos};

use crate::moment::Moment;

/// The incoming sound of one call as a row of numbered blocks.
#[derive(Debug)]
pub(crate) struct Listening {
    resampler: Resampler,
    /// The frame that is being filled, at the line's rate.
    frame: [i16; LINE_FRAME],
    filled: usize,
    /// Position of the next block.
    next: SamplePos,
    /// When the sound up to `next` had arrived.
    arrived: Moment,
    quiet_blocks: u32,
}

/// A block and what is known of it.
#[derive(Debug)]
pub(crate) struct HeardBlock {
    pub(crate) block: AudioBlock,
    /// Worth the speech detector's time: it is loud enough to be speech, or follows such a block closely.
    pub(crate) audible: bool,
}

const LINE_RATE: SampleRate = SampleRate::Hz8000;
const LINE_FRAME: usize = LINE_RATE.frame_samples();

/// Quieter than any speech on a telephone: active speech levels lie around -26 dBov and whispers above -55 (ITU-T
/// P.56 levels on real trunks); the idle noise of a mu-law line is about -70.
const AUDIBLE: Dbov = Dbov(-62.0);
/// Blocks that still go to the detector after the last audible one (600 ms), so that it sees a pause itself.
const HANGOVER_BLOCKS: u32 = 30;

impl Listening {
    pub(crate) fn new() -> Result<Self, ResamplerError> {
        Ok(Self {
            resampler: Resampler::new(LINE_RATE, LISTENING_RATE)?,
            frame: [0; LINE_FRAME],
            filled: 0,
            next: SamplePos(0),
            arrived: Moment::default(),
            quiet_blocks: HANGOVER_BLOCKS,
        })
    }

    /// Takes in one packet and gives every block that it completes to `sink`.
    ///
    /// *Real time:* no allocation.
    pub(crate) fn hear(&mut self, now: Moment, packet: &Packet, mut sink: impl FnMut(HeardBlock)) {
        let mut octets = packet.payload.as_slice();
        while !octets.is_empty() {
            let Some(space) = self.frame.get_mut(self.filled..) else { return };
            let taken = g711::ulaw_decode_into(octets, space);
            octets = octets.get(taken..).unwrap_or_default();
            self.filled += taken;
            if self.filled == LINE_FRAME {
                self.filled = 0;
                self.arrived = now;
                sink(self.block());
            }
        }
    }

    fn block(&mut self) -> HeardBlock {
        let loud = level_dbov(&self.frame) > AUDIBLE;
        self.quiet_blocks = if loud { 0 } else { self.quiet_blocks.saturating_add(1) };
        let mut samples = [0; BLOCK_SAMPLES];
        // Both lengths are one frame by their types, so this cannot fail; silence would stand in if it did.
        let _converted = self.resampler.process(&self.frame, &mut samples);
        let block = AudioBlock { start: self.next, samples };
        self.next = block.end();
        HeardBlock { block, audible: self.quiet_blocks < HANGOVER_BLOCKS }
    }

    /// Position one past the last block.
    pub(crate) const fn position(&self) -> SamplePos {
        self.next
    }

    /// When the sound at `position`, which has been heard, arrived.
    pub(crate) const fn moment_of(&self, position: SamplePos) -> Moment {
        self.arrived.minus(LISTENING_RATE.duration(self.next.since(position)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn loud(octets: usize) -> Vec<Packet> {
        Packet::split(&vec![0x80; octets], 77).collect()
    }

    #[test]
    fn packets_of_any_size_become_blocks_without_a_gap() {
        let mut listening = Listening::new().unwrap();
        let mut starts = Vec::new();
        for packet in loud(1_600) {
            listening.hear(Moment::default(), &packet, |heard| starts.push(heard.block.start.0));
        }
        assert_eq!(starts, (0..10).map(|n| n * 320).collect::<Vec<_>>());
        assert_eq!(listening.position(), SamplePos(3_200));
    }

    #[test]
    fn silence_is_kept_from_the_detector_after_the_hangover() {
        let mut listening = Listening::new().unwrap();
        let mut audible = Vec::new();
        let mut feed = |octet: u8, frames: usize| {
            for packet in Packet::split(&vec![octet; 160 * frames], 160) {
                listening.hear(Moment::default(), &packet, |heard| audible.push(heard.audible));
            }
        };
        feed(g711::ULAW_SILENCE, 5);
        feed(0x80, 2);
        feed(g711::ULAW_SILENCE, 40);
        let expected = [vec![false; 5], vec![true; 2 + 29], vec![false; 11]].concat();
        assert_eq!(audible, expected);
    }

    #[test]
    fn positions_are_dated_back_from_the_last_arrival() {
        let mut listening = Listening::new().unwrap();
        let now = Moment::new(Duration::from_secs(9));
        for packet in loud(320) {
            listening.hear(now, &packet, |_| ());
        }
        assert_eq!(listening.moment_of(SamplePos(640)), now);
        assert_eq!(listening.moment_of(SamplePos(320)), now.minus(Duration::from_millis(20)));
    }
}
