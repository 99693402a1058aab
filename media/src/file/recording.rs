//! Recording a call: a WAV file of two channels, the caller on the left and we on the right.
//!
//! The header is right on disk after every second of sound, so that a server that is killed leaves a file that
//! every player plays, short of at most the last second.

use std::io::{Seek, Write};
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::SampleRate;

/// How long a recording may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingLimits {
    /// What comes after it is refused, and the file stays as it is.
    pub length_max: Duration,
}

impl Default for RecordingLimits {
    /// Four hours: 230 MB at 8 kHz, well within the 4 GiB that a WAV file can be.
    fn default() -> Self {
        Self { length_max: Duration::from_secs(4 * 3_600) }
    }
}

/// The recording could not go on. What was written before is kept and can be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// As long as allowed: end this one, begin another.
    #[error("the recording is {} s long, which is its limit", .0.as_secs())]
    Full(Duration),
    /// The two sides of a piece are of different lengths.
    #[error("the two sides of a recording must be equally long")]
    Uneven,
    /// Writing failed: the disk is full or gone.
    #[error("the recording cannot be written")]
    Write(#[source] hound::Error),
}

/// A recording that is being made, in 16-bit PCM of two channels.
///
/// Writes to disk and so may block: it belongs to a thread that may wait, never to a shard. Dropping it ends
/// the file as [`Recording::finish`] does, without telling of errors.
pub struct Recording<W: Write + Seek> {
    writer: WavWriter<W>,
    rate: SampleRate,
    limits: RecordingLimits,
    /// Samples of each channel so far, and at the last flush.
    written: u64,
    safe: u64,
}

impl<W: Write + Seek> std::fmt::Debug for Recording<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording")
            .field("rate", &self.rate)
            .field("written", &self.written)
            .finish()
    }
}

impl<W: Write + Seek> Recording<W> {
    /// Begins a recording in `out`, which should be buffered; an empty file that can be played is there at once.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn begin(
        out: W,
        rate: SampleRate,
        limits: RecordingLimits,
    ) -> Result<Self, RecordingError> {
        let spec = WavSpec {
            channels: 2,
            sample_rate: rate.hz(),
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::new(out, spec).map_err(RecordingError::Write)?;
        writer.flush().map_err(RecordingError::Write)?;
        Ok(Self { writer, rate, limits, written: 0, safe: 0 })
    }

    /// Adds what was heard from the `caller` and what `we` said at the same time: any length, both equal.
    ///
    /// # Errors
    /// [`RecordingError::Uneven`] and [`RecordingError::Full`] leave the file as it was; after
    /// [`RecordingError::Write`] it ends where the last whole second ended.
    pub fn write(&mut self, caller: &[i16], we: &[i16]) -> Result<(), RecordingError> {
        if caller.len() != we.len() {
            return Err(RecordingError::Uneven);
        }
        let after = self.written + caller.len() as u64;
        if self.rate.duration(after) > self.limits.length_max {
            return Err(RecordingError::Full(self.limits.length_max));
        }
        for (&left, &right) in caller.iter().zip(we) {
            self.writer.write_sample(left).map_err(RecordingError::Write)?;
            self.writer.write_sample(right).map_err(RecordingError::Write)?;
        }
        self.written = after;
        if self.written - self.safe >= u64::from(self.rate.hz()) {
            self.make_safe()?;
        }
        Ok(())
    }

    /// Puts all that was written, and a header that says so, on disk.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn make_safe(&mut self) -> Result<(), RecordingError> {
        // The sound goes first: a header must never promise what is not there.
        self.writer.flush().map_err(RecordingError::Write)?;
        self.safe = self.written;
        Ok(())
    }

    /// How long it is.
    pub fn length(&self) -> Duration {
        self.rate.duration(self.written)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`RecordingError::Write`]: the end may be missing.
    pub fn finish(self) -> Result<(), RecordingError> {
        self.writer.finalize().map_err(RecordingError::Write)
    }
}
