//! The order of the sound that comes in: no chunk twice, none before its turn, silence where one is missing.
//!
//! The socket is TCP and keeps order; what goes wrong was wrong before it was sent. A chunk that comes early waits
//! for the ones before it until [`HELD_MAX`] wait; then what is missing is taken as lost, and as much silence as the
//! timestamps show, [`SILENCE_MAX_MS`] at most, stands in for it. Chunks whose numbers follow each other are never
//! second-guessed by their timestamps.

use callwright_media::g711::ULAW_SILENCE;

/// Early chunks that wait for a missing one. Four of the usual 20 ms: what is late by more than 80 ms is lost.
pub const HELD_MAX: usize = 4;
/// Longest silence put in for one gap, in milliseconds. A jump of the timestamps beyond it is a new beginning.
pub const SILENCE_MAX_MS: u64 = 200;
/// Octets that may wait in early chunks: two seconds.
const HELD_MAX_OCTETS: usize = 16_000;
const OCTETS_A_MS: u64 = 8;

/// Puts chunks in order.
#[derive(Debug)]
pub struct Chunks {
    /// The number that comes next.
    next: u64,
    /// The time that the next chunk should carry.
    next_ms: u64,
    /// Early chunks, by number.
    held: Vec<Held>,
    repairs: ChunkRepairs,
}

/// What had to be repaired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkRepairs {
    /// Chunks dropped because their number had been before, or their place had been filled.
    pub stale: u64,
    /// Missing chunks that came late and in time.
    pub reordered: u64,
    /// Places at which one or more chunks never came.
    pub gaps: u64,
    /// Milliseconds of silence put in for them.
    pub silence_ms: u64,
}

#[derive(Debug)]
struct Held {
    chunk: u64,
    timestamp_ms: u64,
    audio: Vec<u8>,
}

impl Default for Chunks {
    /// For a stream that begins.
    fn default() -> Self {
        Self { next: FIRST, next_ms: 0, held: Vec::new(), repairs: ChunkRepairs::default() }
    }
}

impl Chunks {
    /// Takes one chunk of mu-law and appends to `ready` what is now in order.
    ///
    /// *Real time:* a chunk in its turn is copied and nothing else.
    pub fn accept(&mut self, chunk: u64, timestamp_ms: u64, audio: &[u8], ready: &mut Vec<u8>) {
        if chunk < self.next {
            self.repairs.stale += 1;
        } else if chunk == self.next {
            if !self.held.is_empty() {
                self.repairs.reordered += 1;
            }
            self.append(chunk, timestamp_ms, audio, ready);
            self.release(ready);
        } else {
            self.hold(chunk, timestamp_ms, audio);
            while self.held.len() >= HELD_MAX || self.held_octets() > HELD_MAX_OCTETS {
                self.give_up_on_the_missing(ready);
            }
        }
    }

    /// Appends to `ready` what still waits: nothing more will come.
    pub fn flush(&mut self, ready: &mut Vec<u8>) {
        while !self.held.is_empty() {
            self.give_up_on_the_missing(ready);
        }
    }

    /// What was repaired so far.
    pub const fn repairs(&self) -> ChunkRepairs {
        self.repairs
    }

    fn append(&mut self, chunk: u64, timestamp_ms: u64, audio: &[u8], ready: &mut Vec<u8>) {
        ready.extend_from_slice(audio);
        self.next = chunk.saturating_add(1);
        self.next_ms = timestamp_ms.saturating_add(audio.len() as u64 / OCTETS_A_MS);
    }

    fn hold(&mut self, chunk: u64, timestamp_ms: u64, audio: &[u8]) {
        match self.held.binary_search_by_key(&chunk, |held| held.chunk) {
            Ok(_already) => self.repairs.stale += 1,
            Err(place) => {
                self.held.insert(place, Held { chunk, timestamp_ms, audio: audio.to_vec() });
            }
        }
    }

    fn held_octets(&self) -> usize {
        self.held.iter().map(|held| held.audio.len()).sum()
    }

    /// Releases the early chunks whose turn has come.
    fn release(&mut self, ready: &mut Vec<u8>) {
        while self.held.first().is_some_and(|held| held.chunk == self.next) {
            let Held { chunk, timestamp_ms, audio } = self.held.remove(0);
            self.append(chunk, timestamp_ms, &audio, ready);
        }
    }

    fn give_up_on_the_missing(&mut self, ready: &mut Vec<u8>) {
        let Some(first) = self.held.first() else { return };
        let silence_ms = first.timestamp_ms.saturating_sub(self.next_ms).min(SILENCE_MAX_MS);
        self.next = first.chunk;
        self.repairs.gaps += 1;
        self.repairs.silence_ms += silence_ms;
        let silence = std::iter::repeat_n(ULAW_SILENCE, SILENCE_MAX_OCTETS);
        ready.extend(silence.take((silence_ms * OCTETS_A_MS) as usize));
        self.release(ready);
    }
}

