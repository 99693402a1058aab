//! What is measured, by name, and how it leaves in Prometheus's text format.
//!
//! | name | kind | what |
//! |---|---|---|
//! | `callwright_calls_live` | gauge | calls now |
//! | `callwright_calls_started_total` | counter | calls taken |
//! | `callwright_calls_refused_total{reason}` | counter | calls not taken |
//! | `callwright_calls_ended_total{cause}` | counter | calls over |
//! | `callwright_turns_total{reason}` | counter | caller's turns, by who judged them over |
//! | `callwright_mood_shifts_total{change}` | counter | calls that turned tense, or came to rest again |
//! | `callwright_reply_seconds` | histogram | caller's last sound to the reply's first audio sent |
//! | `callwright_reply_part_seconds{part}` | histogram | caller's last sound to each moment on the way |
//! | `callwright_interruption_seconds` | histogram | caller's first sound to silence on the line |
//! | `callwright_shard_*` | counter, gauge | how the shards keep time |
//! | `callwright_captures_*` | counter | calls captured, and captures that ended early, failed or were removed |
//! | `callwright_lane_*{lane}` | counter, gauge | what the models' threads do |
//! | `callwright_voice_*` | counter, gauge | texts spoken, phrases that were there as sound, voices that were not |
//! | `callwright_model_memory_bytes{model}` | gauge | what the runtime held for a model when it was loaded |
//!
//! The rooms below count what is theirs under names of their own (`callwright_twilio_*`, `callwright_api_*`).

use std::sync::OnceLock;
use std::time::Duration;

use callwright_contract::{CallEvent, CallFact, CallMeasures, Refusal, Shift};
use callwright_host::{HostHealth, WriterCounts};
use callwright_models::ModelFact;
use callwright_models::lanes::LaneMonitor;
use callwright_models::voices::VoiceCounts;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Around the budgets: a reply within 350 ms wanted, 600 ms for all but one in twenty, 700 ms at most in the middle.
const REPLY_SECONDS: [f64; 14] =
    [0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5, 2.5, 5.0];
/// Around the budgets: 130 ms in the middle, 180 ms for all but one in twenty, 300 ms at most.
const INTERRUPTION_SECONDS: [f64; 9] = [0.05, 0.08, 0.1, 0.13, 0.15, 0.18, 0.2, 0.3, 0.5];

const REPLY: &str = "callwright_reply_seconds";
const REPLY_PART: &str = "callwright_reply_part_seconds";
const INTERRUPTION: &str = "callwright_interruption_seconds";

/// The measurements of this process cannot be taken.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be collected: {0}")]
pub struct MeasuresError(String);

/// Begins to measure, once in a process however many servers it runs; they share the numbers.
pub(super) fn begin() -> Result<PrometheusHandle, MeasuresError> {
    static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    HANDLE.get_or_init(install).clone().map_err(MeasuresError)
}

fn install() -> Result<PrometheusHandle, String> {
    let buckets = |builder: PrometheusBuilder, name: &str, buckets: &[f64]| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
    };
    let recorder = buckets(PrometheusBuilder::new(), REPLY, &REPLY_SECONDS)
        .and_then(|builder| buckets(builder, REPLY_PART, &REPLY_SECONDS))
        .and_then(|builder| buckets(builder, INTERRUPTION, &INTERRUPTION_SECONDS))
        .map_err(|error| error.to_string())?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
    Ok(handle)
}

/// Counts what happened in a call.
pub(super) fn event(event: &CallEvent) {
    match &event.fact {
        CallFact::Started(_) => counter!("callwright_calls_started_total").increment(1),
        CallFact::Ended { cause } => {
            counter!("callwright_calls_ended_total", "cause" => cause.as_str()).increment(1);
        }
        CallFact::TurnOver(over) => {
            counter!("callwright_turns_total", "reason" => over.reason.as_str()).increment(1);
        }
        CallFact::AnswerOwed { .. } => counter!("callwright_answers_owed_total").increment(1),
        CallFact::Interrupted { after, .. } => histogram!(INTERRUPTION).record(*after),
        CallFact::WentOn { aside, .. } => {
            counter!("callwright_asides_total", "aside" => aside.as_str()).increment(1);
        }
        CallFact::MoodShifted { shift, .. } => {
            let change = match shift {
                Shift::Escalation(_) => "escalation",
                Shift::DeEscalation(_) => "de_escalation",
            };
            counter!("callwright_mood_shifts_total", "change" => change).increment(1);
        }
        CallFact::Measured(measures) => call(measures),
        CallFact::Latency { parts, .. } => {
            if let Some(sent) = parts.first_audio_sent {
                histogram!(REPLY).record(sent);
            }
            for (part, at) in [
                ("pause_detected", parts.pause_detected),
                ("words_final", parts.words_final),
                ("turn_judged", parts.turn_judged),
                ("agent_ready", parts.agent_ready),
                ("first_audio_made", parts.first_audio_made),
            ] {
                if let Some(at) = at {
                    histogram!(REPLY_PART, "part" => part).record(at);
                }
            }
        }
        _ => {}
    }
}

