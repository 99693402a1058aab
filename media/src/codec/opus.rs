//! Opus (RFC 6716) for speech in mono, over the pure-Rust `opus-pure`: settings, and the two directions.
//!
//! Decodes to and encodes from 8, 12, 16, 24 or 48 kHz; a stereo packet is decoded to mono. In-band forward
//! error correction (section 2.1.7), discontinuous transmission (2.1.9) and the decoder's own concealment
//! are here; when to use them is the caller's.

use opus_pure::{Application, OpusDecoder, OpusEncoder, Signal};

use super::{DecodeError, EncodeError, PACKET_MAX_SAMPLES};
use crate::SampleRate;

/// Octets that no packet of ours exceeds: three 20 ms frames of the most that Opus codes (RFC 6716 section
/// 3.4), which is 60 ms.
pub const PAYLOAD_MAX_BYTES: usize = 3 * 1_275 + 7;

/// How a leg's Opus is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// The rate of the frames on our side; the packets fit any other (RFC 7587 section 4.1).
    pub rate: SampleRate,
    /// Bits a second that the encoder aims at, 6,000 to 510,000.
    pub bitrate_bps: u32,
    /// Effort of the encoder, 0 to 10. Above 6 it also tells speech from music, which allocates.
    pub complexity: u8,
    /// Whether packets carry a coarse copy of the frame before (SDP `useinbandfec`).
    pub in_band_fec: bool,
    /// Percent of packets that the far end is thought to lose, 0 to 100; weighs the copy's bits.
    pub expected_loss_percent: u8,
    /// Whether to send nothing while the sound is digital silence (SDP `usedtx`).
    pub dtx: bool,
}

impl Settings {
    /// Speech at `rate`: 24 kbit/s, complexity 5 (below where the encoder's analysis allocates), with forward
    /// error correction for 10 % loss, without discontinuous transmission.
    pub const fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            bitrate_bps: 24_000,
            complexity: 5,
            in_band_fec: true,
            expected_loss_percent: 10,
            dtx: false,
        }
    }
}

/// How many samples at `rate` a packet decodes to; `None` if it is malformed.
pub(super) fn payload_samples(payload: &[u8], rate: SampleRate) -> Option<usize> {
    opus_pure::packet::samples(payload, rate_hz(rate)).ok().filter(|&samples| samples > 0)
}

/// Encodes one stream.
#[derive(Debug)]
pub struct Encoder {
    inner: OpusEncoder,
    rate: SampleRate,
}

impl Encoder {
    /// An encoder as `settings` say. Allocates.
    ///
    /// # Errors
    /// [`EncodeError::Settings`] where Opus has no such setting; do not offer it.
    pub fn new(settings: Settings) -> Result<Self, EncodeError> {
        let mut inner = OpusEncoder::new(rate_hz(settings.rate), 1, Application::Voip)
            .map_err(|_refused| EncodeError::Settings)?;
        inner.bitrate_bps = i32::try_from(settings.bitrate_bps)
            .ok()
            .filter(|bps| (6_000..=510_000).contains(bps))
            .ok_or(EncodeError::Settings)?;
        if settings.complexity > 10 || settings.expected_loss_percent > 100 {
            return Err(EncodeError::Settings);
        }
        inner.complexity = i32::from(settings.complexity);
        inner.signal_type = Some(Signal::Voice);
        inner.use_inband_fec = settings.in_band_fec;
        inner.packet_loss_perc = i32::from(settings.expected_loss_percent);
        inner.use_dtx = settings.dtx;
        Ok(Self { inner, rate: settings.rate })
    }

    /// Follows what the far end reports to lose, `percent` of packets (above 100 is 100): from the next frame
    /// on, more loss buys a better copy of the frame before and a worse original.
    pub fn expect_loss(&mut self, percent: u8) {
        self.inner.packet_loss_perc = i32::from(percent.min(100));
    }

