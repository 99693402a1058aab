//! What every desk is to the worker: requests are taken, steps are made, answers go out.

use std::time::{Duration, Instant};

use super::guard::Fault;
use super::load::Work;
use super::succession::{LaneModel, Refused};

/// Which shard's port a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PortId(pub(super) usize);

/// The world outside a desk while it takes a step.
pub(super) trait Exchange<Q, A> {
    /// Sends `answer` to `port`; waits for room if it must. An answer to a port that is gone is dropped.
    fn answer(&mut self, port: PortId, answer: A);

    /// The next request that has come in during the step.
    fn request(&mut self) -> Option<(PortId, Q)>;

    /// The time.
    fn now(&self) -> Instant;

    /// Whether the lane is being stopped; a long step ends early then.
    fn is_stopping(&self) -> bool;
}

/// What the lane knows of its slots, and what the model does next.
///
/// > Rule of use: any number of [`Desk::take`], then [`Desk::step`] until it reports `None`, and again.
pub(super) trait Desk: Send {
    /// What calls send.
    type Request: Send;
    /// What they get.
    type Answer: Send;

    /// The kinds of work that its steps are.
    const WORKS: &'static [Work];

    /// Takes a typical step of `work` on made-up sound, for nobody, so that its cost is known before the first
    /// call.
    ///
    /// # Errors
    /// What went wrong; it has been logged.
    fn rehearse(&mut self, work: Work) -> Result<(), Fault>;

    /// Takes one request that came by `port` at `now`. Requests for slots that the lane does not have are
    /// counted as shed.
    fn take(&mut self, port: PortId, request: Self::Request, now: Instant);

    /// Takes one model step if anything is due, or only gives answers that need no model.
    /// `None` when there was nothing to do.
    fn step(
        &mut self,
        exchange: &mut dyn Exchange<Self::Request, Self::Answer>,
    ) -> Option<StepReport>;

    /// Another model of the same contract takes over; gives back the old one. Whatever waits is answered by the new one,
    /// from the sound that was kept; what only the old one understood is forgotten.
    ///
    /// # Errors
    /// The model, and why it cannot be had; the old one stays.
    fn succeed(&mut self, model: LaneModel) -> Result<LaneModel, Refused>;

    /// Requests that the desk dropped so far.
    fn shed(&self) -> u64;
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepReport {
    /// What it was for.
    pub(super) work: Work,
    /// Items that the model was given.
    pub(super) batch: usize,
    /// Of these, how many had waited too long.
    pub(super) late: usize,
    /// How long the one that waited longest had waited.
    pub(super) waited: Duration,
    /// How the model failed, if it did.
    pub(super) fault: Option<Fault>,
}
