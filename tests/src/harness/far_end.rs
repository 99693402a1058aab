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
        marks
    }

    /// Milliseconds of sound that wait to be played.
    pub(crate) fn waiting_ms(&self) -> usize {
        self.buffer.iter().filter(|item| matches!(item, Item::Octet(_))).count() / 8
    }
}
