//! One call's conversation: carries events to its agent, and what the agent wants to the call and the calendar.
//!
//! No decision is made here. One conversation is one task; it ends with its call.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use callwright_contract::{
    AfterCall, CallCommand, CallEvent, CallFact, CallId, CommandRefused, CommandSink, Pii, ReplyId,
    Say, Style,
};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::agents::{Action, Agent, Answer, Input};
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
}

impl Conversation {
    /// Runs until the call is over.
    pub(crate) async fn run(mut self: Box<Self>, mut heard: mpsc::Receiver<Heard>, ways: Ways) {
        let Ways { commands, log } = ways;
        let mut line = Line { commands, waiting: VecDeque::new(), over: false, log };
        metrics::gauge!("callwright_business_conversations").increment(1);
        while let Some(Heard { event, at }) = heard.recv().await {
            line.retry();
            line.over |= matches!(event.fact, CallFact::Ended { .. });
            let mut actions = self.think(Input::Event(&event), at);
            while let Some(answer) = self.carry_out(actions, &mut line).await {
                let now = self.clock.now();
                actions = self.think(Input::Answered(answer), now);
            }
            if line.over {
                break;
            }
        }
        self.desk.release().await;
        metrics::gauge!("callwright_business_conversations").decrement(1);
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
            protected: false,
        };
        vec![Action::Command(CallCommand::Say(say)), Action::Command(CallCommand::Finish(after))]
    }

    /// Carries out actions in order; gives the calendar's answer, when it was asked.
    async fn carry_out(&mut self, actions: Vec<Action>, line: &mut Line) -> Option<Answer> {
        for action in actions {
            match action {
                Action::Command(command) => {
                    if let CallCommand::Say(say) = &command {
                        self.note(say, &line.log);
                    }
                    line.send(command);
                }
                Action::Ask(ask) => return Some(self.desk.answer(ask, self.clock.now()).await),
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
