//! Placing a simulated call: makes the caller's voice ready, makes the call, gathers what the server knows of it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use callwright_contract::Pii;
use callwright_models::flite::Flite;

use super::checks::{Facts, check};
use super::driver::{CallPlan, Made, make};
use super::log::Entry;
use super::profile::LineProfile;
use super::report::{CallReport, Moment, interruptions, ms, replies, reply_percentiles};
use super::scenario::{Scenario, ScenarioError, Side};
use super::server::{Server, ServerError};
use super::speech::{SpeechError, babble, clips, level_dbov};
use super::twilio::Identity;
use callwright_api::wire::{Appointment, Call};
use callwright_media::impair::LineError;

/// The server to call, and how.
#[derive(Clone, Debug)]
pub struct Target {
    server: Server,
    public_url: String,
    auth_token: Option<Pii<String>>,
}

/// A call could not be made, through no fault of what is simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// The scenario cannot be followed.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The server cannot be asked.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The simulated line.
    #[error("the simulated line cannot be made: {0}")]
    Line(#[from] LineError),
    /// The call could not be made within this process.
    #[error("cannot make the call within this process: {0}")]
    Inside(String),
    /// One call has one of these.
    #[error("a call has one {0}: name one, or try several with --matrix")]
    Several(&'static str),
    /// There is no such socket.
    #[error(
        "this line is RTP, for which the server has no socket yet: make the call within this process, with --virtual"
    )]
    NoSocket,
    /// The caller has no voice.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// Flite is not there.
    #[error("the caller needs Flite's voices: {0}")]
    Voice(String),
    /// The system gives no threads.
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    /// The server of one's own did not start.
    #[error("{0}")]
    Serve(String),
    /// The key file cannot be read.
    #[error(
        "no key for the server: {} cannot be read ({why}); give the key with --key or CALLWRIGHT_ADMIN_KEY, or the \
         server's home folder with --home",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: std::io::Error,
    },
    /// The recording cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: hound::Error,
    },
}

impl Target {
    /// A server at `url`, an `http://` address of this machine, whose API `key` opens.
    ///
    /// # Errors
    /// [`SimulateError::Server`] when `url` is not such an address.
    pub fn new(url: &str, key: &str) -> Result<Self, SimulateError> {
        let server = Server::new(url, key)?;
        Ok(Self { public_url: server.base().to_owned(), server, auth_token: None })
    }

    /// Signs requests as the account with this auth token.
    #[must_use]
    pub fn signing(mut self, auth_token: String) -> Self {
        self.auth_token = Some(Pii::new(auth_token));
        self
    }

    /// Where the world reaches the server: what signatures are made for.
    #[must_use]
    pub fn known_as(mut self, public_url: &str) -> Self {
        public_url.trim_end_matches('/').clone_into(&mut self.public_url);
        self
    }
}

/// Somebody who can make calls to one server, many at a time.
#[derive(Clone)]
pub struct Caller {
    target: Target,
    /// Speaks for all callers, one text at a time, before their calls.
    voice: Arc<Mutex<Flite>>,
    /// What is done to the sound of its calls, and the seed of it.
    line: Option<(LineProfile, u64)>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Caller {
    /// Loads the voices.
    ///
    /// # Errors
    /// [`SimulateError::Voice`] when Flite is not installed.
    pub fn new(target: Target) -> Result<Self, SimulateError> {
        let voice = Flite::load().map_err(|error| SimulateError::Voice(error.to_string()))?;
        Ok(Self { target, voice: Arc::new(Mutex::new(voice)), line: None })
    }

    /// Calls over a line of this kind, always in the same way. Only one of Twilio's leads to a server.
    #[must_use]
    pub fn over(mut self, line: LineProfile, seed: u64) -> Self {
        self.line = Some((line, seed));
        self
    }

    /// Makes the call of `scenario`, in real time.
    ///
    /// # Errors
    /// [`SimulateError`]; an expectation that fails is none, see [`CallReport::passed`].
    pub async fn call(&self, scenario: &Scenario) -> Result<CallReport, SimulateError> {
        self.call_watched(scenario, &mut |_| {}).await
    }

    /// The same, telling `watch` what happens while it does.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn call_watched(
        &self,
        scenario: &Scenario,
        watch: &mut (dyn FnMut(&Entry) + Send),
    ) -> Result<CallReport, SimulateError> {
        let (voice, wanted) = (Arc::clone(&self.voice), scenario.clone());
        let line = self.line.clone();
        let spoken = tokio::task::spawn_blocking(move || {
            let mut voice = voice.lock().unwrap_or_else(PoisonError::into_inner);
            let clips = clips(&wanted, &mut *voice)?;
            let Some((profile, seed)) = line else { return Ok((clips, None)) };
            let others = if profile.babbles() { babble(&mut *voice)? } else { Arc::default() };
            let mut settings = profile.settings(seed, level_dbov(&clips), &others)?;
            settings.echo = settings.echo.or(wanted.echo.map(|echo| echo.settings()));
            Ok::<_, SimulateError>((clips, Some(settings)))
        });
        let (clips, line) =
            spoken.await.map_err(|error| SimulateError::Voice(error.to_string()))??;
        let Target { server, public_url, auth_token } = &self.target;
        let plan = CallPlan {
            scenario,
            clips: &clips,
            server,
            public_url,
            auth_token: auth_token.as_ref(),
            who: Identity::random(),
            line: line.as_ref(),
        };
        let made = Box::pin(make(&plan, watch)).await?;
        report(scenario, server, made).await
    }
}

