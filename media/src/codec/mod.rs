//! Codecs: the closed set of ways in which sound crosses a line, behind one enum.
//!
//! [`Codec`] is what a leg agreed on; it makes an [`Encoder`] and a [`Decoder`]. A *frame* is mono 16-bit
//! sound at [`Codec::sample_rate`], a *payload* what one packet carries. What to do when a packet is missing
//! is [`crate::conceal`]'s.

pub mod g711;
pub mod g722;
pub mod l16;
pub mod opus;
mod vector;

mod decoder;
pub use decoder::{DecodeError, Decoder};
mod encoder;
pub use encoder::{EncodeError, Encoder};

use crate::SampleRate;
use l16::ByteOrder;

/// Longest sound of one packet, in samples: 120 ms at 48 kHz (RFC 6716 section 2.1.4). A buffer of this size
/// takes whatever a packet of any codec can hold, but for L16, whose packets are as long as their sender likes.
pub const PACKET_MAX_SAMPLES: usize = 5_760;

/// How sound is encoded on a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 mu-law: 8 kHz, 64 kbit/s. North America and Japan.
    Pcmu,
    /// G.711 A-law: 8 kHz, 64 kbit/s. Everywhere else.
    Pcma,
    /// G.722: 16 kHz, 64 kbit/s.
    G722,
    /// Opus (RFC 6716), decoded to mono at the rate asked for, whatever the sender's.
    Opus(opus::Settings),
    /// Linear sound, two octets a sample.
    L16 {
        /// Samples a second.
        rate: SampleRate,
        /// Which octet comes first; on RTP it is the high one.
        order: ByteOrder,
    },
}

impl Codec {
    /// The rate of the frames that go into the encoder and come out of the decoder.
    pub const fn sample_rate(self) -> SampleRate {
        match self {
            Self::Pcmu | Self::Pcma => SampleRate::Hz8000,
            Self::G722 => SampleRate::Hz16000,
            Self::Opus(settings) => settings.rate,
            Self::L16 { rate, .. } => rate,
        }
    }

    /// Ticks a second of the RTP clock: 8 kHz for G.722 though it samples at 16 (RFC 3551 section 4.5.2), and
    /// 48 kHz for Opus whatever its rate (RFC 7587 section 4.1).
    pub const fn rtp_clock_hz(self) -> u32 {
        match self {
            Self::G722 => 8_000,
            Self::Opus(_) => 48_000,
            _ => self.sample_rate().hz(),
        }
    }

    /// RTP ticks that `samples` samples at [`Self::sample_rate`] last. Rounds down.
    pub const fn rtp_ticks(self, samples: usize) -> u64 {
        samples as u64 * self.rtp_clock_hz() as u64 / self.sample_rate().hz() as u64
    }

    /// Samples at [`Self::sample_rate`] that `ticks` of the RTP clock last. Rounds down.
    pub const fn samples_of_rtp(self, ticks: u32) -> u64 {
        ticks as u64 * self.sample_rate().hz() as u64 / self.rtp_clock_hz() as u64
    }

    /// The RTP payload type that needs no agreement (RFC 3551 table 4), for the codecs that have one.
    pub const fn static_payload_type(self) -> Option<u8> {
        match self {
            Self::Pcmu => Some(0),
            Self::Pcma => Some(8),
            Self::G722 => Some(9),
            // 10 and 11 are L16 too, but at 44.1 kHz.
            Self::Opus(_) | Self::L16 { .. } => None,
        }
    }

    /// The encoding's name in an SDP `rtpmap` (RFC 3551, RFC 7587); compare without regard to case.
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus(_) => "opus",
            Self::L16 { .. } => "L16",
        }
    }

    /// How many samples at [`Self::sample_rate`] `payload` decodes to, without decoding it; `None` if it is
    /// no payload of this codec.
    ///
    /// *Real time:* reads a few octets.
    pub fn payload_samples(self, payload: &[u8]) -> Option<usize> {
        match self {
            _ if payload.is_empty() => None,
            Self::Pcmu | Self::Pcma => Some(payload.len()),
            Self::G722 => Some(2 * payload.len()),
            Self::Opus(settings) => opus::payload_samples(payload, settings.rate),
            Self::L16 { .. } => payload.len().is_multiple_of(2).then_some(payload.len() / 2),
        }
    }

    /// The octets that a frame of `samples` samples takes at most once encoded.
    pub const fn payload_max_bytes(self, samples: usize) -> usize {
        match self {
            Self::Pcmu | Self::Pcma => samples,
            Self::G722 => samples / 2,
            Self::Opus(_) => opus::PAYLOAD_MAX_BYTES,
            Self::L16 { .. } => 2 * samples,
        }
    }

    /// How long the encoder and the decoder together hold sound back, in samples at [`Self::sample_rate`].
    pub const fn delay_samples(self) -> usize {
        match self {
            Self::Pcmu | Self::Pcma | Self::L16 { .. } => 0,
            Self::G722 => 22,
            // 6.5 ms: RFC 6716 section 2, 5 ms for SILK and 2.5 ms for CELT, less what they share.
            Self::Opus(settings) => settings.rate.hz() as usize * 13 / 2_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn l16(rate: SampleRate) -> Codec {
        Codec::L16 { rate, order: ByteOrder::BigEndian }
    }

    #[test]
    fn twenty_milliseconds_are_so_many_samples_ticks_and_octets() {
        let opus = Codec::Opus(opus::Settings::new(SampleRate::Hz16000));
        for (codec, samples, ticks, octets) in [
            (Codec::Pcmu, 160, 160, 160),
            (Codec::Pcma, 160, 160, 160),
            (Codec::G722, 320, 160, 160),
            (opus, 320, 960, opus::PAYLOAD_MAX_BYTES),
            (l16(SampleRate::Hz24000), 480, 480, 960),
        ] {
            assert_eq!(codec.sample_rate().frame_samples(), samples, "{codec:?}");
            assert_eq!(codec.rtp_ticks(samples), ticks, "{codec:?}");
            assert_eq!(codec.samples_of_rtp(ticks as u32), samples as u64, "{codec:?}");
            assert_eq!(codec.payload_max_bytes(samples), octets, "{codec:?}");
        }
    }

    #[test]
    fn a_payload_tells_its_length() {
        for (codec, payload, samples) in [
            (Codec::Pcmu, &[0_u8; 160][..], Some(160)),
            (Codec::Pcma, &[0; 240], Some(240)),
            (Codec::G722, &[0; 160], Some(320)),
            (l16(SampleRate::Hz8000), &[0; 320], Some(160)),
            (l16(SampleRate::Hz8000), &[0; 321], None),
            (Codec::Pcmu, &[], None),
            // RFC 6716 table 2: configuration 9 is SILK wideband of 20 ms; code 3 with 48 frames is too long.
            (Codec::Opus(opus::Settings::new(SampleRate::Hz16000)), &[9 << 3, 1, 2], Some(320)),
            (Codec::Opus(opus::Settings::new(SampleRate::Hz16000)), &[9 << 3 | 3, 48], None),
        ] {
            assert_eq!(codec.payload_samples(payload), samples, "{codec:?}");
        }
    }
}
