//! A stretch of the way on which sound is carried in another codec, and leaves it as it came: with that codec's marks.

use super::line::LineError;
use crate::codec::{Codec, Decoder, Encoder, PACKET_MAX_SAMPLES};
use crate::{Resampler, SampleRate};

/// Into a codec and out of it again, 20 ms at a time.
pub struct Transcoder {
    there: Resampler,
    encoder: Encoder,
    decoder: Decoder,
    back: Resampler,
    inside: Vec<i16>,
    payload: Vec<u8>,
    decoded: Vec<i16>,
}

impl std::fmt::Debug for Transcoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcoder").field("codec", &self.encoder.codec()).finish_non_exhaustive()
    }
}

impl Transcoder {
    /// A stretch in `codec` of a way at `rate`.
    ///
    /// # Errors
    /// [`LineError`] for settings that the codec does not have, and rates without a way between them.
    pub fn new(codec: Codec, rate: SampleRate) -> Result<Self, LineError> {
        let inner = codec.sample_rate();
        Ok(Self {
            there: Resampler::new(rate, inner)?,
            encoder: Encoder::new(codec)?,
            decoder: Decoder::new(codec),
            back: Resampler::new(inner, rate)?,
            inside: vec![0; inner.frame_samples()],
            payload: vec![0; codec.payload_max_bytes(inner.frame_samples())],
            decoded: vec![0; PACKET_MAX_SAMPLES],
        })
    }

    /// Carries one frame.
    ///
    /// # Errors
    /// [`LineError`] when the frame does not last 20 ms, or a codec fails, which would be our mistake.
    pub fn carry(&mut self, frame: &mut [i16]) -> Result<(), LineError> {
        self.there.process(frame, &mut self.inside)?;
        let length = self.encoder.encode(&self.inside, &mut self.payload)?;
        let payload = self.payload.get(..length).unwrap_or_default();
        // Opus sends nothing for silence when it was told so.
        let decoded = if payload.is_empty() {
            self.decoded.fill(0);
            self.inside.len()
        } else {
            self.decoder.decode(payload, &mut self.decoded).map_err(|_why| LineError::Codec)?
        };
        let decoded = self.decoded.get(..decoded).unwrap_or_default();
        self.back.process(decoded, frame)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::opus;
    use crate::level_dbov;

    #[test]
    fn sound_comes_through_each_codec_about_as_loud_as_it_went_in() {
        for rate in [SampleRate::Hz8000, SampleRate::Hz16000] {
            let opus = Codec::Opus(opus::Settings::new(rate));
            for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722, opus] {
                let mut way = Transcoder::new(codec, rate).unwrap();
                let period = rate.hz() / 400;
                let mut level = 0.0;
                for n in 0..50_u32 {
                    let mut frame: Vec<i16> = (0..rate.frame_samples() as u32)
                        .map(|i| {
                            let at = n * rate.frame_samples() as u32 + i;
                            let phase = f64::from(at % period) / f64::from(period);
                            (6_000.0 * (std::f64::consts::TAU * phase).sin()) as i16
                        })
                        .collect();
                    way.carry(&mut frame).unwrap();
                    level = level_dbov(&frame).0;
                }
                // A sine of 6,000 has 4,243 on average: -17.8 dBov.
                assert!((level + 17.8).abs() < 1.5, "{codec:?} at {rate:?}: {level}");
            }
        }
    }
}
