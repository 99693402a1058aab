//! From Flite's pieces of sound to chunks: the silence in front of each sentence is cut short, as is a faint beginning
//! of the first; words get their times.

use std::ops::ControlFlow;

use callwright_media::SampleRate;

use super::library::Piece;
use super::onset;
use crate::contract::{SpeechChunk, SpokenWord, VoiceStyle};

/// A text on its way to whoever wants to hear it.
pub(super) struct Delivery<'a> {
    sink: &'a mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    rate: SampleRate,
    /// Samples that wait to fill a chunk.
    waiting: Vec<i16>,
    /// Samples given before them.
    given: u64,
    /// Words that end in what waits or comes, in order.
    words: Vec<SpokenWord>,
    /// End of the last word, in bytes of the text.
    text_end: usize,
    /// Factor of every sample.
    gain: f32,
    /// Length of the silence between sentences, as a multiple of Flite's own.
    pause: f32,
    /// Samples still to be cut from the front of the sentence; `None` until its first piece is seen.
    cut: Option<usize>,
    /// The text has begun to be heard: what waits is no faint beginning any more.
    begun: bool,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(
        style: &VoiceStyle,
        sink: &'a mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Self {
        Self {
            sink,
            gain: 10_f32.powf(style.energy_db / 20.0),
            pause: style.pause,
            rate: SampleRate::Hz16000,
            waiting: Vec::new(),
            given: 0,
            words: Vec::new(),
            text_end: 0,
            cut: None,
            begun: false,
        }
    }

    /// The next pieces are another sentence.
    pub(super) fn begin_sentence(&mut self) {
        self.cut = None;
        // Flite's own silence at a sentence's end stays; a longer pause is added to it.
        if self.given > 0 || !self.waiting.is_empty() {
            let longer_s = OWN_PAUSE_S * (self.pause - 1.0).max(0.0);
            let longer = (longer_s * self.rate.hz() as f32) as usize;
            self.waiting.resize(self.waiting.len() + longer, 0);
        }
    }

    /// Takes the next piece of a sentence.
    pub(super) fn add(&mut self, piece: Piece<'_>) -> ControlFlow<()> {
        let samples = match self.cut {
            Some(_) => piece.samples,
            None => {
                self.rate = piece.rate;
                self.place_words(&piece);
                piece.samples
            }
        };
        let cut = self.cut.unwrap_or_default().min(samples.len());
        self.cut = self.cut.map(|left| left - cut);
        self.waiting.extend_from_slice(samples.get(cut..).unwrap_or_default());
        if self.begun || self.begin() { self.give(false) } else { ControlFlow::Continue(()) }
    }

    /// Cuts a faint beginning short once it is known where the voice begins; whether it is.
    fn begin(&mut self) -> bool {
        let Some(surplus) = onset::surplus(&self.waiting, self.rate) else { return false };
        self.waiting.drain(..surplus);
        for word in &mut self.words {
            word.sample_end = word.sample_end.saturating_sub(surplus as u64);
        }
        self.begun = true;
        true
    }

    /// Gives what is left.
    pub(super) fn finish(mut self) -> ControlFlow<()> {
        self.give(true)
    }

    /// The first piece of a sentence: from here on its words' times are known.
    fn place_words(&mut self, piece: &Piece<'_>) {
        let samples = |seconds: f32| (seconds.max(0.0) * self.rate.hz() as f32) as u64;
        let silence = samples(piece.timing.speech_begins - KEPT_SILENCE_S);
        let begin = self.given + self.waiting.len() as u64;
        self.cut = Some(usize::try_from(silence).unwrap_or(usize::MAX));
        for word in piece.timing.words {
            let sample_end = begin + samples(word.ends).saturating_sub(silence);
            // Words that Flite reads out of one token end together, at the last one's end.
            match self.words.last_mut().filter(|last| last.text_end == word.text_end) {
                Some(last) => last.sample_end = last.sample_end.max(sample_end),
                None if word.text_end > self.text_end => {
                    self.words.push(SpokenWord { text_end: word.text_end, sample_end });
                }
                None => {}
            }
            self.text_end = self.text_end.max(word.text_end);
        }
    }

    /// Gives whole chunks, and at the end the rest.
    fn give(&mut self, all: bool) -> ControlFlow<()> {
        loop {
            let wanted = if self.given == 0 { FIRST_CHUNK_FRAMES } else { CHUNK_FRAMES };
            let wanted = wanted * self.rate.frame_samples();
            if self.waiting.len() < wanted && (!all || self.waiting.is_empty()) {
                return ControlFlow::Continue(());
            }
            let count = wanted.min(self.waiting.len());
            let mut samples: Box<[i16]> = self.waiting.drain(..count).collect();
            if self.gain != 1.0 {
                // `as` saturates.
                let louder = |sample: i16| (f32::from(sample) * self.gain).round() as i16;
                samples.iter_mut().for_each(|sample| *sample = louder(*sample));
            }
            self.given += count as u64;
            let is_last = all && self.waiting.is_empty();
            // Flite rounds: the last word may end a few samples after the last sample.
            let ended = |word: &SpokenWord| word.sample_end <= self.given || is_last;
            let ended = self.words.iter().take_while(|word| ended(word)).count();
            let mut words: Vec<SpokenWord> = self.words.drain(..ended).collect();
            for word in &mut words {
                word.sample_end = word.sample_end.min(self.given);
            }
            (self.sink)(SpeechChunk { rate: self.rate, samples, words })?;
        }
    }
}

/// Flite begins each sentence with about 0.2 s of silence, which callers hear as a slow reply.
const KEPT_SILENCE_S: f32 = 0.005;
/// The silence with which Flite ends a sentence, about.
const OWN_PAUSE_S: f32 = 0.2;
/// 60 ms: enough to begin with.
const FIRST_CHUNK_FRAMES: usize = 3;
/// 160 ms.
const CHUNK_FRAMES: usize = 8;
