//! The figures of `callwright bench words`. Arithmetic alone.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::args::Band;
use super::heard::{Changes, Outcome};
use crate::bench::wer::{errors, words};
use crate::simulate::ear::percentile;

/// One recording, heard both ways.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// The file, as the list names it.
    pub(super) path: String,
    pub(super) said: String,
    pub(super) streamed: Outcome,
    pub(super) offline: String,
    /// From where to where in the recording there is speech.
    pub(super) speech: (Duration, Duration),
}

/// The figures, percentages and whole milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Figures {
    /// Wrong words, in percent of those said, as the line heard them.
    wer_streaming: f64,
    /// The same as the model hears each recording whole.
    wer_offline: f64,
    /// From the onset of speech to the first words shown: median.
    first_partial_ms_p50: Option<u64>,
    /// From the last sound to the moment from which on the words shown are the final ones: median.
    final_ms_p50: Option<u64>,
    /// Of the words shown as stable, those that changed afterwards, in percent.
    changed_words: f64,
    /// Recordings.
    utterances: usize,
    /// `wideband` or `telephone`.
    band: &'static str,
    /// Words said.
    words: usize,
    /// 95 of 100 are at most this.
    first_partial_ms_p95: Option<u64>,
    /// 95 of 100 are at most this.
    final_ms_p95: Option<u64>,
    /// From the last sound to the event that declares the words final: median.
    turn_over_ms_p50: Option<u64>,
    /// Of all words shown, the unstable tail included, those that changed afterwards, in percent.
    changed_words_shown: f64,
    /// Turns that the recordings were taken for.
    turns: usize,
    /// Recordings whose last turn was not over when the line hung up: its words are lost.
    unfinished: usize,
}

impl Figures {
    /// The figures of all recordings.
    pub(super) fn of(band: Band, all: &[Read]) -> Self {
        let said: Vec<_> = all.iter().map(|read| words(&read.said)).collect();
        let count: usize = said.iter().map(Vec::len).sum();
        let wrong = |heard: fn(&Read) -> &str| {
            let pairs = said.iter().zip(all);
            let wrong = pairs.map(|(said, read)| errors(said, &words(heard(read)))).sum();
            percent(wrong, count)
        };
        let none = Changes::default();
        let stable = all.iter().fold(none, |sum, read| sum.and(read.streamed.stable));
        let shown = all.iter().fold(none, |sum, read| sum.and(read.streamed.all));
        let delays = |delay: fn(&Read) -> Option<Duration>| -> Vec<Duration> {
            all.iter().filter_map(delay).collect()
        };
        let first = delays(|read| Some(read.streamed.first_words?.saturating_sub(read.speech.0)));
        let last = delays(|read| Some(read.streamed.final_words?.saturating_sub(read.speech.1)));
        let over = delays(|read| Some(read.streamed.turn_over?.saturating_sub(read.speech.1)));
        let at = |values: &[Duration], share: f64| {
            percentile(values, share)
                .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
        };
        Self {
            wer_streaming: wrong(|read| &read.streamed.text),
            wer_offline: wrong(|read| &read.offline),
            first_partial_ms_p50: at(&first, 0.5),
            final_ms_p50: at(&last, 0.5),
            changed_words: percent(stable.changed, stable.shown),
            utterances: all.len(),
            band: match band {
                Band::Wideband => "wideband",
                Band::Telephone => "telephone",
            },
            words: count,
            first_partial_ms_p95: at(&first, 0.95),
            final_ms_p95: at(&last, 0.95),
            turn_over_ms_p50: at(&over, 0.5),
            changed_words_shown: percent(shown.changed, shown.shown),
            turns: all.iter().map(|read| read.streamed.turns).sum(),
            unfinished: all.iter().filter(|read| read.streamed.unfinished).count(),
        }
    }

