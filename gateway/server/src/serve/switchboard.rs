//! Who takes calls: finds the tenant, seats the call on the host, and gives it to the business.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callwright_business::{Business, Clock, LinePurpose, TakeCallError};
use callwright_calls::leg::LegCall;
use callwright_calls::{CallLimits, CallMode, CallSpec};
use callwright_contract::{Arrival, CallCommand, CallEvent, CallFact, CallId, Pii, Refusal};
use callwright_host::{EventSink, Host};
use callwright_lines::twilio::Switchboard;

use super::measures;

/// Held while a call is between the host and the business.
///
/// The business must know a call before it hears its first event, and learns of it with the way back to it, which there is only
/// once the host has it. So whoever seats a call holds this until the business knows it too, and the events' thread passes
/// through here with every first event. It waits only for the microseconds of a seating that is under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Seating(Arc<Mutex<()>>);

impl Seating {
    fn hold(&self) -> MutexGuard<'_, ()> {
        // Nothing is guarded but an order of events, which a panic does not harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the calls of every line.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) host: Arc<Host>,
    pub(super) business: Business,
    pub(super) seating: Seating,
}

impl Switchboard for Desk {
    fn refuses(&self, arrival: &Arrival) -> Option<Refusal> {
        let refusal = match self.business.route(&arrival.line) {
            None => Some(Refusal::UnknownLine),
            Some(_) => self.host.refuses(),
        };
        refusal.inspect(|&refusal| measures::refused(refusal))
    }

    fn place(&self, arrival: Arrival, leg: LegCall) -> Result<CallId, Refusal> {
        self.seat(arrival, leg).inspect_err(|&refusal| measures::refused(refusal))
    }

    fn fallback(&self, line: &Pii<String>) -> Option<Pii<String>> {
        self.business.route(line)?.fallback
    }
}

impl Desk {
    fn seat(&self, arrival: Arrival, leg: LegCall) -> Result<CallId, Refusal> {
        let route = self.business.route(&arrival.line).ok_or(Refusal::UnknownLine)?;
        let id = self.host.next_id();
        let mode = match route.purpose {
            LinePurpose::Agent => CallMode::Converse,
            LinePurpose::Listen => CallMode::Listen,
            LinePurpose::Echo => CallMode::Echo,
        };
        let spec = CallSpec { id, arrival, mode, limits: CallLimits::default() };
        let seated = self.seating.hold();
        let commands = self.host.place(spec, leg)?;
        let taken = self.business.take_call(id, &route, Arc::clone(&commands));
        drop(seated);
        taken.map(|()| id).map_err(|error| {
            // The call has a seat and nobody to talk to. That it is over already would do as well.
            let _over = commands.send(CallCommand::HangUp);
            match error {
                TakeCallError::Draining => Refusal::Draining,
                _ => Refusal::AtCapacity,
            }
        })
    }
}

/// Hands every event of every call to the business, and counts it. Runs on the thread `events-0`.
pub(super) struct Hearing {
    pub(super) business: Business,
    pub(super) seating: Seating,
    pub(super) clock: Arc<dyn Clock>,
}

impl EventSink for Hearing {
    fn event(&mut self, event: CallEvent) {
        measures::event(&event);
        if matches!(event.fact, CallFact::Started(_)) {
            drop(self.seating.hold());
        }
        let now = self.clock.now();
        self.business.hear(event, now);
    }
}
