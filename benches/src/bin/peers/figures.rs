//! What came of all calls of one side, counted.

use callwright::simulate::CallReport;

use super::calls::Disturbances;
use super::heard::{Disturbed, Fate, disturbed};

/// The figures of one side. Times are milliseconds at the caller's ear, unless said otherwise.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// From the caller's last loud sample to the reply's first, of each complete question.
    pub(crate) reply_ms: Vec<u64>,
    /// From there to the judgement that the turn is over, by the server's own clock, where it tells.
    pub(crate) judged_ms: Vec<u64>,
    /// Complete questions that were asked.
    pub(crate) asked: usize,
    /// Of those the agent began to answer before they were finished.
    pub(crate) talked_over: usize,
    /// From the first loud sample of a caller who cuts in to the agent's last.
    pub(crate) stop_ms: Vec<u64>,
    /// From there to Twilio's `clear`.
    pub(crate) clear_ms: Vec<u64>,
    /// Sentences with pauses inside.
    pub(crate) sentences: usize,
    /// Of those the agent began to answer before they were finished.
    pub(crate) cut_off: usize,
    /// Answers with a nod inside.
    pub(crate) nods: Vec<Disturbed>,
    /// Answers with a cough inside.
    pub(crate) coughs: Vec<Disturbed>,
    /// What went otherwise than planned.
    pub(crate) troubles: Vec<String>,
}

/// The calls in which nothing is timed.
#[derive(Debug)]
pub(crate) struct Behaviour {
    /// One for each sentence with pauses inside.
    pub(crate) pauses: Vec<CallReport>,
    /// The one with nods and coughs.
    pub(crate) disturbed: CallReport,
}

impl Figures {
    /// Takes a call of questions.
    pub(crate) fn questions(&mut self, report: &CallReport) {
        self.trouble(report);
        for reply in &report.replies {
            self.asked += 1;
            self.talked_over += usize::from(reply.talked_over);
            self.reply_ms.extend(reply.reply_ms);
            self.judged_ms.extend(reply.parts.as_ref().and_then(|parts| parts.turn_judged_ms));
        }
        for cut in &report.interruptions {
            self.stop_ms.push(cut.last_sound_ms);
            self.clear_ms.extend(cut.clear_ms);
        }
    }

    /// Takes the calls in which nothing is timed.
    pub(crate) fn behaviour(&mut self, behaviour: &Behaviour, disturbances: &Disturbances) {
        for report in &behaviour.pauses {
            self.trouble(report);
            self.sentences += report.replies.len();
            self.cut_off += report.replies.iter().filter(|reply| reply.talked_over).count();
        }
        self.disturbances(&behaviour.disturbed, disturbances);
    }

    fn disturbances(&mut self, report: &CallReport, disturbances: &Disturbances) {
        self.trouble(report);
        let recording = &report.recording;
        let all = &disturbances.all;
        match disturbed(recording.caller(), recording.agent(), all.len()) {
            Some(answers) => {
                for (disturbance, answer) in all.iter().zip(answers) {
                    if disturbance.nods { &mut self.nods } else { &mut self.coughs }.push(answer);
                }
            }
            None => self.troubles.push("the call of nods and coughs broke off".to_owned()),
        }
    }

    fn trouble(&mut self, report: &CallReport) {
        if report.replies.is_empty() {
            self.troubles.push(format!("nothing was said in the call of {}", report.scenario));
        }
        if report.stutters > 0 {
            let (dry, call) = (report.stutters, &report.scenario);
            self.troubles
                .push(format!("the agent's sound ran dry {dry} times in the call of {call}"));
        }
        // The caller follows its plan and hangs up; who is hung up on was not asked everything.
        if report.ended_by != Some("caller") {
            self.troubles.push(format!("the call of {} ended early", report.scenario));
        }
    }
}

/// How many of these answers were said to their end.
pub(crate) fn whole(answers: &[Disturbed]) -> usize {
    answers.iter().filter(|answer| answer.fate == Fate::WentOn).count()
}

/// The value below which `percent` of 100 values lie, by the nearest rank; `None` of nothing.
pub(crate) fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (percent * sorted.len()).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values = [40, 10, 30, 20];
        assert_eq!([50, 95, 0].map(|p| percentile(&values, p)), [Some(20), Some(40), Some(10)]);
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn only_what_is_said_to_its_end_is_whole() {
        let of = |fate| Disturbed { fate, silent_ms: 0 };
        let all = [Fate::WentOn, Fate::BrokenOff, Fate::BegunAnew, Fate::Missing].map(of);
        assert_eq!(whole(&all), 1);
    }
}
