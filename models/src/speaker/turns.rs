//! Who speaks when in a recording in which several people are mixed.
//!
//! Passages of 1.6 s, 0.4 s apart, are embedded and clustered. Then each moment of 100 ms is given to the voice that the passages
//! around it are most like, where changing to another costs something. One voice is heard at a time: where two speak at
//! once, the louder has the turn.

use std::ops::Range;

use super::clusters::{Cluster, clusters};
use super::embedding::VoiceEmbedding;
use super::encoder::SpeakerEncoder;
use super::passages::{joined, passages};
use crate::contract::ModelError;

/// How many people speak in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speakers {
    /// That is to be found out; `most` at most.
    Auto {
        /// At least one.
        most: usize,
    },
    /// So many, of whom some may say nothing.
    Exactly(usize),
}

/// More people than that are not told apart.
pub const SPEAKERS_MAX: usize = 10;

/// Somebody speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeakerTurn {
    /// Who: from 0, in the order in which they are first heard.
    pub speaker: usize,
    /// From which sample to which.
    pub range: Range<usize>,
}

/// Who speaks when.
#[derive(Clone, Debug, Default)]
pub struct Diarized {
    /// In order, without overlap.
    pub turns: Vec<SpeakerTurn>,
    /// What each speaker sounds like.
    pub voices: Vec<VoiceEmbedding>,
}

impl Diarized {
    /// Who speaks at this sample, or else next to it; 0 when nobody does.
    pub fn speaker_at(&self, sample: usize) -> usize {
        let away = |turn: &&SpeakerTurn| {
            let before = turn.range.start.saturating_sub(sample);
            before.max(sample.saturating_sub(turn.range.end.saturating_sub(1)))
        };
        // Turns are in order, so that only the two around it can be the nearest.
        let after = self.turns.partition_point(|turn| turn.range.start <= sample);
        let near = self.turns.get(after.saturating_sub(1)..(after + 1).min(self.turns.len()));
        near.unwrap_or_default().iter().min_by_key(away).map_or(0, |turn| turn.speaker)
    }

    /// Samples that each speaker speaks.
    pub fn spoken(&self) -> Vec<usize> {
        let mut spoken = vec![0; self.voices.len()];
        for turn in &self.turns {
            if let Some(own) = spoken.get_mut(turn.speaker) {
                *own += turn.range.len();
            }
        }
        spoken
    }
}

/// Finds out who speaks when in `sound`, mono at 16 kHz, of which a detector found speech in `regions`.
///
/// # Errors
/// [`ModelError`].
pub fn diarize(
    encoder: &mut SpeakerEncoder,
    sound: &[i16],
    regions: &[Range<usize>],
    speakers: Speakers,
) -> Result<Diarized, ModelError> {
    let regions = joined(regions, sound.len());
    let passages = passages(&regions, HOP);
    let voices = encoder.passages(sound, &passages)?;
    Ok(turns(&regions, &passages, &voices, speakers))
}

/// The same of passages that were embedded.
fn turns(
    regions: &[Range<usize>],
    passages: &[Range<usize>],
    voices: &[VoiceEmbedding],
    speakers: Speakers,
) -> Diarized {
    // Short passages tell little: where there are others, speakers are found without them.
    let length = |place: &usize| passages.get(*place).map_or(0, ExactSizeIterator::len);
    let mut telling: Vec<usize> =
        (0..voices.len()).filter(|place| length(place) >= TELLING_MIN).collect();
    if telling.is_empty() {
        telling = (0..voices.len()).collect();
    }
    let heard: Vec<VoiceEmbedding> =
        telling.iter().filter_map(|&place| voices.get(place).cloned()).collect();
    let seconds: Vec<f32> = telling.iter().map(|place| length(place) as f32 / RATE_HZ).collect();
    let found = clusters(&heard, &seconds, speakers);
    let known: Vec<VoiceEmbedding> = found.iter().filter_map(Cluster::voice).collect();
    let mut turns: Vec<SpeakerTurn> = Vec::new();
    for region in regions {
        resegment(region, passages, voices, &known, &mut turns);
    }
    in_order(turns, known)
}

