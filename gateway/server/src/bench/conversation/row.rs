//! One row of the table: what so many calls at a time came to. Arithmetic alone.

use std::time::Duration;

use callwright_api::wire::LatencyParts;
use serde::Serialize;

use super::placing::{Dialled, Held};
use super::script::HESITATION;
use super::talk::Punctuality;
use super::usage::LaneShare;
use crate::simulate::ear::{Response, percentile, time_of};

/// A row. Times are whole milliseconds at the caller's ear; what was not seen is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Row {
    /// Callers at a time.
    pub(super) calls: u16,
    /// From the caller's last loud sample to the first of the reply: median.
    pub(super) reply_ms_p50: Option<u64>,
    /// The same: 95 of 100 are at most this.
    pub(super) reply_ms_p95: Option<u64>,
    /// From the first loud sample of a caller who cuts in to the last of the agent: median.
    pub(super) barge_in_ms_p50: Option<u64>,
    /// The same: 95 of 100 are at most this.
    pub(super) barge_in_ms_p95: Option<u64>,
    /// Replies that began before the caller's sentence was finished.
    pub(super) false_cutoffs: usize,
    /// Calls that were not taken.
    pub(super) refused: usize,
    /// Things that callers said and that were measured.
    pub(super) turns: usize,
    /// Hesitations in the middle of sentences: each could have been taken for the end.
    pub(super) hesitations: usize,
    /// Replies that were measured.
    pub(super) replies: usize,
    /// Turns to which no reply came before the caller lost patience.
    pub(super) unanswered: usize,
    /// Times that a caller cut in and the agent fell silent.
    pub(super) barge_ins: usize,
    /// From the first loud sample of a caller who cuts in to the server's `clear`: median.
    pub(super) clear_ms_p50: Option<u64>,
    /// The same: 95 of 100 are at most this.
    pub(super) clear_ms_p95: Option<u64>,
    /// Times that a caller cut in and the agent spoke on.
    pub(super) barge_ins_missed: usize,
    /// Both began to speak at the same moment, which is nobody's fault.
    pub(super) collisions: usize,
    /// Calls that failed or broke, or in which the server broke Twilio's rules.
    pub(super) failed: usize,
    /// Calls that the server ended.
    pub(super) ended_early: usize,
    /// Times that the agent's sound ran dry in the middle of something.
    pub(super) stutters: u32,
    /// Share of the calls' time in which the callers spoke.
    pub(super) caller_talk_percent: f64,
    /// Share of the calls' time in which the agent was heard.
    pub(super) agent_talk_percent: f64,
    /// Medians of where the server says the time of its replies went, in milliseconds after the caller's last sound.
    pub(super) parts_ms_p50: PartsMedian,
    /// What each lane did.
    pub(super) lanes: Vec<LaneShare>,
    /// Processor time of the server's process; 100 is one core.
    pub(super) server_cpu_percent: Option<f64>,
    /// Processor time of the callers' process; 100 is one core.
    pub(super) callers_cpu_percent: Option<f64>,
    /// Frames that the callers themselves sent more than 10 ms late.
    pub(super) callers_late_percent: f64,
    /// The latest of them.
    pub(super) callers_latest_ms: u64,
}

/// The middle of each part of the replies' latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct PartsMedian {
    pause_detected: Option<u64>,
    words_final: Option<u64>,
    turn_judged: Option<u64>,
    agent_ready: Option<u64>,
    first_audio_made: Option<u64>,
    first_audio_sent: Option<u64>,
}

/// A turn that was said so shortly before the end of its call may have been about to be answered.
const COMING: Duration = Duration::from_secs(8);
/// An agent that begins this soon after the caller did cannot have taken a pause for an end: nobody pauses so early.
const COLLISION: Duration = Duration::from_millis(400);
/// An agent that speaks on for this long was not cut off, `clear` or not; who falls silent sooner without one had
/// just finished.
const SPOKE_ON: Duration = Duration::from_secs(1);

/// What the figures of a row are made of.
#[derive(Debug, Default)]
struct Figures {
    replies: Vec<Duration>,
    barge_ins: Vec<Duration>,
    clears: Vec<Duration>,
}

