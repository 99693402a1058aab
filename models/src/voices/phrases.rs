//! Sound of what is said often, kept so that it need not be made again.
//!
//! Policy: a text in a style is kept from the second time on that it is asked for, while its first time is among the
//! last [`RECENT_MAX`] different ones; what was said to one caller alone (a name, a number) is so never kept. When the
//! limit of octets is reached, those that were not asked for longest go first. A phrase that would take more than an
//! eighth of the limit is not kept. The cache belongs to the voice lane's thread: no lock.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher as _};
use std::sync::Arc;

use crate::contract::{Pronunciation, SpeechChunk, VoiceStyle};

/// Phrases as sound, at most so many octets of them.
#[derive(Debug)]
pub(super) struct PhraseCache {
    limit_bytes: usize,
    kept: HashMap<Key, Phrase>,
    bytes: usize,
    evicted: u64,
    /// Asked for once, the latest last; by hash, so that nothing that was said stays.
    recent: VecDeque<u64>,
    asks: u64,
}

#[derive(Debug)]
struct Phrase {
    chunks: Arc<[SpeechChunk]>,
    bytes: usize,
    last_asked: u64,
}

/// A text in a style, to the bit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    text: Box<str>,
    voice: Option<Box<str>>,
    numbers: [u32; 4],
    pronunciations: Arc<[Pronunciation]>,
}

