//! One call's conversation: carries events to its agent, and what the agent wants to the call and the calendar.
//!
//! No decision is made here. One conversation is one task; it ends with its call.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use callwright_contract::{
    AfterCall, CallCommand, CallEvent, CallFact, CallId, CommandRefused, CommandSink, EmotionGuess,
    GuessId, Pii, Protection, ReplyId, Say, Style, TurnGuess, TurnId, TurnOver, TurnReason,
};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::agents::{Action, Agent, Answer, Ask, Input};
use crate::desk::Desk;
use crate::feed::{AgentSaid, Happening};
use crate::ingest::{log, lost};
use crate::options::Clock;
use crate::storage::Entry;
use crate::tenants::TenantId;

/// Something that happened in the call, and when it was heard of.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub event: CallEvent,
    pub at: Timestamp,
}

/// Commands that wait for a call that has no room for them. Full: the newest is lost and counted.
const WAITING_COMMANDS: usize = 32;

/// Where a conversation's words go: to the call, and to the log.
pub(crate) struct Ways {
    pub commands: Arc<dyn CommandSink>,
    pub log: mpsc::Sender<Entry>,
}

/// A conversation that is to begin.
pub(crate) struct Conversation {
    pub call: CallId,
    pub tenant: TenantId,
    pub agent: Agent,
    pub desk: Desk,
    pub clock: Arc<dyn Clock>,
    /// Where the caller goes when the agent breaks down.
    pub fallback: Option<Pii<String>>,
    /// Told how many events have been dealt with.
    pub progress: Option<watch::Sender<u64>>,
}

/// How far a conversation has come, for whoever runs it on a clock of their own.
#[derive(Debug)]
pub struct Progress(pub(crate) watch::Receiver<u64>);

impl Progress {
    /// Waits until so many of the call's events, partial words not counted, have been dealt with, or the conversation
    /// is over.
    pub async fn reached(&mut self, events: u64) {
        // An error means that the conversation is over.
        drop(self.0.wait_for(|dealt_with| *dealt_with >= events).await);
    }
}

/// What the agent would do if the caller's turn were over as guessed.
struct Speculation {
    guess: GuessId,
    /// The agent as it would be then.
    agent: Agent,
    says: Vec<Say>,
    /// What happened since, which that agent has not heard of.
    since: Vec<Heard>,
}

/// Events that a speculation keeps. More cannot come while a caller pauses; the rest would be lost and counted.
const SINCE_MAX: usize = 64;

/// A call's events, with those that came while the calendar was asked.
struct Inbox {
    events: mpsc::Receiver<Heard>,
    /// Bounded by what the channel holds: nothing is received while something is kept, except by an ask.
    kept: VecDeque<Heard>,
    /// The turn whose answer the caller was last told is on its way: once is enough, however often the calendar is asked.
    told: Option<TurnId>,
}

impl Inbox {
    async fn next(&mut self) -> Option<Heard> {
        match self.kept.pop_front() {
            Some(heard) => Some(heard),
            None => self.events.recv().await,
        }
    }

    /// Waits for what is new, and keeps it for later. `None`: nothing will come any more, or no more can be kept.
    async fn look(&mut self) -> Option<&Heard> {
        if self.kept.len() >= KEPT_MAX {
            return None;
        }
        let heard = self.events.recv().await?;
        self.kept.push_back(heard);
        self.kept.back()
    }
}

/// Events that are kept while the calendar is asked; after that they wait in the channel, which sheds as it says.
const KEPT_MAX: usize = 64;

