//! How the server fares, for `/readyz` and `/metrics`.

use std::sync::Arc;

use callwright_api::Probe;
use callwright_calls::CallMode;
use callwright_contract::Refusal;
use callwright_host::{Captures, Host};
use callwright_models::lanes::LaneMonitor;
use callwright_models::voices::VoiceCounters;
use metrics_exporter_prometheus::PrometheusHandle;

use super::measures;

pub(super) struct ServerProbe {
    pub(super) host: Arc<Host>,
    pub(super) lanes: Vec<LaneMonitor>,
    pub(super) voices: Arc<VoiceCounters>,
    pub(super) captures: Option<Arc<Captures>>,
    pub(super) measured: PrometheusHandle,
}

impl ServerProbe {
    /// Sorts what has been measured into its buckets.
    pub(super) fn upkeep(&self) {
        self.measured.run_upkeep();
    }
}

impl Probe for ServerProbe {
    fn not_ready(&self) -> Vec<String> {
        match self.host.refuses(CallMode::Converse, true) {
            Some(refusal @ (Refusal::Draining | Refusal::NotReady)) => vec![refusal.to_string()],
            // All lines busy: one more call is refused, and the server is well.
            _ => Vec::new(),
        }
    }

    fn metrics(&self) -> String {
        measures::health(&self.host.health(), &self.lanes);
        measures::voices(&self.voices.counts());
        if let Some(captures) = &self.captures {
            measures::captures(captures.counts());
        }
        self.measured.render()
    }
}
