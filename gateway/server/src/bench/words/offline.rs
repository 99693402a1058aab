//! What the same model makes of a recording that it hears whole.

use callwright_models::contract::{ModelError, Recognizer, UTTERANCE_MAX};

/// The words of `sound` (16 kHz). What is longer than the model hears at once is heard in parts.
///
/// # Errors
/// [`ModelError`].
pub(super) fn transcribe(
    recognizer: &mut dyn Recognizer,
    sound: &[i16],
) -> Result<String, ModelError> {
    let mut texts = Vec::new();
    for part in parts(sound) {
        let heard = recognizer.recognize(&[part])?;
        texts.extend(heard.into_iter().map(|recognition| recognition.text));
    }
    Ok(texts.join(" "))
}

/// The sound in parts of at most [`UTTERANCE_MAX`] samples, cut in the quietest 20 ms of the last third that fits.
fn parts(mut sound: &[i16]) -> Vec<&[i16]> {
    let mut parts = Vec::new();
    while sound.len() > UTTERANCE_MAX {
        let from = UTTERANCE_MAX * 2 / 3;
        let last_third = sound.get(from..UTTERANCE_MAX).unwrap_or_default();
        let energy =
            |frame: &[i16]| frame.iter().map(|&s| i64::from(s) * i64::from(s)).sum::<i64>();
        let frames = last_third.chunks_exact(FRAME).enumerate();
        let quietest = frames.min_by_key(|(_, frame)| energy(frame)).map_or(0, |(place, _)| place);
        let (part, rest) = sound.split_at(from + quietest * FRAME + FRAME / 2);
        parts.push(part);
        sound = rest;
    }
    parts.push(sound);
    parts
}

/// 20 ms at 16 kHz.
const FRAME: usize = 320;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_recording_is_cut_where_it_is_quiet() {
        let mut sound = vec![5_000; UTTERANCE_MAX * 2];
        let quiet = UTTERANCE_MAX * 3 / 4 / FRAME * FRAME;
        sound[quiet..quiet + 2 * FRAME].fill(3);
        let cut = parts(&sound);
        assert!((quiet..quiet + 2 * FRAME).contains(&cut[0].len()), "{}", cut[0].len());
        assert!(cut.iter().all(|part| part.len() <= UTTERANCE_MAX));
        assert_eq!(cut.concat(), sound);
    }

    #[test]
    fn a_short_one_is_heard_whole() {
        assert_eq!(parts(&[1; 500]), [&[1; 500][..]]);
        assert_eq!(parts(&[1; UTTERANCE_MAX]).len(), 1);
    }
}
