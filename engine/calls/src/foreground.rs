//! Is a voice near enough to be the caller's, or somewhere around the caller?

use callwright_media::Dbov;
use callwright_models::contract::{BLOCK_SAMPLES, DETECTOR_WINDOW, SamplePos};

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
    /// What `background` was before each of the latest blocks in which the caller was silent.
    before: [f32; NOTICED as usize],
    /// The caller held the floor in the latest block.
    talked: bool,
    /// How loud the caller is when speaking.
    caller: Option<f32>,
    /// The sum of mean squares over the voice of the turn under way, and how many windows that is.
    turn: (f32, f32),
    /// Blocks in a row, up to the latest, that hiss as loud as a caller's "s".
    hissing: u32,
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
/// Blocks that a turn has begun before it is noticed, at most: 160 ms. They turn out to be no background.
const NOTICED: u64 = 8;
/// Correlation of neighbouring samples at 16 kHz below which a sound hisses: an "s" over a telephone has 0.2 to 0.4, noise
/// of all frequencies up to 4 kHz 0.6, a vowel above 0.9 (the measure is one of those of Atal and Rabiner, 1976).
const HISSES: f32 = 0.5;
/// Blocks that are a hiss: 60 ms. Clicks and strokes of keys are shorter.
const HISS_BLOCKS: u32 = 3;
/// The same in samples at the models' rate.
pub(crate) const HISS: u64 = HISS_BLOCKS as u64 * BLOCK;
/// The faintest hiss that is taken for a caller's: speech on a telephone has about -26 dBov, an "s" up to 20 dB less.
const HISS_MIN: Dbov = Dbov(-46.0);
/// How many dB fainter than the faintest voice of the caller's an "s" may be.
const HISS_BELOW: f32 = 14.0;
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
            before: [power(QUIETEST); NOTICED as usize],
            talked: false,
            caller: None,
            turn: (0.0, 0.0),
            hissing: 0,
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
        let oldest = &mut self.before[(self.next % NOTICED) as usize];
        if !talks {
            *oldest = self.background;
            self.known = (self.known + 1.0).min(MEMORY);
            self.background += (block - self.background) / self.known;
        } else if !self.talked {
            self.background = *oldest;
        }
        self.talked = talks;
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

    /// The same 20 ms at the models' rate, which has what a line at 8 kHz leaves of an "s" in full. Call after
    /// [`Self::heard`].
    ///
    /// *Real time:* no allocation.
    pub(crate) fn heard_high(&mut self, block: &[i16; BLOCK_SAMPLES]) {
        let own = products(block, 0);
        let hisses = products(block, 1) < own * HISSES;
        let loud = own / BLOCK_SAMPLES as f32 >= self.loud_for_a_hiss();
        self.hissing = if hisses && loud { self.hissing + 1 } else { 0 };
    }

    /// Something hisses like an "s" at the beginning of a word, and long enough to be no click.
    pub(crate) const fn hisses(&self) -> bool {
        self.hissing >= HISS_BLOCKS
    }

    /// Mean square from which a hiss may be the caller's.
    fn loud_for_a_hiss(&self) -> f32 {
        let BargeInTuning { above_background, below_caller, .. } = self.tuning;
        let over = self.background.max(power(QUIETEST)) * decibels(above_background);
        let under = self.caller.map_or(0.0, |caller| caller * decibels(-below_caller - HISS_BELOW));
        over.max(under).max(power(HISS_MIN))
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

/// The sum of products of samples that are so far from each other.
fn products(block: &[i16; BLOCK_SAMPLES], apart: usize) -> f32 {
    let pairs = block.iter().zip(block.iter().skip(apart));
    pairs.map(|(&a, &b)| f32::from(a) * f32::from(b)).sum()
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

    /// Whether so many blocks are a hiss, of a sound that repeats these samples.
    fn hiss(blocks: u64, sound: &[i16]) -> bool {
        let mut foreground = call();
        near(&mut foreground, &[(50, -70.0, false)]);
        let mut samples = sound.iter().copied().cycle();
        for _ in 0..blocks {
            let block: [i16; BLOCK_SAMPLES] =
                std::array::from_fn(|_| samples.next().unwrap_or_default());
            let frame = std::array::from_fn(|n| block[2 * n]);
            foreground.heard(SamplePos(foreground.next * BLOCK), &frame, false);
            foreground.heard_high(&block);
        }
        foreground.hisses()
    }

    #[test]
    fn a_loud_high_sound_of_60_ms_is_a_hiss() {
        // 3.5 kHz, and 1.3 kHz.
        let high = [900, 200, -850, -560, 600, 830, -240];
        assert!(hiss(3, &high) && !hiss(2, &high), "shorter is a click");
        assert!(!hiss(3, &high.map(|sample| sample / 8)), "a breath");
        assert!(!hiss(3, &[0, 450, 800, 980, 800, 450, 0, -450, -800, -980, -800, -450]), "low");
        assert!(!hiss(3, &[0]), "silence");
    }

    #[test]
    fn the_beginning_of_a_turn_is_no_background() {
        let mut foreground = call();
        // A detector notices a voice after some blocks of it.
        for _ in 0..2 {
            near(&mut foreground, &[(50, -60.0, false), (6, -20.0, false), (50, -20.0, true)]);
            assert!(foreground.background <= power(Dbov(-59.0)));
        }
    }

    #[test]
    fn who_speaks_as_the_call_begins_is_near() {
        assert!(near(&mut call(), &[(10, -70.0, false), (2, -20.0, false)]));
    }
}
