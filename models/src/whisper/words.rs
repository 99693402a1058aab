//! From whisper.cpp's tokens to words with times.

use whisper_rs::WhisperSegment;

use crate::contract::{Recognition, RecognizedWord};

/// What one segment says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Segment {
    pub(super) words: Vec<Word>,
    /// The geometric mean of its tokens' probabilities; 0 for no tokens.
    pub(super) confidence: f32,
}

/// A word as it is put together from tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Word {
    /// UTF-8, which a token alone need not be.
    octets: Vec<u8>,
    logs: f32,
    tokens: u16,
    /// Hundredths of a second from the beginning of the stretch.
    from: i64,
    upto: i64,
}

/// The words of a segment. Tokens from `end` on are no text.
pub(super) fn of_segment(segment: &WhisperSegment<'_>, end: i32) -> Segment {
    let mut words: Vec<Word> = Vec::new();
    for token in (0..segment.n_tokens()).filter_map(|place| segment.get_token(place)) {
        let data = token.token_data();
        let Ok(octets) = token.to_bytes() else { continue };
        if data.id >= end || octets.is_empty() {
            continue;
        }
        if words.is_empty() || octets.first() == Some(&b' ') {
            words.push(Word { from: data.t0, ..Word::default() });
        }
        if let Some(word) = words.last_mut() {
            word.octets.extend_from_slice(octets);
            word.logs += data.p.max(f32::MIN_POSITIVE).ln();
            word.tokens = word.tokens.saturating_add(1);
            word.upto = data.t1;
        }
    }
    let tokens: f32 = words.iter().map(|word| f32::from(word.tokens)).sum();
    let logs: f32 = words.iter().map(|word| word.logs).sum();
    let confidence = if tokens > 0.0 { (logs / tokens).exp() } else { 0.0 };
    Segment { words, confidence }
}

/// All words of a stretch of `samples` samples.
pub(super) fn recognition(words: impl Iterator<Item = Word>, samples: usize) -> Recognition {
    let mut heard = Recognition::default();
    let (mut logs, mut tokens) = (0.0, 0.0);
    for word in words {
        let text = String::from_utf8_lossy(&word.octets);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if !heard.text.is_empty() {
            heard.text.push(' ');
        }
        let from = heard.text.len();
        heard.text.push_str(text);
        let sample = |hundredths: i64| {
            usize::try_from(hundredths).map_or(0, |at| at.saturating_mul(160)).min(samples)
        };
        heard.words.push(RecognizedWord {
            range: from..heard.text.len(),
            confidence: (word.logs / f32::from(word.tokens.max(1))).exp(),
            span: sample(word.from)..sample(word.upto.max(word.from)),
        });
        logs += word.logs;
        tokens += f32::from(word.tokens);
    }
    if tokens > 0.0 {
        heard.confidence = (logs / tokens).exp();
    }
    heard.agreed = heard.text.len();
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(octets: &[u8], p: f32, from: i64, upto: i64) -> Word {
        Word { octets: octets.to_vec(), logs: p.ln(), tokens: 1, from, upto }
    }

    #[test]
    fn words_have_their_places_times_and_confidences() {
        let words = [
            word(" Grüß".as_bytes(), 0.5, 10, 40),
            word(b" ", 0.9, 40, 41),
            word(b" Gott.", 0.5, 50, 900),
        ];
        let heard = recognition(words.into_iter(), 16_000);
        assert_eq!(heard.text, "Grüß Gott.");
        let spoken: Vec<_> =
            heard.words.iter().map(|w| (&heard.text[w.range.clone()], w.span.clone())).collect();
        assert_eq!(
            spoken,
            [("Grüß", 1_600..6_400), ("Gott.", 8_000..16_000)],
            "none ends after the sound"
        );
        assert!((heard.confidence - 0.5).abs() < 1e-6, "{}", heard.confidence);
    }
}
