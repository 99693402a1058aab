//! How an entry of the event log is written down: JSON with one `kind` each, durations in microseconds.
//!
//! Private to storage; what the outside sees is the gateway's. A kind, once written, is read for ever: add
//! fields with defaults, never rename.

use std::time::Duration;

use callwright_contract::{
    Arrival, Aside, CallEvent, CallFact, CallId, CallMeasures, CallerEmotion, Carrier, Digit,
    EndCause, Evidence, Feeling, Pii, ReplyId, ReplyLatency, ReplyOutcome, Severity, Shift,
    Trajectory, TurnId, TurnOver, TurnReason,
};
use serde::{Deserialize, Serialize};

use super::{restored, stored, unknown, word};
use crate::feed::{AgentSaid, AppointmentChange, CallBackWanted, ChangeKind, Happening};
use crate::scheduling::{Appointment, AppointmentId, AppointmentState};

/// An entry's text.
///
/// # Errors
/// [`NotWritten`] for a fact that this version cannot write down: count it and go on.
pub(super) fn encode(what: &Happening) -> Result<String, NotWritten> {
    let body = match what {
        Happening::Call(event) => Body::Call {
            number: event.seq,
            at_us: micros(event.at),
            fact: fact_body(&event.fact).ok_or(NotWritten)?,
        },
        Happening::Said(said) => Body::Said {
            reply: said.reply.0,
            answers: said.answers.map(|turn| turn.0),
            text: said.text.reveal().clone(),
        },
        Happening::CallBackWanted(wanted) => Body::CallBackWanted {
            phone: wanted.phone.reveal().clone(),
            name: wanted.name.as_ref().map(|name| name.reveal().clone()),
        },
        Happening::Appointment(change) => Body::Appointment {
            moved_from: match change.kind {
                ChangeKind::MovedFrom(AppointmentId(id)) => Some(id),
                _ => None,
            },
            appointment: appointment_body(&change.appointment),
        },
    };
    serde_json::to_string(&body).ok().ok_or(NotWritten)
}

/// The fact has no written form.
#[derive(Debug)]
pub(super) struct NotWritten;

