//! A telephone whose loudspeaker is heard by its microphone: what the agent says comes back, later and fainter.

use std::time::Duration;

use callwright_media::g711::{ulaw_decode, ulaw_encode};
use serde::Deserialize;

use super::ear::sample_at;
use super::mouth::FRAME;
use super::scenario::from_ms;

/// How the agent's voice comes back to it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Echo {
    /// How late.
    #[serde(rename = "delay_ms", deserialize_with = "from_ms")]
    pub(crate) delay: Duration,
    /// How loud, in dB beside what was played; -20 is a speakerphone on a desk.
    pub(crate) gain_db: f32,
}

/// Keeps what was played until it comes back.
#[derive(Debug)]
pub(super) struct Speakerphone {
    delay: u64,
    gain: f32,
    /// At 8 kHz, from the beginning of the call.
    played: Vec<i16>,
}

impl Speakerphone {
    pub(super) fn new(echo: Echo) -> Self {
        let gain = 10_f32.powf(echo.gain_db.min(0.0) / 20.0);
        Self { delay: sample_at(echo.delay), gain, played: Vec::new() }
    }

    /// These octets sounded from sample `at` on.
    pub(super) fn played(&mut self, at: u64, octets: &[u8]) {
        let Ok(at) = usize::try_from(at) else { return };
        let end = at + octets.len();
        if self.played.len() < end {
            self.played.resize(end, 0);
        }
        for (to, &octet) in self.played.iter_mut().skip(at).zip(octets) {
            *to = ulaw_decode(octet);
        }
    }

    /// Adds the echo to the frame that the microphone takes from sample `from` on.
    pub(super) fn add_to(&self, frame: &mut [u8; FRAME], from: u64) {
        for (n, octet) in frame.iter_mut().enumerate() {
            let heard = (from + n as u64).checked_sub(self.delay);
            let heard = heard.and_then(|at| self.played.get(usize::try_from(at).ok()?));
            let Some(&heard) = heard.filter(|&&sample| sample != 0) else { continue };
            let echo = (f32::from(heard) * self.gain) as i16;
            *octet = ulaw_encode(ulaw_decode(*octet).saturating_add(echo));
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::g711::ULAW_SILENCE;

    use super::*;

    #[test]
    fn what_was_played_comes_back_late_and_faint() {
        let echo = Echo { delay: Duration::from_millis(30), gain_db: -20.0 };
        let mut phone = Speakerphone::new(echo);
        phone.played(160, &[ulaw_encode(8_000); 160]);
        let mut early = [ULAW_SILENCE; FRAME];
        phone.add_to(&mut early, 160);
        assert_eq!(early, [ULAW_SILENCE; FRAME]);
        let mut frame = [ULAW_SILENCE; FRAME];
        phone.add_to(&mut frame, 320);
        assert_eq!(frame[..80], [ULAW_SILENCE; 80]);
        assert!(frame[80..].iter().all(|&octet| (700..900).contains(&ulaw_decode(octet))));
    }
}