    /// One line of JSON.
    pub(super) fn json(&self) -> String {
        // Only maps with other keys than strings and failing writers make this fail, and there are none.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Option<u64>| time.map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"));
        let band = match self.band {
            "telephone" => "8 kHz mu-law",
            _ => "16 kHz",
        };
        writeln!(
            f,
            "{} recordings, {} words, {band}; taken for {} turns",
            self.utterances, self.words, self.turns
        )?;
        writeln!(f, "  wrong words, streamed         {:.2} %", self.wer_streaming)?;
        writeln!(f, "  wrong words, heard whole      {:.2} %", self.wer_offline)?;
        let more = self.wer_streaming - self.wer_offline;
        writeln!(f, "  what streaming costs          {more:+.2} points")?;
        let pair = |p50, p95| format!("p50 {}, p95 {}", ms(p50), ms(p95));
        let first = pair(self.first_partial_ms_p50, self.first_partial_ms_p95);
        writeln!(f, "  onset to first words          {first}")?;
        let last = pair(self.final_ms_p50, self.final_ms_p95);
        writeln!(f, "  last sound to final words     {last}")?;
        writeln!(f, "  last sound to the turn's end  p50 {}", ms(self.turn_over_ms_p50))?;
        writeln!(f, "  stable words that changed     {:.2} %", self.changed_words)?;
        writeln!(f, "  shown words that changed      {:.2} %", self.changed_words_shown)?;
        if self.unfinished > 0 {
            writeln!(f, "  turns that did not end        {}", self.unfinished)?;
        }
        write!(
            f,
            "\nEvery event carries all words so far and how many of them are stable. A listener who shows the stable \
             ones alone\nsees the first figure of change; one who shows the tail as well sees words sooner and the \
             second."
        )
    }
}

/// Everything that was said and heard, a line for each recording.
pub(super) fn list(all: &[Read]) -> String {
    let mut text = "path\terrors_streamed\terrors_offline\tsaid\tstreamed\toffline\n".to_owned();
    for read in all {
        let said = words(&read.said);
        let of = |heard: &str| errors(&said, &words(heard));
        let Read { path, said, streamed, offline, .. } = read;
        let (streaming, whole) = (of(&streamed.text), of(offline));
        text.push_str(&format!(
            "{path}\t{streaming}\t{whole}\t{said}\t{}\t{offline}\n",
            streamed.text
        ));
    }
    text
}

/// A share in percent, to a hundredth.
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 10_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn read(said: &str, streamed: &str, offline: &str, words_ms: u64, final_ms: u64) -> Read {
        let streamed = Outcome {
            text: streamed.to_owned(),
            first_words: Some(ms(words_ms)),
            final_words: Some(ms(final_ms)),
            turn_over: Some(ms(final_ms + 1_000)),
            turns: 1,
            unfinished: false,
            stable: Changes { shown: 4, changed: 1 },
            all: Changes { shown: 5, changed: 2 },
        };
        let (said, offline) = (said.to_owned(), offline.to_owned());
        Read { path: "a.flac".to_owned(), said, streamed, offline, speech: (ms(200), ms(2_000)) }
    }

    #[test]
    fn errors_are_counted_over_all_words_and_delays_in_the_middle() {
        let all = [
            read("one two three four", "One, two, three four.", "1 2 3 4", 900, 2_150),
            read("five six seven eight", "five six heaven", "five six heaven eight", 1_000, 2_250),
            read("nine ten", "nine ten", "nine ten", 1_400, 1_900),
        ];
        let figures = Figures::of(Band::Telephone, &all);
        assert_eq!((figures.wer_streaming, figures.wer_offline), (20.0, 10.0));
        assert_eq!(
            (figures.first_partial_ms_p50, figures.first_partial_ms_p95),
            (Some(800), Some(1_200))
        );
        // Words that stood before the last sound are final with it.
        assert_eq!((figures.final_ms_p50, figures.final_ms_p95), (Some(150), Some(250)));
        assert_eq!((figures.changed_words, figures.changed_words_shown), (25.0, 40.0));
        assert_eq!((figures.turn_over_ms_p50, figures.turns), (Some(1_150), 3));
        assert!(figures.to_string().contains("+10.00 points"), "{figures}");
        assert!(list(&all).lines().nth(2).unwrap().starts_with("a.flac\t2\t1\t"), "{}", list(&all));
    }

    #[test]
    fn the_json_begins_with_what_a_reader_looks_for() {
        let json = Figures::of(Band::Wideband, &[]).json();
        let expected = "{\"wer_streaming\":0.0,\"wer_offline\":0.0,\"first_partial_ms_p50\":null,\
             \"final_ms_p50\":null,\"changed_words\":0.0,\"utterances\":0,\"band\":\"wideband\"";
        assert!(json.starts_with(expected), "{json}");
    }
}
