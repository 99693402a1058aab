//! From the business's words to the wire's, in one place.
//!
//! Here, and only here, a [`Pii`](callwright_contract::Pii) is opened for the network: whoever asks has shown a key
//! whose scope covers what they get.

use std::collections::BTreeMap;
use std::time::Duration;

use callwright_business as business;
use callwright_contract as contract;
use contract::CallFact;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{
    Appointment, Call, CallBack, CallMeasures, CallSummary, CallerEmotion, Change, Event,
    EventBody, LatencyParts, Line, MoodChange, MoodSeverity, MoodShift, Speaker, Tenant,
    TranscriptLine, TurnEmotion, TurnLatency,
};

/// Whole milliseconds, which last for 584 million years.
fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The clocks of all tenants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zones(BTreeMap<String, TimeZone>);

impl Zones {
    /// The clocks of `tenants`. One whose zone is not known goes by UTC.
    pub(crate) fn of(tenants: &[business::TenantSummary]) -> Self {
        Self(
            tenants
                .iter()
                .filter_map(|tenant| {
                    let zone = TimeZone::get(&tenant.time_zone).ok()?;
                    Some((tenant.id.to_string(), zone))
                })
                .collect(),
        )
    }

    fn of_tenant(&self, tenant: &business::TenantId) -> TimeZone {
        self.0.get(tenant.as_str()).cloned().unwrap_or(TimeZone::UTC)
    }

    /// The wire's form of `appointment`.
    pub(crate) fn appointment(&self, appointment: &business::Appointment) -> Appointment {
        let zone = self.of_tenant(&appointment.tenant);
        let local = appointment.start.to_zoned(zone.clone());
        Appointment {
            id: appointment.id.0,
            tenant: appointment.tenant.to_string(),
            service: appointment.service.to_string(),
            provider: appointment.provider.to_string(),
            start: appointment.start,
            end: appointment.end,
            local_start: local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            state: appointment.state.as_str().to_owned(),
            name: appointment.name.reveal().clone(),
            phone: appointment.phone.reveal().clone(),
            call: appointment.call.to_string(),
        }
    }
}

impl From<&business::CallSummary> for CallSummary {
    fn from(call: &business::CallSummary) -> Self {
        Self {
            id: call.id.to_string(),
            tenant: call.tenant.to_string(),
            carrier: call.carrier.clone(),
            carrier_call: call.carrier_call.clone(),
            line: call.line.reveal().clone(),
            caller: call.caller.as_ref().map(|caller| caller.reveal().clone()),
            started: call.started,
            ended: call.ended,
            cause: call.cause.map(|cause| cause.as_str().to_owned()),
            live: call.ended.is_none(),
        }
    }
}

impl From<&business::CallRecord> for Call {
    fn from(call: &business::CallRecord) -> Self {
        let started = call.summary.started;
        Self {
            summary: CallSummary::from(&call.summary),
            transcript: call.transcript.iter().map(|line| transcript_line(started, line)).collect(),
            latencies: call.latencies.iter().map(TurnLatency::from).collect(),
            emotions: call.emotions.iter().map(|told| turn_emotion(started, told)).collect(),
            call_back: call.call_back.as_ref().map(CallBack::from),
            measures: call.measures.map(CallMeasures::from),
        }
    }
}

fn transcript_line(started: Timestamp, line: &business::TranscriptLine) -> TranscriptLine {
    TranscriptLine {
        who: match line.who {
            business::Speaker::Caller => Speaker::Caller,
            business::Speaker::Agent => Speaker::Agent,
        },
        at: started.saturating_add(line.at).unwrap_or(started),
        call_ms: ms(line.at),
        text: line.text.reveal().clone(),
        heard: line.heard.as_ref().map(|heard| heard.reveal().clone()),
        interrupted: line.interrupted,
        confidence: line.confidence,
        turn: line.turn.map(|turn| turn.0),
        reply: line.reply.map(|reply| reply.0),
    }
}

impl From<&business::CallBackWanted> for CallBack {
    fn from(wanted: &business::CallBackWanted) -> Self {
        Self {
            phone: wanted.phone.reveal().clone(),
            name: wanted.name.as_ref().map(|name| name.reveal().clone()),
        }
    }
}

