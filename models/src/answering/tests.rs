//! Greetings made of noise and tones, on the time of their samples.

use callwright_media::tone::{Region, Signal, TonePlayer};

use super::*;

/// Sound that is built up in pieces of whole blocks.
#[derive(Default)]
struct Line {
    sound: Vec<i16>,
    seed: u32,
}

impl Line {
    fn noise(mut self, ms: usize, loudness: i32) -> Self {
        for _ in 0..ms * 16 {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let unit = i32::try_from(self.seed >> 16).unwrap() - 32_768;
            self.sound.push(i16::try_from(unit * loudness / 32_768).unwrap());
        }
        self
    }

    fn voice(self, ms: usize) -> Self {
        self.noise(ms, 8_000)
    }

    fn quiet(self, ms: usize) -> Self {
        self.noise(ms, 8)
    }

    /// One tone.
    fn beep(mut self, hz: f32, ms: usize) -> Self {
        let turn = std::f32::consts::TAU * hz / 16_000.0;
        self.sound.extend((0..ms * 16).map(|n| ((n as f32 * turn).sin() * 6_000.0) as i16));
        self
    }

    fn signal(mut self, signal: Signal, ms: usize) -> Self {
        let mut player = TonePlayer::signal(signal, Region::NorthAmerica, SampleRate::Hz16000);
        let mut sound = vec![0; ms * 16];
        player.fill(&mut sound);
        self.sound.append(&mut sound);
        self
    }

    fn facts(&self) -> Vec<AnswerFact> {
        let mut detector = AnswerDetector::new();
        let mut facts = Vec::new();
        for block in self.sound.as_chunks().0 {
            detector.hear(block, |fact| facts.push(fact));
        }
        facts
    }

    fn verdicts(&self) -> Vec<(Answerer, u64)> {
        let verdict = |fact: AnswerFact| match fact {
            AnswerFact::Decided(verdict) => Some((verdict.who, verdict.decided.0 / 16)),
            _ => None,
        };
        self.facts().into_iter().filter_map(verdict).collect()
    }
}

#[test]
fn a_word_and_a_pause_are_a_persons() {
    let verdicts = Line::default().quiet(300).voice(500).quiet(2_000).verdicts();
    let [(who, at)] = verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(who, Answerer::Person);
    assert!(at < 300 + 1_500, "{at}");
}

#[test]
fn who_goes_on_is_a_machine_and_its_beep_is_timed() {
    let line = Line::default().quiet(200).voice(4_000).quiet(300).beep(1_000.0, 400).quiet(1_000);
    let verdicts = line.verdicts();
    let [(who, at)] = verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(who, Answerer::Machine);
    assert!(at < 200 + 1_500, "{at}");
    let beep = line.facts().into_iter().find_map(|fact| match fact {
        AnswerFact::Beep { ended, hz, ms } => Some((ended.0 / 16, hz, ms)),
        _ => None,
    });
    let (ended, hz, ms) = beep.expect("a beep");
    assert!(ended.abs_diff(4_900) <= 60, "{ended}");
    assert!((hz - 1_000.0).abs() < 5.0 && ms.abs_diff(400) <= 50, "{hz} {ms}");
}

#[test]
fn a_beep_after_a_short_greeting_proves_a_machine() {
    let line = Line::default().quiet(200).voice(500).quiet(1_200).beep(1_400.0, 300).quiet(600);
    let who: Vec<Answerer> = line.verdicts().iter().map(|(who, _)| *who).collect();
    assert_eq!(who, [Answerer::Person, Answerer::Machine]);
}

#[test]
fn tones_of_the_network_are_no_greeting() {
    let busy = Line::default().quiet(100).signal(Signal::Busy, 4_000);
    assert_eq!(busy.verdicts().iter().map(|v| v.0).collect::<Vec<_>>(), [Answerer::Busy]);
    let ring = Line::default().signal(Signal::Ringback, 6_000).voice(400).quiet(1_500);
    assert_eq!(ring.verdicts().iter().map(|v| v.0).collect::<Vec<_>>(), [Answerer::Person]);
    let fax = Line::default().quiet(200).beep(2_100.0, 2_500).quiet(200);
    assert_eq!(fax.verdicts().iter().map(|v| v.0).collect::<Vec<_>>(), [Answerer::Fax]);
}

#[test]
fn silence_is_given_up_in_time() {
    let verdicts = Line::default().quiet(6_000).verdicts();
    assert_eq!(verdicts, [(Answerer::Unknown, SILENCE_MAX_MS)]);
}

#[test]
fn words_of_a_machine_decide_at_once_and_correct_a_verdict() {
    let mut detector = AnswerDetector::new();
    let mut verdicts = Vec::new();
    let line = Line::default().voice(400).quiet(1_200);
    for block in line.sound.as_chunks().0 {
        detector.hear(block, |_| {});
    }
    assert_eq!(detector.verdict().unwrap().who, Answerer::Person);
    detector.words("you've reached", |fact| verdicts.push(fact));
    assert_eq!(detector.verdict().unwrap().who, Answerer::Machine);
    assert_eq!(verdicts.len(), 1);
    detector.words("you've reached the", |fact| verdicts.push(fact));
    assert_eq!(verdicts.len(), 1, "once");
}

#[test]
fn a_hello_counts_when_its_voice_has_paused() {
    let hello_after = |line: Line| {
        let mut detector = AnswerDetector::new();
        for block in line.sound.as_chunks().0 {
            detector.hear(block, |_| {});
        }
        let before = detector.machine().unwrap();
        detector.words("Hello", |_| {});
        (before, detector.machine().unwrap())
    };
    let (before, after) = hello_after(Line::default().voice(440));
    assert_eq!(before, after, "a prompt that goes on was misheard");
    let (before, after) = hello_after(Line::default().voice(440).quiet(120));
    assert!(after < before, "{after} and {before}");
}

#[test]
fn a_noisy_line_is_not_taken_for_a_voice_that_goes_on() {
    // Noise at -45 dBov from the first block on, and a hello in it.
    let verdicts = Line::default().noise(600, 320).voice(500).noise(2_000, 320).verdicts();
    assert_eq!(verdicts.iter().map(|v| v.0).collect::<Vec<_>>(), [Answerer::Person]);
}
