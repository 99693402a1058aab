//! What came of a call: the figures at the caller's ear and the expectations, as data, as JSON and for people.

use std::fmt;
use std::time::Duration;

use callwright_api::wire::{Call, LatencyParts, Speaker};
use serde::Serialize;

use super::conversation::{Heard, turn_of};
use super::ear::percentile;
use super::recording::Recording;

/// What came of one call.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CallReport {
    /// The scenario's one line.
    pub scenario: String,
    /// Whether everything was as expected.
    pub passed: bool,
    /// The server's name for the call.
    pub call: Option<String>,
    /// How long the stream lasted, in milliseconds.
    pub lasted_ms: u64,
    /// `caller`, `agent` or `transfer`.
    pub ended_by: Option<&'static str>,
    /// The number that the call went on to.
    pub transferred_to: Option<String>,
    /// What happened, with the time in milliseconds since the stream began.
    pub conversation: Vec<Moment>,
    /// What came of everything that the caller said.
    pub replies: Vec<Reply>,
    /// What came of cutting in.
    pub interruptions: Vec<Interruption>,
    /// Median from the caller's last loud sample to the agent's first, as heard by the caller.
    pub reply_p50_ms: Option<u64>,
    /// The same for 95 of 100 replies.
    pub reply_p95_ms: Option<u64>,
    /// How long the caller spoke.
    pub caller_spoke_ms: u64,
    /// How long the agent was heard.
    pub agent_spoke_ms: u64,
    /// How often the agent's sound ran dry in the middle of something.
    pub stutters: u32,
    /// What was expected.
    pub checks: Vec<Check>,
    /// Both sides as they sounded.
    #[serde(skip)]
    pub recording: Recording,
}

/// A moment of the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Milliseconds since the stream began.
    pub at_ms: u64,
    /// What happened.
    pub what: String,
}

/// What came of something that the caller said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// What the caller said.
    pub said: String,
    /// What the server understood.
    pub understood: Option<String>,
    /// From the caller's last loud sample to the agent's first, as heard by the caller. Absent when the agent did
    /// not answer before the caller spoke again.
    pub reply_ms: Option<u64>,
    /// The agent began to speak while the caller was speaking.
    pub talked_over: bool,
    /// Where the server says the time went.
    pub parts: Option<LatencyParts>,
}

/// What came of cutting in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interruption {
    /// What the caller said.
    pub said: String,
    /// From the caller's first loud sample to the agent's last, as heard by the caller.
    pub last_sound_ms: u64,
    /// From the caller's first loud sample to the server's `clear`; absent when none came.
    pub clear_ms: Option<u64>,
    /// The same as the server measured it.
    pub server_ms: Option<u64>,
}

/// Something that was expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub expected: String,
    /// Whether it came so.
    pub ok: bool,
    /// What was found instead; empty when it came so.
    pub found: String,
}

impl Check {
    pub(super) fn new(expected: impl Into<String>, ok: bool, found: impl Into<String>) -> Self {
        let found = if ok { String::new() } else { found.into() };
        Self { expected: expected.into(), ok, found }
    }
}

