//! A call in short: turns, replies, what cut in, how it ended; and what of it is otherwise in another run.

use std::time::Duration;

use callwright_contract::{CallEvent, CallFact, CallMeasures, ReplyOutcome};
use serde::Serialize;

/// A call in short.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    turns: Vec<Turn>,
    replies: Vec<Reply>,
    interruptions: usize,
    asides: usize,
    measures: CallMeasures,
    ended: String,
    lasted: Duration,
    /// Appointments that it left, where that is known.
    booked: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Turn {
    words: String,
    over: Duration,
    /// From the caller's last sound to the first sound of the answer.
    answered_after: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
struct Reply {
    heard: String,
    outcome: ReplyOutcome,
}

/// Something that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Otherwise {
    /// What.
    pub(super) what: String,
    /// As it was.
    pub(super) was: String,
    /// As it is.
    pub(super) is: String,
}

/// What is in a call's events, and how many appointments it left.
pub(super) fn told(events: &[CallEvent], booked: Option<usize>) -> Told {
    let mut told = Told { booked, ..Told::default() };
    for event in events {
        match &event.fact {
            CallFact::TurnOver(over) => told.turns.push(Turn {
                words: over.text.reveal().clone(),
                over: event.at,
                answered_after: None,
            }),
            CallFact::Latency { turn, parts, .. } => {
                let turn = usize::try_from(turn.0).ok();
                if let Some(turn) = turn.and_then(|turn| told.turns.get_mut(turn)) {
                    turn.answered_after = parts.first_audio_sent;
                }
            }
            CallFact::Interrupted { .. } => told.interruptions += 1,
            CallFact::WentOn { .. } => told.asides += 1,
            CallFact::ReplyEnded { outcome, heard, .. } => {
                told.replies.push(Reply { heard: heard.reveal().clone(), outcome: *outcome });
            }
            CallFact::Measured(measures) => told.measures = *measures,
            CallFact::Ended { cause } => {
                told.ended = cause.as_str().to_owned();
                told.lasted = event.at;
            }
            _ => {}
        }
    }
    told
}

impl Told {
    /// What is otherwise in `is`; times that differ by less than `tolerance` count as the same.
    pub(super) fn otherwise(&self, is: &Self, tolerance: Duration) -> Vec<Otherwise> {
        let mut found = Vec::new();
        let mut note = |what: String, was: String, is: String| {
            if was != is {
                found.push(Otherwise { what, was, is });
            }
        };
        note("turns".into(), self.turns.len().to_string(), is.turns.len().to_string());
        for number in 0..self.turns.len().max(is.turns.len()) {
            let (was, now) = (self.turns.get(number), is.turns.get(number));
            let words =
                |turn: Option<&Turn>| turn.map_or_else(none, |turn| format!("{:?}", turn.words));
            let turn = number + 1;
            note(format!("turn {turn}, words"), words(was), words(now));
            let (Some(was), Some(now)) = (was, now) else { continue };
            if was.over.abs_diff(now.over) >= tolerance {
                note(format!("turn {turn}, over at"), seconds(was.over), seconds(now.over));
            }
            let after = |turn: &Turn| turn.answered_after.map_or_else(none, ms);
            let near = was.answered_after.zip(now.answered_after);
            if near.is_none_or(|(was, now)| was.abs_diff(now) >= tolerance) {
                note(format!("turn {turn}, answered after"), after(was), after(now));
            }
        }
        for number in 0..self.replies.len().max(is.replies.len()) {
            let reply = |told: &Self| {
                told.replies.get(number).map_or_else(none, |reply| {
                    format!("{:?} ({})", reply.heard, reply.outcome.as_str())
                })
            };
            note(format!("reply {}, as heard", number + 1), reply(self), reply(is));
        }
        let cut_offs = |told: &Self| told.measures.false_cut_offs.to_string();
        note("interruptions".into(), self.interruptions.to_string(), is.interruptions.to_string());
        note("went on after a sound".into(), self.asides.to_string(), is.asides.to_string());
        note("callers cut off".into(), cut_offs(self), cut_offs(is));
        note("ended".into(), self.ended.clone(), is.ended.clone());
        if self.lasted.abs_diff(is.lasted) >= tolerance {
            note("lasted".into(), seconds(self.lasted), seconds(is.lasted));
        }
        if let (Some(was), Some(is)) = (self.booked, is.booked) {
            note("appointments".into(), was.to_string(), is.to_string());
        }
        found
    }

    /// Turns that were over.
    pub(super) const fn turns(&self) -> usize {
        self.turns.len()
    }
}

fn none() -> String {
    "none".to_owned()
}

fn ms(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use callwright_contract::{CallId, EndCause, Pii, ReplyId, TurnId, TurnOver, TurnReason};

    use super::*;

    fn call(over_ms: u64, text: &str, cut: bool) -> Told {
        let ms = Duration::from_millis;
        let over = TurnOver {
            turn: TurnId(0),
            text: Pii::from(text),
            confidence: 0.9,
            reason: TurnReason::Judged,
            prepared: None,
        };
        let mut facts = vec![(over_ms, CallFact::TurnOver(over))];
        if cut {
            facts.push((9_000, CallFact::Interrupted { reply: ReplyId(0), after: ms(100) }));
        }
        facts.push((9_500, CallFact::Ended { cause: EndCause::CallerHungUp }));
        let events = facts.into_iter().zip(0..).map(|((at, fact), seq)| CallEvent {
            call: CallId::new(1, 1),
            seq,
            at: ms(at),
            fact,
        });
        told(&events.collect::<Vec<_>>(), Some(1))
    }

    #[test]
    fn what_is_otherwise_is_told_by_name_and_small_times_are_not() {
        let ms = Duration::from_millis;
        let was = call(3_000, "On Tuesday.", true);
        assert_eq!(was.otherwise(&was, ms(1)), []);
        assert_eq!(was.otherwise(&call(3_050, "On Tuesday.", true), ms(100)), []);
        let is = call(3_250, "On Tuesday at nine.", false);
        let found = was.otherwise(&is, ms(100));
        let told: Vec<String> =
            found.iter().map(|o| format!("{}: {} -> {}", o.what, o.was, o.is)).collect();
        assert_eq!(
            told,
            [
                "turn 1, words: \"On Tuesday.\" -> \"On Tuesday at nine.\"",
                "turn 1, over at: 3.000 s -> 3.250 s",
                "interruptions: 1 -> 0",
            ]
        );
    }
}
