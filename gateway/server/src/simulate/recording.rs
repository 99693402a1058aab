//! A call as it was heard: two channels of 8 kHz, the caller on the left, the agent on the right.

use std::path::Path;

use callwright_media::g711::{ULAW_SILENCE, ulaw_decode};

use super::twilio::Played;

/// Both sides of a call, in mu-law, from the moment the stream began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    caller: Vec<u8>,
    agent: Vec<u8>,
    played: Vec<u8>,
}

impl Recording {
    /// What the caller sent, 8,000 octets a second.
    pub fn caller(&self) -> &[u8] {
        &self.caller
    }

    /// What was played to the caller, silence where nothing was.
    pub fn agent(&self) -> &[u8] {
        &self.agent
    }

    /// What was played to the caller, without the silence where nothing was.
    pub fn played_octets(&self) -> &[u8] {
        &self.played
    }

    pub(crate) fn sent(&mut self, octets: &[u8]) {
        self.caller.extend_from_slice(octets);
    }

    pub(crate) fn played(&mut self, played: &Played) {
        // Sounds come in order, so this only ever fills the silence before one.
        let at = usize::try_from(played.at).unwrap_or(usize::MAX).min(PLACE_MAX);
        if self.agent.len() < at {
            self.agent.resize(at, ULAW_SILENCE);
        }
        self.agent.extend_from_slice(&played.octets);
        self.played.extend_from_slice(&played.octets);
    }

    /// Writes both channels as a WAV file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), hound::Error> {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec)?;
        for at in 0..self.caller.len().max(self.agent.len()) {
            for side in [&self.caller, &self.agent] {
                let octet = side.get(at).copied().unwrap_or(ULAW_SILENCE);
                writer.write_sample(ulaw_decode(octet))?;
            }
        }
        writer.finalize()
    }
}

/// No call lasts longer than a day.
const PLACE_MAX: usize = 24 * 60 * 60 * 8_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_lie_beside_each_other_in_time() {
        let mut recording = Recording::default();
        recording.sent(&[0x80; 4]);
        recording.played(&Played { at: 2, octets: vec![0x00] });
        recording.played(&Played { at: 5, octets: vec![0x00] });
        assert_eq!(recording.agent(), [0xFF, 0xFF, 0, 0xFF, 0xFF, 0]);
        assert_eq!(recording.played_octets(), [0, 0]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.wav");
        recording.write(&path).unwrap();
        let mut reader = hound::WavReader::open(&path).unwrap();
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        let (loud, quiet) = (32_124, -32_124);
        assert_eq!(samples, [loud, 0, loud, 0, loud, quiet, loud, 0, 0, 0, 0, quiet]);
    }
}
