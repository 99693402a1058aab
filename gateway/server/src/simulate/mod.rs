//! `callwright simulate`: a strict Twilio of our own, with callers who follow scenarios.
//!
//! It calls a running server as Twilio would: the signed webhook, the TwiML, the media stream in real time, marks,
//! `clear`, keys, the `<Connect>` action. The caller listens to what is *played* to them, knows the agent's words from
//! `/v1/events`, reacts, and measures every reply at their own ear.
//!
//! | file | owns |
//! |---|---|
//! | `args`, `run` | the command line and what it does |
//! | `scenario`, `shipped`, `phrase`, `day`, `yaml` | what a scenario says |
//! | `persona`, `profile` | who calls, and over what line |
//! | `twilio`, `webhook` | Twilio's side, strictly |
//! | `caller`, `mouth`, `ear`, `speech`, `recording` | the caller |
//! | `conversation`, `trunk`, `way_back` | one call, from the caller's end |
//! | `line`, `driver`, `server` | one call, over real sockets |
//! | `inside`, `matrix` | calls within this process, on a virtual clock |
//! | `checks`, `report`, `log` | what came of it |
//!
//! Tests use it without the command line:
//!
//! ```no_run
//! # async fn example() -> Result<(), callwright::simulate::SimulateError> {
//! use callwright::simulate::{Caller, Scenario, Target};
//!
//! let caller = Caller::new(Target::new("http://127.0.0.1:8080", "key")?)?;
//! let report = caller.call(&Scenario::named("books")?).await?;
//! assert!(report.passed, "{report}");
//! # Ok(()) }
//! ```

mod args;
mod caller;
mod checks;
mod conversation;
mod day;
mod driver;
pub(crate) mod ear;
mod inside;
pub(crate) mod line;
mod log;
mod matrix;
pub(crate) mod mouth;
mod persona;
mod phrase;
mod placing;
mod profile;
pub(crate) mod recording;
mod report;
mod run;
mod scenario;
pub(crate) mod server;
mod shipped;
pub(crate) mod speech;
mod trunk;
pub(crate) mod twilio;
mod way_back;
pub(crate) mod webhook;
mod yaml;

pub use args::Args;
pub use log::{Entry, What};
pub use persona::Persona;
pub use placing::{Caller, SimulateError, Target};
pub use profile::LineProfile;
pub use recording::Recording;
pub use report::{CallReport, Check, Interruption, Moment, Reply};
pub use run::run;
pub use scenario::{Scenario, ScenarioError};
pub use server::ServerError;
pub use shipped::SHIPPED_NAMES;
pub use speech::SpeechError;
pub use twilio::{Offence, TwilioError, sign};
