//! A file's transcript: lines of speech in the order in which they began.

use callwright_models::contract::Recognition;
use serde::Serialize;

/// What was said in a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Transcript {
    /// The sound file, as it was named.
    pub(super) file: String,
    /// The model that wrote it.
    pub(super) model: String,
    /// Its main language by its code, if anything was said.
    pub(super) language: Option<String>,
    /// Length of the sound.
    pub(super) seconds: f64,
    /// How many speakers can be told apart.
    pub(super) speakers: usize,
    /// What was said.
    pub(super) lines: Vec<Line>,
}

/// What one speaker said in one go.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    /// Which speaker, from 1: the channel of the file, or the voice where all are in one channel.
    pub(super) speaker: usize,
    /// When it began and ended, in seconds from the file's beginning.
    pub(super) from: f64,
    pub(super) upto: f64,
    /// The words.
    pub(super) text: String,
    /// The words one by one.
    pub(super) words: Vec<TimedWord>,
}

/// A word and its time in seconds, which is an estimate of the model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct TimedWord {
    pub(super) text: String,
    pub(super) from: f64,
    pub(super) upto: f64,
    /// 0-1.
    pub(super) confidence: f32,
}

impl Line {
    /// The lines of what was heard in a stretch that begins at sample `start`. A new one begins after a pause, at a
    /// sentence that ends, where a line is full, and where another speaks: `speaker` says who does at a sample.
    pub(super) fn of(
        recognition: &Recognition,
        start: usize,
        speaker: impl Fn(usize) -> usize,
    ) -> Vec<Self> {
        let at = |sample: usize| round((start + sample) as f64 / 16_000.0);
        let mut lines: Vec<Self> = Vec::new();
        for word in &recognition.words {
            let Some(text) = recognition.text.get(word.range.clone()) else { continue };
            let speaker = speaker(start + usize::midpoint(word.span.start, word.span.end));
            let word = TimedWord {
                text: text.to_owned(),
                from: at(word.span.start),
                upto: at(word.span.end),
                confidence: (word.confidence * 1_000.0).round() / 1_000.0,
            };
            match lines.last_mut().filter(|line| line.speaker == speaker && !line.is_over(&word)) {
                Some(line) => line.add(word),
                None => lines.push(Self::begin(speaker, word)),
            }
        }
        lines
    }

    fn begin(speaker: usize, word: TimedWord) -> Self {
        let (from, upto, text) = (word.from, word.upto, word.text.clone());
        Self { speaker, from, upto, text, words: vec![word] }
    }

    fn add(&mut self, word: TimedWord) {
        self.text.push(' ');
        self.text.push_str(&word.text);
        self.upto = word.upto.max(self.upto);
        self.words.push(word);
    }

    /// Whether `next` begins a new line.
    fn is_over(&self, next: &TimedWord) -> bool {
        let long = self.text.chars().count() + next.text.chars().count() >= CHARACTERS_MAX;
        let sentence = self.text.ends_with(['.', '?', '!', '。', '？', '！']);
        next.from - self.upto >= PAUSE_SECONDS
            || long
            || (sentence && self.upto - self.from >= LINE_SECONDS_MIN)
    }
}

/// Milliseconds are more than any model knows.
fn round(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

/// Two lines of a subtitle.
const CHARACTERS_MAX: usize = 84;
const PAUSE_SECONDS: f64 = 1.0;
/// A sentence that is over sooner shares its line with the next.
const LINE_SECONDS_MIN: f64 = 1.0;

#[cfg(test)]
mod tests {
    use callwright_models::contract::RecognizedWord;

    use super::*;

    fn heard(words: &[(&str, f64)]) -> Recognition {
        let mut heard = Recognition::default();
        for (text, from) in words {
            if !heard.text.is_empty() {
                heard.text.push(' ');
            }
            let begin = heard.text.len();
            heard.text.push_str(text);
            let sample = (from * 16_000.0) as usize;
            heard.words.push(RecognizedWord {
                range: begin..heard.text.len(),
                confidence: 0.5,
                span: sample..sample + 4_000,
            });
        }
        heard
    }

    #[test]
    fn lines_end_at_pauses_and_sentences() {
        let heard =
            heard(&[("Hello", 0.0), ("there,", 0.4), ("world.", 1.0), ("Yes.", 1.5), ("And", 4.0)]);
        let lines = Line::of(&heard, 16_000, |_| 2);
        let texts: Vec<_> = lines.iter().map(|line| (line.from, line.upto, &*line.text)).collect();
        assert_eq!(
            texts,
            [(1.0, 2.25, "Hello there, world."), (2.5, 2.75, "Yes."), (5.0, 5.25, "And")]
        );
        assert!(lines.iter().all(|line| line.speaker == 2));
        assert_eq!(lines[0].words.len(), 3);
    }

    #[test]
    fn a_line_is_of_one_speaker() {
        let heard =
            heard(&[("Are", 0.0), ("you", 0.3), ("there?", 0.6), ("Yes,", 0.9), ("hello?", 1.2)]);
        let lines = Line::of(&heard, 8_000, |sample| if sample < 22_000 { 1 } else { 2 });
        let texts: Vec<_> = lines.iter().map(|line| (line.speaker, &*line.text)).collect();
        assert_eq!(texts, [(1, "Are you there?"), (2, "Yes, hello?")]);
    }

    #[test]
    fn a_line_is_no_longer_than_a_subtitle() {
        let words: Vec<(&str, f64)> = (0..60).map(|n| ("wordy", f64::from(n) * 0.3)).collect();
        let lines = Line::of(&heard(&words), 0, |_| 1);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.text.len() <= CHARACTERS_MAX));
        assert_eq!(lines.iter().map(|line| line.words.len()).sum::<usize>(), 60);
    }
}
