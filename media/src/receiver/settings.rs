//! What a receiver is told of its line.

use arrayvec::ArrayVec;

use crate::codec::Codec;
use crate::conceal::Splice;
use crate::jitter::{JitterSettings, SettingsError};
use crate::rtp::PayloadType;

/// Formats that one line may switch between.
pub const FORMATS_MAX: usize = 4;

/// A codec under the number that the session gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// As the session's description has it.
    pub payload_type: PayloadType,
    /// What it stands for.
    pub codec: Codec,
}

/// What was agreed for a line, and how it is to be evened out.
#[derive(Clone, Debug)]
pub struct ReceiverSettings {
    /// What the sender may send, and switch between at any packet: codecs of one RTP clock and one sample rate.
    pub formats: ArrayVec<Format, FORMATS_MAX>,
    /// The number of telephone events (RFC 4733), on the codecs' clock.
    pub telephone_event: Option<PayloadType>,
    /// The number of comfort noise (RFC 3389), on the codecs' clock.
    pub comfort_noise: Option<PayloadType>,
    /// Bounds of the delay. Its clock is taken from the codecs.
    pub jitter: JitterSettings,
    /// How sound meets sound at the edges of a gap.
    pub splice: Splice,
}

impl ReceiverSettings {
    /// A line of one codec, with comfort noise under its static number and no telephone events. Packets may
    /// last 40 ms, or as long as Opus's can.
    pub fn of(payload_type: PayloadType, codec: Codec) -> Self {
        let payload_max = codec.payload_max_bytes(2 * codec.sample_rate().frame_samples());
        let jitter = JitterSettings::telephone(codec.rtp_clock_hz());
        Self {
            formats: std::iter::once(Format { payload_type, codec }).collect(),
            telephone_event: None,
            comfort_noise: Some(PayloadType::COMFORT_NOISE),
            jitter: JitterSettings { payload_max: payload_max.clamp(1, 4_096), ..jitter },
            splice: Splice::default(),
        }
    }
}

/// Why a receiver cannot be made: each is the session's or the configuration's mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiverError {
    /// There is no format to receive.
    #[error("no format to receive")]
    NoFormat,
    /// The formats have different clocks or sample rates.
    #[error("formats of different clocks or sample rates")]
    Formats,
    /// The jitter settings contradict themselves.
    #[error(transparent)]
    Jitter(#[from] SettingsError),
}
