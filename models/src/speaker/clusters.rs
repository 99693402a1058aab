//! Which passages are of one voice: agglomerative clustering with average linkage on the cosine.
//!
//! A cluster is the weighted sum of its passages' directions, so that the mean cosine between the passages of two clusters
//! is the product of their sums over that of their weights, exactly. What is longer than [`BLOCK`] passages is first
//! clustered block by block, into few clusters each; so time and room grow with the length, not its square.

use super::embedding::{DIMENSIONS, VoiceEmbedding};
use super::turns::Speakers;

/// Passages of one voice.
#[derive(Clone)]
pub(super) struct Cluster {
    sum: [f32; DIMENSIONS],
    weight: f32,
    /// Places of its passages.
    pub(super) members: Vec<usize>,
}

impl Cluster {
    /// What its passages sound like together.
    pub(super) fn voice(&self) -> Option<VoiceEmbedding> {
        VoiceEmbedding::of(&self.sum)
    }

    fn likeness(&self, other: &Self) -> f32 {
        let product: f32 = self.sum.iter().zip(&other.sum).map(|(one, other)| one * other).sum();
        product / (self.weight * other.weight)
    }

    fn join(&mut self, other: &Self) {
        self.sum.iter_mut().zip(&other.sum).for_each(|(sum, more)| *sum += more);
        self.weight += other.weight;
        self.members.extend(&other.members);
    }
}

/// Two clusters became one: the later one joined the earlier.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Merge {
    into: usize,
    from: usize,
    likeness: f32,
}

/// The voices of these passages, each of which weighs as many seconds as it has; those of little speech are left out. At least
/// one of any passages.
pub(super) fn clusters(
    passages: &[VoiceEmbedding],
    seconds: &[f32],
    speakers: Speakers,
) -> Vec<Cluster> {
    let mut nodes: Vec<Cluster> = passages
        .iter()
        .zip(seconds)
        .enumerate()
        .map(|(place, (voice, &weight))| Cluster {
            sum: voice.values().map(|value| value * weight),
            weight,
            members: vec![place],
        })
        .collect();
    while nodes.len() > BLOCK {
        nodes = nodes
            .chunks(BLOCK)
            .flat_map(|block| {
                let merges = merges(block);
                cut(block, &merges, voices_at_threshold(block, &merges).min(BLOCK_KEEPS))
            })
            .collect();
    }
    let merges = merges(&nodes);
    match speakers {
        Speakers::Auto { most } => {
            let mut count = voices_at_threshold(&nodes, &merges);
            loop {
                let found = heavy(cut(&nodes, &merges, count));
                if found.len() <= most.max(1) || count <= 1 {
                    return found;
                }
                count -= 1;
            }
        }
        Speakers::Exactly(wanted) => {
            let wanted = wanted.max(1);
            let alike = voices_at_threshold(&nodes, &merges).max(1);
            let people = |count: usize| heavy(cut(&nodes, &merges, count));
            let exact = |found: &Vec<Cluster>| found.len() == wanted;
            // A cough is a cluster of its own long before two people are: from where voices are alike on, more or fewer are
            // made until as many are people.
            let found = if people(alike).len() >= wanted {
                (1..=alike).rev().map(people).find(exact)
            } else {
                (alike..=(alike + STRAYS_MAX).min(nodes.len())).map(people).find(exact)
            };
            found.unwrap_or_else(|| cut(&nodes, &merges, wanted))
        }
    }
}

/// How many are left when those that sound alike are one.
fn voices_at_threshold(nodes: &[Cluster], merges: &[Merge]) -> usize {
    nodes.len() - merges.iter().take_while(|merge| merge.likeness >= SAME_VOICE).count()
}

/// Those with enough speech; the heaviest when none has.
fn heavy(clusters: Vec<Cluster>) -> Vec<Cluster> {
    let heaviest = clusters.iter().map(|cluster| cluster.weight).fold(0.0, f32::max);
    let least = SECONDS_MIN.min(heaviest);
    clusters.into_iter().filter(|cluster| cluster.weight >= least).collect()
}

/// What is left of `nodes` when they are merged into `count`.
fn cut(nodes: &[Cluster], merges: &[Merge], count: usize) -> Vec<Cluster> {
    let mut left: Vec<Option<Cluster>> = nodes.iter().cloned().map(Some).collect();
    for merge in merges.iter().take(nodes.len().saturating_sub(count)) {
        let from = left[merge.from].take();
        if let (Some(into), Some(from)) = (&mut left[merge.into], from) {
            into.join(&from);
        }
    }
    left.into_iter().flatten().collect()
}