impl CallReport {
    /// The conversation, a line for each moment.
    pub fn conversation(&self) -> String {
        let lines = self
            .conversation
            .iter()
            .map(|moment| format!("{:7.2} s  {}", moment.at_ms as f64 / 1_000.0, moment.what));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Whole milliseconds.
pub(super) fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What came of everything that the caller said, with the server's own account of it where there is one.
pub(super) fn replies(heard: &Heard, call: Option<&Call>) -> Vec<Reply> {
    let spans: Vec<_> = heard.responses.iter().map(|response| response.utterance.span).collect();
    let said = heard.spoken.iter().cloned();
    heard
        .responses
        .iter()
        .enumerate()
        .zip(said)
        .map(|((index, response), said)| {
            let next = spans.get(index + 1).copied();
            let turn = turn_of(&heard.turns, response.utterance.span, next);
            let line = call.zip(turn).and_then(|(call, turn)| {
                let lines = call.transcript.iter();
                lines
                    .into_iter()
                    .find(|line| line.who == Speaker::Caller && line.turn == Some(turn))
            });
            let latency = call.zip(turn).and_then(|(call, turn)| {
                call.latencies.iter().find(|latency| latency.turn == turn)
            });
            Reply {
                said,
                understood: line.map(|line| line.text.clone()),
                reply_ms: response.reply_after.map(ms),
                talked_over: response.talked_over.is_some(),
                parts: latency.map(|latency| latency.parts),
            }
        })
        .collect()
}

/// What came of cutting in.
pub(super) fn interruptions(heard: &Heard) -> Vec<Interruption> {
    let mut server = heard.interruptions.iter();
    let said = heard.spoken.iter().cloned();
    let cut_in = heard
        .responses
        .iter()
        .zip(said)
        .filter_map(|(response, said)| response.silenced.map(|silenced| (said, silenced)));
    cut_in
        .map(|(said, silenced)| Interruption {
            said,
            last_sound_ms: ms(silenced.last_sound_after),
            clear_ms: silenced.clear_after.map(ms),
            server_ms: server.next().copied().map(ms),
        })
        .collect()
}

/// The replies' median and 95th percentile, in milliseconds.
pub(super) fn reply_percentiles(heard: &Heard) -> (Option<u64>, Option<u64>) {
    let all: Vec<_> = heard.responses.iter().filter_map(|response| response.reply_after).collect();
    (percentile(&all, 0.5).map(ms), percentile(&all, 0.95).map(ms))
}

impl fmt::Display for CallReport {
    /// The report for people; the conversation itself is shown while it goes on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.replies.is_empty() {
            writeln!(
                f,
                "\n  reply at the caller's ear   where the server says the time went (ms after the last word)"
            )?;
        }
        for reply in &self.replies {
            writeln!(f, "{reply}")?;
        }
        for cut in &self.interruptions {
            writeln!(f, "{cut}")?;
        }
        let share = |part: u64| part * 100 / self.lasted_ms.max(1);
        writeln!(
            f,
            "\n  replies: p50 {}, p95 {} · call {:.1} s · caller spoke {} %, agent {} % · stutters {}",
            shown(self.reply_p50_ms),
            shown(self.reply_p95_ms),
            self.lasted_ms as f64 / 1_000.0,
            share(self.caller_spoke_ms),
            share(self.agent_spoke_ms),
            self.stutters,
        )?;
        for check in &self.checks {
            writeln!(f, "  {check}")?;
        }
        let verdict = if self.passed { "passed" } else { "FAILED" };
        write!(f, "  {verdict}: {}", self.scenario)
    }
}

fn shown(ms: Option<u64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"))
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = if self.talked_over { "  (agent talked over the caller)" } else { "" };
        write!(f, "  {:>9}  “{}”{over}", shown(self.reply_ms), self.said)?;
        let Some(parts) = self.parts else { return Ok(()) };
        write!(f, "\n             ")?;
        for (name, part) in [
            ("pause", parts.pause_detected_ms),
            ("words", parts.words_final_ms),
            ("turn", parts.turn_judged_ms),
            ("agent", parts.agent_ready_ms),
            ("made", parts.first_audio_made_ms),
            ("sent", parts.first_audio_sent_ms),
        ] {
            if let Some(part) = part {
                write!(f, "{name} {part}  ")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "  cut in with “{}”: last sound of the agent after {} ms, clear after {}, by the server's clock {}",
            self.said,
            self.last_sound_ms,
            shown(self.clear_ms),
            shown(self.server_ms),
        )
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ok {
            write!(f, "✓ {}", self.expected)
        } else {
            write!(f, "✗ {} — {}", self.expected, self.found)
        }
    }
}
