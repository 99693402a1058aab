//! Changing the rate of a file's sound, whatever rate it has.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::ResamplerError;
use super::filter::gcd;
use crate::SampleRate;

/// Turns sound of any rate into sound of a call's rate. For files: it works in blocks of about a fiftieth of a
/// second, allocates as it goes, and its own delay is taken out again, so that the result begins where the
/// file begins and is as long as the file (to the sample).
///
/// Flat to 0.92 of half the lower rate; images and aliases at least 80 dB down.
pub struct AnyRate {
    from_hz: u32,
    to: SampleRate,
    /// `None` when both rates are the same.
    fft: Option<Fft<f32>>,
    pending: Vec<f32>,
    block: Vec<f32>,
    /// Samples at the front that are only the resampler's delay.
    delay_left: usize,
    fed: u64,
    given: u64,
}

impl std::fmt::Debug for AnyRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnyRate").field("from_hz", &self.from_hz).field("to", &self.to).finish()
    }
}

/// Rates outside this range are no sound for a telephone: 4 kHz to 384 kHz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=384_000;

impl AnyRate {
    /// A resampler for a file of `from_hz` samples per second.
    ///
    /// # Errors
    /// [`ResamplerError::Unsupported`] for rates below 4 kHz and above 384 kHz.
    pub fn new(from_hz: u32, to: SampleRate) -> Result<Self, ResamplerError> {
        let unsupported = ResamplerError::Unsupported { from: from_hz, to: to.hz() };
        if !RATES_HZ.contains(&from_hz) {
            return Err(unsupported);
        }
        let fft = if from_hz == to.hz() {
            None
        } else {
            let (from, to_hz) = (from_hz as usize, to.hz());
            let made = Fft::new_custom(
                from,
                to_hz as usize,
                block_samples(from_hz, to_hz),
                1,
                1,
                WindowFunction::BlackmanHarris2,
                FixedSync::Input,
            );
            Some(made.map_err(|_why| unsupported)?)
        };
        let delay_left = fft.as_ref().map_or(0, |fft| fft.output_delay());
        let block = vec![0.0; fft.as_ref().map_or(0, |fft| fft.output_frames_max())];
        Ok(Self { from_hz, to, fft, pending: Vec::new(), block, delay_left, fed: 0, given: 0 })
    }

    /// Converts `samples` (full scale 1.0) as far as whole blocks go, and appends the result to `out`.
    ///
    /// # Errors
    /// [`ResamplerError::Unsupported`] when the library refuses a block, which would be a fault of ours.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<i16>) -> Result<(), ResamplerError> {
        self.fed += samples.len() as u64;
        self.convert(samples, out)
    }

    /// Ends the file: appends what is still held back, cut to the file's length.
    ///
    /// # Errors
    /// As [`AnyRate::push`].
    pub fn finish(mut self, out: &mut Vec<i16>) -> Result<(), ResamplerError> {
        let due = (self.fed * u64::from(self.to.hz())).div_ceil(u64::from(self.from_hz));
        while self.given < due {
            let silence = vec![0.0; self.fft.as_ref().map_or(1, |fft| fft.input_frames_next())];
            self.convert(&silence, out)?;
        }
        // What was given beyond the end lies in `out`, because it was put there last.
        let beyond = usize::try_from(self.given - due).unwrap_or(0);
        out.truncate(out.len().saturating_sub(beyond));
        Ok(())
    }

    fn convert(&mut self, samples: &[f32], out: &mut Vec<i16>) -> Result<(), ResamplerError> {
        let Some(fft) = &mut self.fft else {
            self.given += samples.len() as u64;
            out.extend(samples.iter().map(|&sample| whole(sample)));
            return Ok(());
        };
        let failed = ResamplerError::Unsupported { from: self.from_hz, to: self.to.hz() };
        self.pending.extend_from_slice(samples);
        let mut used = 0;
        while self.pending.len() - used >= fft.input_frames_next() {
            let wanted = fft.input_frames_next();
            let input = InterleavedSlice::new(&self.pending[used..used + wanted], 1, wanted)
                .map_err(|_why| failed)?;
            let room = self.block.len();
            let mut output =
                InterleavedSlice::new_mut(&mut self.block, 1, room).map_err(|_why| failed)?;
            let (taken, made) =
                fft.process_into_buffer(&input, &mut output, None).map_err(|_why| failed)?;
            used += taken;
            let skipped = made.min(self.delay_left);
            self.delay_left -= skipped;
            self.given += (made - skipped) as u64;
            out.extend(self.block[skipped..made].iter().map(|&sample| whole(sample)));
        }
        self.pending.drain(..used);
        Ok(())
    }
}

/// Samples of one block: at least a fiftieth of a second, a whole number of samples at both rates, and an even
/// number, because the delay is half a block and is taken out in whole samples.
const fn block_samples(from_hz: u32, to_hz: u32) -> usize {
    let least = (from_hz / gcd(from_hz, to_hz)) as usize;
    (from_hz as usize / 50).div_ceil(least).next_multiple_of(2) * least
}

/// A sample of full scale 1.0 as 16 bits, clipped.
fn whole(sample: f32) -> i16 {
    // `as` saturates, and turns what is not a number into 0.
    (sample * 32_768.0).round() as i16
}