/// Adds the turns of one region.
fn resegment(
    region: &Range<usize>,
    passages: &[Range<usize>],
    voices: &[VoiceEmbedding],
    known: &[VoiceEmbedding],
    turns: &mut Vec<SpeakerTurn>,
) {
    // The region's own passages.
    let first = passages.partition_point(|passage| passage.start < region.start);
    let end = passages.partition_point(|passage| passage.start < region.end);
    let (Some(passages), Some(voices)) = (passages.get(first..end), voices.get(first..end)) else {
        return;
    };
    let likenesses: Vec<Vec<f32>> =
        voices.iter().map(|voice| known.iter().map(|one| voice.cosine(one)).collect()).collect();
    let moments = (region.len() / MOMENT).max(1);
    let edge = |number: usize| region.start + region.len() * number / moments;
    let scores = (0..moments).map(|number| {
        let middle = usize::midpoint(edge(number), edge(number + 1));
        score(middle, passages, &likenesses, known.len())
    });
    for (number, speaker) in likeliest(scores).into_iter().enumerate() {
        let range = edge(number)..edge(number + 1);
        match turns.last_mut() {
            Some(last) if last.speaker == speaker && last.range.end == range.start => {
                last.range.end = range.end;
            }
            _ => turns.push(SpeakerTurn { speaker, range }),
        }
    }
}

/// How like each known voice the passages are that hold the moment, those centred on it most of all.
fn score(
    middle: usize,
    passages: &[Range<usize>],
    likenesses: &[Vec<f32>],
    speakers: usize,
) -> Vec<f32> {
    // They begin in order: those that hold the moment lie together.
    let end = passages.partition_point(|passage| passage.start <= middle);
    let first = passages.partition_point(|passage| passage.end <= middle);
    let (mut sum, mut weights) = (vec![0.0; speakers], 0.0);
    for (passage, likeness) in passages.iter().zip(likenesses).take(end).skip(first) {
        let away = usize::midpoint(passage.start, passage.end).abs_diff(middle) as f32 / RATE_HZ;
        let weight = 1.0 / (NEAR_SECONDS + away);
        weights += weight;
        sum.iter_mut().zip(likeness).for_each(|(sum, value)| *sum += weight * value);
    }
    if weights > 0.0 {
        sum.iter_mut().for_each(|value| *value /= weights);
    }
    sum
}

/// The likeliest speakers of moments one after the other (Viterbi), of equals the first.
fn likeliest(scores: impl Iterator<Item = Vec<f32>>) -> Vec<usize> {
    let mut best: Vec<f32> = Vec::new();
    let mut came_from: Vec<Vec<usize>> = Vec::new();
    for score in scores {
        let leader = first_greatest(&best);
        let leading = best.get(leader).copied().unwrap_or(0.0) - CHANGE_COSTS;
        let stayed = |speaker: usize| best.get(speaker).copied().unwrap_or(0.0);
        let from = (0..score.len()).map(|own| if stayed(own) >= leading { own } else { leader });
        came_from.push(from.collect());
        best = score
            .iter()
            .enumerate()
            .map(|(speaker, value)| stayed(speaker).max(leading) + value)
            .collect();
    }
    let mut speaker = first_greatest(&best);
    let mut path: Vec<usize> = Vec::with_capacity(came_from.len());
    for from in came_from.iter().rev() {
        path.push(speaker);
        speaker = from.get(speaker).copied().unwrap_or(0);
    }
    path.reverse();
    path
}

fn first_greatest(values: &[f32]) -> usize {
    let mut best = (f32::NEG_INFINITY, 0);
    for (place, &value) in values.iter().enumerate() {
        if value > best.0 {
            best = (value, place);
        }
    }
    best.1
}

/// Numbers speakers in the order in which they are first heard; those who have no turn are gone.
fn in_order(mut turns: Vec<SpeakerTurn>, known: Vec<VoiceEmbedding>) -> Diarized {
    let mut order: Vec<usize> = Vec::new();
    for turn in &mut turns {
        let place = order.iter().position(|&speaker| speaker == turn.speaker);
        turn.speaker = place.unwrap_or_else(|| {
            order.push(turn.speaker);
            order.len() - 1
        });
    }
    let voices = order.iter().filter_map(|&speaker| known.get(speaker).cloned()).collect();
    Diarized { turns, voices }
}

const RATE_HZ: f32 = 16_000.0;
/// 0.4 s: each moment lies in four passages.
const HOP: usize = 6_400;
/// 0.8 s.
const TELLING_MIN: usize = 12_800;
/// 100 ms.
const MOMENT: usize = 1_600;
/// Likeness lost by changing the speaker: that of one second in which the other is 0.01 liker, or of 100 ms in which it is
/// 0.1 liker.
const CHANGE_COSTS: f32 = 0.1;
/// A passage that is centred on a moment tells as much as if it were so far away.
const NEAR_SECONDS: f32 = 0.05;

