//! Flite speaks, and what it says can be understood through a telephone.

use std::ops::ControlFlow;

use callwright_media::SampleRate;
use callwright_models::contract::{Recognizer, SpokenWord, Synthesizer, VoiceStyle};
use callwright_models::flite::Flite;
use callwright_models::moonshine::Moonshine;

use crate::recording::{models, resample, through_telephone};

/// A spoken text, at 16 kHz, with its words at the voice's own rate.
pub(crate) struct Spoken {
    pub(crate) rate: SampleRate,
    pub(crate) samples: Vec<i16>,
    pub(crate) words: Vec<SpokenWord>,
    pub(crate) chunks: usize,
    pub(crate) first: std::time::Duration,
    pub(crate) all: std::time::Duration,
}

pub(crate) fn speak(flite: &mut Flite, text: &str, voice: &str) -> Spoken {
    let style = VoiceStyle { voice: Some(voice.to_owned()), pace: 1.0 };
    let t = std::time::Instant::now();
    let mut s = Spoken {
        rate: SampleRate::Hz16000,
        samples: vec![],
        words: vec![],
        chunks: 0,
        first: Default::default(),
        all: Default::default(),
    };
    flite
        .speak(text, &style, &mut |chunk| {
            if s.chunks == 0 {
                s.first = t.elapsed();
            }
            s.rate = chunk.rate;
            s.chunks += 1;
            s.samples.extend_from_slice(&chunk.samples);
            s.words.extend(chunk.words);
            ControlFlow::Continue(())
        })
        .unwrap();
    s.all = t.elapsed();
    s
}

#[test]
fn probe() {
    let mut flite = Flite::load().unwrap();
    let mut ear = Moonshine::load(&models()).unwrap();
    eprintln!("voices {:?}", flite.voices().collect::<Vec<_>>());
    let long = "Thank you for calling Bright Smile Dental, this is the automated assistant speaking and I can book, move or cancel an appointment for you, answer questions about our opening hours and prices or connect you with a colleague at the front desk.";
    for text in ["Hello there, good morning.", long] {
        let s = speak(&mut flite, text, "slt");
        eprintln!(
            "{:?} first {:?} all {:?} secs {} chunks {}",
            &text[..10],
            s.first,
            s.all,
            s.samples.len() as f32 / 16000.0,
            s.chunks
        );
        let first_loud = s.samples.iter().position(|x| x.unsigned_abs() > 500);
        eprintln!(
            "first loud {:?} ms; words {:?}",
            first_loud.map(|x| x / 16),
            s.words
                .iter()
                .map(|w| (&text[..w.text_end], w.sample_end / 16))
                .map(|(t, m)| (t.rsplit(' ').next().unwrap(), m))
                .collect::<Vec<_>>()
        );
        let last_loud = s.samples.iter().rposition(|x| x.unsigned_abs() > 500);
        eprintln!("last loud {:?} of {}", last_loud.map(|x| x / 16), s.samples.len() / 16);
    }
    let said = [
        "I'd like to book a cleaning next Tuesday afternoon.",
        "Half past three.",
        "My name is Anna Miller.",
        "Five five five, two one two, three four five six.",
        "Yes please.",
        "No thank you.",
        "Yes.",
        "No.",
        "I want to cancel my appointment.",
        "Can I speak to a person?",
        "What are your opening hours?",
        "The twenty fourth at ten o'clock.",
        "Tomorrow morning.",
        "I need to reschedule to Thursday.",
        "After lunch would be better.",
        "How much is a check up?",
        "Friday at two thirty.",
        "That works for me.",
        "The second one, please.",
        "Goodbye.",
    ];
    let mut list = String::new();
    for voice in ["slt", "rms", "awb", "kal16", "kal"] {
        list += &format!("== {voice}\n");
        for text in said {
            let s = speak(&mut flite, text, voice);
            let s16 = resample(&s.samples, s.rate, SampleRate::Hz16000);
            let mut padded = vec![0; 3200];
            padded.extend(s16);
            padded.extend([0; 4800]);
            let heard = &ear.recognize(&[&through_telephone(&padded)]).unwrap()[0];
            list += &format!("{text:55} -> {:60} {:.2}\n", heard.text, heard.confidence);
        }
    }
    eprintln!("{list}");
}
