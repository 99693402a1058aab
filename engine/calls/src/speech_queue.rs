//! One reply on its way from the synthesiser to the line.

use std::collections::VecDeque;

use callwright_contract::{ReplyId, Say, TurnId};
use callwright_media::SampleRate;
use callwright_models::contract::{AskId, SpeechChunk};

use crate::ledger::Ledger;

/// A reply whose sound is being made and sent.
#[derive(Debug)]
pub(crate) struct SpeechQueue {
    pub(crate) reply: ReplyId,
    pub(crate) answers: Option<TurnId>,
    pub(crate) protected: bool,
    pub(crate) ask: AskId,
    pub(crate) ledger: Ledger,
    chunks: VecDeque<SpeechChunk>,
    /// Samples of the first chunk that were taken.
    taken: usize,
    /// Samples taken in all, at the voice's rate.
    sent: u64,
    rate: Option<SampleRate>,
    making: Making,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Making {
    UnderWay,
    Done,
    Failed,
}

/// What the queue has for the next 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A frame was written, the last one padded with silence.
    Frame(SampleRate),
    /// The synthesiser has not made it yet.
    NotYet,
    /// Nothing is left.
    End,
}

impl SpeechQueue {
    pub(crate) fn new(say: Say, ask: AskId) -> Self {
        Self {
            reply: say.reply,
            answers: say.answers,
            protected: say.protected,
            ask,
            ledger: Ledger::new(say.text),
            chunks: VecDeque::new(),
            taken: 0,
            sent: 0,
            rate: None,
            making: Making::UnderWay,
        }
    }

    /// The synthesiser made more. A chunk at another rate than the first is not what was promised and is left out.
    pub(crate) fn push(&mut self, chunk: SpeechChunk) {
        if *self.rate.get_or_insert(chunk.rate) == chunk.rate {
            self.ledger.spoken(&chunk.words);
            self.chunks.push_back(chunk);
        }
    }

    /// The synthesiser is done with it, or gave up.
    pub(crate) const fn made(&mut self, failed: bool) {
        self.making = if failed { Making::Failed } else { Making::Done };
    }

    pub(crate) fn being_made(&self) -> bool {
        self.making == Making::UnderWay
    }

    pub(crate) fn failed(&self) -> bool {
        self.making == Making::Failed
    }

    /// Some of it was sent.
    pub(crate) const fn begun(&self) -> bool {
        self.sent > 0
    }

    /// Samples sent, at the voice's rate.
    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }

    /// The voice's rate; the line's until the first chunk has come.
    pub(crate) fn rate(&self) -> SampleRate {
        self.rate.unwrap_or(SampleRate::Hz8000)
    }

    /// Writes the next 20 ms to the beginning of `frame`, which has room for any rate's.
    ///
    /// *Real time:* frees a chunk when it is used up; no allocation.
    pub(crate) fn next(&mut self, frame: &mut [i16]) -> Next {
        let rate = self.rate();
        let wanted = rate.frame_samples().min(frame.len());
        let ready: usize = self.chunks.iter().map(|chunk| chunk.samples.len()).sum();
        let ready = ready.saturating_sub(self.taken);
        if ready < wanted && self.being_made() {
            return Next::NotYet;
        }
        if ready == 0 {
            return Next::End;
        }
        let mut written = 0;
        while written < wanted {
            let Some(chunk) = self.chunks.front() else { break };
            let rest = chunk.samples.get(self.taken..).unwrap_or_default();
            let part = rest.len().min(wanted - written);
            for (to, from) in frame.iter_mut().skip(written).zip(rest.iter().take(part)) {
                *to = *from;
            }
            written += part;
            self.taken += part;
            if part == rest.len() {
                self.chunks.pop_front();
                self.taken = 0;
            }
        }
        frame.iter_mut().take(wanted).skip(written).for_each(|sample| *sample = 0);
        self.sent += written as u64;
        Next::Frame(rate)
    }
}

#[cfg(test)]
mod tests {
    use callwright_contract::{Pii, Style};

    use super::*;

    fn queue(chunks: &[usize]) -> SpeechQueue {
        let say = Say {
            reply: ReplyId(0),
            answers: None,
            text: Pii::from("x"),
            style: Style::default(),
            protected: false,
        };
        let mut queue = SpeechQueue::new(say, AskId(0));
        let mut value = 0;
        for &samples in chunks {
            let samples = (0..samples)
                .map(|_| {
                    value += 1;
                    value
                })
                .collect();
            queue.push(SpeechChunk { rate: SampleRate::Hz8000, samples, words: Vec::new() });
        }
        queue
    }

    #[test]
    fn frames_run_across_chunks_and_the_last_is_padded() {
        let mut queue = queue(&[100, 100]);
        let mut frame = [9; 960];
        assert_eq!(queue.next(&mut frame), Next::Frame(SampleRate::Hz8000));
        assert_eq!((frame[0], frame[159], queue.sent()), (1, 160, 160));
        assert_eq!(queue.next(&mut frame), Next::NotYet);
        queue.made(false);
        assert_eq!(queue.next(&mut frame), Next::Frame(SampleRate::Hz8000));
        assert_eq!((frame[39], frame[40], queue.sent()), (200, 0, 200));
        assert_eq!(queue.next(&mut frame), Next::End);
    }

    #[test]
    fn a_chunk_at_another_rate_is_left_out() {
        let mut queue = queue(&[160]);
        queue.push(SpeechChunk {
            rate: SampleRate::Hz16000,
            samples: Box::new([1; 320]),
            words: vec![],
        });
        queue.made(false);
        let mut frame = [0; 960];
        assert_eq!(queue.next(&mut frame), Next::Frame(SampleRate::Hz8000));
        assert_eq!(queue.next(&mut frame), Next::End);
    }
}
