//! Concealment by repeating the last pitch periods (ITU-T G.711 Appendix I, 09/1999), at 8 kHz and at its
//! multiples.
//!
//! In a gap the last period of the sound is repeated; from 10 ms on two, from 20 ms on three, so that it does
//! not sound like a machine; from 10 ms on it also fades, to nothing at 60 ms. Each seam is cross-faded. Knows
//! no packets and no codec: it is told of sound and of gaps, and works in blocks of 10 ms.

use super::pitch::PitchSearch;
use crate::SampleRate;

/// How the seam between the sound and what is made up after it is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Splice {
    /// At once: the made-up sound is bent to begin where the real one ended. No delay.
    #[default]
    Immediate,
    /// As the Appendix has it: all sound is held back by 3.75 ms, the end of which is cross-faded.
    Delayed,
}

/// The concealer of one stream.
///
/// Every stretch of the stream goes through [`Self::sound`] or [`Self::gap`], in order.
#[derive(Clone, Debug)]
pub struct Waveform {
    splice: Splice,
    search: PitchSearch,
    /// Samples of 10 ms.
    block: usize,
    /// The last 48.75 ms of what was put out or is about to be, oldest first.
    history: Box<[i16]>,
    /// The history as it was when the gap began, its end bent so that it can be repeated.
    cycle: Box<[f32]>,
    /// The end of the history before that bend: a quarter of a period.
    tail: Box<[f32]>,
    /// Blocks made up since the last sound.
    blocks_lost: u32,
    period: usize,
    /// A quarter of the period: the length of every cross-fade.
    overlap: usize,
    /// How many samples at the end of `cycle` are repeated.
    repeated: usize,
    /// Where in them the next made-up sample lies.
    offset: usize,
}

impl Waveform {
    /// A concealer after silence. Allocates some 3.4 kB for each 8 kHz.
    ///
    /// A rate that is no multiple of 8 kHz has the bounds of the multiple below, where the search is as good.
    pub fn new(rate: SampleRate, splice: Splice) -> Self {
        let scale = rate.hz() as usize / 8_000;
        let search = PitchSearch::new(scale);
        let overlap_max = search.period_max() / 4;
        let history = 3 * search.period_max() + overlap_max;
        Self {
            splice,
            search,
            block: rate.frame_samples() / 2,
            history: vec![0; history].into(),
            cycle: vec![0.0; history].into(),
            tail: vec![0.0; overlap_max].into(),
            blocks_lost: 0,
            period: search.period_max(),
            overlap: overlap_max,
            repeated: search.period_max(),
            offset: 0,
        }
    }

    /// How long sound is held back, in samples: 0, or 3.75 ms.
    pub fn delay_samples(&self) -> usize {
        match self.splice {
            Splice::Immediate => 0,
            Splice::Delayed => self.tail.len(),
        }
    }

    /// How loud the made-up sound still is at the end of the last block: 1 after sound and in the first
    /// 10 ms of a gap, 0 from 60 ms on.
    pub fn gain(&self) -> f32 {
        gain_at_start(self.blocks_lost)
    }

    /// Takes `samples` of real sound and gives in their place what is to be heard: the same, but for the
    /// cross-fade after a gap and the delay of [`Splice::Delayed`].
    ///
    /// *Real time:* no allocation; copies the history once every 10 ms.
    pub fn sound(&mut self, samples: &mut [i16]) {
        for block in samples.chunks_mut(self.block) {
            if self.blocks_lost > 0 {
                self.fade_out_of_gap(block);
                self.blocks_lost = 0;
            }
            self.put_out(block);
        }
    }

    /// Fills `samples` with sound in place of what is missing. A rest of less than 10 ms fades as 10 ms.
    ///
    /// *Real time:* no allocation; the first 10 ms of a gap search for the pitch (see the module's bench).
    pub fn gap(&mut self, samples: &mut [i16]) {
        for block in samples.chunks_mut(self.block) {
            match self.blocks_lost {
                0 => self.begin_gap(block),
                1 | 2 => self.lengthen_cycle(block),
                3..GONE => self.made_up(block),
                _ => block.fill(0),
            }
            self.fade(block);
            self.blocks_lost = self.blocks_lost.saturating_add(1);
            self.put_out(block);
        }
    }

    /// The first 10 ms: finds the period, makes the end of the sound lead back into its start.
    fn begin_gap(&mut self, block: &mut [i16]) {
        for (to, &from) in self.cycle.iter_mut().zip(&self.history) {
            *to = f32::from(from);
        }
        self.period = self.search.period(&self.cycle);
        self.overlap = self.period / 4;
        let end = self.cycle.len();
        let tail_at = end - self.overlap;
        self.tail[..self.overlap].copy_from_slice(&self.cycle[tail_at..]);
        self.offset = 0;
        self.repeat_last(self.period);

        match self.splice {
            Splice::Delayed => {
                // The quarter period that has not been heard yet is bent as well.
                let bent = self.cycle[tail_at..].iter();
                let unheard = &mut self.history[end - self.overlap..];
                unheard.iter_mut().zip(bent).for_each(|(to, &from)| *to = from as i16);
                self.made_up(block);
            }
            Splice::Immediate => {
                // It has been heard: what follows starts from where it ended and bends into the period.
                let step = self.tail[self.overlap - 1] - self.cycle[end - self.period - 1];
                self.made_up(block);
                let fall = step / self.overlap as f32;
                for (n, sample) in block.iter_mut().take(self.overlap).enumerate() {
                    *sample = clamped(f32::from(*sample) + step - fall * (n + 1) as f32);
                }
            }
        }
    }

