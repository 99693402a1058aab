//! The program's own log: compact lines on the standard error. What callers say and who they are is not in it; the types
//! they travel in do not print.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// What is logged unless told otherwise. The runtime of the models tells of each of its steps at `info`.
pub const FILTER_DEFAULT: &str = "info,ort=warn,sqlx=warn";

/// Begins to log what passes `filter`, once in a process; a log that has begun already goes on.
///
/// # Errors
/// The filter is none.
pub fn begin(filter: &str) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let begun = tracing_subscriber::fmt()
        .compact()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
    if begun.is_err() {
        tracing::debug!("the log had begun before");
    }
    Ok(())
}
