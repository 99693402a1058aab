//! Flite speaks, and what it says can be understood through a telephone.

use std::ops::ControlFlow;

use callwright_media::SampleRate;
use callwright_models::contract::{ModelError, Recognizer, SpokenWord, Synthesizer, VoiceStyle};
use callwright_models::flite::Flite;
use callwright_models::moonshine::Moonshine;

use crate::recording::{models, resample, through_telephone, word_errors, words};

const GREETING: &str = "Thank you for calling Bright Smile Dental. This is the automated assistant. \
    We are at 12 St. James Street, and open until 5:30 today!";

/// A text as it was spoken.
struct Spoken {
    rate: SampleRate,
    samples: Vec<i16>,
    words: Vec<SpokenWord>,
    chunk_lengths: Vec<usize>,
}

fn speak(flite: &mut Flite, text: &str, style: &VoiceStyle) -> Result<Spoken, ModelError> {
    let mut spoken = Spoken {
        rate: SampleRate::Hz16000,
        samples: Vec::new(),
        words: Vec::new(),
        chunk_lengths: Vec::new(),
    };
    flite.speak(text, style, &mut |chunk| {
        spoken.rate = chunk.rate;
        spoken.chunk_lengths.push(chunk.samples.len());
        spoken.samples.extend_from_slice(&chunk.samples);
        for word in &chunk.words {
            let given = spoken.samples.len();
            let before = given - chunk.samples.len();
            let ends = usize::try_from(word.sample_end).unwrap();
            assert!(before < ends && ends <= given, "a word comes with the chunk that it ends in");
        }
        spoken.words.extend(chunk.words);
        ControlFlow::Continue(())
    })?;
    Ok(spoken)
}

fn style(voice: &str, pace: f32) -> VoiceStyle {
    VoiceStyle::of(voice).at_pace(pace)
}

fn load() -> Flite {
    Flite::load().unwrap()
}

#[test]
fn every_voice_says_every_word_at_its_time() {
    let mut flite = load();
    let voices: Vec<&str> = flite.voices().collect();
    assert_eq!(voices.first(), Some(&"slt"));
    for voice in voices {
        let spoken = speak(&mut flite, GREETING, &style(voice, 1.0)).unwrap();
        let ends: Vec<&str> = spoken.words.iter().map(|word| &GREETING[..word.text_end]).collect();
        assert_eq!(ends.last(), Some(&GREETING), "{voice}");
        let last_words: Vec<&str> =
            ends.iter().map(|text| text.rsplit(' ').next().unwrap()).collect();
        assert_eq!(last_words, GREETING.split_whitespace().collect::<Vec<_>>(), "{voice}");
        assert!(spoken.words.is_sorted_by(|a, b| a.sample_end < b.sample_end), "{voice}");
        let ms = |samples: usize| samples * 1_000 / spoken.rate.hz() as usize;
        let last = usize::try_from(spoken.words.last().unwrap().sample_end).unwrap();
        assert!(ms(spoken.samples.len() - last) < 500, "{voice}");
        let longest = spoken.chunk_lengths.iter().copied().max().unwrap();
        assert!(ms(longest) <= 200, "{voice}");
        let loud = |sample: &i16| sample.unsigned_abs() > 300;
        assert!(
            ms(spoken.samples.iter().position(loud).unwrap()) <= 80,
            "{voice} is slow to begin"
        );
    }
}

#[test]
fn a_faster_pace_is_shorter() {
    let mut flite = load();
    let mut samples =
        |pace| speak(&mut flite, GREETING, &style("slt", pace)).unwrap().samples.len();
    let (slow, normal, fast) = (samples(0.5), samples(1.0), samples(2.0));
    assert!(slow > normal * 17 / 10 && fast < normal * 6 / 10, "{slow} {normal} {fast}");
    assert_eq!(samples(100.0), fast);
    assert_eq!(samples(f32::NAN), normal);
}

#[test]
fn the_same_text_is_the_same_sound_whatever_was_spoken_before() {
    let mut flite = load();
    let style = VoiceStyle::default();
    let first = speak(&mut flite, GREETING, &style).unwrap().samples;
    speak(&mut flite, "Something else.", &style).unwrap();
    assert!(speak(&mut flite, GREETING, &style).unwrap().samples == first);
}

#[test]
fn a_voice_that_nobody_has_is_the_default_one() {
    let mut flite = load();
    let unknown = speak(&mut flite, "Hello.", &style("marvin", 1.0)).unwrap();
    let default = speak(&mut flite, "Hello.", &VoiceStyle::default()).unwrap();
    assert_eq!(unknown.samples.len(), default.samples.len());
}

#[test]
fn nothing_is_given_after_the_listener_has_had_enough() {
    let mut flite = load();
    let mut chunks = 0;
    let stop_at_third = &mut |_| {
        chunks += 1;
        if chunks < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    flite.speak(GREETING, &VoiceStyle::default(), stop_at_third).unwrap();
    assert_eq!(chunks, 3);
}

#[test]
fn a_panic_of_the_listener_comes_out_again() {
    let mut flite = load();
    let fallen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        flite.speak("Hello.", &VoiceStyle::default(), &mut |_| panic!("a bug"))
    }));
    assert!(fallen.is_err());
    assert!(speak(&mut flite, "Hello.", &VoiceStyle::default()).is_ok(), "and it can go on");
}