impl Row {
    /// The row of what came of `calls` callers at a time, as far as it was said `from` then on, since the row began:
    /// before that, they had not all dialled.
    pub(super) fn of(calls: u16, from: Duration, dialled: &[Dialled]) -> Self {
        let mut row = Self { calls, ..Self::default() };
        let mut figures = Figures::default();
        let mut lasted = Duration::ZERO;
        let (mut caller, mut agent) = (Duration::ZERO, Duration::ZERO);
        let mut punctuality = Punctuality::default();
        for one in dialled {
            match one {
                Dialled::Refused => row.refused += 1,
                Dialled::Failed(_) => row.failed += 1,
                Dialled::Held(held) => {
                    row.call(held, from, &mut figures);
                    lasted += held.talked.lasted;
                    caller += held.talked.talked.0;
                    agent += held.talked.talked.1;
                    punctuality = punctuality.and(held.talked.punctuality);
                }
            }
        }
        row.caller_talk_percent = super::usage::percent(caller, lasted);
        row.agent_talk_percent = super::usage::percent(agent, lasted);
        row.callers_late_percent = share(punctuality.late, punctuality.frames);
        row.callers_latest_ms = ms(punctuality.latest);
        row.parts_ms_p50 = PartsMedian::of(dialled);
        row.fill(&figures);
        row
    }

    fn fill(&mut self, figures: &Figures) {
        let at = |values: &[Duration], share| percentile(values, share).map(ms);
        self.replies = figures.replies.len();
        self.barge_ins = figures.barge_ins.len();
        self.reply_ms_p50 = at(&figures.replies, 0.5);
        self.reply_ms_p95 = at(&figures.replies, 0.95);
        self.barge_in_ms_p50 = at(&figures.barge_ins, 0.5);
        self.barge_in_ms_p95 = at(&figures.barge_ins, 0.95);
        self.clear_ms_p50 = at(&figures.clears, 0.5);
        self.clear_ms_p95 = at(&figures.clears, 0.95);
    }

    fn call(&mut self, held: &Held, from: Duration, figures: &mut Figures) {
        let talked = &held.talked;
        self.ended_early += usize::from(!talked.hung_up && talked.broke.is_none());
        self.failed += usize::from(talked.broke.is_some() || !talked.offences.is_empty());
        self.stutters += talked.stutters;
        for (said, response) in &talked.responses {
            let ended = time_of(response.utterance.span.end);
            if held.began + ended >= from {
                self.hesitations += said.matches(HESITATION).count();
                let was_last = ended + COMING > talked.lasted;
                self.turn(response, was_last, figures);
            }
        }
    }

    fn turn(&mut self, response: &Response, was_last: bool, figures: &mut Figures) {
        self.turns += 1;
        match response.reply_after {
            Some(after) => figures.replies.push(after),
            None => self.unanswered += usize::from(!was_last),
        }
        match response.talked_over {
            Some(after) if after < COLLISION && !response.utterance.cuts_in => self.collisions += 1,
            Some(_) => self.false_cutoffs += 1,
            None => {}
        }
        let Some(silenced) = response.silenced else { return };
        match silenced.clear_after {
            // An agent that was silent just then could not fall silent.
            Some(clear) if !silenced.last_sound_after.is_zero() => {
                figures.barge_ins.push(silenced.last_sound_after);
                figures.clears.push(clear);
            }
            Some(_) => {}
            None => {
                self.barge_ins_missed += usize::from(silenced.last_sound_after >= SPOKE_ON);
            }
        }
    }
}

