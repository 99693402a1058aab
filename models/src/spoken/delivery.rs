//! From a model's sound to chunks: at a call's rate, in the pitch and loudness asked for, the silence around each clause
//! replaced by pauses of known length.

use std::ops::ControlFlow;

use callwright_media::{AnyRate, SampleRate};

use super::times::loud;
use super::{Group, Sound};
use crate::contract::{ModelError, SpeechChunk, SpokenWord, VoiceStyle};

/// A text on its way to whoever wants to hear it.
pub(super) struct Delivery<'a> {
    sink: &'a mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    /// Of the model.
    rate_hz: u32,
    /// Of the chunks.
    rate: SampleRate,
    pitch: f32,
    gain: f32,
    pause: f32,
    /// Samples given so far.
    given: u64,
    /// The pause after the last clause, once there is another.
    pause_due: usize,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(
        rate_hz: u32,
        style: &VoiceStyle,
        sink: &'a mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
    ) -> Self {
        // The telephone's models speak at 16 kHz and stay there; the others lose nothing at 24 kHz.
        let rate = if rate_hz <= 16_000 { SampleRate::Hz16000 } else { SampleRate::Hz24000 };
        Self {
            sink,
            rate_hz,
            rate,
            pitch: pitch_factor(style),
            gain: 10_f32.powf(style.energy_db / 20.0),
            pause: style.pause,
            given: 0,
            pause_due: 0,
        }
    }

    /// Gives a clause that ends with `mark`; `ends` are the samples of `sound` at which its `groups` have been spoken.
    pub(super) fn clause(
        &mut self,
        mark: char,
        groups: &[Group],
        ends: &[usize],
        mut sound: Sound,
    ) -> Result<ControlFlow<()>, ModelError> {
        let (from, upto) = loud(&sound.samples);
        let from = from.saturating_sub(self.native(LEAD_MS));
        let upto = (upto + self.native(TAIL_MS)).min(sound.samples.len());
        for sample in &mut sound.samples {
            *sample *= self.gain;
        }
        let spoken = sound.samples.get(from..upto).unwrap_or_default();
        let mut samples = vec![0_i16; std::mem::take(&mut self.pause_due)];
        let begin = samples.len();
        self.convert(spoken, &mut samples)?;
        let length = samples.len() - begin;
        // From the model's samples to ours: the sound was cut in front, and its rate and pitch were changed.
        let place = |end: usize| {
            let end = end.saturating_sub(from).min(spoken.len()) as u64;
            let scaled = end * length as u64 / (spoken.len() as u64).max(1);
            self.given + begin as u64 + scaled
        };
        let words: Vec<SpokenWord> = groups
            .iter()
            .zip(ends)
            .flat_map(|(group, &end)| group.text_ends.iter().map(move |&text_end| (text_end, end)))
            .map(|(text_end, end)| SpokenWord { text_end, sample_end: place(end) })
            .collect();
        let ends_sentence = matches!(mark, '.' | '!' | '?');
        let pause_ms = if ends_sentence { SENTENCE_PAUSE_MS } else { CLAUSE_PAUSE_MS };
        self.pause_due = (self.rate.hz() as f32 * self.pause * pause_ms / 1_000.0) as usize;
        Ok(self.give(&samples, words))
    }

    fn give(&mut self, samples: &[i16], words: Vec<SpokenWord>) -> ControlFlow<()> {
        let mut words = words.into_iter().peekable();
        let mut pieces = samples.chunks(CHUNK_FRAMES * self.rate.frame_samples()).peekable();
        while let Some(piece) = pieces.next() {
            self.given += piece.len() as u64;
            let is_last = pieces.peek().is_none();
            let mut ended = Vec::new();
            while let Some(mut word) =
                words.next_if(|word| word.sample_end <= self.given || is_last)
            {
                word.sample_end = word.sample_end.min(self.given);
                ended.push(word);
            }
            let chunk = SpeechChunk { rate: self.rate, samples: piece.into(), words: ended };
            (self.sink)(chunk)?;
        }
        ControlFlow::Continue(())
    }

    /// At the chunks' rate, and higher by the pitch: as if it had been recorded at a rate so much higher.
    fn convert(&self, samples: &[f32], out: &mut Vec<i16>) -> Result<(), ModelError> {
        // Whole hundreds have large common divisors with the chunks' rates, which the resampler wants. A voice is off
        // by a fiftieth of a semitone at most.
        let is_changed = self.pitch != 1.0;
        let hz = self.rate_hz as f32 * self.pitch;
        let from_hz = if is_changed { (hz / 100.0).round() as u32 * 100 } else { self.rate_hz };
        let failed = |_why| ModelError::Shape { model: MODEL, what: "a rate that is no voice's" };
        let mut rate = AnyRate::new(from_hz, self.rate).map_err(failed)?;
        rate.push(samples, out).map_err(failed)?;
        rate.finish(out).map_err(failed)
    }

    /// Samples of the model's rate that last so long once they are heard in another pitch.
    fn native(&self, ms: f32) -> usize {
        (self.rate_hz as f32 * self.pitch * ms / 1_000.0) as usize
    }
}

/// How many times higher a voice is with this style.
pub(super) fn pitch_factor(style: &VoiceStyle) -> f32 {
    if style.pitch == 0.0 { 1.0 } else { (style.pitch / 12.0).exp2() }
}

const MODEL: &str = "neural voice";
/// Kept in front of what is loud: a soft beginning, which is below the threshold of `loud`.
const LEAD_MS: f32 = 10.0;
/// Kept behind it: a sound that fades.
const TAIL_MS: f32 = 40.0;
/// Between sentences, as people pause in a conversation.
const SENTENCE_PAUSE_MS: f32 = 260.0;
/// Between the parts of a sentence.
const CLAUSE_PAUSE_MS: f32 = 90.0;
/// 200 ms.
const CHUNK_FRAMES: usize = 10;
