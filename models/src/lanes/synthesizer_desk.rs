//! The synthesiser's desk: texts are spoken one after the other, and can be stopped between chunks.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::desk::{Desk, Exchange, PortId, StepReport};
use super::guard::{Fault, guarded};
use super::load::Work;
use super::queue::{Queue, Waits};
use super::succession::{LaneModel, Refused};
use super::tenure::{Standing, Tenure};
use crate::contract::{
    AskId, Share, SlotId, SlotKey, Synthesizer, SynthesizerRequest, SynthesizerResult, VoiceStyle,
};

/// A model that speaks, and the texts that wait for it.
pub(super) struct SynthesizerDesk {
    model: Box<dyn Synthesizer>,
    order_book: OrderBook,
}

/// Texts that wait, at most [`TEXTS_PER_SLOT`] of a slot.
struct OrderBook {
    slots: Vec<Place>,
    texts: Queue<Text>,
    /// Texts that found no room.
    refused: Vec<(SlotKey, PortId, AskId)>,
    /// The text that is being spoken, until somebody wants it no more.
    speaking: Option<(SlotKey, AskId)>,
    shed: u64,
}

#[derive(Clone, Copy, Default)]
struct Place {
    tenure: Tenure,
    share: Share,
}

struct Text {
    key: SlotKey,
    share: Share,
    port: PortId,
    ask: AskId,
    text: String,
    style: VoiceStyle,
    since: Instant,
}

impl Waits for Text {
    fn slot(&self) -> SlotId {
        self.key.slot
    }

    fn share(&self) -> Share {
        self.share
    }

    fn since(&self) -> Instant {
        self.since
    }
}

impl SynthesizerDesk {
    pub(super) fn new(model: Box<dyn Synthesizer>, slots: usize) -> Self {
        let order_book = OrderBook {
            slots: vec![Place::default(); slots],
            texts: Queue::new(),
            refused: Vec::new(),
            speaking: None,
            shed: 0,
        };
        Self { model, order_book }
    }
}

impl OrderBook {
    fn take(&mut self, port: PortId, request: SynthesizerRequest, now: Instant) {
        match request {
            SynthesizerRequest::Open(key, share) => {
                if self.standing(key, true) != Standing::Gone
                    && let Some(place) = self.slots.get_mut(usize::from(key.slot.0))
                {
                    place.share = share;
                }
            }
            SynthesizerRequest::Speak { key, ask, text, style } => {
                if self.standing(key, false) != Standing::Gone {
                    let (share, since) = (Share::default(), now);
                    self.order(Text { key, share, port, ask, text, style, since });
                }
            }
            SynthesizerRequest::Cancel { key, ask } => {
                drop(self.texts.remove(|text| text.key == key && text.ask == ask));
                if self.speaking == Some((key, ask)) {
                    self.speaking = None;
                }
            }
            SynthesizerRequest::Close(key) => {
                if let Some(place) = self.slots.get_mut(usize::from(key.slot.0))
                    && place.tenure.close(key)
                {
                    self.empty(key);
                }
            }
        }
    }

    fn standing(&mut self, key: SlotKey, opening: bool) -> Standing {
        let Some(place) = self.slots.get_mut(usize::from(key.slot.0)) else {
            self.shed += 1;
            return Standing::Gone;
        };
        let tenure = &mut place.tenure;
        let standing = if opening { tenure.open(key) } else { tenure.admit(key) };
        if standing == Standing::NewHolder {
            self.empty(key);
        }
        standing
    }

    /// Nothing that was ordered for the slot is wanted any more.
    fn empty(&mut self, key: SlotKey) {
        self.texts.forget(key.slot);
        if let Some(place) = self.slots.get_mut(usize::from(key.slot.0)) {
            place.share = Share::default();
        }
        if self.speaking.is_some_and(|(speaking, _)| speaking.slot == key.slot) {
            self.speaking = None;
        }
    }

