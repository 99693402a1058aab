//! Inputs made from seeds by chance.

use callwright_media::impair::Chance;

/// Longest input, in octets: a datagram as Ethernet carries it.
const LEN_MAX: usize = 1_500;

/// Makes inputs out of seeds. Equal chance and equal seeds make equal inputs.
#[derive(Debug)]
pub struct Mutator {
    chance: Chance,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// A source of inputs like `seeds`.
    pub fn new(seed: u64, seeds: Vec<Vec<u8>>) -> Self {
        Self { chance: Chance::new(seed), seeds }
    }

    /// The next input: mostly a seed with a few changes, now and then nothing but chance.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        if input.is_empty() || self.chance.below(8) == 0 {
            let len = self.index(LEN_MAX);
            return (0..len).map(|_| self.octet()).collect();
        }
        for _ in 0..=self.chance.below(6) {
            self.change(&mut input);
        }
        input.truncate(LEN_MAX);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        if input.is_empty() {
            input.push(self.octet());
            return;
        }
        let at = self.index(input.len());
        match self.chance.below(8) {
            0 => input[at] ^= 1 << self.chance.below(8),
            1 => input[at] = self.octet(),
            // The values at which lengths and signs turn over.
            2 => input[at] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][self.index(6)],
            3 => input.truncate(at),
            4 => {
                let octet = self.octet();
                input.insert(at, octet);
            }
            5 => {
                input.remove(at);
            }
            6 => {
                // A piece of itself again.
                let end = at + self.index(input.len() - at) + 1;
                let piece = input[at..end.min(at + 64)].to_vec();
                let to = self.index(input.len());
                input.splice(to..to, piece);
            }
            _ => {
                let other = self.seed();
                let from = self.index(other.len().max(1)).min(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }

    fn seed(&mut self) -> Vec<u8> {
        let index = self.index(self.seeds.len().max(1));
        self.seeds.get(index).cloned().unwrap_or_default()
    }

    fn octet(&mut self) -> u8 {
        (self.chance.bits() >> 56) as u8
    }

    /// Below `bound`, or 0.
    fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound as u64)).unwrap_or(0)
    }
}
