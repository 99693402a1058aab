//! The carrier's side of a call that is run again: plays what it is given in real time, and answers marks.

use std::collections::VecDeque;
use std::time::Duration;

use callwright_calls::Moment;
use callwright_calls::leg::{LegOutput, MarkId};

/// Plays G.711, 8 octets a millisecond.
#[derive(Debug, Default)]
pub(super) struct FarEnd {
    /// When everything it was given has been played.
    until: Moment,
    /// Marks, and when what is before them has been played.
    marks: VecDeque<(Moment, MarkId)>,
}

impl FarEnd {
    /// Takes one output of the call.
    pub(super) fn receive(&mut self, now: Moment, output: &LegOutput) {
        match output {
            LegOutput::Audio(packet) => {
                let lasts = Duration::from_micros(packet.payload.len() as u64 * 125);
                self.until = self.until.max(now).plus(lasts);
            }
            LegOutput::Mark(mark) => self.marks.push_back((self.until.max(now), *mark)),
            // Marks of what is thrown away are answered at once.
            LegOutput::Clear => {
                self.until = now;
                self.marks.iter_mut().for_each(|(at, _)| *at = now.min(*at));
            }
            LegOutput::Close(_) => {}
        }
    }

    /// The next mark that has been reached.
    pub(super) fn reached(&mut self, now: Moment) -> Option<MarkId> {
        self.marks.pop_front_if(|(at, _)| *at <= now).map(|(_, mark)| mark)
    }
}

#[cfg(test)]
mod tests {
    use callwright_media::Packet;

    use super::*;

    #[test]
    fn marks_come_when_the_sound_before_them_was_played_or_thrown_away() {
        let at = |ms| Moment::new(Duration::from_millis(ms));
        let mut far = FarEnd::default();
        let audio = LegOutput::Audio(Packet::split(&[7; 160], 160).next().unwrap());
        far.receive(at(100), &audio);
        far.receive(at(100), &audio);
        far.receive(at(100), &LegOutput::Mark(MarkId(1)));
        assert_eq!(far.reached(at(139)), None);
        assert_eq!(far.reached(at(140)), Some(MarkId(1)));
        far.receive(at(200), &audio);
        far.receive(at(200), &LegOutput::Mark(MarkId(2)));
        far.receive(at(205), &LegOutput::Clear);
        assert_eq!((far.reached(at(205)), far.reached(at(300))), (Some(MarkId(2)), None));
    }
}
