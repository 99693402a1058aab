//! Silero VAD 6: is somebody speaking? A recurrent model of 2 MB, with 1.3 kB of state for each slot.

use std::path::Path;

use ort::value::TensorRef;

use crate::contract::{DETECTOR_WINDOW, DetectorStep, ModelError, SlotId, SpeechDetector};
use crate::runtime::session::{Signature, failed, floats};
use crate::runtime::{LoadError, OnnxSession};

/// The model, with the state of every slot.
///
/// Each window is judged together with the last 4 ms of the one before it, as the model was trained.
#[derive(Debug)]
pub struct SileroDetector {
    session: OnnxSession,
    slots: Vec<SlotState>,
    /// `[step][CONTEXT + DETECTOR_WINDOW]`.
    input: Vec<f32>,
    /// `[layer][step][UNITS]`.
    state: Vec<f32>,
}

#[derive(Clone, Debug)]
struct SlotState {
    context: [f32; CONTEXT],
    layers: [[f32; UNITS]; LAYERS],
}

const SILENT: SlotState = SlotState { context: [0.0; CONTEXT], layers: [[0.0; UNITS]; LAYERS] };

impl SileroDetector {
    /// Loads the model from the models folder, with state for `slots` slots, and runs it once.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(models: &Path, slots: usize) -> Result<Self, LoadError> {
        let signature =
            Signature { inputs: &["input", "state", "sr"], outputs: &["output", "stateN"] };
        let session = OnnxSession::load(models, MODEL, FILE, signature)?;
        let mut detector =
            Self { session, slots: vec![SILENT; slots], input: Vec::new(), state: Vec::new() };
        let window = [0; DETECTOR_WINDOW];
        if slots > 0 {
            let step = DetectorStep { slot: SlotId(0), fresh: true, window: &window };
            detector.step(&[step], &mut [0.0])?;
            detector.slots.fill(SILENT);
        }
        Ok(detector)
    }

    /// Octets that the runtime holds for it.
    pub fn memory(&self) -> Option<u64> {
        self.session.memory()
    }

    fn gather(&mut self, steps: &[DetectorStep<'_>]) -> Result<(), ModelError> {
        self.input.clear();
        for step in steps {
            let slot = self.slots.get_mut(usize::from(step.slot.0)).ok_or(NO_SLOT)?;
            if step.fresh {
                *slot = SILENT;
            }
            self.input.extend_from_slice(&slot.context);
            self.input.extend(step.window.iter().map(|&sample| f32::from(sample) / FULL_SCALE));
        }
        self.state.clear();
        for layer in 0..LAYERS {
            for step in steps {
                let slot = self.slots.get(usize::from(step.slot.0)).ok_or(NO_SLOT)?;
                self.state.extend_from_slice(&slot.layers[layer]);
            }
        }
        Ok(())
    }
}

impl SpeechDetector for SileroDetector {
    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn step(
        &mut self,
        steps: &[DetectorStep<'_>],
        probabilities: &mut [f32],
    ) -> Result<(), ModelError> {
        let batch = steps.len();
        if batch == 0 {
            return Ok(());
        }
        self.gather(steps)?;
        let refused = |error: ort::Error| failed(MODEL, &error);
        let width = CONTEXT + DETECTOR_WINDOW;
        let input = TensorRef::from_array_view(([batch, width], self.input.as_slice()));
        let state = TensorRef::from_array_view(([LAYERS, batch, UNITS], self.state.as_slice()));
        let rate = [16_000_i64];
        let rate = TensorRef::from_array_view(([0_usize; 0], rate.as_slice()));
        let outputs = self.session.run([
            ("input", input.map_err(refused)?.into()),
            ("state", state.map_err(refused)?.into()),
            ("sr", rate.map_err(refused)?.into()),
        ])?;
        let found = floats(MODEL, outputs.get("output"), "output", batch)?;
        let after = floats(MODEL, outputs.get("stateN"), "stateN", LAYERS * batch * UNITS)?;
        probabilities.copy_from_slice(found);
        for (place, step) in steps.iter().enumerate() {
            let Some(slot) = self.slots.get_mut(usize::from(step.slot.0)) else { continue };
            for (layer, units) in slot.layers.iter_mut().enumerate() {
                let from = (layer * batch + place) * UNITS;
                units.copy_from_slice(&after[from..from + UNITS]);
            }
            let tail = (place + 1) * width;
            slot.context.copy_from_slice(&self.input[tail - CONTEXT..tail]);
        }
        Ok(())
    }

    fn rehearse(&mut self) -> Result<(), ModelError> {
        let Some(kept) = self.slots.first().cloned() else { return Ok(()) };
        let window = [0; DETECTOR_WINDOW];
        let step = DetectorStep { slot: SlotId(0), fresh: false, window: &window };
        let done = self.step(&[step], &mut [0.0]);
        self.slots.splice(..1, [kept]);
        done
    }
}

const MODEL: &str = "silero-vad";
const FILE: &str = "silero-vad/silero_vad.onnx";
const NO_SLOT: ModelError =
    ModelError::Shape { model: MODEL, what: "a step for a slot it has not" };

/// Samples of the window before that the model hears again: 4 ms.
const CONTEXT: usize = 64;
/// The state's shape: `[LAYERS, batch, UNITS]`.
const LAYERS: usize = 2;
const UNITS: usize = 128;
/// A sample of this size is 1.0 to the model.
const FULL_SCALE: f32 = 32_768.0;
