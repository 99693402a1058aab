//! How much of the faint beginning of a reply can go: a breath of noise that a telephone's listener does not hear.
//!
//! Flite begins a sentence that starts with "th", "s" or "y" with up to 0.2 s of sound 40 dB below the vowel that
//! follows. A caller waits through it as through silence; what tells the consonant is its last few hundredths of a second.

use callwright_media::SampleRate;

/// Samples to cut from the front of `heard`, the beginning of a text's speech at `rate`.
///
/// `None` while it cannot be told yet: nothing loud has come, and it may still come within [`FAINT_MAX_S`].
pub(super) fn surplus(heard: &[i16], rate: SampleRate) -> Option<usize> {
    let samples = |seconds: f32| (seconds * rate.hz() as f32) as usize;
    match heard.iter().position(|sample| sample.unsigned_abs() >= HEARD) {
        Some(faint) => Some(faint.saturating_sub(samples(KEPT_S))),
        None if heard.len() >= samples(FAINT_MAX_S) => Some(0),
        None => None,
    }
}

/// 1 % of full scale, -40 dBFS: what callers' ears and `callwright simulate` take for sound on a telephone.
const HEARD: u16 = 327;
/// Kept of what is fainter: shorter noise turns a fricative into an affricate (Repp et al. 1978, "Perceptual integration
/// of acoustic cues for stop, fricative, and affricate manner").
const KEPT_S: f32 = 0.05;
/// A voice that has not become loud by then speaks softly on purpose, and is left alone.
const FAINT_MAX_S: f32 = 0.25;

#[cfg(test)]
mod tests {
    use super::*;

    fn faint_then_loud(faint: usize) -> Vec<i16> {
        let mut sound = vec![90_i16; faint];
        sound.extend([4_000; 800]);
        sound
    }

    #[test]
    fn a_faint_beginning_keeps_its_last_fifty_milliseconds() {
        assert_eq!(surplus(&faint_then_loud(2_400), SampleRate::Hz16000), Some(1_600));
        assert_eq!(surplus(&faint_then_loud(800), SampleRate::Hz16000), Some(0));
        assert_eq!(surplus(&faint_then_loud(0), SampleRate::Hz16000), Some(0));
        assert_eq!(surplus(&faint_then_loud(1_200), SampleRate::Hz8000), Some(800));
    }

    #[test]
    fn nothing_is_cut_before_it_is_known_where_the_voice_begins() {
        assert_eq!(surplus(&[90; 3_999], SampleRate::Hz16000), None);
        assert_eq!(surplus(&[], SampleRate::Hz16000), None);
    }

    #[test]
    fn a_voice_that_stays_soft_is_left_alone() {
        assert_eq!(surplus(&[90; 4_000], SampleRate::Hz16000), Some(0));
    }
}