impl PartsMedian {
    fn of(dialled: &[Dialled]) -> Self {
        let held = dialled.iter().filter_map(|one| match one {
            Dialled::Held(held) => held.account.as_ref(),
            _ => None,
        });
        let all: Vec<LatencyParts> =
            held.flat_map(|call| &call.latencies).map(|latency| latency.parts).collect();
        let middle = |part: fn(&LatencyParts) -> Option<u64>| {
            let mut values: Vec<u64> = all.iter().filter_map(part).collect();
            values.sort_unstable();
            values.get(values.len().saturating_sub(1) / 2).copied()
        };
        Self {
            pause_detected: middle(|parts| parts.pause_detected_ms),
            words_final: middle(|parts| parts.words_final_ms),
            turn_judged: middle(|parts| parts.turn_judged_ms),
            agent_ready: middle(|parts| parts.agent_ready_ms),
            first_audio_made: middle(|parts| parts.first_audio_made_ms),
            first_audio_sent: middle(|parts| parts.first_audio_sent_ms),
        }
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A share in percent, to a tenth.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 1_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::talk::Talked;
    use super::*;
    use crate::simulate::ear::{Silenced, Span, Utterance};

    fn time(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn response(from_ms: u64, to_ms: u64, reply_ms: Option<u64>) -> Response {
        Response {
            utterance: Utterance {
                span: Span { start: from_ms * 8, end: to_ms * 8 },
                cuts_in: false,
            },
            reply_after: reply_ms.map(time),
            silenced: None,
            talked_over: None,
        }
    }

    fn cut_in(from_ms: u64, last_sound_ms: u64, clear_ms: Option<u64>) -> Response {
        let mut response = response(from_ms, from_ms + 1_000, Some(300));
        response.utterance.cuts_in = true;
        response.silenced = Some(Silenced {
            last_sound_after: time(last_sound_ms),
            clear_after: clear_ms.map(time),
        });
        response
    }

    fn held(began_ms: u64, responses: Vec<Response>) -> Dialled {
        let talked = Talked {
            responses: responses
                .into_iter()
                .map(|response| ("a | word".into(), response))
                .collect(),
            talked: (time(24_000), time(30_000)),
            stutters: 1,
            lasted: time(60_000),
            hung_up: true,
            broke: None,
            offences: Vec::new(),
            punctuality: Punctuality { frames: 3_000, late: 3, latest: time(17) },
            recording: None,
        };
        Dialled::Held(Held {
            call_sid: "CA1".to_owned(),
            began: time(began_ms),
            talked,
            account: None,
        })
    }

    #[test]
    fn replies_are_counted_from_when_all_had_dialled() {
        let early = response(1_000, 2_000, Some(9_000));
        let rest = (1..=20).map(|n| response(n * 2_000 + 3_000, n * 2_000 + 4_000, Some(n * 10)));
        let all: Vec<_> = [early].into_iter().chain(rest).collect();
        let row = Row::of(2, time(5_000), &[held(1_000, all), Dialled::Refused]);
        assert_eq!((row.calls, row.refused, row.turns, row.replies), (2, 1, 20, 20));
        assert_eq!(row.hesitations, 20);
        assert_eq!((row.reply_ms_p50, row.reply_ms_p95), (Some(100), Some(190)));
        assert_eq!((row.caller_talk_percent, row.agent_talk_percent), (40.0, 50.0));
        assert_eq!((row.callers_late_percent, row.callers_latest_ms), (0.1, 17));
    }

    #[test]
    fn who_begins_together_is_not_cut_off_and_who_pauses_may_be() {
        let over = |ms| Response { talked_over: Some(time(ms)), ..response(10_000, 14_000, None) };
        let row = Row::of(1, Duration::ZERO, &[held(0, vec![over(200), over(1_500)])]);
        assert_eq!((row.collisions, row.false_cutoffs, row.unanswered), (1, 1, 2));
    }

    #[test]
    fn what_is_not_answered_at_the_end_of_a_call_might_have_been() {
        let turns = vec![response(10_000, 12_000, None), response(50_000, 53_000, None)];
        assert_eq!(Row::of(1, Duration::ZERO, &[held(0, turns)]).unanswered, 1);
    }

    #[test]
    fn cutting_in_is_measured_when_the_agent_fell_silent_for_it() {
        let turns = vec![
            cut_in(10_000, 150, Some(110)),
            cut_in(20_000, 0, Some(90)),
            cut_in(30_000, 3_000, None),
            cut_in(40_000, 200, None),
        ];
        let row = Row::of(1, Duration::ZERO, &[held(0, turns)]);
        assert_eq!((row.barge_ins, row.barge_ins_missed), (1, 1));
        assert_eq!((row.barge_in_ms_p50, row.clear_ms_p95), (Some(150), Some(110)));
    }

    #[test]
    fn the_json_begins_with_what_a_reader_looks_for() {
        let json = serde_json::to_string(&Row::default()).unwrap();
        let expected = "{\"calls\":0,\"reply_ms_p50\":null,\"reply_ms_p95\":null,\
             \"barge_in_ms_p50\":null,\"barge_in_ms_p95\":null,\"false_cutoffs\":0,\"refused\":0,";
        assert!(json.starts_with(expected), "{json}");
    }
}
