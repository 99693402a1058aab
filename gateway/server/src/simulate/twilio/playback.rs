//! Twilio's playout buffer: 8,000 octets a second, marks where they were put, emptied by `clear`.
//!
//! Time is counted in samples since the stream began, so that what the caller's ear hears is known to the sample.

use std::collections::VecDeque;
use std::time::Duration;

/// Samples, and octets of mu-law, in a second.
pub(crate) const SAMPLES_PER_SECOND: u64 = 8_000;

/// Most octets that the buffer takes: five minutes. Twilio documents no limit; a server that is this far ahead of
/// the caller has lost its pace.
const BUFFER_MAX_BYTES: usize = 5 * 60 * SAMPLES_PER_SECOND as usize;

/// A piece of sound that the caller heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Played {
    /// When its first sample was heard, in samples since the stream began.
    pub(crate) at: u64,
    /// Mu-law.
    pub(crate) octets: Vec<u8>,
}

/// The buffer.
#[derive(Debug, Default)]
pub(crate) struct Playback {
    queue: VecDeque<Item>,
    octets: usize,
    /// The next sample to be played, since the stream began.
    position: u64,
}

#[derive(Debug)]
enum Item {
    Audio { octets: Vec<u8>, played: usize },
    Mark(String),
}

/// More was sent than five minutes ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overfull;

impl Playback {
    /// Appends sound that arrived at `now`; it begins at once when nothing is buffered.
    pub(crate) fn audio(&mut self, octets: Vec<u8>, now: Duration) -> Result<(), Overfull> {
        if self.octets + octets.len() > BUFFER_MAX_BYTES {
            return Err(Overfull);
        }
        if self.octets == 0 {
            self.position = self.position.max(samples(now));
        }
        self.octets += octets.len();
        self.queue.push_back(Item::Audio { octets, played: 0 });
        Ok(())
    }

    /// Sets a mark behind what is buffered; gives it back when nothing is.
    pub(crate) fn mark(&mut self, name: String) -> Option<String> {
        if self.queue.is_empty() {
            return Some(name);
        }
        self.queue.push_back(Item::Mark(name));
        None
    }

    /// Empties the buffer; the marks in it return, in order.
    pub(crate) fn clear(&mut self) -> Vec<String> {
        self.octets = 0;
        let marks = self.queue.drain(..).filter_map(|item| match item {
            Item::Mark(name) => Some(name),
            Item::Audio { .. } => None,
        });
        marks.collect()
    }

    /// Plays up to `now`: what was heard goes to `heard`, marks that were reached return, in order.
    pub(crate) fn advance(&mut self, now: Duration, heard: &mut Vec<Played>) -> Vec<String> {
        let target = samples(now);
        let mut marks = Vec::new();
        while let Some(item) = self.queue.front_mut() {
            match item {
                Item::Mark(name) => {
                    marks.push(std::mem::take(name));
                    self.queue.pop_front();
                }
                Item::Audio { octets, played } => {
                    let due = usize::try_from(target.saturating_sub(self.position));
                    let rest = octets.get(*played..).unwrap_or_default();
                    let piece = rest.get(..due.unwrap_or(usize::MAX)).unwrap_or(rest);
                    if !piece.is_empty() {
                        heard.push(Played { at: self.position, octets: piece.to_vec() });
                    }
                    let length = piece.len();
                    self.position += length as u64;
                    self.octets -= length;
                    *played += length;
                    if *played < octets.len() {
                        break;
                    }
                    self.queue.pop_front();
                }
            }
        }
        marks
    }

    /// When the next mark will be reached, if one is waiting.
    pub(crate) fn next_mark_at(&self) -> Option<Duration> {
        let mut ahead = 0;
        for item in &self.queue {
            match item {
                Item::Audio { octets, played } => ahead += (octets.len() - played) as u64,
                Item::Mark(_) => return Some(time_of(self.position + ahead)),
            }
        }
        None
    }

    /// Octets not yet played.
    pub(crate) const fn buffered(&self) -> usize {
        self.octets
    }
}

/// Samples that have begun by `now`.
fn samples(now: Duration) -> u64 {
    callwright_media::SampleRate::Hz8000.samples(now)
}

/// The moment at which `samples` samples have been played, rounded up so that waiting for it is enough.
fn time_of(samples: u64) -> Duration {
    callwright_media::SampleRate::Hz8000.duration(samples) + Duration::from_nanos(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn sound_is_heard_at_8000_octets_a_second() {
        let mut playback = Playback::default();
        let mut heard = Vec::new();
        playback.audio(vec![1; 160], ms(100)).unwrap();
        playback.audio(vec![2; 160], ms(105)).unwrap();
        assert_eq!(playback.advance(ms(110), &mut heard), Vec::<String>::new());
        assert_eq!(heard, [Played { at: 800, octets: vec![1; 80] }]);
        playback.advance(ms(1_000), &mut heard);
        assert_eq!(
            heard.iter().map(|p| (p.at, p.octets.len())).collect::<Vec<_>>(),
            [(800, 80), (880, 80), (960, 160)]
        );
        assert_eq!(playback.buffered(), 0);
        // After a pause the next sound begins when it arrives, not in the past.
        playback.audio(vec![3; 8], ms(2_000)).unwrap();
        heard.clear();
        playback.advance(ms(2_001), &mut heard);
        assert_eq!(heard, [Played { at: 16_000, octets: vec![3; 8] }]);
    }

    #[test]
    fn marks_return_when_the_sound_before_them_was_played() {
        let mut playback = Playback::default();
        let mut heard = Vec::new();
        assert_eq!(playback.mark("empty".into()), Some("empty".into()));
        playback.audio(vec![0; 160], ms(0)).unwrap();
        assert_eq!(playback.mark("a".into()), None);
        playback.audio(vec![0; 160], ms(0)).unwrap();
        assert_eq!(playback.mark("b".into()), None);
        assert_eq!(playback.mark("c".into()), None);
        let due = playback.next_mark_at().unwrap();
        assert!(due > ms(20) && due < ms(21));
        assert!(playback.advance(ms(19), &mut heard).is_empty());
        assert_eq!(playback.advance(due, &mut heard), ["a"]);
        assert_eq!(playback.advance(ms(41), &mut heard), ["b", "c"]);
        assert_eq!(playback.next_mark_at(), None);
    }

    #[test]
    fn clear_returns_every_mark_and_nothing_more_is_heard() {
        let mut playback = Playback::default();
        let mut heard = Vec::new();
        playback.audio(vec![9; 1_600], ms(0)).unwrap();
        playback.mark("a".into());
        playback.audio(vec![9; 1_600], ms(0)).unwrap();
        playback.mark("b".into());
        playback.advance(ms(50), &mut heard);
        assert_eq!(playback.clear(), ["a", "b"]);
        assert_eq!(playback.buffered(), 0);
        heard.clear();
        assert!(playback.advance(ms(500), &mut heard).is_empty());
        assert!(heard.is_empty());
    }

    #[test]
    fn a_server_far_ahead_is_refused() {
        let mut playback = Playback::default();
        playback.audio(vec![0; BUFFER_MAX_BYTES], ms(0)).unwrap();
        assert_eq!(playback.audio(vec![0; 1], ms(0)), Err(Overfull));
    }
}
