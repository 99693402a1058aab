//! A decoder for lines that lose packets: what it is told of each, it turns into frames without a hole.
//!
//! Opus conceals by itself, and gets a lost frame back from the copy in the next packet where there is one;
//! for the other codecs the waveform goes on by its pitch. Every gap fades to the line's own noise.

use super::{Background, Splice, Waveform};
use crate::codec::{Codec, DecodeError, Decoder, opus};
use crate::rtp::comfort_noise::NoiseDescription;

/// What a lost stretch was filled with, for the quality report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The end of it is decoded from the copy in the packet that followed; what lies before is made up.
    FromNext,
    /// Made up from the sound before.
    MadeUp,
    /// Nothing but the line's noise: the gap has lasted too long to make up words.
    Noise,
}

/// Decodes one stream and fills its gaps.
///
/// > Every packet goes through [`Self::packet`] and every stretch without one through [`Self::lost`], in the
/// > order of their timestamps. After a pause that the sender announced, [`Self::pause`] instead.
#[derive(Debug)]
pub struct RepairingDecoder {
    decoder: Decoder,
    /// For codecs that cannot conceal by themselves.
    waveform: Option<Waveform>,
    background: Background,
    /// Samples of 10 ms.
    block: usize,
    /// Samples lost since the last packet.
    gap: usize,
}

impl RepairingDecoder {
    /// A decoder of `codec` that has heard nothing yet. Allocates.
    pub fn new(codec: Codec, splice: Splice) -> Self {
        let rate = codec.sample_rate();
        let conceals = matches!(codec, Codec::Opus(_));
        Self {
            decoder: Decoder::new(codec),
            waveform: (!conceals).then(|| Waveform::new(rate, splice)),
            background: Background::new(),
            block: rate.frame_samples() / 2,
            gap: 0,
        }
    }

    /// What it decodes.
    pub const fn codec(&self) -> Codec {
        self.decoder.codec()
    }

    /// How long it holds sound back beyond the codec itself, in samples.
    pub fn delay_samples(&self) -> usize {
        self.waveform.as_ref().map_or(0, Waveform::delay_samples)
    }

    /// Decodes `payload` into the front of `samples`; returns how many it gave.
    ///
    /// *Real time:* no allocation; the decoder's cost and less than a microsecond for 20 ms at 8 kHz.
    ///
    /// # Errors
    /// As [`Decoder::decode`]; the caller says [`Self::lost`] for what the packet should have held.
    pub fn packet(&mut self, payload: &[u8], samples: &mut [i16]) -> Result<usize, DecodeError> {
        let count = self.decoder.decode(payload, samples)?;
        let samples = &mut samples[..count];
        for block in samples.chunks(self.block) {
            self.background.learn(block);
        }
        let gap = std::mem::take(&mut self.gap);
        if let Some(waveform) = &mut self.waveform {
            waveform.sound(samples);
        }
        if gap > 0 {
            self.fade_noise_out(gap, samples);
        }
        Ok(count)
    }

    /// Fills all of `samples`, which is how much was lost. `next` is the packet that follows, if it has come;
    /// it is to be given to [`Self::packet`] afterwards all the same.
    ///
    /// *Real time:* the first 10 ms of a gap cost the search for the pitch; Opus costs as much as decoding.
    /// No allocation, but for Opus, whose concealment makes a few short-lived ones a frame.
    pub fn lost(&mut self, next: Option<&[u8]>, samples: &mut [i16]) -> Repair {
        let mut copied = false;
        if self.gap == 0 {
            self.background.settle();
        }
        if let Some(waveform) = &mut self.waveform {
            for block in samples.chunks_mut(self.block) {
                let start = waveform.gain();
                waveform.gap(block);
                let end = waveform.gain();
                add_noise(&mut self.background, block, start, end);
            }
        } else {
            copied = self.lost_of_opus(next, samples);
        }
        if copied {
            self.gap = 0;
            return Repair::FromNext;
        }
        let before = self.gap;
        self.gap = before.saturating_add(samples.len());
        if before >= self.all_noise() { Repair::Noise } else { Repair::MadeUp }
    }