/// What an entry's text tells.
pub(super) fn decode(tenant: &str, call: CallId, body: &str) -> Result<Happening, sqlx::Error> {
    let body: Body =
        serde_json::from_str(body).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(match body {
        Body::Call { number, at_us, fact } => Happening::Call(CallEvent {
            call,
            seq: number,
            at: Duration::from_micros(at_us),
            fact: fact_of(fact)?,
        }),
        Body::Said { reply, answers, text } => Happening::Said(AgentSaid {
            call,
            reply: ReplyId(reply),
            answers: answers.map(TurnId),
            text: text.into(),
        }),
        Body::CallBackWanted { phone, name } => Happening::CallBackWanted(CallBackWanted {
            call,
            phone: phone.into(),
            name: name.map(Pii::new),
        }),
        Body::Appointment { moved_from, appointment } => {
            let appointment = appointment_of(tenant, appointment)?;
            let kind = match (moved_from, appointment.state) {
                (_, AppointmentState::Cancelled) => ChangeKind::Cancelled,
                (Some(id), _) => ChangeKind::MovedFrom(AppointmentId(id)),
                (None, _) => ChangeKind::Booked,
            };
            Happening::Appointment(AppointmentChange { call, kind, appointment })
        }
    })
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
enum Body {
    Call { number: u32, at_us: u64, fact: FactBody },
    Said { reply: u32, answers: Option<u32>, text: String },
    Appointment { moved_from: Option<i64>, appointment: AppointmentBody },
    CallBackWanted { phone: String, name: Option<String> },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum FactBody {
    Started { carrier: String, carrier_call: String, line: String, caller: Option<String> },
    SpeechStarted,
    SpeechStopped,
    TurnOver { turn: u32, text: String, confidence: f32, reason: String },
    AnswerOwed { turn: u32, lasted_us: u64 },
    Emotion(EmotionBody),
    MoodShifted { turn: u32, escalated: bool, severity: String },
    Digit { key: char },
    ReplyStarted { reply: u32 },
    Latency { turn: u32, reply: u32, parts: LatencyBody },
    Interrupted { reply: u32, after_us: u64 },
    WentOn { reply: u32, turn: u32, aside: String, silent_us: u64 },
    ReplyEnded { reply: u32, outcome: String, heard: String },
    Quiet { lasted_us: u64 },
    Measured(MeasuresBody),
    Ended { cause: String },
}

#[derive(Serialize, Deserialize)]
struct LatencyBody {
    pause_detected_us: Option<u64>,
    words_final_us: Option<u64>,
    turn_judged_us: Option<u64>,
    agent_ready_us: Option<u64>,
    first_audio_made_us: Option<u64>,
    first_audio_sent_us: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct MeasuresBody {
    turns: u32,
    caller_spoke_us: u64,
    agent_spoke_us: u64,
    dead_air_us: u64,
    interruptions: u32,
    false_interruptions: u32,
    false_cut_offs: u32,
    replies: u32,
    reply_p50_us: u64,
    reply_p95_us: u64,
}

#[derive(Serialize, Deserialize)]
struct EmotionBody {
    turn: u32,
    /// Absent: an abstention.
    feeling: Option<String>,
    confidence: f32,
    calibrated: bool,
    evidence: String,
    arousal: Option<f32>,
    valence: f32,
    arousal_lately: Option<f32>,
    valence_lately: f32,
    trajectory: String,
}

#[derive(Serialize, Deserialize)]
struct AppointmentBody {
    id: i64,
    service: String,
    provider: String,
    start_at: i64,
    end_at: i64,
    state: String,
    name: String,
    phone: String,
    /// The call it was booked in, which need not be the one that changes it.
    booked_in: u64,
}

fn fact_body(fact: &CallFact) -> Option<FactBody> {
    Some(match fact {
        CallFact::Started(arrival) => FactBody::Started {
            carrier: arrival.carrier.as_str().to_owned(),
            carrier_call: arrival.carrier_call.clone(),
            line: arrival.line.reveal().clone(),
            caller: arrival.caller.as_ref().map(|caller| caller.reveal().clone()),
        },
        CallFact::SpeechStarted => FactBody::SpeechStarted,
        CallFact::SpeechStopped => FactBody::SpeechStopped,
        CallFact::TurnOver(over) => FactBody::TurnOver {
            turn: over.turn.0,
            text: over.text.reveal().clone(),
            confidence: over.confidence,
            reason: over.reason.as_str().to_owned(),
        },
        CallFact::AnswerOwed { turn, lasted } => {
            FactBody::AnswerOwed { turn: turn.0, lasted_us: micros(*lasted) }
        }
        CallFact::Emotion(emotion) => FactBody::Emotion(emotion_body(emotion)),
        CallFact::MoodShifted { turn, shift } => FactBody::MoodShifted {
            turn: turn.0,
            escalated: matches!(shift, Shift::Escalation(_)),
            severity: shift.severity().as_str().to_owned(),
        },
        CallFact::Digit(digit) => FactBody::Digit { key: digit.as_char() },
        CallFact::ReplyStarted { reply } => FactBody::ReplyStarted { reply: reply.0 },
        CallFact::Latency { turn, reply, parts } => {
            FactBody::Latency { turn: turn.0, reply: reply.0, parts: latency_body(*parts) }
        }
        CallFact::Interrupted { reply, after } => {
            FactBody::Interrupted { reply: reply.0, after_us: micros(*after) }
        }
        CallFact::WentOn { reply, turn, aside, silent } => FactBody::WentOn {
            reply: reply.0,
            turn: turn.0,
            aside: aside.as_str().to_owned(),
            silent_us: micros(*silent),
        },
        CallFact::ReplyEnded { reply, outcome, heard } => FactBody::ReplyEnded {
            reply: reply.0,
            outcome: outcome.as_str().to_owned(),
            heard: heard.reveal().clone(),
        },
        CallFact::Quiet { lasted } => FactBody::Quiet { lasted_us: micros(*lasted) },
        CallFact::Measured(measures) => FactBody::Measured(measures_body(*measures)),
        CallFact::Ended { cause } => FactBody::Ended { cause: cause.as_str().to_owned() },
        // Partials and guesses are live only; a fact of a newer contract has no written form yet.
        _ => return None,
    })
}

fn fact_of(body: FactBody) -> Result<CallFact, sqlx::Error> {
    Ok(match body {
        FactBody::Started { carrier, carrier_call, line, caller } => CallFact::Started(Arrival {
            carrier: carrier_of(&carrier)?,
            carrier_call,
            line: line.into(),
            caller: caller.map(Pii::new),
        }),
        FactBody::SpeechStarted => CallFact::SpeechStarted,
        FactBody::SpeechStopped => CallFact::SpeechStopped,
        FactBody::TurnOver { turn, text, confidence, reason } => CallFact::TurnOver(TurnOver {
            turn: TurnId(turn),
            text: text.into(),
            confidence,
            reason: known(&REASONS, &reason, TurnReason::as_str)
                .ok_or_else(|| unknown("reason"))?,
            // What became of a guess matters to nobody afterwards.
            prepared: None,
        }),
        FactBody::AnswerOwed { turn, lasted_us } => {
            CallFact::AnswerOwed { turn: TurnId(turn), lasted: Duration::from_micros(lasted_us) }
        }
        FactBody::Emotion(body) => CallFact::Emotion(emotion_of(&body)?),
        FactBody::MoodShifted { turn, escalated, severity } => {
            let severity = known(&Severity::ALL, &severity, Severity::as_str)
                .ok_or_else(|| unknown("severity"))?;
            let shift = if escalated { Shift::Escalation } else { Shift::DeEscalation };
            CallFact::MoodShifted { turn: TurnId(turn), shift: shift(severity) }
        }
        FactBody::Digit { key } => CallFact::Digit(
            Digit::try_from(key).map_err(|error| sqlx::Error::Decode(error.into()))?,
        ),
        FactBody::ReplyStarted { reply } => CallFact::ReplyStarted { reply: ReplyId(reply) },
        FactBody::Latency { turn, reply, parts } => CallFact::Latency {
            turn: TurnId(turn),
            reply: ReplyId(reply),
            parts: latency_of(parts),
        },
        FactBody::Interrupted { reply, after_us } => {
            CallFact::Interrupted { reply: ReplyId(reply), after: Duration::from_micros(after_us) }
        }
        FactBody::WentOn { reply, turn, aside, silent_us } => CallFact::WentOn {
            reply: ReplyId(reply),
            turn: TurnId(turn),
            aside: known(&ASIDES, &aside, Aside::as_str).ok_or_else(|| unknown("aside"))?,
            silent: Duration::from_micros(silent_us),
        },
        FactBody::ReplyEnded { reply, outcome, heard } => CallFact::ReplyEnded {
            reply: ReplyId(reply),
            outcome: known(&OUTCOMES, &outcome, ReplyOutcome::as_str)
                .ok_or_else(|| unknown("outcome"))?,
            heard: heard.into(),
        },
        FactBody::Quiet { lasted_us } => {
            CallFact::Quiet { lasted: Duration::from_micros(lasted_us) }
        }
        FactBody::Measured(body) => CallFact::Measured(measures_of(&body)),
        FactBody::Ended { cause } => CallFact::Ended { cause: cause_of(&cause)? },
    })
}

/// A stored cause.
pub(super) fn cause_of(text: &str) -> Result<EndCause, sqlx::Error> {
    known(&EndCause::ALL, text, EndCause::as_str).ok_or_else(|| unknown("cause"))
}

fn carrier_of(text: &str) -> Result<Carrier, sqlx::Error> {
    known(&CARRIERS, text, Carrier::as_str).ok_or_else(|| unknown("carrier"))
}

const CARRIERS: [Carrier; 1] = [Carrier::Twilio];
const REASONS: [TurnReason; 2] = [TurnReason::Judged, TurnReason::Patience];
const ASIDES: [Aside; 2] = [Aside::BackChannel, Aside::Noise];
const OUTCOMES: [ReplyOutcome; 5] = [
    ReplyOutcome::Finished,
    ReplyOutcome::Interrupted,
    ReplyOutcome::Cancelled,
    ReplyOutcome::CallEnded,
    ReplyOutcome::Failed,
];

fn known<T: Copy>(all: &[T], text: &str, name: fn(T) -> &'static str) -> Option<T> {
    all.iter().copied().find(|&one| name(one) == text)
}

/// A duration of up to 584,000 years; a longer one is cut to that.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn emotion_body(emotion: &CallerEmotion) -> EmotionBody {
    EmotionBody {
        turn: emotion.turn.0,
        feeling: emotion.feeling.map(|feeling| feeling.as_str().to_owned()),
        confidence: emotion.confidence,
        calibrated: emotion.calibrated,
        evidence: emotion.evidence.as_str().to_owned(),
        arousal: emotion.arousal,
        valence: emotion.valence,
        arousal_lately: emotion.arousal_lately,
        valence_lately: emotion.valence_lately,
        trajectory: emotion.trajectory.as_str().to_owned(),
    }
}

fn emotion_of(body: &EmotionBody) -> Result<CallerEmotion, sqlx::Error> {
    let feeling =
        |text: &str| known(&Feeling::ALL, text, Feeling::as_str).ok_or_else(|| unknown("feeling"));
    Ok(CallerEmotion {
        turn: TurnId(body.turn),
        feeling: body.feeling.as_deref().map(feeling).transpose()?,
        confidence: body.confidence,
        calibrated: body.calibrated,
        evidence: known(&Evidence::ALL, &body.evidence, Evidence::as_str)
            .ok_or_else(|| unknown("evidence"))?,
        arousal: body.arousal,
        valence: body.valence,
        arousal_lately: body.arousal_lately,
        valence_lately: body.valence_lately,
        trajectory: known(&Trajectory::ALL, &body.trajectory, Trajectory::as_str)
            .ok_or_else(|| unknown("trajectory"))?,
    })
}

fn latency_body(parts: ReplyLatency) -> LatencyBody {
    LatencyBody {
        pause_detected_us: parts.pause_detected.map(micros),
        words_final_us: parts.words_final.map(micros),
        turn_judged_us: parts.turn_judged.map(micros),
        agent_ready_us: parts.agent_ready.map(micros),
        first_audio_made_us: parts.first_audio_made.map(micros),
        first_audio_sent_us: parts.first_audio_sent.map(micros),
    }
}

fn latency_of(body: LatencyBody) -> ReplyLatency {
    ReplyLatency {
        pause_detected: body.pause_detected_us.map(Duration::from_micros),
        words_final: body.words_final_us.map(Duration::from_micros),
        turn_judged: body.turn_judged_us.map(Duration::from_micros),
        agent_ready: body.agent_ready_us.map(Duration::from_micros),
        first_audio_made: body.first_audio_made_us.map(Duration::from_micros),
        first_audio_sent: body.first_audio_sent_us.map(Duration::from_micros),
    }
}

fn measures_body(measures: CallMeasures) -> MeasuresBody {
    MeasuresBody {
        turns: measures.turns,
        caller_spoke_us: micros(measures.caller_spoke),
        agent_spoke_us: micros(measures.agent_spoke),
        dead_air_us: micros(measures.dead_air),
        interruptions: measures.interruptions,
        false_interruptions: measures.false_interruptions,
        false_cut_offs: measures.false_cut_offs,
        replies: measures.replies,
        reply_p50_us: micros(measures.reply_p50),
        reply_p95_us: micros(measures.reply_p95),
    }
}

fn measures_of(body: &MeasuresBody) -> CallMeasures {
    CallMeasures {
        turns: body.turns,
        caller_spoke: Duration::from_micros(body.caller_spoke_us),
        agent_spoke: Duration::from_micros(body.agent_spoke_us),
        dead_air: Duration::from_micros(body.dead_air_us),
        interruptions: body.interruptions,
        false_interruptions: body.false_interruptions,
        false_cut_offs: body.false_cut_offs,
        replies: body.replies,
        reply_p50: Duration::from_micros(body.reply_p50_us),
        reply_p95: Duration::from_micros(body.reply_p95_us),
    }
}

fn appointment_body(appointment: &Appointment) -> AppointmentBody {
    AppointmentBody {
        id: appointment.id.0,
        service: appointment.service.to_string(),
        provider: appointment.provider.to_string(),
        start_at: stored(appointment.start),
        end_at: stored(appointment.end),
        state: appointment.state.as_str().to_owned(),
        name: appointment.name.reveal().clone(),
        phone: appointment.phone.reveal().clone(),
        booked_in: appointment.call.as_u64(),
    }
}

fn appointment_of(tenant: &str, body: AppointmentBody) -> Result<Appointment, sqlx::Error> {
    Ok(Appointment {
        id: AppointmentId(body.id),
        tenant: word(tenant)?,
        service: word(&body.service)?,
        provider: word(&body.provider)?,
        start: restored(body.start_at)?,
        end: restored(body.end_at)?,
        state: state_of(&body.state)?,
        name: body.name.into(),
        phone: body.phone.into(),
        call: CallId::from_u64(body.booked_in),
    })
}

/// A stored state of an appointment.
pub(super) fn state_of(text: &str) -> Result<AppointmentState, sqlx::Error> {
    known(&STATES, text, AppointmentState::as_str).ok_or_else(|| unknown("state of an appointment"))
}

const STATES: [AppointmentState; 3] =
    [AppointmentState::Booked, AppointmentState::Cancelled, AppointmentState::Moved];