impl Conversation {
    /// Runs until the call is over.
    pub(crate) async fn run(mut self: Box<Self>, heard: mpsc::Receiver<Heard>, ways: Ways) {
        let Ways { commands, log } = ways;
        let mut line = Line { commands, waiting: VecDeque::new(), over: false, log };
        let mut inbox = Inbox { events: heard, kept: VecDeque::new(), told: None };
        let mut speculation: Option<Speculation> = None;
        metrics::gauge!("callwright_business_conversations").increment(1);
        while let Some(heard) = inbox.next().await {
            line.retry();
            line.over |= matches!(heard.event.fact, CallFact::Ended { .. });
            match &heard.event.fact {
                CallFact::TurnLikely(guess) => {
                    speculation = self.speculate(guess, &heard, &mut inbox, &mut line).await;
                }
                CallFact::TurnOver(over) if over.prepared.is_some() => {
                    let right = speculation.take_if(|ready| Some(ready.guess) == over.prepared);
                    match right {
                        Some(right) => self.adopt(right, &mut inbox, &mut line).await,
                        None => self.hear(heard, &mut inbox, &mut line).await,
                    }
                }
                _ => {
                    if let Some(ready) = &mut speculation {
                        if ready.since.len() < SINCE_MAX {
                            ready.since.push(heard.clone());
                        } else {
                            lost("speculation");
                        }
                    }
                    self.hear(heard, &mut inbox, &mut line).await;
                }
            }
            if let Some(progress) = &self.progress {
                progress.send_modify(|dealt_with| *dealt_with += 1);
            }
            if line.over {
                break;
            }
        }
        self.desk.release().await;
        metrics::gauge!("callwright_business_conversations").decrement(1);
    }

    /// Lets the agent deal with one event.
    async fn hear(&mut self, heard: Heard, inbox: &mut Inbox, line: &mut Line) {
        let mut actions = self.think(Input::Event(&heard.event), heard.at);
        while let Some(ask) = self.carry_out(actions, line) {
            let answer = self.ask(ask, inbox, line).await;
            actions = self.think(Input::Answered(answer), self.clock.now());
        }
    }

