//! Measures how well and how fast growing speech is written down:
//! `cargo run --profile dev -p callwright-models --example words -- --data DIR [--utterances N]`, where DIR is a
//! folder with a `transcripts.tsv` (path, speaker, seconds, text) beside FLAC files of 16 kHz.
//!
//! Each utterance is heard every 500 ms while it grows and once at its end, at 16 kHz and as a telephone of
//! 8 kHz mu-law carries it.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measuring program prints times and stops at the first thing that fails"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use callwright_media::{Resampler, SampleRate, g711};
use callwright_models::catalog;
use callwright_models::contract::{
    Hints, Recognition, Recognizer, RecognizerPurpose, SamplePos, UTTERANCE_MAX,
};
use callwright_models::moonshine::Moonshine;
use callwright_models::transcript::{Passage, Transcript};

/// What a front desk might listen for, and a book does not say.
const PHRASES: [&str; 24] = [
    "Dr. Okafor",
    "Dr. Lee",
    "Dr. Schneider",
    "Dr. Patel",
    "cleaning",
    "deep cleaning",
    "root canal",
    "whitening",
    "check-up",
    "filling",
    "wisdom tooth",
    "crown",
    "bridge",
    "emergency",
    "St. James Street",
    "Bright Smile Dental",
    "Station Road",
    "Priya Raghunathan",
    "Anna Miller",
    "Monday",
    "Tuesday",
    "Thursday",
    "insurance",
    "reschedule",
];

/// Between two partial runs: 500 ms.
const EVERY: usize = 8_000;

fn main() {
    let mut data = PathBuf::new();
    let mut utterances = usize::MAX;
    let mut arguments = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        match name.as_str() {
            "--data" => data = PathBuf::from(value),
            "--utterances" => utterances = value.parse().unwrap(),
            _ => println!("unknown: {name}"),
        }
    }
    let list = std::fs::read_to_string(data.join("transcripts.tsv")).unwrap();
    let mut model = Moonshine::load(&catalog::folder().unwrap()).unwrap();
    for (band, telephone) in [("16 kHz", false), ("8 kHz mu-law", true)] {
        let mut tally = Tally::default();
        for line in list.lines().skip(1).take(utterances) {
            let mut fields = line.split('\t');
            let (path, said) = (fields.next().unwrap(), fields.nth(2).unwrap());
            let wave = read_flac(&data.join(path));
            let wave = if telephone { through_telephone(&wave) } else { wave };
            let wave = &wave[..wave.len().min(UTTERANCE_MAX)];
            measure(&mut model, wave, said, &mut tally);
        }
        tally.print(band);
    }
}

/// Sums over utterances.
#[derive(Default)]
struct Tally {
    words: usize,
    alone_errors: usize,
    hinted_errors: usize,
    streamed_errors: usize,
    alone: Vec<Duration>,
    partial: Vec<Duration>,
    last: Vec<Duration>,
    shown: usize,
    changed: usize,
}

impl Tally {
    /// Counts the words that are stable now and were not, and those that were and are others now.
    fn show(&mut self, stable: &mut Vec<String>, heard: &Recognition) {
        // A hyphen that comes or goes is no change.
        let all: Vec<String> = heard.text.split_whitespace().flat_map(joined).collect();
        self.changed += changes(stable, &all);
        let agreed = heard.text[..heard.agreed].split_whitespace().count();
        let now = all[..agreed.min(all.len())].to_vec();
        self.shown += now.len().saturating_sub(stable.len());
        *stable = now;
    }

    fn print(mut self, band: &str) {
        let percent = |part: usize, all: usize| 100.0 * part as f32 / all.max(1) as f32;
        println!(
            "{band}: wrong words {:.2} % alone, {:.2} % with phrases that nobody says, {:.2} % streamed; of {} words shown as stable {:.2} % changed",
            percent(self.alone_errors, self.words),
            percent(self.hinted_errors, self.words),
            percent(self.streamed_errors, self.words),
            self.shown,
            percent(self.changed, self.shown),
        );
        for (what, times) in
            [("alone", &mut self.alone), ("partial", &mut self.partial), ("final", &mut self.last)]
        {
            times.sort();
            let at =
                |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
            println!("  {what:8} p50 {:>8.1?}  p95 {:>8.1?}", at(50), at(95));
        }
    }
}

