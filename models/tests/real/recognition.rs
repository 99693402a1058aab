//! Moonshine writes down what people say on the telephone.

use callwright_models::contract::Recognizer;
use callwright_models::moonshine::Moonshine;

use crate::recording::{models, sample, through_telephone};

#[test]
fn two_recordings_are_understood_through_a_telephone() {
    let mut model = Moonshine::load(&models()).unwrap();
    for (name, rate) in [("beckett.wav", 0), ("two_cities.wav", 0)] {
        let _ = rate;
        let wave = through_telephone(&sample(name));
        for part in wave.chunks(15 * 16_000) {
            let t = std::time::Instant::now();
            let heard = model.recognize(&[part]).unwrap();
            eprintln!(
                "{name} {} s {:?}: {:?} {}",
                part.len() / 16000,
                t.elapsed(),
                heard[0].text,
                heard[0].confidence
            );
        }
    }
}
