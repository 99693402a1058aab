//! What is gained by knowing what kind of answer and which phrases to expect: the same speech with and without.

use std::ops::ControlFlow;

use callwright_media::SampleRate;
use callwright_models::contract::{
    AnswerForm, Hints, RecognizerPurpose, SamplePos, SpeechChunk, Synthesizer, VoiceStyle,
};
use callwright_models::flite::Flite;
use callwright_models::moonshine::Moonshine;
use callwright_models::transcript::{Passage, Transcript};

use crate::recording::{models, resample, through_telephone, words};

/// A voice on the telephone and who hears it.
struct Line {
    flite: Flite,
    ear: Moonshine,
}

impl Line {
    fn load() -> Self {
        Self { flite: Flite::load().unwrap(), ear: Moonshine::load(&models()).unwrap() }
    }

    fn say(&mut self, text: &str, voice: &str) -> Vec<i16> {
        let (mut wave, mut rate) = (Vec::new(), SampleRate::Hz16000);
        let style = VoiceStyle::of(voice);
        let sink = &mut |chunk: SpeechChunk| {
            rate = chunk.rate;
            wave.extend_from_slice(&chunk.samples);
            ControlFlow::Continue(())
        };
        self.flite.speak(text, &style, sink).unwrap();
        let wave = resample(&wave, rate, SampleRate::Hz16000);
        through_telephone(&[vec![0; 4_800], wave, vec![0; 3_200]].concat())
    }

    fn hear(&mut self, wave: &[i16], form: AnswerForm, phrases: &[&str]) -> String {
        let hints = Hints {
            form,
            phrases: phrases.iter().map(|phrase| Box::from(*phrase)).collect(),
            language: None,
        };
        let (from, purpose) = (SamplePos(0), RecognizerPurpose::Final);
        let passage = Passage { from, samples: wave, purpose, hints: &hints };
        Transcript::default().hear(&mut self.ear, passage).unwrap().text
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[test]
fn numbers_come_out_as_digits() {
    let mut line = Line::load();
    let numbers = [
        ("Five five five, two one two, three four five six.", "5552123456"),
        ("My number is five five five, oh one nine nine.", "5550199"),
        ("Seven eight three, nine nine two, one four six oh.", "7839921460"),
        ("It's six oh two, double five, eight one, three three.", "602558133"),
        ("Four one five, six six seven, twenty three ninety eight.", "4156672398"),
        ("Two zero two, four five six, one one one one.", "2024561111"),
        ("Nine one seven, eight eight two, three oh four five.", "9178823045"),
        ("One eight hundred, five five five, one two one two.", "18005551212"),
    ];
    let (mut with, mut without) = (0, 0);
    for (text, number) in numbers {
        for voice in ["slt", "rms"] {
            let wave = line.say(text, voice);
            let heard = line.hear(&wave, AnswerForm::Digits, &[]);
            with += usize::from(digits(&heard) == number);
            let open = line.hear(&wave, AnswerForm::Open, &[]);
            without += usize::from(digits(&open) == number);
            if digits(&heard) != number {
                eprintln!("{number}: {heard:?} of {open:?}");
            }
        }
    }
    let all = numbers.len() * 2;
    eprintln!(
        "numbers that are right as digits: {with} of {all}, {without} without knowing what was asked"
    );
    // A floor against regressions: Flite's noise differs from run to run, and with it some of what is heard.
    assert!(with * 5 >= all * 2 && with > without, "{with} {without}");
}

#[test]
fn who_does_not_know_his_number_is_understood() {
    let mut line = Line::load();
    for text in ["I don't know it, sorry.", "Can I tell you later?", "What do you need it for?"] {
        let wave = line.say(text, "slt");
        let open = line.hear(&wave, AnswerForm::Open, &[]);
        for form in [AnswerForm::Digits, AnswerForm::Spelling] {
            assert_eq!(words(&line.hear(&wave, form, &[])), words(&open));
        }
    }
}

#[test]
fn expected_names_come_out_as_they_are_written() {
    let mut line = Line::load();
    let phrases = [
        "Dr. Okafor",
        "Dr. Schneider",
        "Dr. Patel",
        "root canal",
        "deep cleaning",
        "whitening",
        "St. James Street",
        "Priya Raghunathan",
        "Bright Smile Dental",
        "wisdom tooth",
    ];
    let said = [
        ("I would like to see doctor Okafor.", "Dr. Okafor"),
        ("Is doctor Schneider there on Friday?", "Dr. Schneider"),
        ("I think I need a root canal.", "root canal"),
        ("How long does a deep cleaning take?", "deep cleaning"),
        ("Do you do whitening?", "whitening"),
        ("Are you still on Saint James Street?", "St. James Street"),
        ("My name is Priya Raghunathan.", "Priya Raghunathan"),
        ("Is this Bright Smile Dental?", "Bright Smile Dental"),
        ("My wisdom tooth hurts.", "wisdom tooth"),
        ("Doctor Patel told me to call.", "Dr. Patel"),
    ];
    let (mut with, mut without) = (0, 0);
    for (text, phrase) in said {
        for voice in ["slt", "rms"] {
            let wave = line.say(text, voice);
            let hinted = line.hear(&wave, AnswerForm::Open, &phrases);
            let open = line.hear(&wave, AnswerForm::Open, &[]);
            with += usize::from(hinted.contains(phrase));
            without += usize::from(open.contains(phrase));
            if !hinted.contains(phrase) {
                eprintln!("{phrase}: {hinted:?}");
            }
        }
    }
    let all = said.len() * 2;
    eprintln!("phrases that are right: {with} of {all}, {without} without expecting them");
    // A floor against regressions, as above.
    assert!(with * 3 >= all && with > without, "{with} {without}");
}
