//! One reply on its way from the synthesiser to the line.

use std::collections::VecDeque;
use std::time::Duration;

use callwright_contract::{Pii, Protection, ReplyId, Say};
use callwright_media::SampleRate;
use callwright_models::contract::{AskId, SpeechChunk};

use crate::ledger::Ledger;

/// A reply whose sound is being made and sent, and can be taken back as far as it was not heard.
#[derive(Debug)]
pub(crate) struct SpeechQueue {
    pub(crate) reply: ReplyId,
    pub(crate) protection: Protection,
    pub(crate) ask: AskId,
    ledger: Ledger,
    /// What was made, without what was heard long ago.
    chunks: VecDeque<SpeechChunk>,
    /// Position in the reply's sound of the first sample of `chunks`.
    kept_from: u64,
    /// Position one past the last sample that was made.
    made: u64,
    /// Position of the next sample to be sent.
    sent: u64,
    /// Samples of silence that filled up the last frame sent.
    padding: u64,
    begun: bool,
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

/// How much of what was sent is kept, to be sent again: more than any line's lead.
const KEPT: Duration = Duration::from_secs(1);

impl SpeechQueue {
    pub(crate) fn new(say: Say, ask: AskId) -> Self {
        Self {
            reply: say.reply,
            protection: say.protection,
            ask,
            ledger: Ledger::new(say.text),
            chunks: VecDeque::new(),
            kept_from: 0,
            made: 0,
            sent: 0,
            padding: 0,
            begun: false,
            rate: None,
            making: Making::UnderWay,
        }
    }

