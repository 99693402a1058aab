//! Decoded sound between packets of any length and frames of one.

use super::FrameOrigin;
use crate::codec::PACKET_MAX_SAMPLES;

/// Sound that has been decoded and not taken yet: less than a frame, and what was decoded last.
#[derive(Debug)]
pub(crate) struct Sound {
    samples: Box<[i16]>,
    len: usize,
    origin: FrameOrigin,
}

impl Sound {
    /// Room for a rest of a frame and the longest packet, stretched to at most twice its length.
    pub(crate) fn new(frame_samples: usize) -> Self {
        let room = frame_samples + 2 * PACKET_MAX_SAMPLES;
        Self { samples: vec![0; room].into(), len: 0, origin: FrameOrigin::default() }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Lets `decode` write into the room behind what is there, and say how much it wrote; `false` if it wrote
    /// nothing.
    pub(crate) fn heard(&mut self, decode: impl FnOnce(&mut [i16]) -> Option<usize>) -> bool {
        let Some(len) = decode(&mut self.samples[self.len..]).filter(|&len| len > 0) else {
            return false;
        };
        self.len += len;
        self.origin.heard += len;
        true
    }

    /// Room to conceal `samples`, or as many as fit.
    pub(crate) fn concealed(&mut self, samples: usize) -> &mut [i16] {
        let samples = samples.min(self.samples.len() - self.len);
        self.origin.concealed += samples;
        self.room(samples)
    }

    /// Room for `samples` of silence, or as many as fit.
    pub(crate) fn silent(&mut self, samples: usize) -> &mut [i16] {
        let samples = samples.min(self.samples.len() - self.len);
        self.origin.silent += samples;
        self.room(samples)
    }

    fn room(&mut self, samples: usize) -> &mut [i16] {
        let begin = self.len;
        self.len += samples;
        &mut self.samples[begin..self.len]
    }

    /// Takes a frame from the front, of which there is enough, and what was put in since the last one.
    pub(crate) fn take(&mut self, frame: &mut [i16]) -> FrameOrigin {
        let len = frame.len();
        frame.copy_from_slice(&self.samples[..len]);
        self.samples.copy_within(len..self.len, 0);
        self.len -= len;
        std::mem::take(&mut self.origin)
    }
}
