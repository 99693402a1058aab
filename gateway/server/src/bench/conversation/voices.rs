//! The callers' voices: every line spoken once, before anything is measured, with hesitations in the middle of sentences.
//!
//! A line is spoken whole, so that its melody does not fall where the speaker hesitates, and is cut there afterwards.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use callwright_media::SampleRate;
use callwright_models::contract::{SpokenWord, Synthesizer, VoiceStyle};
use callwright_models::flite::Flite;
use rand::Rng as _;
use rand::rngs::StdRng;

use super::script::{CUT_INS, LINES};
use crate::bench::BenchError;
use crate::simulate::mouth::Clip;
use crate::simulate::speech::{SpeechError, resample};

/// Flite's voices that callers have; the receptionist speaks with another one.
pub(in crate::bench) const VOICES: [&str; 2] = ["rms", "awb"];

/// Something to say, ready to be sent.
#[derive(Clone, Debug)]
pub(in crate::bench) struct Line {
    pub(in crate::bench) text: Arc<str>,
    pub(in crate::bench) clip: Arc<Clip>,
}

/// All that one voice can say.
#[derive(Debug, Default)]
pub(in crate::bench) struct Repertoire {
    pub(in crate::bench) lines: Vec<Line>,
    pub(super) cut_ins: Vec<Line>,
}

/// Flite has the voice.
///
/// # Errors
/// [`BenchError`] names those that there are.
pub(in crate::bench) fn known(voice: &str, flite: &Flite) -> Result<(), BenchError> {
    if flite.voices().any(|known| known == voice) {
        return Ok(());
    }
    let known: Vec<_> = flite.voices().collect();
    Err(BenchError::Voice(format!("`{voice}` is none; there are {}", known.join(", "))))
}

/// How long a speaker hesitates, in milliseconds: shorter is an ordinary gap between words, and longer is rare inside
/// of a sentence whose words are already known.
const HESITATION_MS: std::ops::RangeInclusive<u64> = 250..=800;
/// Length of the fades around a cut, so that it does not click.
const FADE: Duration = Duration::from_millis(5);

/// Speaks everything that `voice` may say; `random` decides how long it hesitates.
///
/// # Errors
/// [`SpeechError`] names the text.
pub(in crate::bench) fn rehearse(
    voice: &str,
    random: &mut StdRng,
    synthesizer: &mut dyn Synthesizer,
) -> Result<Repertoire, SpeechError> {
    let style = VoiceStyle::of(voice);
    let lines = speak_all(&LINES, &style, random, synthesizer)?;
    Ok(Repertoire { lines, cut_ins: speak_all(&CUT_INS, &style, random, synthesizer)? })
}

/// Speaks each of `texts`; `random` decides how long its hesitations are.
///
/// # Errors
/// [`SpeechError`] names the text.
pub(in crate::bench) fn speak_all(
    texts: &[impl AsRef<str>],
    style: &VoiceStyle,
    random: &mut StdRng,
    synthesizer: &mut dyn Synthesizer,
) -> Result<Vec<Line>, SpeechError> {
    texts.iter().map(|text| speak(text.as_ref(), style, random, synthesizer)).collect()
}

fn speak(
    text: &str,
    style: &VoiceStyle,
    random: &mut StdRng,
    synthesizer: &mut dyn Synthesizer,
) -> Result<Line, SpeechError> {
    let Spoken { samples, .. } = say(text, style, SampleRate::Hz8000, random, synthesizer)?;
    Ok(Line { text: text.into(), clip: Arc::new(Clip::new(&samples)) })
}

/// A text as sound.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::bench) struct Spoken {
    pub(in crate::bench) samples: Vec<i16>,
    /// About where the speaker hesitates, in samples.
    pub(in crate::bench) hesitations: Vec<Range<usize>>,
}

