//! Is somebody speaking?

use super::{AudioBlock, ModelError, SamplePos, SlotId, SlotKey};

/// Samples that a detector judges at once: 32 ms.
pub const DETECTOR_WINDOW: usize = 512;

/// What a call sends to the detector's lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DetectorRequest {
    /// A call takes the slot: forget whoever was there.
    Open(SlotKey),
    /// 20 ms more. Blocks come in order; a block that does not follow the last one begins a new stream.
    Audio(SlotKey, AudioBlock),
    /// The call is over.
    Close(SlotKey),
}

/// What the detector found in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectorResult {
    /// Whose sound.
    pub key: SlotKey,
    /// End of the window.
    pub end: SamplePos,
    /// Probability of speech, 0-1.
    pub probability: f32,
}

/// One slot's share of a batched step.
#[derive(Clone, Copy, Debug)]
pub struct DetectorStep<'a> {
    /// The slot, whose state the model keeps between steps.
    pub slot: SlotId,
    /// The window begins a new stream: reset the slot's state first.
    pub fresh: bool,
    /// Mono samples at 16 kHz.
    pub window: &'a [i16; DETECTOR_WINDOW],
}

/// A model that tells speech from everything else, with a state per slot.
pub trait SpeechDetector: Send {
    /// Slots that the model has state for.
    fn slots(&self) -> usize;

    /// Judges one window of each of `steps` (no slot twice, all below [`Self::slots`]) and writes a
    /// probability for each into `probabilities`, which has the same length.
    ///
    /// # Errors
    /// [`ModelError`]; the states of these slots are then as if the windows had not come.
    fn step(
        &mut self,
        steps: &[DetectorStep<'_>],
        probabilities: &mut [f32],
    ) -> Result<(), ModelError>;

    /// Takes a typical step for nobody, so that the lane learns what one costs here before the first call. A
    /// double that answers at once has nothing to rehearse.
    ///
    /// # Errors
    /// [`ModelError`]
    fn rehearse(&mut self) -> Result<(), ModelError> {
        Ok(())
    }
}