#[test]
fn odd_texts_are_spoken_or_refused_and_end_nothing() {
    let mut flite = load();
    for text in [
        "$1,000,000.50 at 25% & more @ home #1 = 1+1",
        "x.y.z 1/2/2026 12:60 99:99:99 007 1e10 -5 +41 79 555 01 00",
        "Dr. A. B. C. St. MCMXCIX XIV iv 2nd 3rd 101st '80s don't 'tis rock'n'roll",
        "http://www.example.com/a?b=c&d=e#f a@b.c C:\\windows\\ <b>bold</b> {json: [1,2]}",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "zzkrrptvw qqqqq BRRRRR!!! ?? !! ,,, ;;; a",
        "\u{0}\u{1}\u{7f} tab\tnewline\nreturn\r\n end",
        "Über façade naïve Łódź 你好 🙂 Ωmega",
        "% & + = @ # $",
        "1",
        "'",
    ] {
        match speak(&mut flite, text, &VoiceStyle::default()) {
            Ok(spoken) => {
                assert!(!spoken.samples.is_empty(), "{text:?}");
                for word in &spoken.words {
                    assert!(text.is_char_boundary(word.text_end), "{text:?}");
                }
            }
            Err(error) => assert!(matches!(error, ModelError::Unspeakable { .. }), "{text:?}"),
        }
    }
}

#[test]
fn what_is_said_is_understood_through_a_telephone() {
    let (mut flite, mut ear) = (load(), Moonshine::load(&models()).unwrap());
    let said = [
        "I'd like to book a cleaning next Tuesday afternoon.",
        "Half past three.",
        "Five five five, two one two, three four five six.",
        "Yes, please.",
        "I want to cancel my appointment.",
        "Can I speak to a person?",
        "What are your opening hours?",
        "After lunch would be better.",
    ];
    let mut all = String::new();
    for text in said {
        let spoken = speak(&mut flite, text, &style("rms", 1.0)).unwrap();
        let mut wave = vec![0; 3_200];
        wave.extend(resample(&spoken.samples, spoken.rate, SampleRate::Hz16000));
        wave.extend([0; 3_200]);
        let heard = ear.recognize(&[&through_telephone(&wave)]).unwrap().remove(0);
        all.push_str(&heard.text);
        all.push(' ');
    }
    let said = said.join(" ");
    let (errors, count) = (word_errors(&said, &all), words(&said).len());
    assert!(errors * 10 <= count, "{errors} of {count} words are wrong: {all:?}");
}

#[test]
fn flite_obeys_pitch_loudness_pauses_and_respellings() {
    let mut flite = load();
    let text = "Good morning. How can I help you?";
    let plain = speak(&mut flite, text, &VoiceStyle::default()).unwrap();
    let loudness = |spoken: &Spoken| {
        let square = |sample: &i16| f64::from(*sample).powi(2);
        (spoken.samples.iter().map(square).sum::<f64>() / spoken.samples.len() as f64).sqrt()
    };
    let soft = VoiceStyle { energy_db: -6.0, ..VoiceStyle::default() };
    let soft = speak(&mut flite, text, &soft).unwrap();
    let ratio = loudness(&soft) / loudness(&plain);
    assert!((ratio - 0.501).abs() < 0.01, "{ratio}");
    let paused = VoiceStyle { pause: 3.0, ..VoiceStyle::default() };
    let paused = speak(&mut flite, text, &paused).unwrap();
    let longer = paused.samples.len() - plain.samples.len();
    assert_eq!(longer, 6_400, "400 ms more between two sentences");
    assert_eq!(
        paused.words.last().unwrap().sample_end - plain.words.last().unwrap().sample_end,
        6_400
    );
    let period = |semitones: f32| {
        let style = VoiceStyle { pitch: semitones, ..VoiceStyle::default() };
        let spoken = speak(&mut load(), "aaa eee ooo.", &style).unwrap();
        median_period(&spoken.samples)
    };
    let (low, high) = (period(-3.0), period(3.0));
    assert!((1.25..1.6).contains(&(low / high)), "six semitones are 41 %: {low} {high}");
    let known = callwright_models::contract::Pronunciation {
        word: "Nguyen".into(),
        respelling: Some("win".into()),
        phonemes: None,
    };
    let style = VoiceStyle { pronunciations: [known].into(), ..VoiceStyle::default() };
    let name = speak(&mut flite, "Nguyen.", &style).unwrap();
    // Flite's breath is random, its durations are not.
    let lasts = |text: &str, flite: &mut Flite| {
        speak(flite, text, &VoiceStyle::default()).unwrap().samples.len()
    };
    assert!(name.samples.len().abs_diff(lasts("win.", &mut flite)) <= 80);
    assert!(name.samples.len().abs_diff(lasts("Nguyen.", &mut flite)) > 800);
    assert_eq!(name.words.last().unwrap().text_end, "Nguyen.".len());
}

/// The median distance in samples at which 30 ms of loud sound are most like themselves: the period of the voice.
fn median_period(samples: &[i16]) -> f64 {
    let likeness = |window: &[i16], lag: usize| {
        window.iter().zip(&window[lag..]).map(|(a, b)| i64::from(*a) * i64::from(*b)).sum::<i64>()
            as f64
            / (window.len() - lag) as f64
    };
    let mut periods: Vec<usize> = samples
        .chunks_exact(480)
        .filter(|window| window.iter().any(|sample| sample.unsigned_abs() > 3_000))
        .filter_map(|window| {
            (40..200).max_by(|a, b| likeness(window, *a).total_cmp(&likeness(window, *b)))
        })
        .collect();
    periods.sort_unstable();
    periods[periods.len() / 2] as f64
}