/// Puts together what the caller heard and what the server knows.
async fn report(
    scenario: &Scenario,
    server: &Server,
    made: Made,
) -> Result<CallReport, SimulateError> {
    let id = made.heard.as_ref().and_then(|heard| heard.call.clone());
    let call = match &id {
        Some(id) => Some(server.call(id).await?),
        None => None,
    };
    let rows = match &id {
        Some(_) => server.appointments().await?,
        None => Vec::new(),
    };
    Ok(put_together(scenario, made, call.as_ref(), rows))
}

/// What came of a call whose record is `call`, with all that the calendar holds.
pub(super) fn put_together(
    scenario: &Scenario,
    mut made: Made,
    call: Option<&Call>,
    mut rows: Vec<Appointment>,
) -> CallReport {
    let id = made.heard.as_ref().and_then(|heard| heard.call.clone());
    rows.retain(|row| Some(&row.call) == id.as_ref());
    let ended_by = ended_by(&made);
    let mut offences = std::mem::take(&mut made.offences);
    let recording =
        made.heard.as_mut().map(|heard| std::mem::take(&mut heard.recording)).unwrap_or_default();
    let heard = made.heard.as_ref();
    if let Some(heard) = heard {
        offences.extend(heard.offences.iter().cloned());
    }
    let (reply_p50_ms, reply_p95_ms) = heard.map(reply_percentiles).unwrap_or_default();
    let talked = heard.map(|heard| heard.talked).unwrap_or_default();
    let log = heard.map(|heard| heard.log.as_slice()).unwrap_or_default();
    let mut report = CallReport {
        scenario: scenario.name.clone(),
        passed: false,
        call: id,
        lasted_ms: ms(made.lasted),
        ended_by: ended_by.map(Side::as_str),
        transferred_to: made.transferred_to.clone(),
        conversation: log
            .iter()
            .map(|entry| Moment {
                at_ms: ms(entry.at),
                what: entry.what.to_string().trim_start().to_owned(),
            })
            .collect(),
        replies: heard.map(|heard| replies(heard, call)).unwrap_or_default(),
        interruptions: heard.map(interruptions).unwrap_or_default(),
        reply_p50_ms,
        reply_p95_ms,
        caller_spoke_ms: ms(talked.0),
        agent_spoke_ms: ms(talked.1),
        stutters: heard.map_or(0, |heard| heard.stutters),
        checks: Vec::new(),
        recording,
    };
    report.checks = check(
        &scenario.expect,
        &Facts {
            report: &report,
            heard,
            offences: &offences,
            refused: made.refused.as_deref(),
            ended_by,
            call,
            rows: &rows,
        },
    );
    report.passed = report.checks.iter().all(|check| check.ok);
    report
}

fn ended_by(made: &Made) -> Option<Side> {
    let heard = made.heard.as_ref()?;
    Some(if heard.hung_up {
        Side::Caller
    } else if made.transferred_to.is_some() {
        Side::Transfer
    } else {
        Side::Agent
    })
}
