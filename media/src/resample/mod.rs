//! Changing the sample rate of a stream, 20 ms at a time.
//!
//! Between the rates of a call: a polyphase filter of our own, which holds back 1 or 2 ms. From any other
//! rate, for files: [`AnyRate`], where delay does not matter.

mod filter;

mod any;
pub use any::AnyRate;

use std::time::Duration;

use self::filter::{Filter, delay_us};
use crate::SampleRate;

/// Turns 20 ms of mono sound at one rate into exactly 20 ms at another, for as long as a stream lasts.
///
/// | between | holds back | flat to | aliases and images |
/// |---|---|---|---|
/// | 8 kHz and any other | 2 ms | 3.4 kHz | at least 60 dB down beyond 4.6 kHz |
/// | 12 kHz and any higher | 2 ms | 5.4 kHz | at least 60 dB down beyond 6.6 kHz |
/// | 16 kHz and 24 or 48 kHz | 1 ms | 6.9 kHz | at least 60 dB down beyond 9.1 kHz |
/// | 24 kHz and 48 kHz | 1 ms | 10.9 kHz | at least 60 dB down beyond 13.1 kHz |
///
/// "Flat" is within 0.02 dB. Between the two edges the response falls through -6 dB at half the lower rate, and what
/// lies there (on a telephone: nothing, its band ends at 3.4 kHz) is mirrored as weakly as it is passed.
/// Integer arithmetic: the same samples come out on every machine.
pub struct Resampler {
    from: SampleRate,
    to: SampleRate,
    /// `None` when both rates are the same and the samples pass through.
    filter: Option<&'static Filter>,
    /// The last samples of the stream so far, then room for one frame.
    window: Vec<i16>,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("from", &self.from).field("to", &self.to).finish()
    }
}

/// The resampler could not be made or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResamplerError {
    /// There is no way between these rates.
    #[error("no resampler from {from} Hz to {to} Hz")]
    Unsupported {
        /// Samples per second in.
        from: u32,
        /// Samples per second out.
        to: u32,
    },
    /// A frame of another length than 20 ms at its rate was given.
    #[error("a frame of 20 ms was wanted")]
    NotOneFrame,
}

impl Resampler {
    /// A resampler for a new stream. Allocates everything it will ever need: about 0.4 to 2.3 kB.
    ///
    /// # Errors
    /// [`ResamplerError::Unsupported`] for a pair of rates without a filter. All of today's have one.
    pub fn new(from: SampleRate, to: SampleRate) -> Result<Self, ResamplerError> {
        let filter = Filter::between(from, to);
        if filter.is_none() && from != to {
            return Err(ResamplerError::Unsupported { from: from.hz(), to: to.hz() });
        }
        let window = filter.map_or(0, |filter| filter.taps - 1 + from.frame_samples());
        Ok(Self { from, to, filter, window: vec![0; window] })
    }

    /// How long a sound takes through the resampler: 2 ms when one rate is 8 or 12 kHz, else 1 ms; nothing between
    /// equal rates. The same for all frequencies.
    pub const fn delay(&self) -> Duration {
        Duration::from_micros(delay_us(self.from, self.to) as u64)
    }

    /// Converts one frame: `frame` holds 20 ms at the first rate, `out` room for 20 ms at the second.
    ///
    /// *Real time:* no allocation; about 0.5 us from 8 to 16 kHz, 0.8 us back, at most 6 us (24 to 48 kHz).
    ///
    /// # Errors
    /// [`ResamplerError::NotOneFrame`] when either length is not 20 ms; nothing was consumed.
    pub fn process(&mut self, frame: &[i16], out: &mut [i16]) -> Result<(), ResamplerError> {
        if frame.len() != self.from.frame_samples() || out.len() != self.to.frame_samples() {
            return Err(ResamplerError::NotOneFrame);
        }
        let Some(filter) = self.filter else {
            out.copy_from_slice(frame);
            return Ok(());
        };
        let past = filter.taps - 1;
        self.window[past..].copy_from_slice(frame);
        // The lengths that filters have, so that the products are unrolled for each.
        match filter.taps {
            32 => filter.run::<32>(&self.window, out),
            48 => filter.run::<48>(&self.window, out),
            64 => filter.run::<64>(&self.window, out),
            96 => filter.run::<96>(&self.window, out),
            _ => filter.run::<192>(&self.window, out),
        }
        self.window.copy_within(frame.len().., 0);
        Ok(())
    }

    /// Forgets the stream so far, as if newly made.
    ///
    /// *Real time:* no allocation.
    pub fn reset(&mut self) {
        self.window.fill(0);
    }
}

impl Filter {
    /// Fills `out` from `window`, which begins `TAPS - 1` samples before the frame.
    fn run<const TAPS: usize>(&self, window: &[i16], out: &mut [i16]) {
        let (coefficients, _) = self.coefficients.as_chunks::<TAPS>();
        let half = 1 << (self.shift - 1);
        let runs = out.chunks_exact_mut(self.up).zip((0..).step_by(self.down));
        for (outputs, start) in runs {
            let steps = self.offsets.iter().zip(coefficients);
            for (output, (offset, coefficients)) in outputs.iter_mut().zip(steps) {
                let samples = window.get(start + offset..).and_then(<[i16]>::first_chunk);
                let sum = samples.map_or(0, |samples| dot::<TAPS>(samples, coefficients));
                let value = sum.wrapping_add(half) >> self.shift;
                // `as` cannot cut: the value was clamped.
                *output = value.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
            }
        }
    }
}

/// The sum of products. Cannot overflow: the filter's design bounds it.
fn dot<const TAPS: usize>(samples: &[i16; TAPS], coefficients: &[i16; TAPS]) -> i32 {
    samples.iter().zip(coefficients).fold(0_i32, |sum, (&sample, &coefficient)| {
        sum.wrapping_add(i32::from(sample).wrapping_mul(i32::from(coefficient)))
    })
}

#[cfg(test)]
mod tests;
