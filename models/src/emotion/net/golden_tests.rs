//! The features are those that the model was trained on: the same sounds, made by the same formulas as in
//! `models/emotion/golden.py`, give the numbers that Python wrote.

use std::f64::consts::PI;

use serde::Deserialize;

use super::super::features::Features;
use super::super::front_end::FrontEnd;

#[derive(Deserialize)]
struct Golden {
    name: String,
    seconds: f64,
    hz: f64,
    swing: f64,
    rate: f64,
    syllables: f64,
    tilt: f64,
    hiss: f64,
    loud: f64,
    voiced: usize,
    features: Vec<f64>,
}

impl Golden {
    /// A harmonic voice that swings in pitch and comes in syllables, with hiss.
    fn sound(&self) -> Vec<i16> {
        let (mut phase, mut state) = (0.0_f64, 12_345_u64);
        (0..(self.seconds * 16_000.0) as usize)
            .map(|i| {
                let t = i as f64 / 16_000.0;
                phase += self.hz * (1.0 + self.swing * (2.0 * PI * self.rate * t).sin()) / 16_000.0;
                let envelope = (PI * self.syllables * t).sin().max(0.0).powi(2);
                let harmonic =
                    |k: u8| (2.0 * PI * f64::from(k) * phase).sin() / f64::from(k).powf(self.tilt);
                let voice: f64 = (1..16).map(harmonic).sum();
                state = (state * 1_103_515_245 + 12_345) % (1 << 31);
                let hiss = self.hiss * (state as f64 / f64::from(1 << 30) - 1.0);
                let sample = (self.loud * envelope * voice / 4.0 + hiss + 0.5).floor();
                sample.clamp(-32_768.0, 32_767.0) as i16
            })
            .collect()
    }
}

#[test]
fn the_features_are_those_of_the_training() {
    let goldens: Vec<Golden> =
        serde_json::from_str(include_str!("../../../emotion/golden.json")).unwrap();
    assert_eq!(goldens.len(), 3);
    let (mut front_end, mut features, mut wave) = (FrontEnd::new(), Features::new(), Vec::new());
    for golden in goldens {
        front_end.decimate(&golden.sound(), &mut wave);
        let found = features.of(&wave).unwrap();
        assert_eq!(found.voiced, golden.voiced, "{}", golden.name);
        assert_eq!(found.values.len(), golden.features.len());
        for (i, (found, golden_value)) in found.values.iter().zip(&golden.features).enumerate() {
            assert!(
                (found - golden_value).abs() < 1e-3,
                "{} feature {i}: {found} {golden_value}",
                golden.name
            );
        }
    }
}

#[test]
fn what_has_no_voice_has_no_features() {
    let mut features = Features::new();
    assert!(features.of(&[]).is_none());
    assert!(features.of(&[0.0; 100]).is_none());
    assert!(features.of(&[0.0; 16_000]).is_none(), "silence");
    let mut state = 1_u64;
    let hiss: Vec<f64> = std::iter::repeat_with(|| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        state as f64 / f64::from(1 << 30) - 1.0
    })
    .take(24_000)
    .collect();
    assert!(features.of(&hiss).is_none(), "hiss");
}
