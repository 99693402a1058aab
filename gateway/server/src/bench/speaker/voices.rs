//! Every two recordings of a folder, compared: of one person, or of two.

use std::io::Write;
use std::path::Path;

use callwright_models::speaker::{VoiceEmbedding, likeness};
use serde_json::{Value, json};

use super::{BenchError, Ears, listed, percent};

/// How alike two recordings sound.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    cosine: f32,
    likeness: f32,
    same: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    people: usize,
    recordings: usize,
    /// Those in which nobody speaks for long enough.
    silent: usize,
    pairs: Vec<Pair>,
}

pub(super) fn measure(ears: &mut Ears, folder: &Path) -> Result<Measured, BenchError> {
    let people = listed(folder, Path::is_dir)?;
    let mut voices: Vec<(usize, VoiceEmbedding)> = Vec::new();
    let mut silent = 0;
    for (person, folder) in people.iter().enumerate() {
        for path in listed(folder, Path::is_file)? {
            let (sound, regions) = ears.hear(&path)?;
            match ears.encoder.voice(&sound, &regions)? {
                Some(voice) => voices.push((person, voice)),
                None => silent += 1,
            }
        }
    }
    let mut pairs = Vec::new();
    for (place, (person, voice)) in voices.iter().enumerate() {
        for (other, against) in voices.iter().take(place) {
            pairs.push(Pair {
                cosine: voice.cosine(against),
                likeness: likeness(voice, against),
                same: person == other,
            });
        }
    }
    if !pairs.iter().any(|pair| pair.same) || pairs.iter().all(|pair| pair.same) {
        return Err(BenchError::Recording(format!(
            "{} needs folders of two people and more, one with two recordings and more",
            folder.display()
        )));
    }
    Ok(Measured { people: people.len(), recordings: voices.len(), silent, pairs })
}

impl Measured {
    fn count(&self, same: bool) -> usize {
        self.pairs.iter().filter(|pair| pair.same == same).count()
    }

    pub(super) fn document(&self) -> Value {
        let (eer, cosine) = equal_error(&self.pairs);
        let (taken_for_one, taken_for_two) = at_even(&self.pairs);
        json!({
            "people": self.people, "recordings": self.recordings, "silent": self.silent,
            "pairs_same": self.count(true), "pairs_different": self.count(false),
            "eer_percent": percent(eer), "eer_cosine": cosine,
            "even": { "two_taken_for_one_percent": percent(taken_for_one), "one_taken_for_two_percent": percent(taken_for_two) },
            "bits": (bits(&self.pairs) * 1_000.0).round() / 1_000.0,
        })
    }

    pub(super) fn table(&self, out: &mut impl Write) -> std::io::Result<()> {
        let (eer, cosine) = equal_error(&self.pairs);
        let (taken_for_one, taken_for_two) = at_even(&self.pairs);
        writeln!(
            out,
            "{} people, {} recordings ({} more without enough speech), {} pairs of one person, {} of two\n\
             eer {:.2} % at cosine {cosine:.3}; where one is as likely as two: {:.2} % of two taken for one, {:.2} % of one \
             for two; {:.3} bits",
            self.people,
            self.recordings,
            self.silent,
            self.count(true),
            self.count(false),
            eer * 100.0,
            taken_for_one * 100.0,
            taken_for_two * 100.0,
            bits(&self.pairs),
        )
    }
}

/// The mean of both shares of errors where they are nearest to each other, and the cosine there.
fn equal_error(pairs: &[Pair]) -> (f64, f32) {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|one, other| one.cosine.total_cmp(&other.cosine));
    let of = |same: bool| sorted.iter().filter(|pair| pair.same == same).count().max(1) as f64;
    let (same, different) = (of(true), of(false));
    // With the threshold under all of them, all are taken for one person.
    let (mut missed, mut accepted) = (0.0, different);
    let mut best = (f64::INFINITY, 1.0, 0.0);
    for pair in &sorted {
        let apart = (missed / same - accepted / different).abs();
        if apart < best.0 {
            best = (apart, f64::midpoint(missed / same, accepted / different), pair.cosine);
        }
        if pair.same {
            missed += 1.0;
        } else {
            accepted -= 1.0;
        }
    }
    (best.1, best.2)
}

/// The shares of pairs of two that are taken for one, and of one that are taken for two, where one is as likely as two.
fn at_even(pairs: &[Pair]) -> (f64, f64) {
    let share = |same: bool, wrong: fn(&&Pair) -> bool| {
        let own: Vec<&Pair> = pairs.iter().filter(|pair| pair.same == same).collect();
        own.iter().filter(|pair| wrong(pair)).count() as f64 / own.len().max(1) as f64
    };
    (share(false, |pair| pair.likeness >= 0.5), share(true, |pair| pair.likeness < 0.5))
}

/// What the likelihoods cost, both kinds of pairs weighing alike (Cllr; N. Brümmer, J. du Preez, Application-independent
/// evaluation of speaker detection, 2006).
fn bits(pairs: &[Pair]) -> f64 {
    let cost = |same: bool| {
        let own = pairs.iter().filter(|pair| pair.same == same);
        let costs: Vec<f64> = own
            .map(|pair| {
                let likely = f64::from(pair.likeness);
                let right = if same { likely } else { 1.0 - likely };
                // Sure of what is wrong costs no more than 32-bit numbers can be sure.
                -right.max(1e-7).log2()
            })
            .collect();
        costs.iter().sum::<f64>() / costs.len().max(1) as f64
    };
    f64::midpoint(cost(true), cost(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(cosine: f32, same: bool) -> Pair {
        Pair { cosine, likeness: cosine, same }
    }

    #[test]
    fn nothing_is_wrong_where_a_threshold_parts_them() {
        let pairs = [pair(0.9, true), pair(0.8, true), pair(0.4, false), pair(0.3, false)];
        let (eer, cosine) = equal_error(&pairs);
        assert!(eer == 0.0 && cosine == 0.8, "{eer} {cosine}");
        assert_eq!(at_even(&pairs), (0.0, 0.0));
        assert!(bits(&pairs) < 0.6);
    }

    #[test]
    fn where_they_overlap_both_are_wrong_as_often() {
        let pairs = [pair(0.9, true), pair(0.5, true), pair(0.6, false), pair(0.3, false)];
        let (eer, _) = equal_error(&pairs);
        assert_eq!(eer, 0.5);
        assert_eq!(at_even(&pairs), (0.5, 0.0));
        let nothing_said = [pair(0.5, true), pair(0.5, false)];
        assert_eq!(bits(&nothing_said), 1.0);
    }
}
