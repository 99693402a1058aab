//! The caller's mind, sans-IO: what to do next, from what was heard and what the agent is known to have said.
//!
//! The next step of the scenario goes first; while it is not due, the first reaction that fits what the agent said;
//! and when neither comes for as long as the caller's patience lasts, the caller asks again, and then gives up.

use std::time::Duration;

use callwright_media::impair::Chance;

use super::ear::{Ear, Span, sample_at, time_of};
use super::phrase::words;
use super::scenario::{Deed, Scenario, When};

/// What the caller does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// This.
    Do {
        /// What.
        deed: Deed,
        /// It is meant to cut the agent off.
        cuts_in: bool,
    },
    /// Says that the caller listens, without taking the floor.
    Nod(super::scenario::Voice),
    /// Hangs up, because the call leads nowhere.
    GiveUp(String),
}

/// The agent has fallen silent, whatever the events say, once nothing was heard for this long.
const SURELY_SILENT: Duration = Duration::from_millis(2_500);
/// The agent is speaking while the last loud sample is at most this old: longer than a closed consonant.
const STILL_SPEAKING: Duration = Duration::from_millis(250);

/// The caller.
#[derive(Debug)]
pub(crate) struct Caller<'s> {
    scenario: &'s Scenario,
    next_step: usize,
    reactions_left: Vec<u32>,
    asked_again: u32,
    replies: Vec<Reply>,
    /// What the agent says counts from here on: since the caller last took the floor.
    floor_from: Duration,
    /// When the caller last finished something, or the call began.
    done_at: Duration,
    /// When the caller last made a sound: what was over by then is no answer to it.
    spoke_until: Duration,
    silent_until: Duration,
    /// When the agent had said something that this caller has no answer to.
    puzzled_since: Option<Duration>,
    chance: Chance,
    /// What chance has decided about the voice that began then.
    whim: Option<(Duration, Whim)>,
}

/// What a caller with habits does while the agent speaks.
#[derive(Clone, Copy, Debug, Default)]
struct Whim {
    cuts_in: bool,
    nods: bool,
}

#[derive(Debug)]
struct Reply {
    id: u32,
    text: String,
    said_at: Duration,
    begun_at: Option<Duration>,
    over: bool,
}

impl Reply {
    fn counts_from(&self) -> Duration {
        self.begun_at.unwrap_or(self.said_at)
    }
}

impl<'s> Caller<'s> {
    /// A caller whose call is just beginning.
    pub(crate) fn new(scenario: &'s Scenario) -> Self {
        Self {
            scenario,
            next_step: 0,
            reactions_left: scenario.reactions.iter().map(|reaction| reaction.times).collect(),
            asked_again: 0,
            replies: Vec::new(),
            floor_from: Duration::ZERO,
            done_at: Duration::ZERO,
            spoke_until: Duration::ZERO,
            silent_until: Duration::ZERO,
            puzzled_since: None,
            chance: Chance::new(scenario.habits.seed),
            whim: None,
        }
    }

    /// The agent has decided to say `text`.
    pub(crate) fn agent_says(&mut self, reply: u32, text: &str, now: Duration) {
        let text = text.to_owned();
        self.replies.push(Reply { id: reply, text, said_at: now, begun_at: None, over: false });
    }

    /// The first sound of a reply left for the line.
    pub(crate) fn agent_begins(&mut self, reply: u32, now: Duration) {
        if let Some(known) = self.replies.iter_mut().find(|known| known.id == reply) {
            known.begun_at = Some(now);
        }
    }

    /// A reply is over.
    pub(crate) fn agent_ends(&mut self, reply: u32) {
        if let Some(known) = self.replies.iter_mut().find(|known| known.id == reply) {
            known.over = true;
        }
    }

    /// The caller has said or typed everything of the last act.
    pub(crate) fn finished(&mut self, now: Duration) {
        self.done_at = now;
        self.spoke_until = now;
    }

    /// What to do at `now`, if anything. Not asked while the caller is busy. `buffered` tells whether sound of the
    /// agent waits to be heard.
    pub(crate) fn decide(&mut self, now: Duration, ear: &Ear, buffered: bool) -> Option<Act> {
        if now < self.silent_until {
            return None;
        }
        let agent = self.agent(now, ear, buffered);
        if let Some(act) = self.step(now, agent) {
            return Some(act);
        }
        if let Agent::Speaking { since } = agent
            && let Some(act) = self.meanwhile(now, since)
        {
            return Some(act);
        }
        if agent == Agent::Finished
            && let Some(act) = self.react(now, false)
        {
            return Some(act);
        }
        if agent == Agent::Finished {
            self.puzzled_since.get_or_insert(now);
        }
        let waits = match (agent, self.puzzled_since) {
            (Agent::Waited, _) => now.saturating_sub(self.done_at.max(self.silent_until)),
            (Agent::Finished, Some(since)) => now.saturating_sub(since),
            _ => Duration::ZERO,
        };
        (waits >= self.scenario.patience).then(|| self.ask_again(now))
    }