    /// Encodes a frame of 10, 20, 40 or 60 ms; returns the octets written, 0 for a frame that need not be
    /// sent. `payload` is the most it may take; give it [`PAYLOAD_MAX_BYTES`].
    ///
    /// Not wholly *Real time:* 20 ms at 16 kHz cost some 0.1 ms, and the speech layer makes up to three
    /// short-lived allocations a frame, above complexity 6 some ten.
    ///
    /// # Errors
    /// [`EncodeError::FrameLength`] for another length, [`EncodeError::OutputTooSmall`] for a `payload` of
    /// less than 2 octets, [`EncodeError::Codec`] should the codec fail; drop the frame.
    pub fn encode(&mut self, frame: &[i16], payload: &mut [u8]) -> Result<usize, EncodeError> {
        let ten_ms = self.rate.frame_samples() / 2;
        if ![1, 2, 4, 6].iter().any(|tens| tens * ten_ms == frame.len()) {
            return Err(EncodeError::FrameLength { samples: frame.len() });
        }
        if payload.len() < 2 {
            return Err(EncodeError::OutputTooSmall { needed: PAYLOAD_MAX_BYTES });
        }
        let written = self
            .inner
            .encode_s16(frame, frame.len(), payload)
            .map_err(|_internal| EncodeError::Codec)?;
        // A packet of up to two octets is discontinuous transmission's "nothing" (RFC 6716 section 3.4, R1).
        Ok(if written <= 2 { 0 } else { written })
    }
}

/// Decodes one stream.
#[derive(Debug)]
pub struct Decoder {
    inner: OpusDecoder,
    rate: SampleRate,
}

impl Decoder {
    /// A decoder to mono at `rate`. Allocates.
    pub fn new(rate: SampleRate) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "every SampleRate is a rate of Opus, tested for each"
        )]
        let inner = OpusDecoder::new(rate_hz(rate), 1).expect("Opus has every rate of SampleRate");
        Self { inner, rate }
    }

    /// Decodes a packet into `samples`; returns how many it gave.
    ///
    /// *Real time:* 20 ms at 16 kHz cost some 10 µs; does not allocate once a packet of the longest kind has
    /// been through.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] for what is not Opus, [`DecodeError::OutputTooSmall`]; conceal instead.
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Result<usize, DecodeError> {
        let needed = self.fitting(payload, samples)?;
        self.inner.decode_s16(payload, needed, samples).map_err(|_malformed| DecodeError::Malformed)
    }

    /// Decodes the copy of the frame *before* `next` that `next` carries, into all of `samples`, which are as
    /// long as what was lost. A packet without a copy makes the decoder conceal. Afterwards `next` itself is
    /// to be decoded.
    ///
    /// *Real time:* as [`Self::decode`].
    ///
    /// # Errors
    /// As [`Self::decode`]; the length must be a multiple of 2.5 ms of up to 120 ms.
    pub fn decode_lost(&mut self, next: &[u8], samples: &mut [i16]) -> Result<usize, DecodeError> {
        payload_samples(next, self.rate).ok_or(DecodeError::Malformed)?;
        self.inner
            .decode_fec_s16(next, samples.len(), samples)
            .map_err(|_malformed| DecodeError::Malformed)
    }

    /// Makes up the next `samples` from what was heard before; falls silent in a long gap.
    ///
    /// Not wholly *Real time:* as [`Self::decode`], but for up to four short-lived allocations a frame.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] unless the length is a multiple of 2.5 ms of up to 120 ms.
    pub fn conceal(&mut self, samples: &mut [i16]) -> Result<usize, DecodeError> {
        self.inner.decode_s16(&[], samples.len(), samples).map_err(|_length| DecodeError::Malformed)
    }

    /// The range coder's state after the last packet; equal to the encoder's if both agree to the bit.
    pub fn final_range(&self) -> u32 {
        self.inner.final_range()
    }

    fn fitting(&self, payload: &[u8], samples: &[i16]) -> Result<usize, DecodeError> {
        let needed = payload_samples(payload, self.rate).ok_or(DecodeError::Malformed)?;
        debug_assert!(needed <= PACKET_MAX_SAMPLES);
        if samples.len() < needed {
            return Err(DecodeError::OutputTooSmall { needed });
        }
        Ok(needed)
    }
}

/// Whether `payload` may carry a copy of the frame before it: only packets with a SILK layer can.
pub(crate) fn may_carry_fec(payload: &[u8]) -> bool {
    use opus_pure::OpusMode;
    matches!(opus_pure::packet::mode(payload), Ok(OpusMode::SilkOnly | OpusMode::Hybrid))
}

fn rate_hz(rate: SampleRate) -> i32 {
    match rate {
        SampleRate::Hz8000 => 8_000,
        SampleRate::Hz12000 => 12_000,
        SampleRate::Hz16000 => 16_000,
        SampleRate::Hz24000 => 24_000,
        SampleRate::Hz48000 => 48_000,
    }
}
