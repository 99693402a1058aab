//! How likely two voices are of one person.

use super::embedding::VoiceEmbedding;

/// How likely it is that both voices are of one person, 0-1, if it was as likely as not before they were heard: a logistic
/// function of their cosine, fitted as `docs/speakers.md` says. Each voice should be of three seconds of speech and more.
pub fn likeness(one: &VoiceEmbedding, other: &VoiceEmbedding) -> f32 {
    of_cosine(one.cosine(other))
}

fn of_cosine(cosine: f32) -> f32 {
    1.0 / (1.0 + (-(SLOPE * (cosine - EVEN))).exp())
}

/// The cosine at which one person is as likely as two.
const EVEN: f32 = 0.655;
const SLOPE: f32 = 18.3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_grows_with_the_cosine() {
        assert_eq!(of_cosine(EVEN), 0.5);
        assert!(of_cosine(0.9) > 0.95 && of_cosine(0.5) < 0.1);
        assert!((0..100).all(|n| of_cosine(n as f32 / 100.0) <= of_cosine((n + 1) as f32 / 100.0)));
    }
}
