//! How a conversation went, in numbers.

use std::time::Duration;

/// What one call's conversation was like. Durations are of sound as it was on the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallMeasures {
    /// Turns of the caller that were answered, or should have been.
    pub turns: u32,
    /// How long the caller spoke, by the speech detector.
    pub caller_spoke: Duration,
    /// How long the agent was heard.
    pub agent_spoke: Duration,
    /// Time in which neither had made a sound for more than two seconds.
    pub dead_air: Duration,
    /// Replies that the caller cut off.
    pub interruptions: u32,
    /// Times the agent fell silent, or stopped, for a sound that was no turn: [`CallFact::WentOn`] and interruptions
    /// without words.
    ///
    /// [`CallFact::WentOn`]: crate::CallFact::WentOn
    pub false_interruptions: u32,
    /// Turns that were taken to be over while the caller, to judge by what followed, was not done: he went on within
    /// a second and a half of his last sound, and had heard less than half a second of the answer.
    pub false_cut_offs: u32,
    /// Answers whose latency is known.
    pub replies: u32,
    /// Median time from the caller's last sound to the first packet of the answer; zero without answers.
    pub reply_p50: Duration,
    /// The same, exceeded by one answer in twenty.
    pub reply_p95: Duration,
}

impl CallMeasures {
    /// The caller's share of all speech, 0-1; `None` when nobody spoke.
    pub fn talk_ratio(&self) -> Option<f32> {
        let both = self.caller_spoke + self.agent_spoke;
        (!both.is_zero()).then(|| self.caller_spoke.div_duration_f32(both))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_talk_ratio_is_the_callers_share() {
        let seconds = Duration::from_secs;
        let talk = CallMeasures {
            caller_spoke: seconds(20),
            agent_spoke: seconds(30),
            ..CallMeasures::default()
        };
        assert_eq!(talk.talk_ratio(), Some(0.4));
        assert_eq!(CallMeasures::default().talk_ratio(), None);
    }
}
