//! What of the business's feed one stream tells, and when it ends. Sans IO.

use callwright_business::FeedItem;
use callwright_contract::CallId;

use crate::wire::{Event, Notice, Zones, live_event, logged_event};

/// Turns a feed into messages.
pub(crate) struct Teller {
    zones: Zones,
    /// Only this call's, if any.
    call: Option<CallId>,
    /// The last sequence that the client has, told or passed over.
    last: u64,
}

/// What to do with an item.
#[derive(Debug, PartialEq)]
pub(crate) enum Telling {
    /// It is not for this stream.
    Nothing,
    /// Send it.
    Event(Box<Event>),
    /// Send it, and close.
    Last(Notice),
}

impl Teller {
    pub(crate) fn new(zones: Zones, call: Option<CallId>, from: Option<u64>) -> Self {
        Self { zones, call, last: from.unwrap_or(0) }
    }

    /// What to do with the feed's next `item`; `None` is its end.
    pub(crate) fn tell(&mut self, item: Option<FeedItem>) -> Telling {
        let event = match item {
            None => return Telling::Last(Notice::Stopping {}),
            Some(FeedItem::Lagged { after }) => {
                let resume_from = self.last.max(after);
                return Telling::Last(Notice::Lagged { resume_from });
            }
            Some(FeedItem::Unreadable) => {
                return Telling::Last(Notice::Unreadable { resume_from: self.last });
            }
            Some(FeedItem::Logged(logged)) => {
                self.last = logged.seq;
                self.wants(logged.what.call()).then(|| logged_event(&logged, &self.zones))
            }
            Some(FeedItem::Live(live)) => self.wants(live.event.call).then(|| live_event(&live)),
            Some(_) => None,
        };
        event.flatten().map_or(Telling::Nothing, |event| Telling::Event(Box::new(event)))
    }

    fn wants(&self, call: CallId) -> bool {
        self.call.is_none_or(|only| only == call)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use callwright_business::{Happening, LiveEvent, LoggedEvent};
    use callwright_contract::{CallEvent, CallFact, Pii, TurnId};
    use jiff::Timestamp;

    use super::*;
    use crate::wire::EventBody;

    fn event(call: u64, fact: CallFact) -> CallEvent {
        CallEvent {
            call: CallId::from_u64(call),
            seq: 3,
            at: Duration::from_micros(1_500_400),
            fact,
        }
    }

    fn logged(seq: u64, call: u64) -> Option<FeedItem> {
        Some(FeedItem::Logged(Arc::new(LoggedEvent {
            seq,
            tenant: "bright-smile".parse().unwrap(),
            at: Timestamp::UNIX_EPOCH,
            what: Happening::Call(event(call, CallFact::SpeechStarted)),
        })))
    }

    fn teller(call: Option<u64>, from: Option<u64>) -> Teller {
        Teller::new(Zones::default(), call.map(CallId::from_u64), from)
    }

    #[test]
    fn an_entry_of_the_log_is_told_with_its_sequence() {
        let Telling::Event(told) = teller(None, None).tell(logged(7, 1)) else { panic!("told") };
        assert_eq!((told.seq, told.call_ms), (Some(7), Some(1_500)));
        assert_eq!(
            (told.call.as_str(), told.tenant.as_str()),
            ("call_0000000000001", "bright-smile")
        );
        assert_eq!(told.body, EventBody::SpeechStarted {});
    }

    #[test]
    fn a_lagging_reader_learns_where_to_go_on_also_past_what_was_not_for_it() {
        let mut teller = teller(Some(1), Some(4));
        assert_eq!(teller.tell(logged(5, 2)), Telling::Nothing);
        let lagged = teller.tell(Some(FeedItem::Lagged { after: 0 }));
        assert_eq!(lagged, Telling::Last(Notice::Lagged { resume_from: 5 }));
        let unreadable = teller.tell(Some(FeedItem::Unreadable));
        assert_eq!(unreadable, Telling::Last(Notice::Unreadable { resume_from: 5 }));
    }

    #[test]
    fn the_feeds_end_is_the_servers() {
        assert_eq!(teller(None, None).tell(None), Telling::Last(Notice::Stopping {}));
    }

    #[test]
    fn words_of_an_open_turn_are_told_without_a_sequence_and_their_stable_part_as_text() {
        let words = |stable| {
            let fact =
                CallFact::Partial { turn: TurnId(2), text: Pii::from("caf\u{e9} au"), stable };
            Some(FeedItem::Live(Arc::new(LiveEvent {
                tenant: "bright-smile".parse().unwrap(),
                at: Timestamp::UNIX_EPOCH,
                event: event(1, fact),
            })))
        };
        // Four octets end inside a letter: then nothing is said to be stable.
        for (octets, prefix) in [(0, ""), (5, "caf\u{e9}"), (4, ""), (99, "")] {
            let Telling::Event(told) = teller(Some(1), None).tell(words(octets)) else {
                panic!("told")
            };
            assert_eq!(told.seq, None);
            let EventBody::Partial { turn: 2, text, stable } = told.body else { panic!("partial") };
            assert_eq!((text.as_str(), stable.as_str()), ("caf\u{e9} au", prefix));
        }
    }
}
