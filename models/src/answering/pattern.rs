//! When a greeting is loud and when it is quiet.
//!
//! A block is loud when it is well above the quietest of late and not far below the loudest. Blocks in which a tone sounds count as quiet. Pauses
//! shorter than [`BRIDGE`] belong to the stretch around them: they lie between syllables and words.

use callwright_media::level_dbov;

use crate::contract::{BLOCK_SAMPLES, SamplePos};

/// What a greeting's loudness was like so far, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatternFacts {
    /// The first stretch of voice, short pauses within it included.
    pub first: u32,
    /// The quiet that lasts now; 0 while somebody speaks.
    pub quiet: u32,
    /// Voice after the first stretch.
    pub later: u32,
    /// Since the greeting began.
    pub since: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Pattern {
    blocks: u64,
    /// The quietest level of late, dBov.
    floor: f32,
    /// The loudest of late, dBov.
    peak: f32,
    /// Loud blocks in a row before the greeting is one.
    run: u64,
    onset: Option<u64>,
    /// Blocks since the last loud one.
    quiet: u64,
    /// Blocks of the first stretch, up to its last loud one; still growing while it lasts.
    first: u64,
    first_over: bool,
    later: u64,
}

impl Pattern {
    pub(super) const fn new() -> Self {
        Self {
            blocks: 0,
            floor: FLOOR_MAX,
            peak: f32::NEG_INFINITY,
            run: 0,
            onset: None,
            quiet: 0,
            first: 0,
            first_over: false,
            later: 0,
        }
    }

    pub(super) fn hear(&mut self, block: &[i16; BLOCK_SAMPLES], tone: bool) {
        let level = level_dbov(block).0;
        let threshold = (self.floor + ABOVE_FLOOR_DB).max(self.peak - BELOW_PEAK_DB).max(LOUD_MIN);
        let loud = !tone && level > threshold;
        if !tone {
            self.peak = (self.peak - PEAK_FALL_DB).max(level);
        }
        self.floor = (self.floor + FLOOR_RISE_DB).min(level).clamp(FLOOR_MIN, FLOOR_MAX);
        self.blocks += 1;
        match self.onset {
            None => self.before(loud, tone),
            Some(onset) => self.within(loud, onset),
        }
    }

    fn before(&mut self, loud: bool, tone: bool) {
        self.run = if tone {
            0
        } else if loud {
            self.run + 1
        } else {
            // One quiet block within a word is forgiven.
            self.run.saturating_sub(2)
        };
        if self.run >= ONSET_BLOCKS {
            self.onset = Some(self.blocks - self.run);
            self.first = self.run;
        }
    }

    fn within(&mut self, loud: bool, onset: u64) {
        if !loud {
            self.quiet += 1;
            self.first_over |= self.quiet >= BRIDGE;
            return;
        }
        if self.first_over {
            self.later += 1;
        } else {
            self.first = self.blocks - onset;
        }
        self.quiet = 0;
    }

    /// Where the greeting began.
    pub(super) fn onset(&self) -> Option<SamplePos> {
        self.onset.map(|block| SamplePos(block * BLOCK_SAMPLES as u64))
    }

    pub(super) fn facts(&self) -> Option<PatternFacts> {
        let onset = self.onset?;
        let ms = |blocks: u64| u32::try_from(blocks * BLOCK_MS).unwrap_or(u32::MAX);
        Some(PatternFacts {
            first: ms(self.first),
            quiet: ms(self.quiet),
            later: ms(self.later),
            since: ms(self.blocks - onset),
        })
    }
}

const BLOCK_MS: u64 = 20;
/// 100 ms of voice make a greeting; a click or the first bit of a tone is shorter.
const ONSET_BLOCKS: u64 = 5;
/// Pauses shorter than 200 ms lie within a stretch: stops and the gaps between words are, pauses for breath are not.
const BRIDGE: u64 = 10;
/// A voice is so far above the noise of its line.
const ABOVE_FLOOR_DB: f32 = 12.0;
/// A voice's quietest sounds are less than this below its loudest.
const BELOW_PEAK_DB: f32 = 25.0;
/// The loudest level is forgotten by 2 dB a second.
const PEAK_FALL_DB: f32 = 0.04;
/// What is quieter is no voice, however quiet the line: -50 dBov.
const LOUD_MIN: f32 = -50.0;
/// The quietest level is forgotten by 2 dB a second.
const FLOOR_RISE_DB: f32 = 0.04;
const FLOOR_MIN: f32 = -75.0;
/// A line that is noisier than this is taken for this noisy, or speech from the first block on would be.
const FLOOR_MAX: f32 = -42.0;
