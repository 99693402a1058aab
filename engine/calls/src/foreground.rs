//! Is a voice near enough to be the caller's, or somewhere around the caller?

use callwright_media::Dbov;
use callwright_models::contract::{DETECTOR_WINDOW, SamplePos};

use crate::playout::LINE_FRAME;
use crate::tuning::BargeInTuning;

/// Knows how loud the call is while the caller is silent, and how loud the caller is when not.
///
/// A speech detector takes any voice for speech, however faint: people who talk in a cafe, a television, the end of our own
/// echo in the noise of a room. While the agent speaks they must not silence it. What they have in common is that they
/// are hardly louder than what the line brings all the time, or much fainter than the caller was.
#[derive(Debug)]
pub(crate) struct Foreground {
    tuning: BargeInTuning,
    /// Mean squares of the latest blocks of 20 ms, by their number.
    blocks: [f32; BLOCKS],
    /// The number of the next block.
    next: u64,
    /// Mean square of what is heard while the caller is silent.
    background: f32,
    /// Blocks that `background` is made of, as far as that matters.
    known: f32,
    /// How loud the caller is when speaking.
    caller: Option<f32>,
    /// The sum of mean squares over the voice of the turn under way, and how many windows that is.
    turn: (f32, f32),
}

/// Blocks that are remembered, 640 ms: more than a detector is behind.
const BLOCKS: usize = 32;
/// Samples of a block at the models' rate.
const BLOCK: u64 = 2 * LINE_FRAME as u64;
/// Quieter than any background that counts: with what a voice must be louder, whispers are above it (see `listening`).
const QUIETEST: Dbov = Dbov(-66.0);
/// Blocks over which the background is measured: 1 s, some syllables of whoever is heard in it.
const MEMORY: f32 = 50.0;
/// Blocks of silence that every call is taken to have begun with: few, because others who talk are heard from the first
/// block on, and a greeting must not be cut off by them.
const PRIOR: f32 = 5.0;
/// What the latest turn counts against those before.
const LATEST: f32 = 0.3;

impl Foreground {
    pub(crate) fn new(tuning: BargeInTuning) -> Self {
        Self {
            tuning,
            blocks: [0.0; BLOCKS],
            next: 0,
            background: power(QUIETEST),
            known: PRIOR,
            caller: None,
            turn: (0.0, 0.0),
        }
    }

    /// 20 ms more, from `start` on. `talks`: the caller holds the floor.
    ///
    /// *Real time:* no allocation.
    pub(crate) fn heard(&mut self, start: SamplePos, frame: &[i16; LINE_FRAME], talks: bool) {
        let sum: f32 = frame.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
        let block = sum / LINE_FRAME as f32;
        self.next = start.0 / BLOCK + 1;
        self.blocks[slot(self.next - 1)] = block;
        if !talks {
            self.known = (self.known + 1.0).min(MEMORY);
            self.background += (block - self.background) / self.known;
        }
    }

    /// The window that ends at `end` is the caller's voice, and nobody else's.
    pub(crate) fn speaks(&mut self, end: SamplePos) {
        self.turn = (self.turn.0 + self.window(end), self.turn.1 + 1.0);
    }

    /// The turn is over, which had words or not.
    pub(crate) fn turn_over(&mut self, words: bool) {
        let (sum, windows) = std::mem::take(&mut self.turn);
        if words && windows > 0.0 {
            let level = sum / windows;
            let known = self.caller.unwrap_or(level);
            self.caller = Some(known + (level - known) * LATEST);
        }
    }

    /// Whether a voice that begins in the window that ends at `end` is loud enough to be the caller's.
    pub(crate) fn is_near(&self, end: SamplePos) -> bool {
        let BargeInTuning { above_background, below_caller, .. } = self.tuning;
        let over = self.background.max(power(QUIETEST)) * decibels(above_background);
        let under = self.caller.map_or(0.0, |caller| caller * decibels(-below_caller));
        self.window(end) >= over.max(under)
    }

    /// Mean square of the blocks that a window of the detector lies in.
    fn window(&self, end: SamplePos) -> f32 {
        let last = (end.0.saturating_sub(1) / BLOCK).min(self.next.saturating_sub(1));
        let first = end.minus(DETECTOR_WINDOW as u64).0 / BLOCK;
        let first = first.max(self.next.saturating_sub(BLOCKS as u64)).min(last);
        let sum: f32 = (first..=last).map(|number| self.blocks[slot(number)]).sum();
        sum / (last - first + 1) as f32
    }
}

const fn slot(number: u64) -> usize {
    // The remainder is below a small length.
    (number % BLOCKS as u64) as usize
}

/// The mean square of 16 bit samples at a level.
fn power(level: Dbov) -> f32 {
    decibels(level.0) * FULL_SCALE * FULL_SCALE
}

const FULL_SCALE: f32 = 32_768.0;

fn decibels(db: f32) -> f32 {
    10.0_f32.powf(db / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call of so many blocks at these levels in dBov each, spoken by the caller or not, and whether the last is near.
    fn near(foreground: &mut Foreground, levels: &[(u64, f32, bool)]) -> bool {
        for &(blocks, dbov, talks) in levels {
            for _ in 0..blocks {
                let start = SamplePos(foreground.next * BLOCK);
                let sample = power(Dbov(dbov)).sqrt() as i16;
                foreground.heard(start, &[sample; LINE_FRAME], talks);
                if talks {
                    foreground.speaks(start.plus(BLOCK));
                }
            }
            if talks {
                foreground.turn_over(true);
            }
        }
        foreground.is_near(SamplePos(foreground.next * BLOCK))
    }

    fn call() -> Foreground {
        Foreground::new(BargeInTuning::default())
    }

    #[test]
    fn a_voice_that_is_hardly_louder_than_the_line_is_not_near() {
        assert!(near(&mut call(), &[(50, -70.0, false), (2, -45.0, false)]), "on a quiet line");
        assert!(!near(&mut call(), &[(10, -36.0, false), (2, -32.0, false)]), "others talk");
        assert!(near(&mut call(), &[(50, -36.0, false), (2, -21.0, false)]), "over others");
        assert!(!near(&mut call(), &[(50, -56.0, false), (2, -53.0, false)]), "an echo's end");
    }

    #[test]
    fn a_voice_much_fainter_than_the_caller_was_is_not_near() {
        let caller = (50, -20.0, true);
        assert!(!near(
            &mut call(),
            &[(50, -70.0, false), caller, (50, -70.0, false), (2, -40.0, false)]
        ));
        assert!(near(
            &mut call(),
            &[(50, -70.0, false), caller, (50, -70.0, false), (2, -30.0, false)]
        ));
    }

    #[test]
    fn who_speaks_as_the_call_begins_is_near() {
        assert!(near(&mut call(), &[(10, -70.0, false), (2, -20.0, false)]));
    }
}
