//! A caller sounds as the script says.

use std::collections::VecDeque;

use crate::contract::{EmotionModel, EmotionStep, ModelError, VoiceEmotion};

/// Gives what its script says for one utterance after the other, of whichever call; when it is used up, the last for
/// ever. Without a script there is never enough voice.
#[derive(Clone, Debug)]
pub struct ScriptedEmotion {
    slots: usize,
    script: VecDeque<Option<VoiceEmotion>>,
    last: Option<VoiceEmotion>,
}

impl ScriptedEmotion {
    /// A model with room for `slots` calls and a script.
    pub fn new(slots: usize, script: impl IntoIterator<Item = Option<VoiceEmotion>>) -> Self {
        Self { slots, script: script.into_iter().collect(), last: None }
    }

    /// A voice at rest.
    pub const CALM: VoiceEmotion = VoiceEmotion {
        arousal: 0.1,
        valence: 0.5,
        classes: [0.8, 0.05, 0.05, 0.02],
        voice_ms: 1_500,
        against_own: true,
    };

    /// A voice in anger.
    pub const ANGRY: VoiceEmotion = VoiceEmotion {
        arousal: 0.97,
        valence: 0.2,
        classes: [0.02, 0.08, 0.0, 0.85],
        voice_ms: 1_500,
        against_own: true,
    };
}

impl EmotionModel for ScriptedEmotion {
    fn slots(&self) -> usize {
        self.slots
    }

    fn judge(
        &mut self,
        steps: &[EmotionStep<'_>],
        heard: &mut [Option<VoiceEmotion>],
    ) -> Result<(), ModelError> {
        for (_, heard) in steps.iter().zip(heard) {
            self.last = self.script.pop_front().unwrap_or(self.last);
            *heard = self.last;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::SlotId;

    #[test]
    fn a_script_is_told_in_order_and_its_last_line_for_ever() {
        let script = [Some(ScriptedEmotion::CALM), None, Some(ScriptedEmotion::ANGRY)];
        let mut model = ScriptedEmotion::new(1, script);
        let step = EmotionStep { slot: SlotId(0), fresh: false, gone_on: false, utterance: &[] };
        let mut told = Vec::new();
        for _ in 0..4 {
            let mut heard = [None];
            model.judge(&[step], &mut heard).unwrap();
            told.push(heard[0]);
        }
        assert_eq!(told[..3], script);
        assert_eq!(told[3], script[2]);
    }
}