    fn agent(&self, now: Duration, ear: &Ear, buffered: bool) -> Agent {
        let since = sample_at(self.floor_from);
        // What was cut off is no answer, even where it went on for a while, lower perhaps, over what the caller said;
        // unless the agent was still speaking when the caller had finished.
        let done = sample_at(self.spoke_until);
        let answers = |span: &Span| span.end > done;
        let Some(last) = ear.agent_last().filter(answers) else {
            return Agent::Waited;
        };
        let quiet_for = now.saturating_sub(time_of(last.end));
        if buffered || quiet_for < STILL_SPEAKING {
            let first = ear.agent_first_past(since, done).or(Some(last));
            return Agent::Speaking { since: first.map_or(now, |span| time_of(span.start)) };
        }
        // A reply of several sentences, or several replies in a row: silence between them is not the end.
        let more =
            self.replies.iter().any(|reply| !reply.over && reply.counts_from() >= self.floor_from);
        if quiet_for < self.scenario.pause || (more && quiet_for < SURELY_SILENT) {
            return Agent::Pausing;
        }
        Agent::Finished
    }

    fn step(&mut self, now: Duration, agent: Agent) -> Option<Act> {
        let step = self.scenario.steps.get(self.next_step)?;
        let due = match (step.when, agent) {
            (When::AfterAgent, Agent::Finished) => {
                step.on.as_ref().is_none_or(|on| on.matches(&self.agents_turn()))
            }
            (When::CutIn(after), Agent::Speaking { since }) => now >= since + after,
            (When::After(after), _) => now >= self.done_at + after,
            _ => false,
        };
        if !due {
            return None;
        }
        self.next_step += 1;
        Some(self.act(step.deed.clone(), matches!(step.when, When::CutIn(_)), now))
    }

    /// What this caller's habits are while the agent speaks: an answer that comes too early, or a nod.
    fn meanwhile(&mut self, now: Duration, since: Duration) -> Option<Act> {
        let habits = &self.scenario.habits;
        let whim = match self.whim {
            Some((of, whim)) if of == since => whim,
            _ => {
                let cuts_in =
                    habits.cuts_in.as_ref().is_some_and(|habit| habit.happens(&mut self.chance));
                Whim { cuts_in, nods: !cuts_in && habits.nods.is_some() }
            }
        };
        self.whim = Some((since, whim));
        let spoken = now.saturating_sub(since);
        let cuts_in = habits.cuts_in.as_ref().is_some_and(|habit| spoken >= habit.after());
        if whim.cuts_in && cuts_in && since >= self.floor_from {
            return self.step_at(now, true).or_else(|| self.react(now, true));
        }
        let nods = habits.nods.as_ref().filter(|habit| whim.nods && spoken >= habit.after())?;
        self.whim = Some((since, Whim::default()));
        nods.word(&mut self.chance).map(Act::Nod)
    }

    /// The next step, if only the agent's silence is missing for it.
    fn step_at(&mut self, now: Duration, cuts_in: bool) -> Option<Act> {
        let step = self.scenario.steps.get(self.next_step)?;
        let due = step.when == When::AfterAgent
            && step.on.as_ref().is_some_and(|on| on.matches(&self.agents_turn()));
        if !due {
            return None;
        }
        self.next_step += 1;
        Some(self.act(step.deed.clone(), cuts_in, now))
    }

    fn react(&mut self, now: Duration, cuts_in: bool) -> Option<Act> {
        let turn = self.agents_turn();
        let mut reactions = self.scenario.reactions.iter().zip(&mut self.reactions_left);
        let (reaction, left) =
            reactions.find(|(reaction, left)| **left > 0 && reaction.on.matches(&turn))?;
        let given = usize::try_from(reaction.times - *left).unwrap_or(0);
        *left -= 1;
        let deed = reaction.deeds.iter().cycle().nth(given % reaction.deeds.len().max(1))?.clone();
        Some(self.act(deed, cuts_in, now))
    }

    fn ask_again(&mut self, now: Duration) -> Act {
        self.asked_again += 1;
        if self.asked_again > self.scenario.habits.asks_again {
            let turn = self.agents_turn();
            return Act::GiveUp(if words(&turn).is_empty() {
                "the agent said nothing more".to_owned()
            } else {
                format!("the scenario has no answer to “{turn}”")
            });
        }
        let voice = super::scenario::Voice::Text(self.scenario.otherwise.clone());
        self.act(Deed::Speak { voice, hang_up_after: None }, false, now)
    }

    fn act(&mut self, deed: Deed, cuts_in: bool, now: Duration) -> Act {
        match deed {
            // Whoever only stays silent leaves the floor to the agent.
            Deed::StaySilent(lasts) => self.silent_until = now + lasts,
            _ => (self.floor_from, self.spoke_until) = (now, now),
        }
        self.done_at = now;
        self.puzzled_since = None;
        Act::Do { deed, cuts_in }
    }

    /// What the agent has said since the caller last took the floor.
    fn agents_turn(&self) -> String {
        let replies = self.replies.iter().filter(|reply| reply.counts_from() >= self.floor_from);
        replies.map(|reply| reply.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agent {
    /// Nothing was heard of it since the caller last took the floor.
    Waited,
    /// It speaks.
    Speaking {
        /// Since when.
        since: Duration,
    },
    /// It is silent, but perhaps not done.
    Pausing,
    /// It has finished.
    Finished,
}

#[cfg(test)]
mod tests;
