//! The server: the rooms joined, from an empty process to one that takes calls, and back.
//!
//! Start: the data folder, the socket, then the store and the models at the same time, the engine, and last the doors.
//! Stop: new calls are refused, live ones finish or are ended, the business writes down what it heard, the doors close,
//! the models' threads end.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use callwright_api::{Api, Probe};
use callwright_business::{Business, BusinessOptions, Clock, OpenError, Opened, Scope};
use callwright_lines::twilio::{self, PublicUrl, TwilioOptions};
use callwright_models::Models;
use callwright_models::runtime::LoadError;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::config::{Config, EmotionUse};

mod banner;
mod capturing;
mod clock;
mod doors;
pub(crate) mod engine;
mod home;
mod key_file;
mod measures;
mod others;
mod probe;
mod reload;
mod running;
mod switchboard;

pub use banner::banner;
pub use doors::ListenError;
pub use engine::EngineError;
pub use home::{HomeError, try_home};
pub use measures::MeasuresError;
pub use others::OthersError;
pub use reload::{ReloadError, Reloaded};
pub use running::Running;

use capturing::CaptureDesk;
use doors::Doors;
use engine::Engine;
use home::Home;
use others::OtherLanguages;
use probe::ServerProbe;
use switchboard::{Desk, Hearing};

/// The server could not be started. Each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The data folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The socket.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The first run's key could not be left for its owner.
    #[error(
        "the key file {} cannot be written: {cause}. Set CALLWRIGHT_ADMIN_KEY to a key of your own and start again.",
        path.display()
    )]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The models.
    #[error(transparent)]
    Models(#[from] LoadError),
    /// The model for callers who do not speak English.
    #[error(transparent)]
    Others(#[from] OthersError),
    /// Lanes and shards.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The metrics.
    #[error(transparent)]
    Measures(#[from] MeasuresError),
    /// The public URL that follows from the address is none.
    #[error("the address to listen on gives no URL; set one with --public-url")]
    PublicUrl,
    /// A thread of ours panicked while starting, which is our bug.
    #[error("a part of the server failed while starting; the log has more")]
    Panicked,
}

/// Starts a server with the models of the models folder. Inside a tokio runtime.
///
/// # Errors
/// [`ServeError`]; nothing is left running.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    let (folder, slots) = (config.models.clone(), engine::slots(&config));
    let voices = config.voices.clone();
    start_with(config, move || Models::load_with(&folder, slots, &voices)).await
}

/// Starts a server with the models that `load` gives, which need room for `config.calls_max` calls (the next multiple of
/// `config.shards`). Inside a tokio runtime.
///
/// # Errors
/// [`ServeError`]; nothing is left running.
pub async fn start_with(
    config: Config,
    load: impl FnOnce() -> Result<Models, LoadError> + Send + 'static,
) -> Result<Running, ServeError> {
    let measured = measures::begin()?;
    let home = Home::take(&config.home)?;
    let listener = doors::listen(config.listen).await?;
    let addr = listener.local_addr().map_err(|cause| ListenError::new(config.listen, cause))?;
    let public_url = public_url(&config, addr)?;

    let clock = clock::wall();
    let options = BusinessOptions::new(config.database(), Arc::clone(&clock))
        .admin_key(config.admin_key.as_ref().map(|key| key.reveal().to_owned()))
        .forbids_emotion(config.emotion == EmotionUse::Forbidden);
    let loading = tokio::task::spawn_blocking(load);
    let (opened, models) = tokio::join!(Business::open(options), loading);
    let opened = opened?;
    if opened.calls_left_open > 0 {
        tracing::warn!(calls = opened.calls_left_open, "the last server was killed during calls");
    }
    let business = opened.business.clone();
    let others = match models {
        Ok(Ok(models)) => with_others(models, &business, &config).await,
        Ok(Err(missing)) => Err(missing.into()),
        Err(_panic) => Err(ServeError::Panicked),
    };
    let ground = Ground { config, home, listener, addr, public_url, clock, measured };
    let running = others.and_then(|(models, others)| ground.build(opened, models, others));
    if running.is_err() {
        business.drain().await;
    }
    running
}

/// The models, with those of callers who do not speak English.
async fn with_others(
    mut models: Models,
    business: &Business,
    config: &Config,
) -> Result<(Models, Option<OtherLanguages>), ServeError> {
    // Whoever starts a server may have brought them.
    if !models.others.is_empty() {
        return Ok((models, None));
    }
    let others = OtherLanguages::wanted(&business.tenants(&Scope::Platform), config)?;
    if let Some(wanted) = others.clone() {
        let loading = tokio::task::spawn_blocking(move || wanted.load());
        let (hearers, fact) = loading.await.map_err(|_panic| ServeError::Panicked)??;
        models.others = hearers;
        models.facts.push(fact);
    }
    Ok((models, others))
}

/// What a server stands on before it has a store and models.
struct Ground {
    config: Config,
    home: Home,
    listener: TcpListener,
    addr: SocketAddr,
    public_url: PublicUrl,
    clock: Arc<dyn Clock>,
    measured: PrometheusHandle,
}

impl Ground {
    /// Builds the engine on it, and opens the doors.
    fn build(
        self,
        opened: Opened,
        models: Models,
        others: Option<OtherLanguages>,
    ) -> Result<Running, ServeError> {
        let Self { config, home, listener, addr, public_url, clock, measured } = self;
        let business = opened.business;
        let first_run_key = opened.new_admin_key.map(|key| key.reveal().to_owned());
        if let Some(key) = &first_run_key {
            let path = config.admin_key_file();
            key_file::write(&path, key).map_err(|cause| ServeError::KeyFile { path, cause })?;
        }
        let hearing = Hearing { business: business.clone(), clock: Arc::clone(&clock) };
        let facts = models.facts.clone();
        measures::models(&facts);
        let engine = Engine::start(&config, models, hearing)?;
        let host = Arc::clone(&engine.host);
        let lanes = engine.monitors();
        let voices = Arc::clone(&config.voices.counters);
        let captures = engine.captures.clone();
        let probe =
            Arc::new(ServerProbe { host: Arc::clone(&host), lanes, voices, captures, measured });
        let captures = engine.captures.clone();
        let captures = captures.map(|captures| CaptureDesk::new(&config, captures, &facts));
        let desk = Arc::new(Desk { host, business: business.clone(), captures });
        let twilio = TwilioOptions {
            upgrade_signature: config.twilio_upgrade_signature,
            ..TwilioOptions::new(public_url.clone(), config.twilio_auth_token.clone())
        };
        let seen = Arc::clone(&probe) as Arc<dyn Probe>;
        let api = Api { business: business.clone(), probe: seen, clock };
        let routes =
            Router::new().merge(twilio::routes(twilio, desk)).merge(callwright_api::routes(api));
        let doors = Doors::open(listener, routes, probe);
        Ok(Running {
            addr,
            public_url,
            first_run_key,
            facts,
            config,
            business,
            engine: Some(engine),
            doors,
            others,
            _home: home,
        })
    }
}

fn public_url(config: &Config, addr: SocketAddr) -> Result<PublicUrl, ServeError> {
    match &config.public_url {
        Some(url) => Ok(url.clone()),
        None => format!("http://{addr}").parse().map_err(|_no_url| ServeError::PublicUrl),
    }
}

#[cfg(test)]
mod tests;
