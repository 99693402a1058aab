//! What a voice sounds like.

use std::fmt;

/// Numbers in an embedding.
pub const DIMENSIONS: usize = 256;

/// What a voice sounds like: a direction in [`DIMENSIONS`] dimensions, of length 1, in which no number is negative. All are
/// 0 for sound that has nothing of a voice.
///
/// It tells who somebody is, so that its `Debug` shows nothing of it.
#[derive(Clone, PartialEq)]
pub struct VoiceEmbedding([f32; DIMENSIONS]);

impl VoiceEmbedding {
    /// The direction of these numbers, whatever their length; `None` when there are not [`DIMENSIONS`] or some are no numbers.
    pub fn of(values: &[f32]) -> Option<Self> {
        let mut own: [f32; DIMENSIONS] = values.try_into().ok()?;
        if !own.iter().all(|value| value.is_finite()) {
            return None;
        }
        let length = dot(&own, &own).sqrt();
        if length > 0.0 {
            own.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
        }
        Some(Self(own))
    }

    /// The numbers.
    pub const fn values(&self) -> &[f32; DIMENSIONS] {
        &self.0
    }

    /// How alike two voices sound: 1 for the same sound. Two recordings of one person have 0.88 or so, those of two people
    /// 0.55; see [`super::likeness`].
    pub fn cosine(&self, other: &Self) -> f32 {
        dot(&self.0, &other.0) as f32
    }

    /// The voice of several passages of one person, each with its weight; `None` of none.
    pub fn mean<'a>(passages: impl IntoIterator<Item = (&'a Self, f32)>) -> Option<Self> {
        let mut sum = [0.0_f32; DIMENSIONS];
        let mut any = false;
        for (passage, weight) in passages {
            any = true;
            sum.iter_mut().zip(&passage.0).for_each(|(sum, value)| *sum += weight * value);
        }
        if any { Self::of(&sum) } else { None }
    }
}

impl fmt::Debug for VoiceEmbedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VoiceEmbedding(..)")
    }
}

fn dot(one: &[f32; DIMENSIONS], other: &[f32; DIMENSIONS]) -> f64 {
    one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(places: &[usize]) -> VoiceEmbedding {
        let mut values = [0.0; DIMENSIONS];
        places.iter().for_each(|&place| values[place] = 3.0);
        VoiceEmbedding::of(&values).unwrap()
    }

    #[test]
    fn a_direction_has_length_one_and_is_like_itself() {
        let one = along(&[0, 1]);
        assert!((one.cosine(&one) - 1.0).abs() < 1e-6);
        assert!((one.cosine(&along(&[1, 2])) - 0.5).abs() < 1e-6);
        assert_eq!(one.cosine(&along(&[7])), 0.0);
    }

    #[test]
    fn a_mean_leans_to_what_weighs_more() {
        let (one, other) = (along(&[0]), along(&[1]));
        let mean = VoiceEmbedding::mean([(&one, 3.0), (&other, 1.0)]).unwrap();
        assert!(mean.cosine(&one) > 0.94 && mean.cosine(&other) < 0.33);
        assert!(VoiceEmbedding::mean([]).is_none());
    }

    #[test]
    fn what_is_no_direction_is_refused_and_nothing_of_one_is_shown() {
        assert!(VoiceEmbedding::of(&[1.0; 3]).is_none());
        let mut values = [0.5; DIMENSIONS];
        values[9] = f32::NAN;
        assert!(VoiceEmbedding::of(&values).is_none());
        assert_eq!(VoiceEmbedding::of(&[0.0; DIMENSIONS]).unwrap().values()[0], 0.0);
        assert_eq!(format!("{:?}", along(&[4])), "VoiceEmbedding(..)");
    }
}