#[cfg(test)]
mod tests {
    use super::super::embedding::DIMENSIONS;
    use super::*;

    /// What is heard of a passage, each sample of which is one of the speakers `who` in seconds.
    fn heard(passage: &Range<usize>, who: &[(Range<f32>, usize)]) -> VoiceEmbedding {
        let mut values = [0.0; DIMENSIONS];
        values[200] = 0.2;
        for (seconds, speaker) in who {
            let from = ((seconds.start * RATE_HZ) as usize).max(passage.start);
            let upto = ((seconds.end * RATE_HZ) as usize).min(passage.end);
            values[*speaker] += upto.saturating_sub(from) as f32 / passage.len() as f32;
        }
        VoiceEmbedding::of(&values).unwrap()
    }

    fn check(who: &[(Range<f32>, usize)], speakers: Speakers, wanted: &[(usize, f32, f32)]) {
        let regions: Vec<Range<usize>> = who
            .chunk_by(|one, next| one.0.end == next.0.start)
            .map(|part| {
                let (first, last) = (part.first().unwrap(), part.last().unwrap());
                (first.0.start * RATE_HZ) as usize..(last.0.end * RATE_HZ) as usize
            })
            .collect();
        let passages = passages(&regions, HOP);
        let voices: Vec<_> = passages.iter().map(|passage| heard(passage, who)).collect();
        let found = turns(&regions, &passages, &voices, speakers);
        let shown: Vec<_> = found
            .turns
            .iter()
            .map(|turn| {
                let at = |sample: usize| sample as f32 / RATE_HZ;
                (turn.speaker, at(turn.range.start), at(turn.range.end))
            })
            .collect();
        assert_eq!(shown.len(), wanted.len(), "{shown:?}");
        for (one, wanted) in shown.iter().zip(wanted) {
            let off = (one.1 - wanted.1).abs().max((one.2 - wanted.2).abs());
            assert!(one.0 == wanted.0 && off < 0.35, "{shown:?}");
        }
        let spoken = found.spoken();
        assert_eq!(spoken.len(), found.voices.len());
        assert!(spoken.iter().all(|&samples| samples > 0));
    }

    const AUTO: Speakers = Speakers::Auto { most: SPEAKERS_MAX };

    #[test]
    fn speakers_are_told_apart_where_nobody_pauses() {
        check(
            &[(0.0..4.0, 5), (4.0..7.0, 3), (7.0..12.0, 5)],
            AUTO,
            &[(0, 0.0, 4.0), (1, 4.0, 7.0), (0, 7.0, 12.0)],
        );
    }

    #[test]
    fn somebody_who_pauses_is_one_speaker_in_several_turns() {
        check(&[(0.0..4.0, 2), (6.0..9.0, 2)], AUTO, &[(0, 0.0, 4.0), (0, 6.0, 9.0)]);
    }

    #[test]
    fn a_short_answer_goes_to_whom_it_sounds_like() {
        check(
            &[(0.0..4.0, 2), (5.0..9.0, 8), (10.0..10.5, 2), (11.0..14.0, 8)],
            AUTO,
            &[(0, 0.0, 4.0), (1, 5.0, 9.0), (0, 10.0, 10.5), (1, 11.0, 14.0)],
        );
    }

    #[test]
    fn there_is_one_speaker_where_one_is_asked_for_and_none_where_nobody_speaks() {
        let who = [(0.0..4.0, 2), (5.0..9.0, 8)];
        check(&who, Speakers::Exactly(1), &[(0, 0.0, 4.0), (0, 5.0, 9.0)]);
        let none = turns(&[], &[], &[], AUTO);
        assert!(none.turns.is_empty() && none.voices.is_empty());
        assert_eq!(none.speaker_at(5), 0);
    }

    #[test]
    fn a_word_between_turns_goes_to_the_nearer() {
        let turn = |speaker, range| SpeakerTurn { speaker, range };
        let turns = vec![turn(0, 100..200), turn(1, 300..400)];
        let found = Diarized { turns, voices: Vec::new() };
        let at = |sample| found.speaker_at(sample);
        assert_eq!([at(0), at(150), at(240), at(260), at(399), at(9_000)], [0, 0, 0, 1, 1, 1]);
    }
}