    fn order(&mut self, text: Text) {
        let Some(place) = self.slots.get(usize::from(text.key.slot.0)) else { return };
        if self.texts.count(|other| other.key == text.key) >= TEXTS_PER_SLOT {
            self.shed += 1;
            self.refused.push((text.key, text.port, text.ask));
        } else {
            self.texts.push(Text { share: place.share, ..text });
        }
    }

    fn next(&mut self) -> Option<Text> {
        let text = self.texts.next(|_| true)?;
        self.speaking = Some((text.key, text.ask));
        Some(text)
    }
}

impl Desk for SynthesizerDesk {
    type Request = SynthesizerRequest;
    type Answer = SynthesizerResult;

    const WORKS: &'static [Work] = &[Work::Text];

    fn rehearse(&mut self, _: Work) -> Result<(), Fault> {
        guarded("lane-tts-0", || self.model.rehearse())
    }

    fn take(&mut self, port: PortId, request: SynthesizerRequest, now: Instant) {
        self.order_book.take(port, request, now);
    }

    fn step(
        &mut self,
        exchange: &mut dyn Exchange<SynthesizerRequest, SynthesizerResult>,
    ) -> Option<StepReport> {
        let book = &mut self.order_book;
        for (key, port, ask) in book.refused.drain(..) {
            exchange.answer(port, SynthesizerResult::Failed { key, ask });
        }
        let now = exchange.now();
        let Text { key, port, ask, text, style, since, .. } = book.next()?;
        let mut sink = |chunk| {
            while let Some((port, request)) = exchange.request() {
                book.take(port, request, now);
            }
            if book.speaking.is_none() || exchange.is_stopping() {
                return ControlFlow::Break(());
            }
            exchange.answer(port, SynthesizerResult::Chunk { key, ask, chunk });
            ControlFlow::Continue(())
        };
        let spoken = guarded("lane-tts-0", || self.model.speak(&text, &style, &mut sink));
        // Nobody waits for the end of what was cancelled.
        if book.speaking.take().is_some() {
            let end = match spoken {
                Ok(()) => SynthesizerResult::Done { key, ask },
                Err(_) => SynthesizerResult::Failed { key, ask },
            };
            exchange.answer(port, end);
        }
        let waited = now.saturating_duration_since(since);
        let late = usize::from(waited > LATE);
        Some(StepReport { work: Work::Text, batch: 1, late, waited, fault: spoken.err() })
    }

    fn succeed(&mut self, model: LaneModel) -> Result<LaneModel, Refused> {
        let LaneModel::Synthesizer(new) = model else {
            return Err(Refused::contract(model, "lane-tts-0", "voice"));
        };
        Ok(LaneModel::Synthesizer(std::mem::replace(&mut self.model, new)))
    }

    fn shed(&self) -> u64 {
        self.order_book.shed
    }
}

/// Texts of one slot that may wait: more than a reply has sentences.
const TEXTS_PER_SLOT: usize = 16;

