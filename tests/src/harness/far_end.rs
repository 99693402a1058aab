//! The carrier's side of a media stream: a buffer that plays in real time, marks and clears.

use std::collections::VecDeque;

use callwright_calls::leg::{LegOutput, MarkId};
use callwright_contract::AfterCall;
use callwright_media::g711;

/// Plays what it is sent, 8 octets a millisecond.
#[derive(Debug, Default)]
pub(crate) struct FarEnd {
    buffer: VecDeque<Item>,
    /// What was played in each millisecond of the call: a loud sample or none.
    pub(crate) loud_ms: Vec<bool>,
    /// Every octet that was played.
    pub(crate) played: Vec<u8>,
    /// What was at the caller's ear, 8 octets for each millisecond of the call.
    heard: Vec<u8>,
    /// Clears that came.
    pub(crate) clears: usize,
    /// How our side closed the stream.
    pub(crate) closed: Option<AfterCall>,
}

#[derive(Debug)]
enum Item {
    Octet(u8),
    Mark(MarkId),
}

impl FarEnd {
    /// Takes one message from our side; returns the marks that a clear flushes.
    pub(super) fn receive(&mut self, output: LegOutput) -> Vec<MarkId> {
        match output {
            LegOutput::Audio(packet) => {
                self.buffer.extend(packet.payload.iter().copied().map(Item::Octet));
                Vec::new()
            }
            LegOutput::Mark(mark) => {
                self.buffer.push_back(Item::Mark(mark));
                Vec::new()
            }
            LegOutput::Clear => {
                self.clears += 1;
                let flushed = self.buffer.drain(..);
                flushed
                    .filter_map(|item| if let Item::Mark(mark) = item { Some(mark) } else { None })
                    .collect()
            }
            LegOutput::Close(after) => {
                self.closed = Some(after);
                Vec::new()
            }
        }
    }

    /// Plays one millisecond; returns the marks that were reached.
    pub(super) fn play_ms(&mut self) -> Vec<MarkId> {
        let mut marks = Vec::new();
        let mut octets = 0;
        let mut loud = false;
        while let Some(item) = self.buffer.front() {
            match *item {
                Item::Mark(mark) => marks.push(mark),
                Item::Octet(_) if octets == 8 => break,
                Item::Octet(octet) => {
                    octets += 1;
                    self.played.push(octet);
                    loud |= g711::ulaw_decode(octet).unsigned_abs() > 500;
                }
            }
            self.buffer.pop_front();
        }
        self.loud_ms.push(loud);
        self.heard.extend(self.played.iter().skip(self.played.len() - octets));
        self.heard.resize(self.loud_ms.len() * 8, g711::ULAW_SILENCE);
        marks
    }

    /// Adds to the frame that begins at `now_ms` what was played `delay_ms` before, `gain` times as loud.
    pub(super) fn add_echo(
        &self,
        frame: &mut [u8; 160],
        now_ms: usize,
        delay_ms: usize,
        gain: f32,
    ) {
        for (n, octet) in frame.iter_mut().enumerate() {
            let at = (now_ms * 8 + n).checked_sub(delay_ms * 8);
            let Some(&played) = at.and_then(|at| self.heard.get(at)) else { continue };
            let echo = (f32::from(g711::ulaw_decode(played)) * gain) as i16;
            *octet = g711::ulaw_encode(g711::ulaw_decode(*octet).saturating_add(echo));
        }
    }

    /// How often the sound that was played changed its sign.
    pub(crate) fn flanks(&self) -> u64 {
        let signs: Vec<bool> = self
            .played
            .iter()
            .map(|&octet| g711::ulaw_decode(octet))
            .filter(|sample| sample.unsigned_abs() > 100)
            .map(|sample| sample > 0)
            .collect();
        signs.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64
    }

    /// Milliseconds of sound that wait to be played.
    pub(crate) fn waiting_ms(&self) -> usize {
        self.buffer.iter().filter(|item| matches!(item, Item::Octet(_))).count() / 8
    }
}
