//! Is the speaker done, or only drawing breath?

use super::{AskId, AudioBlock, ModelError, SamplePos, Share, SlotKey};

/// Samples of the recent past that a turn judge hears: 4 s.
pub const JUDGE_SPAN: usize = 4 * 16_000;

/// What a call sends to the turn judge's lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JudgeRequest {
    /// A call takes the slot.
    Open(SlotKey, Share),
    /// 20 ms more; the lane keeps the last [`JUDGE_SPAN`] samples. A gap is filled with silence.
    Audio(SlotKey, AudioBlock),
    /// Is the turn that began at `from` over at `upto`?
    Judge {
        /// Who asks.
        key: SlotKey,
        /// Name of the question.
        ask: AskId,
        /// Beginning of the turn; what lies before is not heard.
        from: SamplePos,
        /// The moment to judge.
        upto: SamplePos,
        /// This pause was judged before, and this answer is to make it surer. A lane that is behind answers with
        /// nothing.
        again: bool,
    },
    /// The answer to `ask` is of no use any more: the speaker went on. If it has not been begun it is answered with
    /// nothing.
    Cancel {
        /// Who asked.
        key: SlotKey,
        /// Which question.
        ask: AskId,
    },
    /// The call is over.
    Close(SlotKey),
}

/// The judge's answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgeResult {
    /// Who asked.
    pub key: SlotKey,
    /// Which question.
    pub ask: AskId,
    /// Probability that the turn is over, 0-1; `None` when the model failed, a newer question of the same call took this
    /// one's place before it was begun, it was cancelled, or the lane had no time to judge the pause again.
    pub over: Option<f32>,
}

/// A model that hears from the sound whether a turn is over.
pub trait TurnJudge: Send {
    /// Judges each of `turns` (mono samples at 16 kHz, at most [`JUDGE_SPAN`], ending at the moment to judge)
    /// and writes the probability that it is over into `over`, which has the same length.
    ///
    /// # Errors
    /// [`ModelError`].
    fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError>;

    /// Takes a typical step for nobody, so that the lane learns what one costs here before the first call. A
    /// double that answers at once has nothing to rehearse.
    ///
    /// # Errors
    /// [`ModelError`]
    fn rehearse(&mut self) -> Result<(), ModelError> {
        Ok(())
    }
}
