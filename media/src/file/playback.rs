//! Reading a call's recording back, channel by channel.

use std::io::Read;
use std::time::Duration;

use hound::{SampleFormat, WavReader};

use crate::SampleRate;

/// A recording of a call that is being read. It holds nothing in memory but its reader.
pub struct Playback<R> {
    reader: WavReader<R>,
    rate: SampleRate,
}

impl<R> std::fmt::Debug for Playback<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playback").field("rate", &self.rate).finish_non_exhaustive()
    }
}

/// The recording could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaybackError {
    /// A WAV file, but not of two channels of 16 bits at a rate of ours: decode it as any other sound file.
    #[error("not a recording of a call")]
    NotARecording,
    /// Not a WAV file, or it cannot be read.
    #[error("the recording cannot be read")]
    Read(#[source] hound::Error),
}

impl<R: Read> Playback<R> {
    /// Opens a recording, finished or not.
    ///
    /// # Errors
    /// [`PlaybackError`].
    pub fn open(source: R) -> Result<Self, PlaybackError> {
        let reader = WavReader::new(source).map_err(PlaybackError::Read)?;
        let spec = reader.spec();
        let is_ours =
            (spec.channels, spec.bits_per_sample, spec.sample_format) == (2, 16, SampleFormat::Int);
        let rate = SampleRate::from_hz(spec.sample_rate).filter(|_| is_ours);
        Ok(Self { reader, rate: rate.ok_or(PlaybackError::NotARecording)? })
    }

    /// Samples per second of each channel.
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// How long it is, by its header.
    pub fn length(&self) -> Duration {
        self.rate.duration(u64::from(self.reader.duration()))
    }

    /// Reads the next samples into `caller` and `we`; the shorter decides how many. Returns how many there were:
    /// fewer only at the end.
    ///
    /// # Errors
    /// [`PlaybackError::Read`]: the file ends before its header says so.
    pub fn read(&mut self, caller: &mut [i16], we: &mut [i16]) -> Result<usize, PlaybackError> {
        let mut samples = self.reader.samples::<i16>();
        let mut count = 0;
        for (left, right) in caller.iter_mut().zip(we) {
            let (Some(first), Some(second)) = (samples.next(), samples.next()) else { break };
            *left = first.map_err(PlaybackError::Read)?;
            *right = second.map_err(PlaybackError::Read)?;
            count += 1;
        }
        Ok(count)
    }
}
