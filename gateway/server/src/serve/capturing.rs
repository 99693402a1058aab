//! Which calls are captured, and what is kept with a capture besides what went into the call.

use std::sync::Arc;

use callwright_business::{Business, LineRoute};
use callwright_calls::CallSpec;
use callwright_host::Captures;
use callwright_models::{ModelFact, catalog};
use tokio::runtime::Handle;

use crate::config::{CaptureSetting, Config};
use crate::replay::context::{Context, ModelContext};

/// Decides which calls are captured.
#[derive(Clone)]
pub(super) struct CaptureDesk {
    all: bool,
    captures: Arc<Captures>,
    models: Vec<ModelContext>,
    runtime: Handle,
}

impl CaptureDesk {
    /// Inside a tokio runtime.
    pub(super) fn new(config: &Config, captures: Arc<Captures>, models: &[ModelFact]) -> Self {
        Self {
            all: config.capture == CaptureSetting::All,
            captures,
            models: models.iter().map(model).collect(),
            runtime: Handle::current(),
        }
    }

    /// Whether calls by this way are captured: where their callers are told, or on a machine of its own.
    pub(super) const fn takes(&self, route: &LineRoute) -> bool {
        self.all || route.captured
    }

    /// Adds to the call's capture what the business knows as it begins, as soon as that is read.
    pub(super) fn note(&self, spec: &CallSpec, business: Business) {
        let (call, line, caller) =
            (spec.id, spec.arrival.line.clone(), spec.arrival.caller.clone());
        let (captures, models) = (Arc::clone(&self.captures), self.models.clone());
        self.runtime.spawn(async move {
            let business = match business.moment(&line, caller.as_ref()).await {
                Ok(moment) => moment.and_then(|moment| moment.to_text().ok()),
                Err(error) => {
                    // The capture can be run again all the same, on what the lanes and the business brought.
                    tracing::warn!(call = %call, %error, "a capture is without its business");
                    None
                }
            };
            captures.context(call, Context { models, business }.to_octets());
        });
    }
}

fn model(fact: &ModelFact) -> ModelContext {
    let artefact = catalog::artefacts().iter().find(|artefact| artefact.name == fact.name);
    let files = artefact.map(|artefact| artefact.files.as_slice()).unwrap_or_default();
    let files = files.iter().filter(|file| file.is_for_this_machine());
    ModelContext {
        name: fact.name.to_owned(),
        task: fact.task.to_owned(),
        sha256: files.map(|file| file.sha256.clone()).collect(),
    }
}
