//! The recent past of one call's sound.

use crate::contract::{AudioBlock, SamplePos};

/// The last samples of a stream, by position. Gaps are silence; what comes twice is kept once.
///
/// Allocates its whole length at the first block and keeps it when it is cleared.
#[derive(Debug)]
pub(super) struct History {
    /// Samples at `position % length`; empty until the first block.
    ring: Vec<i16>,
    length: usize,
    begin: SamplePos,
    end: SamplePos,
}

impl History {
    /// Keeps the last `length` samples.
    pub(super) fn new(length: usize) -> Self {
        Self { ring: Vec::new(), length, begin: SamplePos(0), end: SamplePos(0) }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.begin = SamplePos(0);
        self.end = SamplePos(0);
    }

    /// Adds a block.
    pub(super) fn push(&mut self, block: &AudioBlock) {
        if self.ring.is_empty() {
            self.ring.resize(self.length, 0);
        }
        let kept_from = self.end.minus(self.length as u64);
        if self.begin == self.end || block.start.since(self.end) >= self.length as u64 {
            // The first block, or one so far ahead that nothing of the past is in reach.
            self.begin = block.start;
            self.end = block.start;
        } else if block.end() <= kept_from {
            return;
        }
        while self.end < block.start {
            self.write(0);
        }
        let known = usize::try_from(self.end.since(block.start)).unwrap_or(usize::MAX);
        for &sample in block.samples.iter().skip(known) {
            self.write(sample);
        }
        self.begin = self.begin.max(self.end.minus(self.length as u64));
    }

    /// Copies the samples from `from` to `upto` into `out`, as far as they are in reach.
    pub(super) fn copy(&self, from: SamplePos, upto: SamplePos, out: &mut Vec<i16>) {
        out.clear();
        let from = from.max(self.begin);
        let upto = upto.min(self.end);
        if from >= upto {
            return;
        }
        // Both are below the ring's length, because no more than that is in reach.
        let (first, count) = (self.index(from), upto.since(from) as usize);
        let (head, tail) = (self.ring.get(first..).unwrap_or_default(), &self.ring);
        out.extend(head.iter().chain(tail).take(count));
    }

    fn write(&mut self, sample: i16) {
        let index = self.index(self.end);
        if let Some(place) = self.ring.get_mut(index) {
            *place = sample;
        }
        self.end = self.end.plus(1);
    }

    fn index(&self, position: SamplePos) -> usize {
        // The remainder is below a `usize`.
        (position.0 % self.length as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::BLOCK_SAMPLES;

    const STEP: u64 = BLOCK_SAMPLES as u64;

    fn block(start: u64, value: i16) -> AudioBlock {
        AudioBlock { start: SamplePos(start), samples: [value; BLOCK_SAMPLES] }
    }

    fn heard(history: &History, from: u64, upto: u64) -> Vec<(i16, usize)> {
        let mut samples = Vec::new();
        history.copy(SamplePos(from), SamplePos(upto), &mut samples);
        let mut runs: Vec<(i16, usize)> = Vec::new();
        for sample in samples {
            match runs.last_mut() {
                Some((value, count)) if *value == sample => *count += 1,
                _ => runs.push((sample, 1)),
            }
        }
        runs
    }

    #[test]
    fn a_gap_is_silence_and_a_repetition_is_kept_once() {
        let mut history = History::new(10 * BLOCK_SAMPLES);
        history.push(&block(0, 1));
        history.push(&block(2 * STEP, 3));
        history.push(&block(2 * STEP, 9));
        history.push(&block(3 * STEP - 100, 4));
        assert_eq!(heard(&history, 0, 99_999), [(1, 320), (0, 320), (3, 320), (4, 220)]);
        assert_eq!(heard(&history, 300, 330), [(1, 20), (0, 10)]);
    }

    #[test]
    fn only_the_recent_past_is_kept() {
        let mut history = History::new(2 * BLOCK_SAMPLES);
        for i in 0..5 {
            history.push(&block(i * STEP, i16::try_from(i).unwrap()));
        }
        assert_eq!(heard(&history, 0, 99_999), [(3, 320), (4, 320)]);
        history.push(&block(0, 7));
        assert_eq!(
            heard(&history, 0, 99_999),
            [(3, 320), (4, 320)],
            "what is long past is not heard"
        );
    }

    #[test]
    fn after_a_long_gap_nothing_old_is_heard() {
        let mut history = History::new(2 * BLOCK_SAMPLES);
        history.push(&block(0, 1));
        history.push(&block(1_000 * STEP, 2));
        assert_eq!(heard(&history, 0, u64::MAX), [(2, 320)]);
        history.clear();
        assert_eq!(heard(&history, 0, u64::MAX), []);
        history.push(&block(5 * STEP, 3));
        assert_eq!(heard(&history, 0, u64::MAX), [(3, 320)]);
    }
}
