//! Who answers: an agent is a document and a mind, and knows only what it is told.
//!
//! An agent is a pure state machine: in go the call's events and the calendar's answers, each with the time;
//! out come commands for the call and wishes to the calendar. It awaits nothing and reads no clock.

mod action;
mod document;
mod flow;
mod strategy;

pub(crate) use action::{Action, Answer, Ask, Input, StorageFailed};
pub(crate) use document::{AgentDocument, AgentDocumentError, Disclosure, shipped};

use std::sync::Arc;

use callwright_contract::Say;
use jiff::Timestamp;

use crate::tenants::Tenant;

/// A call's agent. The set of minds is closed: a new one is a variant.
///
/// A copy can be asked what it would say; whichever of the two is right goes on.
#[derive(Clone, Debug)]
pub(crate) enum Agent {
    /// The receptionist that follows a written flow.
    Flow(Box<flow::Receptionist>),
}

impl Agent {
    pub(crate) fn new(document: Arc<AgentDocument>, tenant: Arc<Tenant>) -> Self {
        Self::Flow(Box::new(flow::Receptionist::new(document, tenant)))
    }

    /// Takes note of `input` at `now` and says what is to be done, in order.
    ///
    /// > At most one [`Action::Ask`] is among the actions, as the last; its answer must be given before any
    /// > other input.
    #[must_use = "actions that are not carried out are lost"]
    pub(crate) fn handle(&mut self, input: Input<'_>, now: Timestamp) -> Vec<Action> {
        match self {
            Self::Flow(receptionist) => receptionist.handle(input, now),
        }
    }

    /// What to say while `ask` takes long: short, and true.
    pub(crate) fn meanwhile(&mut self, ask: &Ask) -> Say {
        match self {
            Self::Flow(receptionist) => receptionist.meanwhile(ask),
        }
    }
}