/// "`chunk` starts at 1" (Twilio, media message).
const FIRST: u64 = 1;
const SILENCE_MAX_OCTETS: usize = (SILENCE_MAX_MS * OCTETS_A_MS) as usize;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Chunk `n` is 160 octets of `n`, at 20 ms each. Returns what came out, as (octet, how many).
    fn heard(numbers: &[u64]) -> (Vec<(u8, usize)>, ChunkRepairs) {
        let mut chunks = Chunks::default();
        let mut ready = Vec::new();
        for &number in numbers {
            chunks.accept(number, (number - 1) * 20, &[number as u8; 160], &mut ready);
        }
        chunks.flush(&mut ready);
        let runs = ready.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
        (runs, chunks.repairs())
    }

    fn check(numbers: &[u64], runs: &[(u8, usize)], repairs: ChunkRepairs) {
        assert_eq!(heard(numbers), (runs.to_vec(), repairs), "{numbers:?}");
    }

    const NONE: ChunkRepairs = ChunkRepairs { stale: 0, reordered: 0, gaps: 0, silence_ms: 0 };
    const ALL_FIVE: [(u8, usize); 5] = [(1, 160), (2, 160), (3, 160), (4, 160), (5, 160)];

    #[test]
    fn order_is_kept_and_restored() {
        check(&[1, 2, 3, 4, 5], &ALL_FIVE, NONE);
        check(&[1, 3, 2, 4, 5], &ALL_FIVE, ChunkRepairs { reordered: 1, ..NONE });
        check(&[2, 1, 4, 3, 5], &ALL_FIVE, ChunkRepairs { reordered: 2, ..NONE });
        check(&[1, 5, 4, 3, 2], &ALL_FIVE, ChunkRepairs { reordered: 1, ..NONE });
    }

    #[test]
    fn nothing_is_heard_twice() {
        check(&[1, 1, 2, 2, 1, 3, 4, 5], &ALL_FIVE, ChunkRepairs { stale: 3, ..NONE });
        check(&[1, 3, 3, 2, 3, 4, 5], &ALL_FIVE, ChunkRepairs { stale: 2, reordered: 1, ..NONE });
    }

    #[test]
    fn a_gap_is_filled_to_the_millisecond() {
        let silence = ULAW_SILENCE;
        check(
            &[1, 3, 4, 5, 6, 7],
            &[(1, 160), (silence, 160), (3, 160), (4, 160), (5, 160), (6, 160), (7, 160)],
            ChunkRepairs { gaps: 1, silence_ms: 20, ..NONE },
        );
        // The late one finds its place taken.
        check(
            &[1, 3, 4, 5, 6, 2],
            &[(1, 160), (silence, 160), (3, 160), (4, 160), (5, 160), (6, 160)],
            ChunkRepairs { gaps: 1, silence_ms: 20, stale: 1, ..NONE },
        );
        // Two hours are not.
        check(
            &[1, 100, 101, 102, 103],
            &[(1, 160), (silence, 1_600), (100, 160), (101, 160), (102, 160), (103, 160)],
            ChunkRepairs { gaps: 1, silence_ms: 200, ..NONE },
        );
    }

    #[test]
    fn one_wild_number_costs_one_chunk_and_no_more() {
        let (runs, repairs) = heard(&[1, 2, 200, 3, 4, 5]);
        assert_eq!(runs[..5], ALL_FIVE);
        assert_eq!(repairs.stale, 0);
        let mut chunks = Chunks::default();
        let mut ready = Vec::new();
        for number in [u64::MAX, u64::MAX - 1, u64::MAX - 2, u64::MAX - 3, u64::MAX] {
            chunks.accept(number, u64::MAX, &[1; 160], &mut ready);
        }
        assert!(ready.len() <= 5 * 160 + SILENCE_MAX_OCTETS);
    }

    #[test]
    fn timestamps_alone_change_nothing() {
        let mut chunks = Chunks::default();
        let mut ready = Vec::new();
        for (chunk, timestamp_ms) in [(1, 0), (2, 500), (3, 100), (4, u64::MAX), (5, 0)] {
            chunks.accept(chunk, timestamp_ms, &[0x11; 160], &mut ready);
        }
        assert_eq!((ready, chunks.repairs()), (vec![0x11; 800], NONE));
    }

    #[test]
    fn long_chunks_do_not_wait_in_memory() {
        let mut chunks = Chunks::default();
        let mut ready = Vec::new();
        chunks.accept(2, 20, &[7; HELD_MAX_OCTETS + 1], &mut ready);
        assert_eq!(ready.len(), 160 + HELD_MAX_OCTETS + 1);
        assert_eq!(chunks.repairs().gaps, 1);
    }

    proptest! {
        /// Every chunk that comes within reach of its turn is heard once, in order, however they are shuffled.
        #[test]
        fn shuffled_neighbours_come_out_in_order(swaps in proptest::collection::vec(0..59_usize, 0..40)) {
            let mut numbers: Vec<u64> = (1..=60).collect();
            let mut last = 0;
            for place in swaps {
                // Swaps that do not touch each other move no chunk by more than one place.
                if place >= last {
                    numbers.swap(place, place + 1);
                    last = place + 2;
                }
            }
            let (runs, repairs) = heard(&numbers);
            prop_assert_eq!(runs, (1..=60).map(|n| (n, 160)).collect::<Vec<_>>());
            prop_assert_eq!((repairs.stale, repairs.gaps), (0, 0));
        }

        #[test]
        fn whatever_comes_memory_is_bounded_and_order_holds(
            arrivals in proptest::collection::vec((0..40_u64, 0..2_000_usize), 0..200),
        ) {
            let mut chunks = Chunks::default();
            let mut last = 0;
            for (number, octets) in arrivals {
                let mut ready = Vec::new();
                chunks.accept(number, number * 20, &vec![number as u8; octets], &mut ready);
                prop_assert!(chunks.held.len() < HELD_MAX && chunks.held_octets() <= HELD_MAX_OCTETS);
                for octet in ready.into_iter().filter(|&octet| octet != ULAW_SILENCE) {
                    prop_assert!(octet >= last);
                    last = octet;
                }
            }
        }
    }
}