fn turn_emotion(started: Timestamp, told: &business::TurnEmotion) -> TurnEmotion {
    TurnEmotion {
        at: started.saturating_add(told.at).unwrap_or(started),
        call_ms: ms(told.at),
        emotion: CallerEmotion::from(&told.emotion),
        shift: told.shift.map(MoodShift::from),
    }
}

impl From<&contract::CallerEmotion> for CallerEmotion {
    fn from(emotion: &contract::CallerEmotion) -> Self {
        Self {
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
}

impl From<contract::Shift> for MoodShift {
    fn from(shift: contract::Shift) -> Self {
        Self {
            change: match shift {
                contract::Shift::Escalation(_) => MoodChange::Escalation,
                contract::Shift::DeEscalation(_) => MoodChange::DeEscalation,
            },
            severity: match shift.severity() {
                contract::Severity::Mild => MoodSeverity::Mild,
                contract::Severity::Strong => MoodSeverity::Strong,
                contract::Severity::Severe => MoodSeverity::Severe,
            },
        }
    }
}

impl From<&business::TurnLatency> for TurnLatency {
    fn from(latency: &business::TurnLatency) -> Self {
        Self {
            turn: latency.turn.0,
            reply: latency.reply.0,
            parts: LatencyParts::from(latency.parts),
        }
    }
}

impl From<contract::CallMeasures> for CallMeasures {
    fn from(measures: contract::CallMeasures) -> Self {
        Self {
            turns: measures.turns,
            caller_spoke_ms: ms(measures.caller_spoke),
            agent_spoke_ms: ms(measures.agent_spoke),
            talk_ratio: measures.talk_ratio(),
            dead_air_ms: ms(measures.dead_air),
            interruptions: measures.interruptions,
            false_interruptions: measures.false_interruptions,
            false_cut_offs: measures.false_cut_offs,
            replies: measures.replies,
            reply_p50_ms: ms(measures.reply_p50),
            reply_p95_ms: ms(measures.reply_p95),
        }
    }
}

impl From<contract::ReplyLatency> for LatencyParts {
    fn from(parts: contract::ReplyLatency) -> Self {
        Self {
            pause_detected_ms: parts.pause_detected.map(ms),
            words_final_ms: parts.words_final.map(ms),
            turn_judged_ms: parts.turn_judged.map(ms),
            agent_ready_ms: parts.agent_ready.map(ms),
            first_audio_made_ms: parts.first_audio_made.map(ms),
            first_audio_sent_ms: parts.first_audio_sent.map(ms),
        }
    }
}

impl From<&business::TenantSummary> for Tenant {
    fn from(tenant: &business::TenantSummary) -> Self {
        Self {
            id: tenant.id.to_string(),
            name: tenant.name.clone(),
            time_zone: tenant.time_zone.clone(),
            lines: tenant
                .lines
                .iter()
                .map(|(address, purpose)| Line {
                    address: address.clone(),
                    purpose: purpose.as_str().to_owned(),
                })
                .collect(),
            default: tenant.default,
        }
    }
}

/// The wire's form of an entry of the log; `None` for a kind that `v1` does not tell.
pub(crate) fn logged_event(logged: &business::LoggedEvent, zones: &Zones) -> Option<Event> {
    let (call_ms, body) = match &logged.what {
        business::Happening::Call(event) => (Some(ms(event.at)), body_of(&event.fact)?),
        business::Happening::Said(said) => (
            None,
            EventBody::AgentSaid {
                reply: said.reply.0,
                answers: said.answers.map(|turn| turn.0),
                text: said.text.reveal().clone(),
            },
        ),
        business::Happening::CallBackWanted(wanted) => {
            (None, EventBody::CallBackWanted(CallBack::from(wanted)))
        }
        business::Happening::Appointment(change) => {
            let (kind, replaces) = match change.kind {
                business::ChangeKind::Booked => (Change::Booked, None),
                business::ChangeKind::MovedFrom(old) => (Change::Moved, Some(old.0)),
                business::ChangeKind::Cancelled => (Change::Cancelled, None),
                _ => return None,
            };
            let appointment = zones.appointment(&change.appointment);
            (None, EventBody::Appointment { change: kind, replaces, appointment })
        }
        _ => return None,
    };
    Some(Event {
        seq: Some(logged.seq),
        call: logged.what.call().to_string(),
        tenant: logged.tenant.to_string(),
        at: logged.at,
        call_ms,
        body,
    })
}

/// The wire's form of what is only shown live; `None` for a kind that `v1` does not tell.
pub(crate) fn live_event(live: &business::LiveEvent) -> Option<Event> {
    Some(Event {
        seq: None,
        call: live.event.call.to_string(),
        tenant: live.tenant.to_string(),
        at: live.at,
        call_ms: Some(ms(live.event.at)),
        body: body_of(&live.event.fact)?,
    })
}

impl EventBody {
    /// The wire's form of what happened in a call; `None` for a kind that `v1` does not tell.
    pub fn of(fact: &CallFact) -> Option<Self> {
        body_of(fact)
    }
}

/// The wire's form of appointments, by the clocks of their `tenants`.
pub fn appointments_of(
    appointments: &[business::Appointment],
    tenants: &[business::TenantSummary],
) -> Vec<Appointment> {
    let zones = Zones::of(tenants);
    appointments.iter().map(|appointment| zones.appointment(appointment)).collect()
}

fn body_of(fact: &CallFact) -> Option<EventBody> {
    Some(match fact {
        CallFact::Started(arrival) => EventBody::CallStarted {
            carrier: arrival.carrier.as_str().to_owned(),
            carrier_call: arrival.carrier_call.clone(),
            line: arrival.line.reveal().clone(),
            caller: arrival.caller.as_ref().map(|caller| caller.reveal().clone()),
        },
        CallFact::SpeechStarted => EventBody::SpeechStarted {},
        CallFact::SpeechStopped => EventBody::SpeechStopped {},
        CallFact::Partial { turn, text, stable } => EventBody::Partial {
            turn: turn.0,
            text: text.reveal().clone(),
            stable: text.reveal().get(..*stable).unwrap_or_default().to_owned(),
        },
        CallFact::TurnOver(over) => EventBody::TurnOver {
            turn: over.turn.0,
            text: over.text.reveal().clone(),
            confidence: over.confidence,
            reason: over.reason.as_str().to_owned(),
        },
        CallFact::Emotion(emotion) => EventBody::Emotion(CallerEmotion::from(emotion)),
        CallFact::MoodShifted { turn, shift } => {
            let MoodShift { change, severity } = MoodShift::from(*shift);
            EventBody::MoodShifted { turn: turn.0, change, severity }
        }
        CallFact::AnswerOwed { turn, lasted } => {
            EventBody::AnswerOwed { turn: turn.0, lasted_ms: ms(*lasted) }
        }
        CallFact::Digit(digit) => EventBody::Digit { key: digit.as_char().to_string() },
        CallFact::ReplyStarted { reply } => EventBody::ReplyStarted { reply: reply.0 },
        CallFact::Latency { turn, reply, parts } => {
            EventBody::Latency { turn: turn.0, reply: reply.0, parts: LatencyParts::from(*parts) }
        }
        CallFact::Interrupted { reply, after } => {
            EventBody::Interrupted { reply: reply.0, after_ms: ms(*after) }
        }
        CallFact::WentOn { reply, turn, aside, silent } => EventBody::WentOn {
            reply: reply.0,
            turn: turn.0,
            aside: aside.as_str().to_owned(),
            silent_ms: ms(*silent),
        },
        CallFact::ReplyEnded { reply, outcome, heard } => EventBody::ReplyEnded {
            reply: reply.0,
            outcome: outcome.as_str().to_owned(),
            heard: heard.reveal().clone(),
        },
        CallFact::Quiet { lasted } => EventBody::Quiet { lasted_ms: ms(*lasted) },
        CallFact::Measured(measures) => EventBody::Measured(CallMeasures::from(*measures)),
        CallFact::Ended { cause } => EventBody::CallEnded { cause: cause.as_str().to_owned() },
        _ => return None,
    })
}