    /// Asks the calendar; if that takes long, the caller is told.
    async fn ask(&mut self, ask: Ask, inbox: &mut Inbox, line: &mut Line) -> Answer {
        let asked = ask.clone();
        let desk = self.desk.clone();
        let answer = desk.answer(ask, self.clock.now());
        let mut answer = std::pin::pin!(answer);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return answer,
                Some(heard) = inbox.look() => {
                    let CallFact::AnswerOwed { turn, .. } = heard.event.fact else { continue };
                    if inbox.told.replace(turn) != Some(turn) {
                        let say = self.agent.meanwhile(&asked);
                        self.note(&say, &line.log);
                        line.send(CallCommand::Say(say));
                    }
                }
            }
        }
    }

    /// Finds out what the agent would do if the turn ended as guessed, and has it prepared. Only what changes nothing is
    /// asked of the calendar, and whatever happens meanwhile ends it: the caller was quicker.
    async fn speculate(
        &self,
        guess: &TurnGuess,
        heard: &Heard,
        inbox: &mut Inbox,
        line: &mut Line,
    ) -> Option<Speculation> {
        let mut agent = self.agent.clone();
        let over = TurnOver {
            turn: guess.turn,
            text: guess.text.clone(),
            confidence: guess.confidence,
            reason: TurnReason::Judged,
            prepared: None,
        };
        let event = CallEvent { fact: CallFact::TurnOver(over), ..heard.event.clone() };
        let mut think = |input: Input<'_>, now| {
            // A defect shows itself, and is counted, when the turn is really over.
            catch_unwind(AssertUnwindSafe(|| agent.handle(input, now))).ok()
        };
        if let Some(EmotionGuess { emotion, shift }) = guess.emotion {
            let fact = CallFact::Emotion(emotion);
            // Nothing follows from it before the turn is over.
            let _nothing = think(Input::Event(&CallEvent { fact, ..event.clone() }), heard.at)?;
            if let Some(shift) = shift {
                let fact = CallFact::MoodShifted { turn: guess.turn, shift };
                let _nothing = think(Input::Event(&CallEvent { fact, ..event.clone() }), heard.at)?;
            }
        }
        let mut actions = think(Input::Event(&event), heard.at)?;
        let mut commands = Vec::new();
        loop {
            let mut asks = None;
            for action in actions {
                match action {
                    Action::Command(command) => commands.push(command),
                    Action::Ask(ask) => asks = Some(ask),
                }
            }
            let Some(ask) = asks else { break };
            if !ask.is_only_a_look() {
                return None;
            }
            let answer = tokio::select! {
                biased;
                answer = self.desk.answer(ask, self.clock.now()) => answer,
                _ = inbox.look() => return None,
            };
            actions = think(Input::Answered(answer), self.clock.now())?;
        }
        let says: Vec<Say> = commands
            .iter()
            .filter_map(|command| match command {
                CallCommand::Say(say) => Some(say.clone()),
                _ => None,
            })
            .collect();
        if says.is_empty() {
            return None;
        }
        line.send(CallCommand::Prepare { guess: guess.guess, commands });
        Some(Speculation { guess: guess.guess, agent, says, since: Vec::new() })
    }

    /// The turn ended as guessed, and the call has carried out what was prepared.
    async fn adopt(&mut self, right: Speculation, inbox: &mut Inbox, line: &mut Line) {
        metrics::counter!("callwright_business_speculations_right_total").increment(1);
        self.agent = right.agent;
        for say in &right.says {
            self.note(say, &line.log);
        }
        for heard in right.since {
            self.hear(heard, inbox, line).await;
        }
    }

    /// The agent's own defects end its call, with an apology, and no other.
    fn think(&mut self, input: Input<'_>, now: Timestamp) -> Vec<Action> {
        let agent = &mut self.agent;
        catch_unwind(AssertUnwindSafe(|| agent.handle(input, now))).unwrap_or_else(|_| {
            metrics::counter!("callwright_business_panics_total").increment(1);
            tracing::error!(call = %self.call, "the agent of a call panicked; its caller is sent on");
            self.apologise()
        })
    }

    fn apologise(&self) -> Vec<Action> {
        let (text, after) = match &self.fallback {
            Some(number) => ("I'm sorry, something went wrong. One moment, please.", {
                AfterCall::Transfer(number.clone())
            }),
            None => ("I'm sorry, something went wrong. Please call again.", AfterCall::HangUp),
        };
        let say = Say {
            // Far from any number that an agent has counted to.
            reply: ReplyId(u32::MAX),
            answers: None,
            text: text.into(),
            style: Style::default(),
            protection: Protection::None,
        };
        vec![Action::Command(CallCommand::Say(say)), Action::Command(CallCommand::Finish(after))]
    }

    /// Carries out commands in order; gives what is to be asked of the calendar, which comes last.
    fn carry_out(&self, actions: Vec<Action>, line: &mut Line) -> Option<Ask> {
        for action in actions {
            match action {
                Action::Command(command) => {
                    if let CallCommand::Say(say) = &command {
                        self.note(say, &line.log);
                    }
                    line.send(command);
                }
                Action::Ask(ask) => return Some(ask),
            }
        }
        None
    }

    fn note(&self, say: &Say, queue: &mpsc::Sender<Entry>) {
        let said = AgentSaid {
            call: self.call,
            reply: say.reply,
            answers: say.answers,
            text: say.text.clone(),
        };
        let entry = Entry {
            tenant: self.tenant.clone(),
            at: self.clock.now(),
            what: Happening::Said(said),
        };
        log(queue, entry);
    }
}

/// The way to the call, with what it had no room for.
struct Line {
    commands: Arc<dyn CommandSink>,
    waiting: VecDeque<CallCommand>,
    over: bool,
    log: mpsc::Sender<Entry>,
}

impl Line {
    fn send(&mut self, command: CallCommand) {
        if self.over {
            return;
        }
        if self.waiting.len() >= WAITING_COMMANDS {
            lost("commands");
            return;
        }
        self.waiting.push_back(command);
        self.retry();
    }

    /// Sends what waits, in order, as far as the call has room: after each event there may be.
    fn retry(&mut self) {
        while let Some(command) = self.waiting.front() {
            match self.commands.send(command.clone()) {
                Ok(()) => {
                    self.waiting.pop_front();
                }
                Err(CommandRefused::Full) => return,
                Err(CommandRefused::CallOver) => {
                    self.waiting.clear();
                    self.over = true;
                }
            }
        }
    }
}