fn measure(model: &mut Moonshine, wave: &[i16], said: &str, tally: &mut Tally) {
    let begun = Instant::now();
    let alone = model.recognize(&[wave]).unwrap().remove(0);
    tally.alone.push(begun.elapsed());
    let phrases: Vec<Box<str>> = PHRASES.map(Box::from).to_vec();
    let hints = Hints { phrases: phrases.into(), ..Hints::default() };
    let (from, purpose) = (SamplePos(0), RecognizerPurpose::Final);
    let passage = Passage { from, samples: wave, purpose, hints: &hints };
    let hinted = Transcript::default().hear(model, passage).unwrap();
    tally.hinted_errors += word_errors(said, &hinted.text);
    let mut transcript = Transcript::default();
    let mut hear = |upto: usize, purpose| {
        let hints = Hints::default();
        let from = SamplePos(0);
        let passage = Passage { from, samples: &wave[..upto], purpose, hints: &hints };
        let begun = Instant::now();
        let heard = transcript.hear(model, passage).unwrap();
        (heard, begun.elapsed())
    };
    let mut stable = Vec::new();
    for upto in (EVERY..wave.len()).step_by(EVERY) {
        let (heard, took) = hear(upto, RecognizerPurpose::Partial);
        tally.partial.push(took);
        tally.show(&mut stable, &heard);
    }
    let (heard, took) = hear(wave.len(), RecognizerPurpose::Final);
    tally.last.push(took);
    tally.words += words(said).len();
    tally.alone_errors += word_errors(said, &alone.text);
    tally.streamed_errors += word_errors(said, &heard.text);
    tally.show(&mut stable, &heard);
}

fn read_flac(path: &Path) -> Vec<i16> {
    let mut reader = claxon::FlacReader::open(path).unwrap();
    reader.samples().map(|sample| i16::try_from(sample.unwrap()).unwrap()).collect()
}

fn through_telephone(samples: &[i16]) -> Vec<i16> {
    let narrow = resample(samples, SampleRate::Hz16000, SampleRate::Hz8000);
    let coded: Vec<i16> =
        narrow.iter().map(|&sample| g711::ulaw_decode(g711::ulaw_encode(sample))).collect();
    resample(&coded, SampleRate::Hz8000, SampleRate::Hz16000)
}

fn resample(samples: &[i16], from: SampleRate, to: SampleRate) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to).unwrap();
    let mut frame = vec![0; from.frame_samples()];
    let mut out = vec![0; to.frame_samples()];
    let mut all = Vec::new();
    for part in samples.chunks(from.frame_samples()) {
        frame.fill(0);
        frame[..part.len()].copy_from_slice(part);
        resampler.process(&frame, &mut out).unwrap();
        all.extend_from_slice(&out);
    }
    all
}

/// The letters of one word, if it has any.
fn joined(word: &str) -> Option<String> {
    let letters: String = word.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    (!letters.is_empty()).then_some(letters)
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| c.is_whitespace() || c == '-')
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

fn word_errors(said: &str, heard: &str) -> usize {
    let (said, heard) = (words(said), words(heard));
    distances(&said, &heard)[heard.len()]
}

/// Words of `stable` that are changed at the beginning of `now`.
fn changes(stable: &[String], now: &[String]) -> usize {
    distances(stable, now).into_iter().min().unwrap_or(0)
}

/// For each beginning of `heard`, words to replace, leave out or put in to get there from `said`.
fn distances(said: &[String], heard: &[String]) -> Vec<usize> {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, wanted) in said.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, found) in heard.iter().enumerate() {
            let change = diagonal + usize::from(wanted != found);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row
}
