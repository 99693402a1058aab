//! The program `callwright`: its configuration, the joining of the rooms into a server, and its commands.
//!
//! A library beside the binary, so that tests and `callwright simulate` can run a whole server in their own process:
//!
//! ```no_run
//! # async fn example() -> Result<(), callwright::serve::ServeError> {
//! use callwright::config::Config;
//!
//! let home = std::path::Path::new("/tmp/callwright");
//! let running = callwright::serve::start(Config::local(home, Config::default_models())).await?;
//! let (url, key) = (running.url(), running.admin_key());
//! # let _ = (url, key);
//! running.shutdown().await;
//! # Ok(()) }
//! ```

mod answering;
pub mod bench;
pub mod captures;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod logging;
pub mod replay;
pub mod serve;
pub mod simulate;
pub mod transcribe;
pub mod voiceprints;