/// All merges down to one, the most alike first; of equals those that come first.
fn merges(nodes: &[Cluster]) -> Vec<Merge> {
    let count = nodes.len();
    let mut weights: Vec<f32> = nodes.iter().map(|node| node.weight).collect();
    let mut likeness = vec![f32::NEG_INFINITY; count * count];
    for one in 0..count {
        for other in 0..one {
            let value = nodes[one].likeness(&nodes[other]);
            likeness[one * count + other] = value;
            likeness[other * count + one] = value;
        }
    }
    // The likest other of each, kept so that a merge looks at few rows only. A row of what is gone is all unlike.
    let likest = |likeness: &[f32], one: usize| {
        let row = &likeness[one * count..(one + 1) * count];
        let mut best = (f32::NEG_INFINITY, 0);
        for (other, &value) in row.iter().enumerate() {
            if value > best.0 {
                best = (value, other);
            }
        }
        best
    };
    let mut nearest: Vec<(f32, usize)> = (0..count).map(|one| likest(&likeness, one)).collect();
    let mut merges = Vec::with_capacity(count.saturating_sub(1));
    for _ in 1..count {
        let mut best = (f32::NEG_INFINITY, 0, 0);
        for (one, &(value, other)) in nearest.iter().enumerate() {
            if value > best.0 {
                best = (value, one.min(other), one.max(other));
            }
        }
        let (value, into, from) = best;
        merges.push(Merge { into, from, likeness: value });
        let (own, theirs) = (weights[into], weights[from]);
        weights[into] = own + theirs;
        for other in 0..count {
            let was = (likeness[into * count + other], likeness[from * count + other]);
            let joined = if other == into || other == from || was.0 == f32::NEG_INFINITY {
                f32::NEG_INFINITY
            } else {
                (own * was.0 + theirs * was.1) / (own + theirs)
            };
            likeness[into * count + other] = joined;
            likeness[other * count + into] = joined;
            likeness[from * count + other] = f32::NEG_INFINITY;
            likeness[other * count + from] = f32::NEG_INFINITY;
        }
        for other in 0..count {
            let (value, partner) = nearest[other];
            let now = likeness[other * count + into];
            if other == into || other == from || partner == into || partner == from {
                nearest[other] = likest(&likeness, other);
            } else if now > value {
                nearest[other] = (now, into);
            }
        }
    }
    merges
}

/// Mean cosine from which on two clusters are one voice: fitted, see `docs/speakers.md`. Higher makes two of one person,
/// lower one of two.
const SAME_VOICE: f32 = 0.65;
/// Seconds of passages, which overlap, under which a cluster is no speaker: coughs, and two voices at once.
const SECONDS_MIN: f32 = 2.0;
/// Clusters that are no speakers among those that are, at most.
const STRAYS_MAX: usize = 16;
/// Passages that are clustered at once: 4 MB, some seven minutes of speech.
const BLOCK: usize = 1_024;
/// Clusters that are left of a block, at most.
const BLOCK_KEEPS: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    /// A passage that sounds mostly like speaker `who`, and a little of its own.
    fn passage(who: usize, own: usize) -> VoiceEmbedding {
        let mut values = [0.0; DIMENSIONS];
        values[who] = 1.0;
        values[100 + own % 100] += 0.3;
        VoiceEmbedding::of(&values).unwrap()
    }

    fn found(who: &[usize], seconds: f32, speakers: Speakers) -> Vec<Vec<usize>> {
        let passages: Vec<_> =
            who.iter().enumerate().map(|(own, &who)| passage(who, own)).collect();
        let clusters = clusters(&passages, &vec![seconds; who.len()], speakers);
        let mut found: Vec<Vec<usize>> =
            clusters.into_iter().map(|cluster| cluster.members).collect();
        found.iter_mut().for_each(|members| members.sort_unstable());
        found.sort();
        found
    }

    const AUTO: Speakers = Speakers::Auto { most: 8 };

    #[test]
    fn each_voice_is_a_cluster() {
        assert_eq!(found(&[1, 2, 1, 2, 2], 1.6, AUTO), [vec![0, 2], vec![1, 3, 4]]);
        assert_eq!(found(&[3, 3, 3], 1.6, AUTO), [vec![0, 1, 2]]);
        assert!(found(&[], 1.6, AUTO).is_empty());
    }

    #[test]
    fn there_are_no_more_than_are_allowed_and_as_many_as_are_asked_for() {
        let who = [1, 1, 2, 2, 3, 3];
        assert_eq!(found(&who, 1.6, AUTO).len(), 3);
        assert_eq!(found(&who, 1.6, Speakers::Auto { most: 2 }).len(), 2);
        assert_eq!(found(&who, 1.6, Speakers::Auto { most: 0 }).len(), 1);
        assert_eq!(found(&who, 1.6, Speakers::Exactly(2)).len(), 2);
        assert_eq!(found(&[1, 1, 1, 1], 1.6, Speakers::Exactly(2)).len(), 2);
        assert_eq!(found(&[1], 1.6, Speakers::Exactly(4)).len(), 1);
    }

    #[test]
    fn a_cough_is_no_speaker_even_when_two_are_asked_for() {
        let who = [1, 1, 1, 9, 2, 2, 2];
        assert_eq!(found(&who, 1.6, AUTO), [vec![0, 1, 2], vec![4, 5, 6]]);
        assert_eq!(found(&who, 1.6, Speakers::Exactly(2)), [vec![0, 1, 2], vec![4, 5, 6]]);
        // Where all is short, the longest is somebody.
        assert_eq!(found(&[1], 0.5, AUTO), [vec![0]]);
    }

    #[test]
    fn hours_are_clustered_block_by_block() {
        let who: Vec<usize> = (0..3 * BLOCK + 7).map(|n| 1 + n / 50 % 3).collect();
        let found = found(&who, 1.6, AUTO);
        assert_eq!(found.len(), 3);
        for members in found {
            let first = who[members[0]];
            assert!(members.iter().all(|&member| who[member] == first));
        }
    }

    #[test]
    fn linkage_is_the_mean_over_all_pairs() {
        let passages: Vec<_> =
            [(0, 0), (0, 1), (1, 0), (0, 2)].map(|(who, own)| passage(who, own)).to_vec();
        let nodes: Vec<Cluster> = passages
            .iter()
            .map(|voice| Cluster { sum: *voice.values(), weight: 1.0, members: Vec::new() })
            .collect();
        let merges = merges(&nodes);
        let last = merges.last().unwrap();
        let apart = [0, 1, 3].map(|n| passages[n].cosine(&passages[2])).iter().sum::<f32>() / 3.0;
        assert!((last.likeness - apart).abs() < 1e-6, "{merges:?}");
    }
}
