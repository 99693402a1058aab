//! The model: features in, calibrated probabilities out, and each slot's own measure between.

use std::path::Path;

use ort::value::TensorRef;

use super::features::{FEATURES, Features, Measured};
use super::front_end::FrontEnd;
use super::own_measure::OwnMeasure;
use crate::contract::{
    EMOTION_SPAN, EmotionModel, EmotionStep, ModelError, SlotId, VoiceClass, VoiceEmotion,
};
use crate::runtime::session::{Signature, failed, floats};
use crate::runtime::{LoadError, OnnxSession};

/// The emotion model, which is part of this program: 0.2 MB.
#[derive(Debug)]
pub struct EmotionNet {
    session: OnnxSession,
    front_end: FrontEnd,
    features: Features,
    /// Each slot's caller.
    own: Vec<Caller>,
    /// The utterance at 8 kHz.
    wave: Vec<f64>,
}

/// What is known of a slot's caller.
#[derive(Clone, Debug, Default)]
struct Caller {
    own: OwnMeasure,
    /// The last utterance and how roused it was judged. It is learned from when it is over, because an utterance that goes
    /// on is heard again from its beginning.
    last: Option<(Measured, f32)>,
}

/// An utterance on its way through the net.
struct Asked {
    measured: Measured,
    /// How the caller sounded at first, if that is known.
    first: Option<[f64; FEATURES]>,
}

impl EmotionNet {
    /// Makes the model ready for `slots` callers, with the runtime of the models folder, and runs it once.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(models: &Path, slots: usize) -> Result<Self, LoadError> {
        let signature = Signature {
            inputs: &["features", "first", "known"],
            outputs: &["arousal", "valence", "classes"],
        };
        let session = OnnxSession::embedded(models, MODEL, WEIGHTS, signature)?;
        let mut net = Self {
            session,
            front_end: FrontEnd::new(),
            features: Features::new(),
            own: vec![Caller::default(); slots],
            wave: Vec::new(),
        };
        net.run(&[Asked {
            measured: Measured { values: [0.0; FEATURES], voiced: 1 },
            first: None,
        }])?;
        Ok(net)
    }

    /// Octets that the runtime holds for it.
    pub fn memory(&self) -> Option<u64> {
        self.session.memory()
    }

    fn measure(&mut self, utterance: &[i16]) -> Option<Measured> {
        let kept = utterance.get(utterance.len().saturating_sub(EMOTION_SPAN)..)?;
        self.front_end.decimate(kept, &mut self.wave);
        self.features.of(&self.wave)
    }

    fn caller(&mut self, slot: SlotId) -> Option<&mut Caller> {
        self.own.get_mut(usize::from(slot.0))
    }

    fn run(&mut self, asked: &[Asked]) -> Result<Vec<VoiceEmotion>, ModelError> {
        let batch = asked.len();
        let mut features = Vec::with_capacity(batch * FEATURES);
        let mut first = Vec::with_capacity(batch * FEATURES);
        let mut known = Vec::with_capacity(batch);
        for Asked { measured, first: own } in asked {
            features.extend(measured.values.map(|value| value as f32));
            first.extend(own.unwrap_or(measured.values).map(|value| value as f32));
            known.push(if own.is_some() { 1.0_f32 } else { 0.0 });
        }
        let wide = [batch, FEATURES];
        let input = |shape, values| {
            TensorRef::from_array_view((shape, values)).map_err(|error| failed(MODEL, &error))
        };
        let outputs = self.session.run([
            ("features", input(wide, features.as_slice())?.into()),
            ("first", input(wide, first.as_slice())?.into()),
            ("known", input([batch, 1], known.as_slice())?.into()),
        ])?;
        let arousal = floats(MODEL, outputs.get("arousal"), "arousal", batch)?;
        let valence = floats(MODEL, outputs.get("valence"), "valence", batch)?;
        let classes = floats(MODEL, outputs.get("classes"), "classes", batch * CLASSES)?;
        let each = asked.iter().zip(arousal).zip(valence).zip(classes.chunks_exact(CLASSES));
        each.map(|(((asked, &arousal), &valence), classes)| {
            let named = classes.first_chunk::<{ VoiceClass::ALL.len() }>();
            Ok(VoiceEmotion {
                arousal,
                valence,
                classes: *named.ok_or(ModelError::Shape { model: MODEL, what: "classes" })?,
                voice_ms: u32::try_from(asked.measured.voiced * 10).unwrap_or(u32::MAX),
                against_own: asked.first.is_some(),
            })
        })
        .collect()
    }
}

impl Caller {
    /// The last utterance is over: it is learned from.
    fn learn(&mut self) {
        if let Some((measured, arousal)) = self.last.take() {
            self.own.learn(&measured, arousal);
        }
    }
}

impl EmotionModel for EmotionNet {
    fn slots(&self) -> usize {
        self.own.len()
    }

    fn judge(
        &mut self,
        steps: &[EmotionStep<'_>],
        heard: &mut [Option<VoiceEmotion>],
    ) -> Result<(), ModelError> {
        heard.fill(None);
        let mut asked = Vec::with_capacity(steps.len());
        let mut places = Vec::with_capacity(steps.len());
        for (place, step) in steps.iter().enumerate() {
            if let Some(caller) = self.caller(step.slot) {
                if step.fresh {
                    *caller = Caller::default();
                }
                if !step.gone_on {
                    caller.learn();
                }
            }
            if let Some(measured) = self.measure(step.utterance) {
                let first = self.caller(step.slot).and_then(|caller| caller.own.known());
                asked.push(Asked { measured, first });
                places.push((place, step.slot));
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let found = self.run(&asked)?;
        for (((place, slot), asked), found) in places.into_iter().zip(&asked).zip(found) {
            if let Some(caller) = self.caller(slot) {
                caller.last = Some((asked.measured, found.arousal));
            }
            if let Some(heard) = heard.get_mut(place) {
                *heard = Some(found);
            }
        }
        Ok(())
    }

    fn rehearse(&mut self) -> Result<(), ModelError> {
        // Three seconds of a buzz at 125 Hz, which has a voice in every frame.
        let buzz: Vec<i16> = (0..3 * 16_000).map(|i| if i % 128 < 8 { 8_000 } else { 0 }).collect();
        let measured =
            self.measure(&buzz).unwrap_or(Measured { values: [0.0; FEATURES], voiced: 1 });
        self.run(&[Asked { measured, first: None }]).map(|_| ())
    }
}

const MODEL: &str = "callwright-emotion";

/// Written by `models/emotion/train.py`.
const WEIGHTS: &[u8] = include_bytes!("../../emotion/emotion.onnx");

/// The four of [`VoiceClass::ALL`] and "none of these".
const CLASSES: usize = VoiceClass::ALL.len() + 1;

#[cfg(test)]
mod golden_tests;

#[cfg(test)]
mod tests {
    use crate::contract::VOICE_CLASS_FROM;

    #[test]
    fn a_class_is_believed_from_where_the_training_found() {
        let results = include_str!("../../emotion/results.json");
        let results: serde_json::Value = serde_json::from_str(results).unwrap();
        let found = results["abstain"].as_f64().unwrap();
        assert!((found - f64::from(VOICE_CLASS_FROM)).abs() < 1e-6, "{found}");
    }
}
