//! A telephone whose loudspeaker is heard by its microphone: what was played comes back, later and fainter.

use std::collections::VecDeque;
use std::time::Duration;

use crate::SampleRate;

/// How what was played comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EchoSettings {
    /// How late, at most [`DELAY_MAX`].
    pub delay: Duration,
    /// How loud, in dB beside what was played; 0 or less. -20 is a speakerphone on a desk.
    pub gain_db: f32,
}

/// The longest way round that is kept.
pub const DELAY_MAX: Duration = Duration::from_secs(2);

/// Keeps what was played until it comes back. Places are samples since the call began.
#[derive(Clone, Debug)]
pub struct Echo {
    delay: u64,
    gain: f32,
    /// What sounded from sample `begin` on.
    played: VecDeque<i16>,
    begin: u64,
}

impl Echo {
    /// A telephone at `rate` that has played nothing.
    pub fn new(settings: EchoSettings, rate: SampleRate) -> Self {
        Self {
            delay: rate.samples(settings.delay.min(DELAY_MAX)),
            gain: 10_f32.powf(settings.gain_db.min(0.0) / 20.0),
            played: VecDeque::new(),
            begin: 0,
        }
    }

    /// These samples sounded from sample `at` on. Sound comes in order; what lies between is silence.
    pub fn played(&mut self, at: u64, samples: impl IntoIterator<Item = i16>) {
        let end = self.begin + self.played.len() as u64;
        let gap = at.saturating_sub(end);
        if gap > 2 * self.delay + KEPT {
            self.played.clear();
            self.begin = at;
        } else {
            self.played.extend((0..gap).map(|_| 0));
        }
        self.played.extend(samples);
    }

    /// Adds what comes back to the samples that the microphone takes from sample `from` on. `from` never goes back.
    pub fn add_to(&mut self, frame: &mut [i16], from: u64) {
        // Older sound has come back already.
        let over = from.saturating_sub(self.delay).saturating_sub(self.begin);
        let over = usize::try_from(over).unwrap_or(usize::MAX).min(self.played.len());
        self.played.drain(..over);
        self.begin += over as u64;
        for (sample, at) in frame.iter_mut().zip(from..) {
            let back = at.checked_sub(self.delay).and_then(|at| at.checked_sub(self.begin));
            let heard = back.and_then(|at| self.played.get(usize::try_from(at).ok()?));
            let Some(&heard) = heard else { continue };
            *sample = sample.saturating_add((f32::from(heard) * self.gain) as i16);
        }
    }
}

/// A pause longer than this and twice the delay leaves nothing to come back.
const KEPT: u64 = 48_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_played_comes_back_late_and_faint() {
        let settings = EchoSettings { delay: Duration::from_millis(30), gain_db: -20.0 };
        let mut echo = Echo::new(settings, SampleRate::Hz8000);
        echo.played(160, [8_000; 160]);
        let mut frame = [0; 160];
        echo.add_to(&mut frame, 160);
        assert_eq!(frame, [0; 160]);
        echo.add_to(&mut frame, 320);
        assert_eq!(frame[..80], [0; 80]);
        assert_eq!(frame[80..], [800; 80]);
    }

    #[test]
    fn an_hour_of_silence_between_is_not_kept() {
        let settings = EchoSettings { delay: Duration::from_millis(100), gain_db: 0.0 };
        let mut echo = Echo::new(settings, SampleRate::Hz8000);
        echo.played(0, [1; 160]);
        echo.played(8_000 * 3_600, [2; 160]);
        assert_eq!(echo.played.len(), 160);
        let mut frame = [0; 160];
        echo.add_to(&mut frame, 8_000 * 3_600 + 800);
        assert_eq!(frame, [2; 160]);
    }
}
