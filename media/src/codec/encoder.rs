//! Frames in, payloads out, whatever the codec.

use super::{Codec, g711, g722, l16, opus};

/// The sending half of a [`Codec`].
#[derive(Debug)]
pub struct Encoder {
    codec: Codec,
    state: State,
}

/// What a codec remembers between frames. Opus's is large and stays on the heap.
#[derive(Debug)]
enum State {
    None,
    G722(g722::Encoder),
    Opus(Box<opus::Encoder>),
}

/// Why a frame was not encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The codec has no frame of this length.
    #[error("the codec has no frame of {samples} samples")]
    FrameLength {
        /// The length asked for.
        samples: usize,
    },
    /// The output cannot hold the payload.
    #[error("the payload needs {needed} octets")]
    OutputTooSmall {
        /// The octets to offer.
        needed: usize,
    },
    /// The codec's settings are outside what it has.
    #[error("the codec has no such setting")]
    Settings,
    /// The codec failed within.
    #[error("the codec failed")]
    Codec,
}

impl Encoder {
    /// An encoder at rest. Opus allocates here.
    ///
    /// # Errors
    /// [`EncodeError::Settings`] if Opus's settings are outside its ranges.
    pub fn new(codec: Codec) -> Result<Self, EncodeError> {
        let state = match codec {
            Codec::Pcmu | Codec::Pcma | Codec::L16 { .. } => State::None,
            Codec::G722 => State::G722(g722::Encoder::new()),
            Codec::Opus(settings) => State::Opus(Box::new(opus::Encoder::new(settings)?)),
        };
        Ok(Self { codec, state })
    }

    /// What it encodes.
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// Encodes the whole of `frame` (mono, at the codec's rate) into `payload`; returns the octets written.
    /// 0 octets mean that nothing need be sent (discontinuous transmission).
    ///
    /// *Real time:* G.711 and L16 cost tens of nanoseconds for 20 ms, G.722 some microseconds, Opus about
    /// 0.1 ms (see [`opus::Encoder::encode`] on allocation). Nothing else allocates.
    ///
    /// # Errors
    /// [`EncodeError::OutputTooSmall`], and [`EncodeError::FrameLength`] for an empty frame, an odd one for
    /// G.722, or one that Opus lacks. The frame is not sent.
    pub fn encode(&mut self, frame: &[i16], payload: &mut [u8]) -> Result<usize, EncodeError> {
        let odd = matches!(self.codec, Codec::G722) && !frame.len().is_multiple_of(2);
        if frame.is_empty() || odd {
            return Err(EncodeError::FrameLength { samples: frame.len() });
        }
        if let State::Opus(encoder) = &mut self.state {
            return encoder.encode(frame, payload);
        }
        let needed = self.codec.payload_max_bytes(frame.len());
        if payload.len() < needed {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        Ok(match (&mut self.state, self.codec) {
            (State::G722(encoder), _) => encoder.encode(frame, payload),
            (_, Codec::Pcma) => g711::alaw_encode_into(frame, payload),
            (_, Codec::L16 { order, .. }) => l16::encode_into(order, frame, payload),
            _ => g711::ulaw_encode_into(frame, payload),
        })
    }

    /// Tells the encoder what share of its packets the far end loses, in percent; only Opus cares.
    pub fn expect_loss(&mut self, percent: u8) {
        if let State::Opus(encoder) = &mut self.state {
            encoder.expect_loss(percent);
        }
    }
}