impl Key {
    fn new(text: &str, style: &VoiceStyle) -> Self {
        Self {
            text: text.into(),
            voice: style.voice.as_deref().map(Into::into),
            numbers: [style.pace, style.pitch, style.pause, style.energy_db].map(f32::to_bits),
            pronunciations: style.pronunciations.clone(),
        }
    }

    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl PhraseCache {
    /// An empty cache; one of 0 octets keeps nothing.
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            kept: HashMap::new(),
            bytes: 0,
            evicted: 0,
            recent: VecDeque::new(),
            asks: 0,
        }
    }

    /// The sound, if it is kept.
    pub(super) fn find(&mut self, text: &str, style: &VoiceStyle) -> Option<Arc<[SpeechChunk]>> {
        if self.kept.is_empty() {
            return None;
        }
        self.asks += 1;
        let phrase = self.kept.get_mut(&Key::new(text, style))?;
        phrase.last_asked = self.asks;
        Some(phrase.chunks.clone())
    }

    /// Whether to keep it this time; notes that it was asked for.
    pub(super) fn wanted(&mut self, text: &str, style: &VoiceStyle) -> bool {
        if self.limit_bytes == 0 {
            return false;
        }
        let digest = Key::new(text, style).digest();
        if let Some(place) = self.recent.iter().position(|recent| *recent == digest) {
            // It stays noted until it is kept: this time it may be cut off.
            let _moved_up = self.recent.remove(place);
            self.recent.push_back(digest);
            return true;
        }
        if self.recent.len() >= RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(digest);
        false
    }

    /// Keeps the sound of a text, whole.
    pub(super) fn keep(&mut self, text: &str, style: &VoiceStyle, chunks: Vec<SpeechChunk>) {
        let key = Key::new(text, style);
        let bytes = size(&key, &chunks);
        if bytes > self.limit_bytes / 8 {
            return;
        }
        while self.bytes + bytes > self.limit_bytes {
            let oldest = self.kept.iter().min_by_key(|(_, phrase)| phrase.last_asked);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { return };
            if let Some(gone) = self.kept.remove(&oldest) {
                self.bytes -= gone.bytes;
                self.evicted += 1;
            }
        }
        let digest = key.digest();
        self.recent.retain(|recent| *recent != digest);
        self.asks += 1;
        let phrase = Phrase { chunks: chunks.into(), bytes, last_asked: self.asks };
        self.bytes += bytes;
        if let Some(before) = self.kept.insert(key, phrase) {
            self.bytes -= before.bytes;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn evicted(&self) -> u64 {
        self.evicted
    }
}

/// Octets that a phrase takes, about.
fn size(key: &Key, chunks: &[SpeechChunk]) -> usize {
    let chunk = |chunk: &SpeechChunk| {
        size_of::<SpeechChunk>() + size_of_val(&*chunk.samples) + size_of_val(&*chunk.words)
    };
    let known = |p: &Pronunciation| size_of_val(p);
    let pronunciations: usize = key.pronunciations.iter().map(known).sum();
    key.text.len() + pronunciations + ENTRY_BYTES + chunks.iter().map(chunk).sum::<usize>()
}

/// Texts that are noted as asked for once: some twenty calls' worth.
const RECENT_MAX: usize = 512;
/// What a table needs for an entry.
const ENTRY_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use callwright_media::SampleRate;

    use super::*;

    fn chunks(samples: usize) -> Vec<SpeechChunk> {
        let samples = vec![7; samples].into();
        vec![SpeechChunk { rate: SampleRate::Hz16000, samples, words: Vec::new() }]
    }

    fn ask(cache: &mut PhraseCache, text: &str) -> bool {
        let style = VoiceStyle::default();
        if cache.find(text, &style).is_some() {
            return true;
        }
        if cache.wanted(text, &style) {
            cache.keep(text, &style, chunks(1_000));
        }
        false
    }

    #[test]
    fn what_is_asked_for_twice_is_there_the_third_time_and_what_is_asked_for_once_is_not_kept() {
        let mut cache = PhraseCache::new(1 << 20);
        assert_eq!([(); 4].map(|()| ask(&mut cache, "hello")), [false, false, true, true]);
        assert!(!ask(&mut cache, "your name is Eve"));
        assert_eq!(cache.len(), 1);
        assert!(!format!("{cache:?}").contains("Eve"));
    }

    #[test]
    fn another_style_is_another_phrase() {
        let mut cache = PhraseCache::new(1 << 20);
        let style = VoiceStyle::default();
        cache.keep("hello", &style, chunks(10));
        assert!(cache.find("hello", &style).is_some());
        let known = Pronunciation {
            word: "hello".into(),
            respelling: Some("hullo".into()),
            phonemes: None,
        };
        for other in [
            style.clone().at_pace(0.9),
            VoiceStyle { pitch: 1.0, ..style.clone() },
            VoiceStyle { pause: 2.0, ..style.clone() },
            VoiceStyle { energy_db: -1.0, ..style.clone() },
            VoiceStyle { pronunciations: [known].into(), ..style.clone() },
            VoiceStyle::of("kal16"),
        ] {
            assert!(cache.find("hello", &other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn the_limit_holds_and_what_was_not_asked_for_longest_goes_first() {
        let mut cache = PhraseCache::new(20_000);
        for text in ["a", "b", "c", "d", "e", "f", "g"] {
            ask(&mut cache, text);
            ask(&mut cache, text);
            ask(&mut cache, "a");
        }
        assert!(cache.bytes() <= 20_000, "{}", cache.bytes());
        assert!(ask(&mut cache, "a") && ask(&mut cache, "g"));
        assert_eq!(cache.evicted(), 0);
        for text in ["h", "i", "j", "k"] {
            ask(&mut cache, text);
            ask(&mut cache, text);
        }
        assert!(cache.bytes() <= 20_000 && cache.evicted() > 0, "{cache:?}");
        assert!(ask(&mut cache, "a"), "it was asked for all the time");
        assert!(!ask(&mut cache, "b"), "it was not");
    }

    #[test]
    fn what_is_too_large_and_a_cache_of_nothing_keep_nothing() {
        let mut cache = PhraseCache::new(20_000);
        cache.keep("long", &VoiceStyle::default(), chunks(2_000));
        assert_eq!((cache.len(), cache.bytes()), (0, 0));
        let mut cache = PhraseCache::new(0);
        assert_eq!([(); 3].map(|()| ask(&mut cache, "hello")), [false; 3]);
    }
}
