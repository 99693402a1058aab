//! The simulated emotion lane: the caller sounds as the script says, turn by turn.

use std::time::Duration;

use callwright_models::contract::{AudioBlock, SamplePos, SlotKey, VoiceEmotion};
use callwright_models::scripted::ScriptedEmotion;

/// How the caller sounds, and what the lane has seen.
#[derive(Debug)]
pub(crate) struct Moods {
    /// Of each utterance, in order; at rest when there is none.
    script: Vec<Option<VoiceEmotion>>,
    /// The utterance that was asked about first, which is the script's first.
    first: Option<u32>,
    after: Duration,
    /// Questions are lost on the way.
    lost: bool,
    open: Vec<SlotKey>,
    /// Blocks of sound that came.
    pub(crate) blocks: u64,
    /// What was asked: the utterance, and the span of samples.
    pub(crate) asked: Vec<(u32, u64, u64)>,
}

impl Default for Moods {
    fn default() -> Self {
        Self {
            script: Vec::new(),
            first: None,
            after: Duration::from_millis(5),
            lost: false,
            open: Vec::new(),
            blocks: 0,
            asked: Vec::new(),
        }
    }
}

impl Moods {
    /// How the caller sounds in one utterance after the other.
    pub(crate) fn sound(&mut self, script: &[Option<VoiceEmotion>]) -> &mut Self {
        self.script = script.to_vec();
        self
    }

    /// So long the lane takes to answer.
    pub(crate) const fn answer_after(&mut self, after: Duration) -> &mut Self {
        self.after = after;
        self
    }

    /// Questions do not reach the lane any more.
    pub(crate) const fn lose_questions(&mut self) {
        self.lost = true;
    }

    /// Nothing has reached the lane.
    pub(crate) const fn untouched(&self) -> bool {
        self.open.is_empty() && self.blocks == 0 && self.asked.is_empty()
    }

    pub(super) fn open(&mut self, key: SlotKey) {
        self.open.push(key);
    }

    pub(super) fn hear(&mut self, key: SlotKey, _: &AudioBlock) {
        assert!(self.open.contains(&key), "sound comes after the lane was told of the call");
        self.blocks += 1;
    }

    pub(super) fn judge(
        &mut self,
        key: SlotKey,
        utterance: u32,
        (from, upto): (SamplePos, SamplePos),
    ) -> Option<(Duration, Option<VoiceEmotion>)> {
        assert!(self.open.contains(&key) && from < upto, "{utterance}: {from:?}-{upto:?}");
        self.asked.push((utterance, from.0, upto.0));
        let first = *self.first.get_or_insert(utterance);
        let place = utterance.checked_sub(first).and_then(|n| usize::try_from(n).ok())?;
        let heard = self.script.get(place).copied().unwrap_or(Some(ScriptedEmotion::CALM));
        (!self.lost).then_some((self.after, heard))
    }
}
