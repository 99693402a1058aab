//! Having captured calls again, one after the other with the same models, and holding each against what it was.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use callwright_calls::capture::Capture;
use callwright_calls::replay;
use callwright_host::InlineModels;
use callwright_models::Models;
use tokio::runtime::{Builder, Runtime};

use super::change::Change;
use super::rerun::{RerunError, again};
use super::told::{Otherwise, Told, told};

/// What came of a call that was had again.
#[derive(Debug)]
pub(super) struct Reran {
    /// How much of it was had.
    pub(super) lasted: Duration,
    /// Turns, as it was and as it is.
    pub(super) turns: (usize, usize),
    /// What is otherwise.
    pub(super) otherwise: Vec<Otherwise>,
}

/// Models, and a place for the agent to think.
pub(super) struct Rerunner {
    /// Taken while a call is had.
    models: Option<InlineModels>,
    changed: Option<InlineModels>,
    change: Option<Change>,
    runtime: Runtime,
}

/// Against the call as it was: on the virtual clock models take what they usually take, so that times differ a little.
const AGAINST_CAPTURED: Duration = Duration::from_millis(100);
/// Against the same call on the same clock.
const AGAINST_AGAIN: Duration = Duration::from_millis(5);

impl Rerunner {
    /// With the models of `folder`, and with `change` against the same call without it.
    ///
    /// # Errors
    /// The models cannot be loaded.
    pub(super) fn load(folder: &Path, change: Option<Change>) -> anyhow::Result<Self> {
        let models = inline(folder)?;
        let other: Option<PathBuf> = change.as_ref().and_then(|change| change.models.clone());
        let changed = other.map(|folder| inline(&folder)).transpose()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("the system gives no threads")?;
        Ok(Self { models: Some(models), changed, change, runtime })
    }

    /// With these models, as a test has them.
    #[cfg(test)]
    pub(super) fn of(models: InlineModels, change: Option<Change>) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { models: Some(models), changed: None, change, runtime })
    }

    /// Has a call again. Tells `heard` how far it is, in all runs together.
    ///
    /// # Errors
    /// [`RerunError`]
    pub(super) fn run(
        &mut self,
        capture: &Capture,
        mut heard: impl FnMut(Duration),
    ) -> Result<Reran, RerunError> {
        let plain = self.have(capture, &Change::default(), &mut heard)?;
        let Some(change) = self.change.clone() else {
            let was = replay(capture).map_err(|_unmade| RerunError::Refused)?;
            return Ok(reran(&told(&was.events, None), &plain, AGAINST_CAPTURED, was.lasted));
        };
        let changed = self.have(capture, &change, &mut heard)?;
        let lasted = replay(capture).map_err(|_unmade| RerunError::Refused)?.lasted;
        Ok(reran(&plain, &changed, AGAINST_AGAIN, lasted))
    }

    fn have(
        &mut self,
        capture: &Capture,
        change: &Change,
        heard: &mut impl FnMut(Duration),
    ) -> Result<Told, RerunError> {
        let other = change.models.is_some() && self.changed.is_some();
        let place = if other { &mut self.changed } else { &mut self.models };
        let Some(models) = place.take() else { return Err(RerunError::Refused) };
        let (had, models) = again(capture, change, models, &self.runtime, heard);
        *place = Some(models);
        had.map(|had| told(&had.events, Some(had.booked)))
    }
}

fn reran(was: &Told, is: &Told, tolerance: Duration, lasted: Duration) -> Reran {
    let otherwise = was.otherwise(is, tolerance);
    Reran { lasted, turns: (was.turns(), is.turns()), otherwise }
}

fn inline(folder: &Path) -> anyhow::Result<InlineModels> {
    let Models { detector, judge, recognizer, synthesizer, emotion, .. } = Models::load(folder, 1)?;
    let emotion = Some(emotion);
    Ok(InlineModels { detector, judge, recognizer, others: None, synthesizer, emotion })
}