    /// The synthesiser made more. A chunk at another rate than the first is not what was promised and is left out.
    pub(crate) fn push(&mut self, chunk: SpeechChunk) {
        if *self.rate.get_or_insert(chunk.rate) == chunk.rate {
            self.ledger.spoken(&chunk.words);
            self.made += chunk.samples.len() as u64;
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

    /// Its first sound was sent, if only to be taken back.
    pub(crate) const fn begun(&self) -> bool {
        self.begun
    }

    /// The voice's rate; the line's until the first chunk has come.
    fn rate(&self) -> SampleRate {
        self.rate.unwrap_or(SampleRate::Hz8000)
    }

    /// The whole text.
    pub(crate) const fn text(&self) -> &Pii<String> {
        self.ledger.text()
    }

    /// The words whose sound was sent, to the word.
    pub(crate) fn heard(&self) -> Pii<String> {
        self.ledger.heard(self.sent)
    }

    /// Its last sentence, the question if it asks one, was begun to be sent.
    pub(crate) fn in_last_sentence(&self) -> bool {
        let marks = ['.', '!', '?'];
        let text = self.text().reveal().trim_end().trim_end_matches(marks);
        let begins = text.rfind(marks).map_or(0, |mark| mark + 1);
        self.heard().reveal().len() >= begins
    }

    /// How much sound was sent, silence that filled up the last frame included.
    pub(crate) fn sent(&self) -> Duration {
        self.rate().duration(self.sent + self.padding)
    }

    /// Takes back as much of `unheard` as was sent of this reply, and takes it off `unheard`: it will be sent again,
    /// from that very sample.
    pub(crate) fn take_back(&mut self, unheard: &mut Duration) {
        let mine = self.sent().min(*unheard);
        *unheard -= mine;
        let samples = self.rate().samples(mine);
        let of_speech = samples.saturating_sub(self.padding);
        self.padding = self.padding.saturating_sub(samples);
        self.sent = self.sent.saturating_sub(of_speech).max(self.kept_from);
    }

    /// Writes the next 20 ms to the beginning of `frame`, which has room for any rate's.
    ///
    /// *Real time:* frees a chunk when it was heard long ago; no allocation.
    pub(crate) fn next(&mut self, frame: &mut [i16]) -> Next {
        let rate = self.rate();
        let wanted = rate.frame_samples().min(frame.len());
        let ready = self.made.saturating_sub(self.sent);
        if ready < wanted as u64 && self.being_made() {
            return Next::NotYet;
        }
        if ready == 0 {
            return Next::End;
        }
        let (mut written, mut from) = (0, self.kept_from);
        for chunk in &self.chunks {
            let until = from + chunk.samples.len() as u64;
            if until > self.sent && written < wanted {
                // Both differences are within the chunk, which is a slice.
                let begin = (self.sent - from) as usize;
                let rest = chunk.samples.get(begin..).unwrap_or_default();
                let part = rest.len().min(wanted - written);
                for (to, from) in frame.iter_mut().skip(written).zip(rest.iter().take(part)) {
                    *to = *from;
                }
                written += part;
                self.sent += part as u64;
            }
            from = until;
        }
        frame.iter_mut().take(wanted).skip(written).for_each(|sample| *sample = 0);
        self.padding = (wanted - written) as u64;
        self.begun = true;
        self.forget(rate.samples(KEPT));
        Next::Frame(rate)
    }

    /// Lets go of chunks that lie more than `kept` samples back.
    fn forget(&mut self, kept: u64) {
        while let Some(chunk) = self.chunks.front()
            && self.kept_from + chunk.samples.len() as u64 + kept < self.sent
        {
            self.kept_from += chunk.samples.len() as u64;
            self.chunks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use callwright_contract::Style;
    use callwright_models::contract::SpokenWord;

    use super::*;

    fn queue(chunks: &[usize]) -> SpeechQueue {
        let say = Say {
            reply: ReplyId(0),
            answers: None,
            text: Pii::from("x"),
            style: Style::default(),
            protection: Protection::None,
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

    const FRAME: Duration = Duration::from_millis(20);

    #[test]
    fn frames_run_across_chunks_and_the_last_is_padded() {
        let mut queue = queue(&[100, 100]);
        let mut frame = [9; 960];
        assert_eq!(queue.next(&mut frame), Next::Frame(SampleRate::Hz8000));
        assert_eq!((frame[0], frame[159], queue.sent()), (1, 160, FRAME));
        assert_eq!(queue.next(&mut frame), Next::NotYet);
        queue.made(false);
        assert_eq!(queue.next(&mut frame), Next::Frame(SampleRate::Hz8000));
        assert_eq!((frame[39], frame[40], queue.sent()), (200, 0, FRAME * 2));
        assert_eq!(queue.next(&mut frame), Next::End);
    }

    #[test]
    fn what_was_not_heard_is_sent_again_from_the_same_sample() {
        let mut queue = queue(&[100, 100]);
        queue.made(false);
        let mut frame = [9; 960];
        while queue.next(&mut frame) != Next::End {}
        // 5 ms of the second frame were speech, 15 ms were filled up.
        let mut unheard = Duration::from_millis(17);
        queue.take_back(&mut unheard);
        assert_eq!((unheard, queue.sent()), (Duration::ZERO, Duration::from_millis(23)));
        queue.next(&mut frame);
        assert_eq!((frame[0], frame[15], frame[16]), (185, 200, 0));
        let mut unheard = Duration::from_millis(70);
        queue.take_back(&mut unheard);
        assert_eq!((unheard, queue.sent()), (Duration::from_millis(27), Duration::ZERO));
        assert!(queue.begun());
        queue.next(&mut frame);
        assert_eq!(frame[0], 1);
    }

    #[test]
    fn the_last_sentence_begins_after_the_one_before() {
        for (text, words, last) in [
            ("It is 90. Anything else?", [(5, 80), (8, 160)], false),
            ("It is 90. Anything else?", [(9, 160), (18, 240)], true),
            ("Anything else?", [(8, 400), (13, 800)], true),
        ] {
            let mut queue = queue(&[]);
            queue.ledger = Ledger::new(Pii::from(text));
            let words = words.map(|(text_end, sample_end)| SpokenWord { text_end, sample_end });
            let samples = Box::new([1; 1_600]);
            let rate = SampleRate::Hz8000;
            queue.push(SpeechChunk { rate, samples, words: words.to_vec() });
            queue.next(&mut [0; 960]);
            assert_eq!(queue.in_last_sentence(), last, "{text} {words:?}");
        }
    }

    #[test]
    fn only_the_last_second_is_kept() {
        let mut queue = queue(&[1_600; 10]);
        let mut frame = [0; 960];
        while queue.next(&mut frame) != Next::NotYet {}
        assert_eq!(queue.chunks.len(), 6);
        queue.take_back(&mut Duration::from_secs(2));
        assert_eq!(queue.sent(), Duration::from_millis(800), "no further back than what is kept");
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
