//! Other models take over while calls go on.

use std::time::{Duration, Instant};

use callwright_models::ModelFact;
use callwright_models::contract::Recognizer;
use callwright_models::lanes::{LaneKind, LaneModel, LaneSeat, SwapError};
use callwright_models::runtime::LoadError;

use super::measures;
use super::others::OthersError;

/// What became of one lane.
#[derive(Debug)]
pub struct Reloaded {
    /// The lane's name.
    pub lane: &'static str,
    /// The model that took over, or why the old one stayed.
    pub outcome: Result<ModelFact, ReloadError>,
}

/// A model did not take over; the old one is at work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The one for callers who do not speak English could not be loaded.
    #[error("{0}")]
    Others(String),
    /// The lane did not take it.
    #[error(transparent)]
    Swap(#[from] SwapError),
}

/// Loads the model of each lane by `load` and hands it over, one lane after the other. Blocks as long as that takes.
pub(super) fn reload_with(
    seats: &[(LaneKind, LaneSeat)],
    load: impl Fn(LaneKind) -> Result<(LaneModel, ModelFact), LoadError>,
) -> Vec<Reloaded> {
    let since = now();
    let each = |(kind, seat): &(LaneKind, LaneSeat)| {
        let taken = load(*kind).map_err(ReloadError::from).and_then(|(model, fact)| {
            seat.swap(model, || now().saturating_duration_since(since))?;
            Ok(fact)
        });
        told(seat, taken)
    };
    seats.iter().map(each).collect()
}

/// Loads the model for callers who do not speak English by `load`, once, and hands each lane a recogniser with its weights.
pub(super) fn reload_others(
    seats: &[LaneSeat],
    load: impl FnOnce() -> Result<(Vec<Box<dyn Recognizer>>, ModelFact), OthersError>,
) -> Vec<Reloaded> {
    if seats.is_empty() {
        return Vec::new();
    }
    let since = now();
    let (hearers, fact) = match load() {
        Ok((hearers, fact)) => (hearers, fact),
        Err(why) => {
            let why = why.to_string();
            let stays = |seat| told(seat, Err(ReloadError::Others(why.clone())));
            return seats.iter().map(stays).collect();
        }
    };
    let each = |(seat, model): (&LaneSeat, Box<dyn Recognizer>)| {
        let taken =
            seat.swap(LaneModel::Recognizer(model), || now().saturating_duration_since(since));
        told(seat, taken.map(|()| fact.clone()).map_err(ReloadError::from))
    };
    seats.iter().zip(hearers).map(each).collect()
}

/// Writes down what became of a lane.
fn told(seat: &LaneSeat, taken: Result<ModelFact, ReloadError>) -> Reloaded {
    match &taken {
        Ok(fact) => {
            let load_ms = ms(fact.load);
            tracing::info!(lane = seat.lane(), model = fact.name, load_ms, "a model took over");
            measures::models(std::slice::from_ref(fact));
        }
        Err(why) => tracing::warn!(lane = seat.lane(), %why, "the old model stays"),
    }
    Reloaded { lane: seat.lane(), outcome: taken }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what a model costs here is measured before calls meet it"
)]
fn now() -> Instant {
    Instant::now()
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
