//! Silero tells speech from what else a telephone carries.

use callwright_models::contract::{DETECTOR_WINDOW, DetectorStep, SlotId, SpeechDetector};
use callwright_models::scripted::tone;
use callwright_models::silero::SileroDetector;

use crate::recording::{models, noise, sample, through_telephone};

fn load(slots: usize) -> SileroDetector {
    SileroDetector::load(&models(), slots).unwrap()
}

/// The probability of speech in each window, in slot 0 from a fresh start.
fn listen(detector: &mut SileroDetector, wave: &[i16]) -> Vec<f32> {
    let mut found = Vec::new();
    for window in wave.as_chunks::<DETECTOR_WINDOW>().0 {
        let mut probability = [0.0];
        let step = DetectorStep { slot: SlotId(0), fresh: found.is_empty(), window };
        detector.step(&[step], &mut probability).unwrap();
        found.extend(probability);
    }
    found
}

/// How many windows of a hundred are speech.
fn percent_speech(probabilities: &[f32]) -> usize {
    probabilities.iter().filter(|p| **p > 0.5).count() * 100 / probabilities.len()
}

#[test]
fn speech_is_found_and_silence_noise_and_tones_are_not() {
    let mut detector = load(1);
    let speech = listen(&mut detector, &through_telephone(&sample("two_cities.wav")));
    assert!(percent_speech(&speech) >= 70, "{} %", percent_speech(&speech));
    for (what, wave) in [
        ("silence", vec![0; 48_000]),
        ("faint noise", noise(48_000, 30)),
        ("loud noise", noise(48_000, 8_000)),
        ("a tone", tone(8_000, 48_000)),
    ] {
        let found = listen(&mut detector, &through_telephone(&wave));
        assert!(percent_speech(&found) <= 5, "{what}: {} %", percent_speech(&found));
    }
}

#[test]
fn calls_that_are_judged_together_are_judged_as_if_alone() {
    let wave = sample("beckett.wav");
    let calls: Vec<Vec<i16>> =
        vec![wave.clone(), noise(wave.len(), 3_000), wave[20_000..].to_vec()];
    let mut alone = load(1);
    let expected: Vec<Vec<f32>> = calls.iter().map(|call| listen(&mut alone, call)).collect();
    let mut together = load(3);
    for number in 0..100 {
        let slots = [2, 0, 1];
        let steps: Vec<DetectorStep<'_>> = slots
            .iter()
            .map(|&slot| DetectorStep {
                slot: SlotId(slot),
                fresh: number == 0,
                window: &calls[usize::from(slot)].as_chunks::<DETECTOR_WINDOW>().0[number],
            })
            .collect();
        let mut found = [0.0; 3];
        together.step(&steps, &mut found).unwrap();
        for (slot, found) in slots.iter().zip(found) {
            let expected = expected[usize::from(*slot)][number];
            assert!((expected - found).abs() < 1e-3, "call {slot}, window {number}: {found}");
        }
    }
}

#[test]
fn a_fresh_start_forgets_the_last_caller() {
    let mut detector = load(1);
    let wave = sample("beckett.wav");
    let first = listen(&mut detector, &wave[..32_000]);
    let again = listen(&mut detector, &wave[..32_000]);
    assert_eq!(first, again);
}
