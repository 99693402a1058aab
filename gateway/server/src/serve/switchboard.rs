//! Who takes calls: finds the tenant, seats the call on the host, and gives it to the business.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use callwright_business::{Business, Clock, LinePurpose, TakeCallError, Tongue};
use callwright_calls::leg::LegCall;
use callwright_calls::{CallLimits, CallMode, CallSpec, Pace, Share, Tuning};
use callwright_contract::{Arrival, CallCommand, CallEvent, CallId, Pii, Refusal};
use callwright_host::{EventSink, Host};
use callwright_lines::twilio::Switchboard;

use super::capturing::CaptureDesk;
use super::measures;
use super::others::language;

/// Takes the calls of every line.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) host: Arc<Host>,
    pub(super) business: Business,
    pub(super) captures: Option<CaptureDesk>,
}

impl Switchboard for Desk {
    fn refuses(&self, arrival: &Arrival) -> Option<Refusal> {
        let refusal = match self.business.route(&arrival.line) {
            None => Some(Refusal::UnknownLine),
            Some(route) => {
                self.host.refuses(mode_of(route.purpose), route.tongue == Tongue::English)
            }
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
        let mode = mode_of(route.purpose);
        let share = share_of(route.tenant.as_str());
        let (limits, pace) = (CallLimits::default(), Pace::default());
        let (language, emotion) = (language(&route.tongue), route.hears_emotion);
        let tuning = Tuning::default();
        let spec = CallSpec { id, arrival, mode, limits, share, pace, language, emotion, tuning };
        let captured = self.captures.as_ref().filter(|captures| captures.takes(&route));
        let commands = match captured {
            Some(captures) => {
                captures.note(&spec, self.business.clone());
                self.host.place_captured(spec, leg)?
            }
            None => self.host.place(spec, leg)?,
        };
        // The business keeps what it hears of a call until it is given the call, so that the order of these two is free.
        let taken = self.business.take_call(id, &route, Arc::clone(&commands));
        taken.map(|()| id).map_err(|error| {
            // The call has a seat and nobody to talk to. That it is over already would do as well.
            let _over = commands.send(CallCommand::HangUp);
            match error {
                TakeCallError::Draining => Refusal::Draining,
                TakeCallError::NoSuchAgent => Refusal::UnknownLine,
                _ => Refusal::AtCapacity,
            }
        })
    }
}

/// A tenant's calls queue up with each other. Two tenants of one number share a queue, which costs them nothing but
/// fairness between them.
fn share_of(tenant: &str) -> Share {
    let mut hasher = DefaultHasher::new();
    tenant.hash(&mut hasher);
    // Any 16 bits of a hash are as good as others.
    Share(hasher.finish() as u16)
}

const fn mode_of(purpose: LinePurpose) -> CallMode {
    match purpose {
        LinePurpose::Agent => CallMode::Converse,
        LinePurpose::Listen => CallMode::Listen,
        LinePurpose::Echo => CallMode::Echo,
    }
}

/// Hands every event of every call to the business, and counts it. Runs on the thread `events-0`.
pub(super) struct Hearing {
    pub(super) business: Business,
    pub(super) clock: Arc<dyn Clock>,
}

impl EventSink for Hearing {
    fn event(&mut self, event: CallEvent) {
        measures::event(&event);
        let now = self.clock.now();
        self.business.hear(event, now);
    }
}