    /// Fills `samples` with the noise that the far end described when it stopped sending (RFC 3389), or with
    /// what was learnt of the line's. This is no loss, and is not concealed.
    ///
    /// *Real time:* no allocation.
    pub fn pause(&mut self, noise: Option<&NoiseDescription>, samples: &mut [i16]) {
        if let Some(noise) = noise {
            self.background.told(noise);
        }
        self.background.settle();
        self.gap = 0;
        self.background.fill(samples);
        if let Some(waveform) = &mut self.waveform {
            waveform.sound(samples);
        }
    }

    /// Whether the end of `samples` came from a copy in `next`.
    fn lost_of_opus(&mut self, next: Option<&[u8]>, samples: &mut [i16]) -> bool {
        let all_noise = self.all_noise();
        let frame = 2 * self.block;
        let codec = self.decoder.codec();
        let Some(decoder) = self.decoder.opus() else { return false };
        // Only the frame right before the next packet can be in it, and it was most likely as long as that.
        let copy = next.filter(|next| opus::may_carry_fec(next));
        let copy = copy.and_then(|next| Some((next, codec.payload_samples(next)?)));
        let copy = copy.filter(|&(_, length)| length <= samples.len());
        let (made_up, from_next) =
            samples.split_at_mut(samples.len() - copy.map_or(0, |(_, length)| length));

        let mut gap = self.gap;
        for block in made_up.chunks_mut(frame) {
            // 2.5 ms is the least that Opus makes up; a rest of less is left to the noise.
            let whole = block.len() - block.len() % (frame / 8);
            let (front, rest) = block.split_at_mut(whole);
            if gap >= all_noise || decoder.conceal(front).is_err() {
                front.fill(0);
            }
            rest.fill(0);
            let (start, end) = (opus_gain(gap, all_noise), opus_gain(gap + block.len(), all_noise));
            fade(block, start, end);
            add_noise(&mut self.background, block, start, end);
            gap += block.len();
        }
        let copied = copy.is_some_and(|(next, _)| decoder.decode_lost(next, from_next).is_ok());
        if copied {
            self.fade_noise_out(gap, from_next);
        }
        copied
    }

    /// Takes the noise of a gap of `gap` samples out of the first 5 ms of the sound after it.
    fn fade_noise_out(&mut self, gap: usize, samples: &mut [i16]) {
        let gone = 1.0 - gap.min(self.all_noise()) as f32 / self.all_noise() as f32;
        let length = samples.len().min(self.block / 2);
        add_noise(&mut self.background, &mut samples[..length], gone, 1.0);
    }

    /// Samples of a gap after which nothing but noise is left: 60 ms for the waveform, 120 ms for Opus, whose
    /// own concealment holds longer.
    fn all_noise(&self) -> usize {
        self.block * if self.waveform.is_some() { 6 } else { 12 }
    }
}

/// How much of Opus's concealment is left `gap` samples into a gap: all for the first half.
fn opus_gain(gap: usize, all_noise: usize) -> f32 {
    (2.0 - 2.0 * gap as f32 / all_noise as f32).clamp(0.0, 1.0)
}

/// Fades `samples` evenly from the gain `start` to `end`.
fn fade(samples: &mut [i16], start: f32, end: f32) {
    let change = (end - start) / samples.len().max(1) as f32;
    for (n, sample) in samples.iter_mut().enumerate() {
        *sample = (f32::from(*sample) * (start + change * n as f32)) as i16;
    }
}

/// Adds as much noise as sound whose gain goes from `start` to `end` is missing of its power.
fn add_noise(background: &mut Background, samples: &mut [i16], start: f32, end: f32) {
    if start >= 1.0 && end >= 1.0 {
        return;
    }
    let mut noise = [0; NOISE_PIECE];
    let change = (end - start) / samples.len().max(1) as f32;
    let mut gain = start;
    for piece in samples.chunks_mut(NOISE_PIECE) {
        let noise = &mut noise[..piece.len()];
        background.fill(noise);
        for (sample, &noise) in piece.iter_mut().zip(&*noise) {
            let missing = (1.0 - gain * gain).max(0.0).sqrt();
            *sample = sample.saturating_add((f32::from(noise) * missing) as i16);
            gain += change;
        }
    }
}

/// Noise is made in pieces that fit the stack: 10 ms at 8 kHz.
const NOISE_PIECE: usize = 80;
