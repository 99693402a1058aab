//! What the agent says, on its way from the far end's playout to the caller's ear, over a line that has both ways.

use std::time::Duration;

use callwright_media::impair::{Line, LineError};
use callwright_media::{Resampler, SampleRate, g711};

use super::ear::sample_at;
use super::mouth::FRAME;
use super::twilio::Played;

/// The line to the caller. Sounds go in as they are played, and come out frame by frame, whole, late, or spoilt.
#[derive(Debug)]
pub(super) struct WayBack {
    line: Box<Line>,
    to_line: Resampler,
    from_line: Resampler,
    /// What was played of the frame that is under way, at 8 kHz, and silence for the rest.
    frames: Vec<i16>,
    /// The sample of the call with which `frames` begins.
    from: u64,
}

impl WayBack {
    /// A line to the caller on which nothing was said yet.
    ///
    /// # Errors
    /// [`LineError::Rate`] when there is no way between its rate and a telephone's.
    pub(super) fn new(line: Box<Line>) -> Result<Self, LineError> {
        let (narrow, rate) = (SampleRate::Hz8000, line.rate());
        Ok(Self {
            to_line: Resampler::new(narrow, rate)?,
            from_line: Resampler::new(rate, narrow)?,
            line,
            frames: Vec::new(),
            from: 0,
        })
    }

    /// The far end has played this. Sounds come in order.
    pub(super) fn played(&mut self, played: &Played) {
        let Some(at) = played.at.checked_sub(self.from) else { return };
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(AHEAD_MAX);
        if self.frames.len() < at {
            self.frames.resize(at, 0);
        }
        self.frames.extend(played.octets.iter().map(|&octet| g711::ulaw_decode(octet)));
    }

    /// What is at the caller's ear in the 20 ms up to `due`.
    ///
    /// # Errors
    /// [`LineError`] when the line fails, which would be our mistake.
    pub(super) fn frame(&mut self, due: Duration) -> Result<Played, LineError> {
        let mut wide = vec![0; self.line.rate().frame_samples()];
        for _ in 0..self.line.frames_due(due) {
            let mut narrow = [0; FRAME];
            let there = self.frames.len().min(FRAME);
            for (to, from) in narrow.iter_mut().zip(self.frames.drain(..there)) {
                *to = from;
            }
            self.from += FRAME as u64;
            self.to_line.process(&narrow, &mut wide)?;
            self.line.speak(&wide)?;
        }
        self.line.hear(due, &mut wide);
        let mut narrow = [0; FRAME];
        self.from_line.process(&wide, &mut narrow)?;
        let octets = narrow.iter().map(|&sample| g711::ulaw_encode(sample)).collect();
        Ok(Played { at: sample_at(due).saturating_sub(FRAME as u64), octets })
    }
}

/// A far end that is ahead of time by more than a minute is broken.
const AHEAD_MAX: usize = 60 * 8_000;

#[cfg(test)]
mod tests {
    use callwright_media::codec::Codec;
    use callwright_media::impair::LineSettings;

    use super::*;

    #[test]
    fn what_is_played_is_heard_later_and_nothing_is_heard_before() {
        let settings = LineSettings { both_ways: true, ..LineSettings::clean(Codec::Pcmu, 1) };
        let mut line = Line::new(&settings).unwrap();
        let mut back = WayBack::new(line.take_way_back().unwrap()).unwrap();
        assert!(line.take_way_back().is_none());
        let mut heard = Vec::new();
        for frame in 1..=100_u64 {
            let at = (frame - 1) * FRAME as u64;
            if (20..40).contains(&frame) {
                back.played(&Played { at, octets: vec![g711::ulaw_encode(8_000); FRAME] });
            }
            let out = back.frame(Duration::from_millis(frame * 20)).unwrap();
            assert_eq!(out.at, at);
            heard.extend(out.octets);
        }
        let loud = |octet: &u8| g711::ulaw_decode(*octet).unsigned_abs() > 1_000;
        let (first, all) =
            (heard.iter().position(loud).unwrap(), heard.iter().filter(|o| loud(o)).count());
        let played = 19 * FRAME;
        assert!((played + 160..played + 1_200).contains(&first), "{first}, played at {played}");
        assert!(all.abs_diff(20 * FRAME) < 400, "{all} of {}", 20 * FRAME);
    }
}
