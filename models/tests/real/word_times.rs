//! How far off the times of words are, held to a voice whose word times are known.

use std::ops::ControlFlow;

use callwright_media::SampleRate;
use callwright_models::contract::{Hints, RecognizerPurpose, SamplePos, Synthesizer, VoiceStyle};
use callwright_models::flite::Flite;
use callwright_models::moonshine::Moonshine;
use callwright_models::transcript::{Passage, Transcript};

use crate::recording::{models, resample, through_telephone, words};

/// None of these was used to fit how long words take.
const TEXTS: [&str; 10] = [
    "Good morning, I am calling about the bill you sent me last week.",
    "We moved to a new house in March, so the address is wrong.",
    "It is forty two Station Road, in Springfield.",
    "My husband has an appointment tomorrow at nine. Can he come a little later?",
    "Do you take children as well? She is only four years old.",
    "I would rather see the same doctor again, if that is possible.",
    "No, thank you. That was everything.",
    "The pain started yesterday evening, after dinner, and I could hardly sleep.",
    "How much does a check up cost without insurance?",
    "Please call me back this afternoon, or send a message to my phone.",
];

#[test]
fn words_are_placed_within_a_fifth_of_a_second_of_where_they_end() {
    let mut flite = Flite::load().unwrap();
    let mut model = Moonshine::load(&models()).unwrap();
    let mut off = Vec::new();
    for (number, text) in TEXTS.iter().enumerate() {
        let voice = ["slt", "rms", "awb"][number % 3].to_owned();
        let (mut wave, mut ends, mut rate) = (Vec::new(), Vec::new(), SampleRate::Hz16000);
        let style = VoiceStyle::of(voice);
        flite
            .speak(text, &style, &mut |chunk| {
                rate = chunk.rate;
                wave.extend_from_slice(&chunk.samples);
                ends.extend(chunk.words.iter().map(|word| (word.text_end, word.sample_end)));
                ControlFlow::Continue(())
            })
            .unwrap();
        let hz = f64::from(rate.hz());
        let wave = [vec![0; 4_800], resample(&wave, rate, SampleRate::Hz16000), vec![0; 3_200]];
        let wave = through_telephone(&wave.concat());
        let (from, purpose) = (SamplePos(0), RecognizerPurpose::Final);
        let passage = Passage { from, samples: &wave, purpose, hints: &Hints::default() };
        let heard = Transcript::default().hear(&mut model, passage).unwrap();
        let known: Vec<(Vec<String>, f64)> = ends
            .iter()
            .map(|(end, sample)| {
                let word = text[..*end].rsplit(' ').next().unwrap();
                (words(word), *sample as f64 / hz + 0.3)
            })
            .collect();
        // Words that were heard right, in order.
        let mut next = 0;
        for word in &heard.words {
            let said = words(&heard.text[word.range.clone()]);
            let near = known.iter().enumerate().skip(next).take(3);
            if let Some((place, (_, end))) = near.into_iter().find(|(_, (known, _))| *known == said)
            {
                off.push((word.span.end as f64 / 16_000.0 - end).abs());
                next = place + 1;
            }
        }
    }
    off.sort_by(f64::total_cmp);
    let (middle, most) = (off[off.len() / 2], off[off.len() * 9 / 10]);
    eprintln!(
        "of {} words half end within {middle:.3} s of where they do, 90 % within {most:.3} s",
        off.len()
    );
    assert!(off.len() >= 80, "{}", off.len());
    assert!(middle < 0.12 && most < 0.4, "{middle} {most}");
}