/// Counts how a conversation went.
fn call(measures: &CallMeasures) {
    counter!("callwright_interruptions_total").increment(measures.interruptions.into());
    counter!("callwright_false_interruptions_total").increment(measures.false_interruptions.into());
    counter!("callwright_false_cut_offs_total").increment(measures.false_cut_offs.into());
    counter!("callwright_dead_air_milliseconds_total").increment(ms(measures.dead_air));
    counter!("callwright_caller_speech_milliseconds_total").increment(ms(measures.caller_spoke));
    counter!("callwright_agent_speech_milliseconds_total").increment(ms(measures.agent_spoke));
}

/// Counts a call that was not taken.
pub(super) fn refused(refusal: Refusal) {
    let reason = match refusal {
        Refusal::AtCapacity => "at_capacity",
        Refusal::Draining => "draining",
        Refusal::UnknownLine => "unknown_line",
        Refusal::NotReady => "not_ready",
        _ => "other",
    };
    counter!("callwright_calls_refused_total", "reason" => reason).increment(1);
}

/// Notes what the models that were loaded hold.
pub(super) fn models(facts: &[ModelFact]) {
    for fact in facts {
        if let Some(memory) = fact.memory {
            gauge!("callwright_model_memory_bytes", "model" => fact.name).set(memory as f64);
        }
    }
}

/// Notes how the shards and the lanes are doing now.
pub(super) fn health(host: &HostHealth, lanes: &[LaneMonitor]) {
    gauge!("callwright_calls_live").set(host.live as f64);
    counter!("callwright_shard_ticks_total").absolute(host.ticks);
    counter!("callwright_shard_late_ticks_total").absolute(host.late_ticks);
    gauge!("callwright_shard_lateness_max_seconds").set(host.lateness_max);
    gauge!("callwright_shard_tick_max_seconds").set(host.tick_max);
    counter!("callwright_shard_events_dropped_total").absolute(host.events_dropped);
    counter!("callwright_shard_lane_requests_shed_total").absolute(host.lane_requests_shed);
    counter!("callwright_shard_faults_total").absolute(host.shards.faults);
    counter!("callwright_shard_stale_answers_total").absolute(host.shards.stale_answers);
    counter!("callwright_shard_dropped_packets_total").absolute(host.shards.dropped_packets);
    counter!("callwright_shard_flooded_keys_total").absolute(host.shards.flooded_keys);
    counter!("callwright_captures_begun_total").absolute(host.captures.begun);
    counter!("callwright_captures_limited_total").absolute(host.captures.limited);
    counter!("callwright_captures_broken_total").absolute(host.captures.broken);
    for lane in lanes {
        let (name, health) = (lane.name(), lane.health());
        counter!("callwright_lane_steps_total", "lane" => name).absolute(health.steps);
        counter!("callwright_lane_items_total", "lane" => name).absolute(health.items);
        counter!("callwright_lane_busy_milliseconds_total", "lane" => name)
            .absolute(ms(health.busy));
        gauge!("callwright_lane_step_max_seconds", "lane" => name).set(health.step_max);
        gauge!("callwright_lane_batch_max", "lane" => name).set(health.batch_max as f64);
        counter!("callwright_lane_late_total", "lane" => name).absolute(health.late);
        counter!("callwright_lane_failed_total", "lane" => name).absolute(health.failed);
        counter!("callwright_lane_panicked_total", "lane" => name).absolute(health.panicked);
        counter!("callwright_lane_shed_total", "lane" => name).absolute(health.shed);
        counter!("callwright_lane_model_swaps_total", "lane" => name).absolute(health.swaps);
    }
}

/// Notes what the voices have counted.
pub(super) fn voices(counts: &VoiceCounts) {
    counter!("callwright_voice_texts_total").absolute(counts.texts);
    counter!("callwright_voice_phrase_hits_total").absolute(counts.hits);
    counter!("callwright_voice_phrases_evicted_total").absolute(counts.evicted);
    gauge!("callwright_voice_phrases").set(counts.phrases as f64);
    gauge!("callwright_voice_phrase_bytes").set(counts.phrase_bytes as f64);
    counter!("callwright_voice_unknown_total").absolute(counts.unknown_voices);
    counter!("callwright_voice_stood_in_total").absolute(counts.stood_in);
    gauge!("callwright_voices_left_out").set(counts.left_out as f64);
}

/// Notes how the writer of captures is doing.
pub(super) fn captures(counts: WriterCounts) {
    counter!("callwright_captures_written_total").absolute(counts.written);
    counter!("callwright_captures_failed_total").absolute(counts.failed);
    counter!("callwright_captures_removed_total").absolute(counts.removed);
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
