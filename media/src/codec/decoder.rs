//! Payloads in, frames out, whatever the codec.

use super::{Codec, g711, g722, l16, opus};

/// The receiving half of a [`Codec`].
#[derive(Debug)]
pub struct Decoder {
    codec: Codec,
    state: State,
}

/// What a codec remembers between packets. Opus's is large and stays on the heap.
#[derive(Debug)]
enum State {
    None,
    G722(g722::Decoder),
    Opus(Box<opus::Decoder>),
}

/// Why a packet was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The octets are no payload of the codec: conceal as if the packet had been lost.
    #[error("the octets are no payload of this codec")]
    Malformed,
    /// The output cannot hold the frame.
    #[error("the frame needs {needed} samples")]
    OutputTooSmall {
        /// The samples to offer.
        needed: usize,
    },
}

impl Decoder {
    /// A decoder at rest. Opus allocates here.
    pub fn new(codec: Codec) -> Self {
        let state = match codec {
            Codec::Pcmu | Codec::Pcma | Codec::L16 { .. } => State::None,
            Codec::G722 => State::G722(g722::Decoder::new(g722::Mode::Kbit64)),
            Codec::Opus(settings) => State::Opus(Box::new(opus::Decoder::new(settings.rate))),
        };
        Self { codec, state }
    }

    /// What it decodes.
    pub const fn codec(&self) -> Codec {
        self.codec
    }

    /// Decodes `payload` into the front of `samples` (mono, at the codec's rate); returns how many it gave.
    ///
    /// *Real time:* G.711 and L16 cost tens of nanoseconds for 20 ms, G.722 some microseconds, Opus about
    /// 10 µs (see [`opus::Decoder::decode`] on allocation). Nothing else allocates.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] for an empty payload, half a sample of L16 or what is not Opus;
    /// [`DecodeError::OutputTooSmall`] if `samples` cannot hold it. The packet counts as lost.
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Result<usize, DecodeError> {
        let needed = self.codec.payload_samples(payload).ok_or(DecodeError::Malformed)?;
        if samples.len() < needed {
            return Err(DecodeError::OutputTooSmall { needed });
        }
        match (&mut self.state, self.codec) {
            (State::Opus(decoder), _) => decoder.decode(payload, samples),
            (State::G722(decoder), _) => Ok(decoder.decode(payload, samples)),
            (_, Codec::Pcma) => Ok(g711::alaw_decode_into(payload, samples)),
            (_, Codec::L16 { order, .. }) => Ok(l16::decode_into(order, payload, samples)),
            _ => Ok(g711::ulaw_decode_into(payload, samples)),
        }
    }

    /// The Opus decoder within, which conceals by itself.
    pub(crate) fn opus(&mut self) -> Option<&mut opus::Decoder> {
        match &mut self.state {
            State::Opus(decoder) => Some(decoder),
            _ => None,
        }
    }
}
