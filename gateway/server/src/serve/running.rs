//! A running server, and how it stops.

use std::net::SocketAddr;
use std::time::Duration;

use callwright_business::{Business, Scope, TenantSummary};
use callwright_host::Host;
use callwright_lines::twilio::PublicUrl;
use callwright_models::lanes::{LaneKind, LaneModel};
use callwright_models::runtime::LoadError;
use callwright_models::{ModelFact, Models};
use tokio::time::{interval, timeout};

use super::doors::Doors;
use super::engine::Engine;
use super::others::OtherLanguages;
use super::reload::{Reloaded, reload_others, reload_with};
use super::{Home, key_file};
use crate::config::Config;

/// A server that takes calls. Dropped without [`Self::shutdown`], it stops without letting anyone finish.
#[derive(Debug)]
pub struct Running {
    pub(super) addr: SocketAddr,
    pub(super) public_url: PublicUrl,
    pub(super) first_run_key: Option<String>,
    pub(super) facts: Vec<ModelFact>,
    pub(super) config: Config,
    pub(super) business: Business,
    pub(super) engine: Option<Engine>,
    pub(super) doors: Doors,
    /// Who hears callers that do not speak English.
    pub(super) others: Option<OtherLanguages>,
    pub(super) _home: Home,
}

/// How long the business may take to write down the last of what it heard.
const WRITE_DOWN_MAX: Duration = Duration::from_secs(10);
/// Callers whose calls were ended are not gone yet: the carrier asks what to do with them.
const LINGER: Duration = Duration::from_secs(2);
/// How often a drain looks whether the last call is over.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Running {
    /// Where the server listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the server can be reached from this machine: `http://127.0.0.1:8080`, say.
    pub fn url(&self) -> String {
        let ip = match self.addr.ip() {
            std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.addr.port()))
    }

    /// Where carriers reach the server.
    pub const fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// The administrator's key that this run made, being the first with its data.
    pub fn first_run_key(&self) -> Option<&str> {
        self.first_run_key.as_deref()
    }

    /// An administrator's key, wherever one is known: from the configuration, from this run, or from the key file.
    pub fn admin_key(&self) -> Option<String> {
        let configured = self.config.admin_key.as_ref().map(|key| key.reveal().to_owned());
        configured.or_else(|| self.first_run_key.clone()).or_else(|| {
            key_file::read(&self.config.admin_key_file())
                .filter(|key| self.business.authenticate(key).is_some())
        })
    }

    /// The configuration that the server runs by.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The tenants and their lines.
    pub fn tenants(&self) -> Vec<TenantSummary> {
        self.business.tenants(&Scope::Platform)
    }

    /// The models that listen and speak.
    pub fn models(&self) -> &[ModelFact] {
        &self.facts
    }

    /// Loads every model anew from the models folder and lets each take over its lane while calls go on. One after the
    /// other, so that calls have the other core. A model that cannot be loaded or taken leaves the old one at work.
    pub async fn reload(&self) -> Vec<Reloaded> {
        let (models, slots) = (self.config.models.clone(), super::engine::slots(&self.config));
        let voices = self.config.voices.clone();
        let mut all =
            self.reload_by(move |lane| Models::load_one(&models, slots, lane, &voices)).await;
        all.extend(self.reload_others().await);
        all
    }

    /// The same for callers who do not speak English, where there are any.
    async fn reload_others(&self) -> Vec<Reloaded> {
        let (Some(engine), Some(others)) = (&self.engine, &self.others) else { return Vec::new() };
        let (seats, others) = (engine.other_seats(), others.clone());
        let reloading =
            tokio::task::spawn_blocking(move || reload_others(&seats, || others.load()));
        reloading.await.unwrap_or_default()
    }

    /// The same with the models that `load` gives.
    pub(super) async fn reload_by(
        &self,
        load: impl Fn(LaneKind) -> Result<(LaneModel, ModelFact), LoadError> + Send + 'static,
    ) -> Vec<Reloaded> {
        let Some(engine) = &self.engine else { return Vec::new() };
        let seats = engine.seats();
        tokio::task::spawn_blocking(move || reload_with(&seats, load)).await.unwrap_or_default()
    }

    /// Calls that live now.
    pub fn live(&self) -> u64 {
        self.engine.as_ref().map_or(0, |engine| engine.host.live())
    }

    /// Takes no more calls: webhooks get a busy tone, `/readyz` says 503. Live calls go on.
    pub fn refuse_calls(&self) {
        if let Some(engine) = &self.engine {
            engine.host.close();
        }
    }

    /// Stops: takes no more calls, lets the live ones finish for as long as the configuration allows, and returns when
    /// everything is on disk and every thread is gone.
    pub async fn shutdown(mut self) {
        let Some(engine) = self.engine.take() else { return };
        engine.host.close();
        // Whether all were over in time shows in what is left.
        let _all_over =
            timeout(self.config.drain_max.max(2 * LOOK_EVERY), idle(&engine.host)).await;
        let ended = engine.host.live();
        let draining = tokio::task::spawn_blocking(move || {
            engine.host.drain(Duration::ZERO);
            engine
        });
        let Ok(engine) = draining.await else {
            tracing::error!("the calls' threads could not be joined");
            return;
        };
        if ended > 0 {
            tracing::warn!(calls = ended, "calls were ended that outlived the drain");
            linger().await;
        }
        if timeout(WRITE_DOWN_MAX, self.business.drain()).await.is_err() {
            tracing::error!("the business did not finish writing in time");
        }
        self.doors.close().await;
        let lanes = tokio::task::spawn_blocking(move || engine.stop());
        if lanes.await.is_err() {
            tracing::error!("the models' threads could not be joined");
        }
    }
}

/// Waits until no call is live.
async fn idle(host: &Host) {
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        if host.live() == 0 {
            return;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "callers are waited for in real time")]
async fn linger() {
    tokio::time::sleep(LINGER).await;
}
