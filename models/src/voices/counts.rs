//! What the voices count, for an operator to see.

use std::sync::atomic::{AtomicU64, Ordering};

use super::PhraseCache;

/// Counted by the voice lane, read by anyone.
#[derive(Debug, Default)]
pub struct VoiceCounters {
    texts: AtomicU64,
    hits: AtomicU64,
    phrases: AtomicU64,
    phrase_bytes: AtomicU64,
    evicted: AtomicU64,
    unknown_voices: AtomicU64,
    stood_in: AtomicU64,
    left_out: AtomicU64,
}

/// What was counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceCounts {
    /// Texts that were asked for.
    pub texts: u64,
    /// Of them, those that were there as sound.
    pub hits: u64,
    /// Phrases that are kept now.
    pub phrases: u64,
    /// Their octets.
    pub phrase_bytes: u64,
    /// Phrases that made room for others.
    pub evicted: u64,
    /// Texts that asked for a voice that is not there.
    pub unknown_voices: u64,
    /// Texts that Flite spoke because a voice failed.
    pub stood_in: u64,
    /// Voices in the models folder that could not be used at the start.
    pub left_out: u64,
}

impl VoiceCounters {
    /// What was counted so far.
    pub fn counts(&self) -> VoiceCounts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        VoiceCounts {
            texts: of(&self.texts),
            hits: of(&self.hits),
            phrases: of(&self.phrases),
            phrase_bytes: of(&self.phrase_bytes),
            evicted: of(&self.evicted),
            unknown_voices: of(&self.unknown_voices),
            stood_in: of(&self.stood_in),
            left_out: of(&self.left_out),
        }
    }

    pub(super) fn text(&self) {
        self.texts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn unknown_voice(&self) {
        self.unknown_voices.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stood_in(&self) {
        self.stood_in.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn left_out(&self, voices: u64) {
        self.left_out.store(voices, Ordering::Relaxed);
    }

    pub(super) fn cache(&self, phrases: &PhraseCache) {
        self.phrases.store(phrases.len() as u64, Ordering::Relaxed);
        self.phrase_bytes.store(phrases.bytes() as u64, Ordering::Relaxed);
        self.evicted.store(phrases.evicted(), Ordering::Relaxed);
    }
}
