//! Texts through a phonemizer that is told what to say and a model that hums.

use std::ops::ControlFlow;

use super::*;
use crate::contract::{ModelError, SpeechChunk, SpokenWord, VoiceStyle};

/// Each word is a group of its letters.
struct Letters;

impl Phonemizer for Letters {
    fn phonemize(&mut self, _: &Language, text: &str) -> Result<String, ModelError> {
        if text.contains("fail") {
            return Err(ModelError::Runtime { model: "espeak-ng", reason: "told to".to_owned() });
        }
        let letters = |c: &char| c.is_alphanumeric() || *c == ' ';
        Ok(text.chars().filter(letters).collect())
    }
}

/// 100 ms for each letter at 16 kHz, 50 ms of silence around each clause.
struct Hum {
    rate_hz: u32,
    measures: bool,
    ids_max: usize,
    runs: usize,
    paces: Vec<f32>,
}

impl Hum {
    fn new(measures: bool) -> Self {
        Self { rate_hz: 16_000, measures, ids_max: 100, runs: 0, paces: Vec::new() }
    }
}

impl Acoustic for Hum {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn ids_max(&self) -> usize {
        self.ids_max
    }

    fn spell(&self, groups: &[Group], _mark: char) -> Spelling {
        let mut spelling = Spelling::default();
        spelling.push(0, 0.0);
        for group in groups {
            group.phonemes.chars().for_each(|_| spelling.push(1, 1.0));
            spelling.ends.push(spelling.ids.len());
        }
        spelling.push(0, 0.0);
        spelling
    }

    fn sound(&mut self, ids: &[i64], pace: f32) -> Result<Sound, ModelError> {
        self.runs += 1;
        self.paces.push(pace);
        let ms = |id: &i64| if *id == 0 { 50.0 } else { 100.0 / pace };
        let mut samples = Vec::new();
        let mut durations = Vec::new();
        for id in ids {
            let count = (ms(id) * self.rate_hz as f32 / 1_000.0).round() as usize;
            let place = samples.len();
            let wave = |n: usize| ((place + n) as f32 * 0.3).sin() * 0.5 * *id as f32;
            samples.extend((0..count).map(wave));
            durations.push(count as f32);
        }
        Ok(Sound { samples, durations: self.measures.then_some(durations) })
    }
}

#[derive(Default)]
struct Heard {
    samples: Vec<i16>,
    chunks: Vec<usize>,
    words: Vec<SpokenWord>,
    hz: u32,
}

fn hear(hum: &mut Hum, text: &str, style: &VoiceStyle) -> Result<Heard, ModelError> {
    let mut heard = Heard::default();
    let language = Language::new("en-us", false).unwrap();
    speak(text, style, &language, &mut Letters, hum, &mut |chunk: SpeechChunk| {
        heard.samples.extend(&chunk.samples);
        heard.chunks.push(chunk.samples.len());
        assert!(chunk.words.iter().all(|w| w.sample_end <= heard.samples.len() as u64));
        heard.words.extend(chunk.words);
        heard.hz = chunk.rate.hz();
        ControlFlow::Continue(())
    })?;
    Ok(heard)
}

/// When each word ended, in ms.
fn ends_ms(heard: &Heard) -> Vec<u64> {
    let rate = u64::from(heard.hz);
    heard.words.iter().map(|word| word.sample_end * 1_000 / rate).collect()
}

const TEXT: &str = "One two three four, five six. Seven!";

#[test]
fn words_end_where_their_phonemes_do_and_clauses_are_apart_by_pauses() {
    for measures in [true, false] {
        let mut hum = Hum::new(measures);
        let heard = hear(&mut hum, TEXT, &VoiceStyle::default()).unwrap();
        assert_eq!(hum.runs, 3, "a clause at a time");
        let words: Vec<&str> = heard.words.iter().map(|word| &TEXT[..word.text_end]).collect();
        assert_eq!(words.len(), 7);
        assert_eq!((words[3], words[6]), ("One two three four,", TEXT));
        // 10 ms are kept in front of each clause and 40 ms behind it; the pauses are 90 and 260 ms.
        let expected =
            [310, 610, 1_110, 1_510, 1_510 + 40 + 90 + 10 + 400, 2_350, 2_350 + 310 + 500];
        for (found, wanted) in ends_ms(&heard).into_iter().zip(expected) {
            assert!(found.abs_diff(wanted) <= 3, "{measures}: {:?}", ends_ms(&heard));
        }
        assert!(heard.chunks.iter().all(|&count| count <= 3_200), "200 ms at most");
    }
}

