//! A turn is over when the script says so, or after enough silence.

use std::collections::VecDeque;

use super::loudness;
use crate::contract::{ModelError, TurnJudge};

/// Gives the probabilities of its script one after the other; when it is used up, the last one for ever.
#[derive(Clone, Debug)]
pub struct ScriptedJudge {
    script: VecDeque<f32>,
    last: f32,
}

impl ScriptedJudge {
    /// A judge with a script. Without one, every turn is over.
    pub fn new(script: impl IntoIterator<Item = f32>) -> Self {
        Self { script: script.into_iter().collect(), last: 1.0 }
    }
}

impl TurnJudge for ScriptedJudge {
    fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
        for (_, probability) in turns.iter().zip(over) {
            self.last = self.script.pop_front().unwrap_or(self.last);
            *probability = self.last;
        }
        Ok(())
    }
}

/// Says 1 when a turn ends in enough silence, and 0 otherwise.
#[derive(Clone, Copy, Debug)]
pub struct TrailingSilence {
    samples: usize,
}

impl TrailingSilence {
    /// A judge that wants `samples` samples of silence at 16 kHz.
    pub const fn new(samples: usize) -> Self {
        Self { samples }
    }
}

impl TurnJudge for TrailingSilence {
    fn judge(&mut self, turns: &[&[i16]], over: &mut [f32]) -> Result<(), ModelError> {
        for (turn, probability) in turns.iter().zip(over) {
            let tail = turn.len().checked_sub(self.samples).and_then(|at| turn.get(at..));
            *probability = if tail.is_some_and(|tail| loudness(tail) < 100) { 1.0 } else { 0.0 };
        }
        Ok(())
    }
}