/// A text that waits longer than this is heard as a slow reply.
const LATE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ModelError, SpeechChunk};
    use crate::lanes::test_exchange::{TestExchange, key, port_of};
    use callwright_media::SampleRate;

    /// Speaks a chunk per character, whose only sample is the character; panics at `!`.
    struct Probe;

    impl Synthesizer for Probe {
        fn speak(
            &mut self,
            text: &str,
            _style: &VoiceStyle,
            sink: &mut dyn FnMut(SpeechChunk) -> ControlFlow<()>,
        ) -> Result<(), ModelError> {
            for octet in text.bytes() {
                assert!(octet != b'!', "a bug");
                let samples = Box::new([i16::from(octet)]);
                let words = Vec::new();
                if sink(SpeechChunk { rate: SampleRate::Hz16000, samples, words }).is_break() {
                    return Ok(());
                }
            }
            Ok(())
        }
    }

    fn lane() -> TestExchange<SynthesizerDesk> {
        TestExchange::new(SynthesizerDesk::new(Box::new(Probe), 4))
    }

    fn speak(key: SlotKey, ask: u32, text: &str) -> SynthesizerRequest {
        let style = VoiceStyle::default();
        SynthesizerRequest::Speak { key, ask: AskId(ask), text: text.to_owned(), style }
    }

    /// What was said, as `slot.ask:text`, with `.` for its end and `x` for its failure.
    fn said(lane: &mut TestExchange<SynthesizerDesk>) -> String {
        let mut said = String::new();
        let mut before = None;
        for answer in lane.settle() {
            let (key, ask, what) = match answer {
                SynthesizerResult::Chunk { key, ask, chunk } => {
                    (key, ask, char::from(u8::try_from(chunk.samples[0]).unwrap()))
                }
                SynthesizerResult::Done { key, ask } => (key, ask, '.'),
                SynthesizerResult::Failed { key, ask } => (key, ask, 'x'),
            };
            if before.replace((key, ask)) != Some((key, ask)) {
                said.push_str(&format!(" {}.{}:", key.slot.0, ask.0));
            }
            said.push(what);
        }
        said
    }

    #[test]
    fn texts_are_spoken_one_after_the_other() {
        let mut lane = lane();
        lane.ask(key(1, 1).slot, speak(key(1, 1), 1, "ab"));
        lane.ask(key(0, 1).slot, speak(key(0, 1), 1, "cd"));
        lane.ask(key(1, 1).slot, speak(key(1, 1), 2, "ef"));
        assert_eq!(said(&mut lane), " 1.1:ab. 0.1:cd. 1.2:ef.");
    }

    #[test]
    fn a_cancelled_text_stops_at_the_next_chunk_and_one_that_waits_is_not_begun() {
        let mut lane = lane();
        let key = key(1, 1);
        let port = port_of(key.slot);
        for (ask, text) in [(1, "abc"), (2, "def"), (3, "ghi")] {
            lane.ask(key.slot, speak(key, ask, text));
        }
        lane.coming.push_back((port, SynthesizerRequest::Cancel { key, ask: AskId(1) }));
        lane.coming.push_back((port, SynthesizerRequest::Cancel { key, ask: AskId(2) }));
        assert_eq!(said(&mut lane), " 1.3:ghi.");
    }

    #[test]
    fn nobody_is_told_the_rest_of_what_the_last_holder_of_his_slot_wanted() {
        for leaving in [
            SynthesizerRequest::Close(key(1, 1)),
            SynthesizerRequest::Open(key(1, 2), Share(0)),
            speak(key(1, 2), 1, "new"),
        ] {
            let mut lane = lane();
            lane.ask(key(1, 1).slot, speak(key(1, 1), 1, "old"));
            lane.ask(key(1, 1).slot, speak(key(1, 1), 2, "older"));
            lane.coming.push_back((port_of(key(1, 1).slot), leaving.clone()));
            let expected =
                if matches!(leaving, SynthesizerRequest::Speak { .. }) { " 1.1:new." } else { "" };
            assert_eq!(said(&mut lane), expected, "{leaving:?}");
        }
    }

    #[test]
    fn a_panic_fails_its_text_only() {
        let mut lane = lane();
        lane.ask(key(0, 1).slot, speak(key(0, 1), 1, "a!b"));
        lane.ask(key(0, 1).slot, speak(key(0, 1), 2, "c"));
        assert_eq!(said(&mut lane), " 0.1:ax 0.2:c.");
    }

    #[test]
    fn more_texts_than_a_reply_has_are_refused() {
        let mut lane = lane();
        for ask in 0..=TEXTS_PER_SLOT {
            lane.ask(key(0, 1).slot, speak(key(0, 1), u32::try_from(ask).unwrap(), "a"));
        }
        assert_eq!(lane.desk.shed(), 1);
        assert!(said(&mut lane).starts_with(&format!(" 0.{TEXTS_PER_SLOT}:x 0.0:a.")));
    }
}
