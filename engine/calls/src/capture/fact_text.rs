//! An event as one line of text that two runs are compared by: everything that is in it, words and numbers included.

use std::fmt::{Result, Write};

use callwright_contract::{CallEvent, CallFact};

/// Writes `event` to `out`. Times are exact, and so are numbers. What people said is in it: such a line belongs into
/// a capture or before the operator's eyes, never into a log.
///
/// # Errors
/// Whatever `out` says; a string takes everything.
pub fn fact_text(event: &CallEvent, out: &mut impl Write) -> Result {
    write!(out, "{:?} ", event.at)?;
    match &event.fact {
        CallFact::Started(arrival) => {
            write!(out, "started {} {}", arrival.carrier.as_str(), arrival.line.reveal())?;
            match &arrival.caller {
                Some(caller) => write!(out, " from {}", caller.reveal()),
                None => Ok(()),
            }
        }
        CallFact::SpeechStarted => out.write_str("speech_started"),
        CallFact::SpeechStopped => out.write_str("speech_stopped"),
        CallFact::Partial { turn, text, stable } => {
            write!(out, "partial turn={} stable={stable} {:?}", turn.0, text.reveal())
        }
        CallFact::TurnLikely(guess) => {
            let (turn, text) = (guess.turn.0, guess.text.reveal());
            write!(out, "turn_likely guess={} turn={turn} ", guess.guess.0)?;
            write!(out, "confidence={:?} {text:?}", guess.confidence)?;
            match &guess.emotion {
                Some(emotion) => write!(out, " {emotion:?}"),
                None => Ok(()),
            }
        }
        CallFact::TurnOver(over) => {
            write!(out, "turn_over turn={} {} ", over.turn.0, over.reason.as_str())?;
            if let Some(guess) = over.prepared {
                write!(out, "prepared={} ", guess.0)?;
            }
            write!(out, "confidence={:?} {:?}", over.confidence, over.text.reveal())
        }
        CallFact::AnswerOwed { turn, lasted } => {
            write!(out, "answer_owed turn={} lasted={lasted:?}", turn.0)
        }
        CallFact::Digit(digit) => write!(out, "digit {}", digit.as_char()),
        CallFact::ReplyStarted { reply } => write!(out, "reply_started reply={}", reply.0),
        CallFact::Latency { turn, reply, parts } => {
            write!(out, "latency turn={} reply={}", turn.0, reply.0)?;
            for (name, part) in [
                ("pause", parts.pause_detected),
                ("words", parts.words_final),
                ("judged", parts.turn_judged),
                ("ready", parts.agent_ready),
                ("made", parts.first_audio_made),
                ("sent", parts.first_audio_sent),
            ] {
                if let Some(part) = part {
                    write!(out, " {name}={part:?}")?;
                }
            }
            Ok(())
        }
        CallFact::Interrupted { reply, after } => {
            write!(out, "interrupted reply={} after={after:?}", reply.0)
        }
        CallFact::WentOn { reply, turn, aside, silent } => {
            let (reply, turn, aside) = (reply.0, turn.0, aside.as_str());
            write!(out, "went_on reply={reply} turn={turn} {aside} silent={silent:?}")
        }
        CallFact::ReplyEnded { reply, outcome, heard } => {
            let (reply, outcome) = (reply.0, outcome.as_str());
            write!(out, "reply_ended reply={reply} {outcome} {:?}", heard.reveal())
        }
        CallFact::Quiet { lasted } => write!(out, "quiet lasted={lasted:?}"),
        // Names and numbers of its own; nothing of it quotes anybody.
        CallFact::Measured(measures) => write!(out, "measured {measures:?}"),
        CallFact::Ended { cause } => write!(out, "ended {cause}"),
        // How a caller comes across, which holds no words; and what is of a newer contract, whose words stay hidden.
        other => write!(out, "{other:?}"),
    }
}