    /// From 10 and from 20 ms on one period more is repeated; the old and the new one are cross-faded.
    fn lengthen_cycle(&mut self, block: &mut [i16]) {
        let resume = self.offset;
        let mut before = [0; OVERLAP_MAX];
        let before = &mut before[..self.overlap.min(block.len())];
        self.made_up(before);

        self.offset = resume;
        while self.offset > self.period {
            self.offset -= self.period;
        }
        self.repeat_last(self.repeated + self.period);
        self.made_up(block);
        cross_fade(before, block);
    }

    /// Sets what is repeated to the last `repeated` samples, the end of which is cross-faded from its true
    /// tail into what comes before the start.
    fn repeat_last(&mut self, repeated: usize) {
        self.repeated = repeated;
        let start = self.cycle.len() - repeated;
        let tail_at = self.cycle.len() - self.overlap;
        let fade = 1.0 / self.overlap as f32;
        for n in 0..self.overlap {
            let right = fade * (n + 1) as f32;
            let into = self.cycle[start - self.overlap + n];
            self.cycle[tail_at + n] = (1.0 - right) * self.tail[n] + right * into;
        }
    }

    /// The next samples of the repetition.
    fn made_up(&mut self, samples: &mut [i16]) {
        let cycle = &self.cycle[self.cycle.len() - self.repeated..];
        for sample in samples {
            *sample = cycle[self.offset] as i16;
            self.offset += 1;
            if self.offset == cycle.len() {
                self.offset = 0;
            }
        }
    }

    /// Fades a made-up block by what its place in the gap asks for.
    fn fade(&self, block: &mut [i16]) {
        let Some(faded) = self.blocks_lost.checked_sub(1) else { return };
        let start = 1.0 - faded as f32 * FADE_PER_BLOCK;
        let fall = FADE_PER_BLOCK / self.block as f32;
        for (n, sample) in block.iter_mut().enumerate() {
            *sample = (f32::from(*sample) * (start - fall * n as f32)) as i16;
        }
    }

    /// Cross-fades from the repetition into the first real block; the longer the gap, the slower.
    fn fade_out_of_gap(&mut self, block: &mut [i16]) {
        let slower = (self.blocks_lost as usize - 1).min(MORE_OVERLAP_BLOCKS) * self.block * 2 / 5;
        let overlap = (self.overlap + slower).min(block.len());
        let mut before = [0; BLOCK_MAX];
        let before = &mut before[..overlap];
        self.made_up(before);
        let gain = self.gain();
        let fade = 1.0 / overlap as f32;
        for (n, (real, &made_up)) in block.iter_mut().zip(&*before).enumerate() {
            let right = fade * (n + 1) as f32;
            let left = (1.0 - right) * gain;
            *real = clamped(left * f32::from(made_up) + right * f32::from(*real));
        }
    }

    /// Moves `block` into the history and gives what is to be heard now.
    fn put_out(&mut self, block: &mut [i16]) {
        let end = self.history.len();
        let new_at = end - block.len();
        self.history.copy_within(block.len().., 0);
        self.history[new_at..].copy_from_slice(block);
        let delay = self.delay_samples();
        block.copy_from_slice(&self.history[new_at - delay..end - delay]);
    }
}

/// Blocks after which nothing of the made-up sound is left: 60 ms (section I.2.7).
const GONE: u32 = 6;
/// How much fainter each block after the first becomes (section I.2.7).
const FADE_PER_BLOCK: f32 = 0.2;
/// Beyond this many lost blocks the cross-fade back has its longest, 10 ms; each lengthens it by 4 ms.
const MORE_OVERLAP_BLOCKS: usize = 3;
/// 10 ms at the highest rate.
const BLOCK_MAX: usize = 480;
/// A quarter of the longest period at the highest rate.
const OVERLAP_MAX: usize = 180;

/// The gain with which the block after `blocks_lost` lost ones would begin.
fn gain_at_start(blocks_lost: u32) -> f32 {
    (1.0 - blocks_lost.saturating_sub(1) as f32 * FADE_PER_BLOCK).max(0.0)
}

/// Fades from `before` into the front of `block`.
fn cross_fade(before: &[i16], block: &mut [i16]) {
    let fade = 1.0 / before.len() as f32;
    for (n, (new, &old)) in block.iter_mut().zip(before).enumerate() {
        let right = fade * (n + 1) as f32;
        *new = clamped((1.0 - right) * f32::from(old) + right * f32::from(*new));
    }
}

/// To 16 bits, towards zero; the cast saturates.
fn clamped(sample: f32) -> i16 {
    sample as i16
}
