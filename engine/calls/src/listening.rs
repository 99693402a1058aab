//! From packets to blocks for the models: decode, cut into 20 ms, resample, measure.

use callwright_media::codec::l16::{self, ByteOrder};
use callwright_media::{Dbov, Packet, Resampler, ResamplerError, SampleRate, g711, level_dbov};
use callwright_models::contract::{AudioBlock, BLOCK_SAMPLES, LISTENING_RATE, SamplePos};

use crate::leg::LegAudio;
use crate::moment::Moment;
use crate::playout::LINE_FRAME;

/// The incoming sound of one call as a row of numbered blocks.
#[derive(Debug)]
pub(crate) struct Listening {
    hears: LegAudio,
    resampler: Resampler,
    /// The frame that is being filled, at the line's rate.
    frame: [i16; FRAME_MAX],
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
    /// The same at 8 kHz, as a telephone has it.
    pub(crate) narrow: [i16; LINE_FRAME],
    /// Worth the speech detector's time: it is loud enough to be speech, or follows such a block closely.
    pub(crate) audible: bool,
}

/// 20 ms at the highest rate a leg has.
const FRAME_MAX: usize = SampleRate::Hz16000.frame_samples();

/// Quieter than any speech on a telephone: active speech levels lie around -26 dBov and whispers above -55 (ITU-T
/// P.56 levels on real trunks); the idle noise of a mu-law line is about -70.
const AUDIBLE: Dbov = Dbov(-62.0);
/// Blocks that still go to the detector after the last audible one (600 ms), so that it sees a pause itself.
const HANGOVER_BLOCKS: u32 = 30;

impl Listening {
    pub(crate) fn new(hears: LegAudio) -> Result<Self, ResamplerError> {
        Ok(Self {
            hears,
            resampler: Resampler::new(rate(hears), LISTENING_RATE)?,
            frame: [0; FRAME_MAX],
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
        let frame = rate(self.hears).frame_samples();
        while !octets.is_empty() {
            let Some(space) = self.frame.get_mut(self.filled..frame) else { return };
            let (taken, sample) = match self.hears {
                LegAudio::Ulaw => (g711::ulaw_decode_into(octets, space), 1),
                LegAudio::Wideband => (l16::decode_into(ByteOrder::BigEndian, octets, space), 2),
            };
            if taken == 0 {
                // Half a sample, which no driver sends.
                return;
            }
            octets = octets.get(taken * sample..).unwrap_or_default();
            self.filled += taken;
            if self.filled == frame {
                self.filled = 0;
                self.arrived = now;
                sink(self.block());
            }
        }
    }

    fn block(&mut self) -> HeardBlock {
        let frame = self.frame.get(..rate(self.hears).frame_samples()).unwrap_or_default();
        let loud = level_dbov(frame) > AUDIBLE;
        self.quiet_blocks = if loud { 0 } else { self.quiet_blocks.saturating_add(1) };
        let mut samples = [0; BLOCK_SAMPLES];
        // Both lengths are one frame by their types, so this cannot fail; silence would stand in if it did.
        let _converted = self.resampler.process(frame, &mut samples);
        let mut narrow = [0; LINE_FRAME];
        for (to, pair) in narrow.iter_mut().zip(samples.as_chunks::<2>().0) {
            // What it is for lies far below 4 kHz, so the mean of two is filter enough.
            *to = i16::midpoint(pair[0], pair[1]);
        }
        let block = AudioBlock { start: self.next, samples };
        self.next = block.end();
        HeardBlock { block, narrow, audible: self.quiet_blocks < HANGOVER_BLOCKS }
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

const fn rate(hears: LegAudio) -> SampleRate {
    match hears {
        LegAudio::Ulaw => SampleRate::Hz8000,
        LegAudio::Wideband => SampleRate::Hz16000,
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
        let mut listening = Listening::new(LegAudio::Ulaw).unwrap();
        let mut starts = Vec::new();
        for packet in loud(1_600) {
            listening.hear(Moment::default(), &packet, |heard| starts.push(heard.block.start.0));
        }
        assert_eq!(starts, (0..10).map(|n| n * 320).collect::<Vec<_>>());
        assert_eq!(listening.position(), SamplePos(3_200));
    }

    #[test]
    fn wideband_sound_is_heard_as_it_is() {
        let mut listening = Listening::new(LegAudio::Wideband).unwrap();
        let octets: Vec<u8> = (0..640_i16).flat_map(|n| (n % 100 * 300).to_be_bytes()).collect();
        let mut blocks = Vec::new();
        for packet in Packet::split(&octets, 320) {
            listening.hear(Moment::default(), &packet, |heard| blocks.push(heard));
        }
        let heard: Vec<i16> = blocks.iter().flat_map(|heard| heard.block.samples).collect();
        assert!(heard.iter().enumerate().all(|(n, &sample)| sample == n as i16 % 100 * 300));
        assert_eq!((heard.len(), listening.position()), (640, SamplePos(640)));
    }

    #[test]
    fn silence_is_kept_from_the_detector_after_the_hangover() {
        let mut listening = Listening::new(LegAudio::Ulaw).unwrap();
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
        let mut listening = Listening::new(LegAudio::Ulaw).unwrap();
        let now = Moment::new(Duration::from_secs(9));
        for packet in loud(320) {
            listening.hear(now, &packet, |_| ());
        }
        assert_eq!(listening.moment_of(SamplePos(640)), now);
        assert_eq!(listening.moment_of(SamplePos(320)), now.minus(Duration::from_millis(20)));
    }
}