/// Speaks `text` at a rate; `random` decides how long its hesitations are.
///
/// # Errors
/// [`SpeechError`] names the text.
pub(in crate::bench) fn say(
    text: &str,
    style: &VoiceStyle,
    at: SampleRate,
    random: &mut StdRng,
    synthesizer: &mut dyn Synthesizer,
) -> Result<Spoken, SpeechError> {
    let (plain, marks) = hesitations(text);
    let unspoken = |why: String| SpeechError::Unspoken { text: plain.clone(), why };
    let mut samples = Vec::new();
    let mut words = Vec::new();
    let mut rate = SampleRate::Hz8000;
    synthesizer
        .speak(&plain, style, &mut |chunk| {
            rate = chunk.rate;
            samples.extend_from_slice(&chunk.samples);
            words.extend_from_slice(&chunk.words);
            ControlFlow::Continue(())
        })
        .map_err(|error| unspoken(error.to_string()))?;
    let cuts: Vec<(usize, usize)> = marks
        .iter()
        .map(|&mark| {
            let pause = Duration::from_millis(random.random_range(HESITATION_MS));
            (sample_of(mark, &words), count(rate, pause))
        })
        .collect();
    let fade = count(rate, FADE);
    let samples = resample(&with_pauses(&samples, &cuts, fade), rate, at)
        .map_err(|error| unspoken(error.to_string()))?;
    let mut put_in = 0;
    let converted = |sample: usize| count(at, rate.duration(sample as u64));
    let hesitations = cuts
        .iter()
        .map(|&(cut, pause)| {
            let start = cut + put_in;
            put_in += pause;
            converted(start)..converted(start + pause)
        })
        .collect();
    Ok(Spoken { samples, hesitations })
}

/// The text without its marks, and where in it they stood, in bytes.
fn hesitations(text: &str) -> (String, Vec<usize>) {
    let mut plain = String::new();
    let mut marks = Vec::new();
    for (index, part) in text.split("| ").enumerate() {
        if index > 0 {
            marks.push(plain.len());
        }
        plain.push_str(part);
    }
    (plain, marks)
}

/// Where the last word ends that stands before byte `mark` of the text.
fn sample_of(mark: usize, words: &[SpokenWord]) -> usize {
    let before = words.iter().rev().find(|word| word.text_end <= mark);
    before.map_or(0, |word| usize::try_from(word.sample_end).unwrap_or(usize::MAX))
}

fn count(rate: SampleRate, time: Duration) -> usize {
    usize::try_from(rate.samples(time)).unwrap_or(usize::MAX)
}

/// The sound with silence put in: pairs of a place, in order, and a length.
fn with_pauses(samples: &[i16], cuts: &[(usize, usize)], fade: usize) -> Vec<i16> {
    let mut out = Vec::new();
    let mut from = 0;
    for &(at, pause) in cuts {
        let at = at.clamp(from, samples.len());
        let mut part = part_of(samples, from, at, fade);
        let tail = part.len().saturating_sub(fade);
        fade_in(part.get_mut(tail..).unwrap_or_default().iter_mut().rev());
        out.extend_from_slice(&part);
        out.resize(out.len() + pause, 0);
        from = at;
    }
    out.extend_from_slice(&part_of(samples, from, samples.len(), fade));
    out
}

/// A part of the sound; its beginning is faded in unless it is that of the whole.
fn part_of(samples: &[i16], from: usize, to: usize, fade: usize) -> Vec<i16> {
    let mut part = samples.get(from..to).unwrap_or_default().to_vec();
    if from > 0 {
        fade_in(part.iter_mut().take(fade));
    }
    part
}

/// Rises from nothing to the full sound in the order of `samples`.
fn fade_in<'a>(samples: impl ExactSizeIterator<Item = &'a mut i16>) {
    let length = samples.len().max(1) as f32;
    for (n, sample) in samples.enumerate() {
        // `as` from float saturates.
        *sample = (f32::from(*sample) * n as f32 / length) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_no_words() {
        let (plain, marks) = hesitations("One, | two | three.");
        assert_eq!((plain.as_str(), marks), ("One, two three.", vec![5, 9]));
        for line in LINES.iter().chain(&CUT_INS) {
            let (plain, _) = hesitations(line);
            assert!(!plain.contains('|') && !plain.contains("  "), "{line}");
        }
    }

    #[test]
    fn a_hesitation_follows_the_word_before_its_mark() {
        let word = |text_end, sample_end| SpokenWord { text_end, sample_end };
        let words = [word(4, 100), word(8, 200), word(15, 300)];
        assert_eq!([5, 9, 0].map(|mark| sample_of(mark, &words)), [100, 200, 0]);
    }

    #[test]
    fn pauses_are_put_in_and_nothing_is_lost() {
        let sound = with_pauses(&[1_000; 8], &[(4, 3)], 2);
        assert_eq!(sound, [1_000, 1_000, 500, 0, 0, 0, 0, 0, 500, 1_000, 1_000]);
        assert_eq!(with_pauses(&[7; 3], &[], 2), [7; 3]);
        assert_eq!(with_pauses(&[7; 3], &[(99, 1)], 0), [7, 7, 7, 0]);
    }
}