#[test]
fn pace_pitch_pause_and_energy_are_obeyed() {
    let plain = hear(&mut Hum::new(true), TEXT, &VoiceStyle::default()).unwrap();
    let loudness = |heard: &Heard| heard.samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
    // Steep ones: a resampler rings a little in the silence around a sound.
    let crossings = |heard: &Heard| {
        let is_steep = |pair: &&[i16]| pair[0].abs_diff(pair[1]) > 1_000;
        let turns = |pair: &&[i16]| (pair[0] < 0) != (pair[1] < 0);
        heard.samples.windows(2).filter(turns).filter(is_steep).count()
    };
    let slow = hear(&mut Hum::new(true), TEXT, &VoiceStyle::default().at_pace(0.5)).unwrap();
    assert_eq!(ends_ms(&slow)[0].abs_diff(610), 0);
    let paused = VoiceStyle { pause: 2.0, ..VoiceStyle::default() };
    let paused = hear(&mut Hum::new(true), TEXT, &paused).unwrap();
    assert_eq!(ends_ms(&paused)[6] - ends_ms(&plain)[6], 90 + 260);
    let soft = VoiceStyle { energy_db: -6.0, ..VoiceStyle::default() };
    let soft = hear(&mut Hum::new(true), TEXT, &soft).unwrap();
    let ratio = f64::from(loudness(&soft)) / f64::from(loudness(&plain));
    assert!((ratio - 0.5).abs() < 0.01, "{ratio}");
    let high = VoiceStyle { pitch: 4.0, ..VoiceStyle::default() };
    let high = hear(&mut Hum::new(true), TEXT, &high).unwrap();
    let higher = crossings(&high) as f64 / crossings(&plain) as f64;
    assert!((higher - 1.26).abs() < 0.02, "four semitones are 26 %: {higher}");
    assert!(ends_ms(&high)[6].abs_diff(ends_ms(&plain)[6]) < 20, "and it takes as long");
}

#[test]
fn a_voice_of_a_rate_that_no_call_has_comes_at_24_khz() {
    let mut hum = Hum { rate_hz: 22_050, ..Hum::new(true) };
    let heard = hear(&mut hum, TEXT, &VoiceStyle::default()).unwrap();
    assert_eq!(heard.hz, 24_000);
    assert!(ends_ms(&heard)[0].abs_diff(310) <= 3, "{:?}", ends_ms(&heard));
}

#[test]
fn who_wants_no_more_is_given_no_more_and_the_next_clause_is_not_made() {
    let mut hum = Hum::new(true);
    let language = Language::new("en-us", false).unwrap();
    let mut given = 0;
    let style = VoiceStyle::default();
    speak(TEXT, &style, &language, &mut Letters, &mut hum, &mut |_| {
        given += 1;
        if given == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!((given, hum.runs), (2, 1));
}

#[test]
fn a_clause_that_is_too_long_for_the_model_is_made_in_parts() {
    let mut hum = Hum { ids_max: 8, ..Hum::new(true) };
    let heard = hear(&mut hum, TEXT, &VoiceStyle::default()).unwrap();
    assert_eq!((heard.words.len(), hum.runs), (7, 6));
    let error = hear(&mut hum, "incomprehensibilities", &VoiceStyle::default());
    assert!(matches!(error, Err(ModelError::Unspeakable { .. })));
}

#[test]
fn what_a_phonemizer_cannot_read_fails_and_what_came_before_was_given() {
    let mut hum = Hum::new(true);
    let language = Language::new("en-us", false).unwrap();
    let mut given = 0;
    let style = VoiceStyle::default();
    let spoken =
        speak("All is well. Then fail.", &style, &language, &mut Letters, &mut hum, &mut |_| {
            given += 1;
            ControlFlow::Continue(())
        });
    assert!(matches!(spoken, Err(ModelError::Runtime { .. })));
    assert!(given > 0);
}
