//! Speech that is a tone of known length with words of known times.

use std::ops::ControlFlow;

use super::tone;
use crate::contract::{
    LISTENING_RATE, ModelError, SpeechChunk, SpokenWord, Synthesizer, VoiceStyle,
};

/// "Speaks" a loud square wave, 60 ms for each character of the text at pace 1, without a pause.
///
/// A word ends where its last character does. A text without a letter or digit cannot be spoken.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToneSynthesizer {
    _private: (),
}

impl ToneSynthesizer {
    /// Samples of one character at pace 1: 60 ms.
    pub const SAMPLES_PER_CHARACTER: usize = 3 * LISTENING_RATE.frame_samples();
    /// Loudness of the tone, as [`tone`] means it.
    pub const LOUDNESS: i16 = 8_000;

    /// A synthesiser.
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl Synthesizer for ToneSynthesizer {
    fn speak(
        &mut self,
        text: &str,
        style: &VoiceStyle,
        sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Result<(), ModelError> {
        if !text.contains(char::is_alphanumeric) {
            return Err(ModelError::Unspeakable { reason: "it has no word" });
        }
        let pace = f64::from(style.pace.clamp(0.5, 2.0));
        let samples_at = |characters: usize| {
            let unhurried = (characters * Self::SAMPLES_PER_CHARACTER) as f64;
            (unhurried / pace).round() as usize
        };
        let mut words: Vec<SpokenWord> = word_ends(text)
            .map(|(text_end, characters)| SpokenWord {
                text_end,
                sample_end: samples_at(characters) as u64,
            })
            .collect();
        let wave = tone(Self::LOUDNESS, samples_at(text.chars().count()));
        let mut given = 0;
        for samples in wave.chunks(CHUNK_SAMPLES) {
            given += samples.len() as u64;
            let ended = words.iter().take_while(|word| word.sample_end <= given).count();
            let words = words.drain(..ended).collect();
            let chunk = SpeechChunk { rate: LISTENING_RATE, samples: samples.into(), words };
            if sink(chunk).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// For each word, where it ends: in bytes, and in characters.
fn word_ends(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let ends_here = |(bytes, c): (usize, char)| {
        let next = text.get(bytes + c.len_utf8()..).and_then(|rest| rest.chars().next());
        !c.is_whitespace() && next.is_none_or(char::is_whitespace)
    };
    text.char_indices()
        .enumerate()
        .filter(move |(_, at)| ends_here(*at))
        .map(|(characters, (bytes, c))| (bytes + c.len_utf8(), characters + 1))
}

/// 200 ms.
const CHUNK_SAMPLES: usize = 10 * LISTENING_RATE.frame_samples();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_their_last_character_does() {
        let mut heard = 0;
        let mut words = Vec::new();
        ToneSynthesizer::new()
            .speak("né à  9.", &VoiceStyle::default().at_pace(2.0), &mut |chunk| {
                heard += chunk.samples.len();
                words.extend(chunk.words.iter().map(|word| (word.text_end, word.sample_end)));
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(heard, 8 * 480);
        assert_eq!(words, [(3, 2 * 480), (6, 4 * 480), (10, 8 * 480)]);
    }
}
