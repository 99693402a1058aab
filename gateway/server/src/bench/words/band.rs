//! A recording as a line carries it, and as the models hear it behind that line.

use std::time::Duration;

use callwright_calls::leg::LegAudio;
use callwright_media::codec::l16::{self, ByteOrder};
use callwright_media::g711::{ULAW_SILENCE, ulaw_decode, ulaw_encode};
use callwright_media::{ResamplerError, SampleRate};

use super::args::Band;
use super::reading::Wire;
use crate::simulate::speech::resample;

impl Band {
    /// The sound (16 kHz) in packets.
    ///
    /// # Errors
    /// [`ResamplerError`].
    pub(super) fn wire(self, sound: &[i16]) -> Result<Wire, ResamplerError> {
        Ok(match self {
            Self::Wideband => {
                let mut octets = vec![0; sound.len() * 2];
                l16::encode_into(ByteOrder::BigEndian, sound, &mut octets);
                Wire {
                    hears: LegAudio::Wideband,
                    octets,
                    silence: vec![0; 320],
                    packet: Duration::from_millis(10),
                }
            }
            Self::Telephone => Wire {
                hears: LegAudio::Ulaw,
                octets: through_ulaw(sound)?,
                silence: vec![ULAW_SILENCE; 160],
                packet: Duration::from_millis(20),
            },
        })
    }

    /// The same as the models hear it: 16 kHz.
    ///
    /// # Errors
    /// [`ResamplerError`].
    pub(in crate::bench) fn heard(self, sound: &[i16]) -> Result<Vec<i16>, ResamplerError> {
        match self {
            Self::Wideband => Ok(sound.to_vec()),
            Self::Telephone => {
                let narrow: Vec<i16> =
                    through_ulaw(sound)?.iter().map(|&octet| ulaw_decode(octet)).collect();
                resample(&narrow, SampleRate::Hz8000, SampleRate::Hz16000)
            }
        }
    }
}

fn through_ulaw(sound: &[i16]) -> Result<Vec<u8>, ResamplerError> {
    let narrow = resample(sound, SampleRate::Hz16000, SampleRate::Hz8000)?;
    Ok(narrow.iter().map(|&sample| ulaw_encode(sample)).collect())
}

#[cfg(test)]
mod tests {
    use callwright_media::level_dbov;

    use super::*;

    #[test]
    fn a_second_is_a_second_in_every_band() {
        let sound: Vec<i16> =
            (0..16_000).map(|n| if n / 20 % 2 == 0 { 4_000 } else { -4_000 }).collect();
        for (band, packets) in [(Band::Wideband, 100), (Band::Telephone, 50)] {
            let wire = band.wire(&sound).unwrap();
            let sent = wire.octets.len() / wire.silence.len();
            assert!((packets..=packets + 2).contains(&sent), "{band:?}: {sent}");
            let heard = band.heard(&sound).unwrap();
            let off = level_dbov(&heard[..16_000]).0 - level_dbov(&sound).0;
            assert!(off.abs() < 1.0 && heard.len() < 17_000, "{band:?}: {off} dB, {}", heard.len());
        }
    }
}
