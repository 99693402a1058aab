//! The program `callwright`; see the library of the same name for what it is made of.

use std::io::Write;
use std::process::ExitCode;

use callwright::cli::{self, Cli};
use clap::Parser;

/// A command that could not be carried out, as for a wrong command line.
const EXIT_FAILED: u8 = 2;

fn main() -> ExitCode {
    cli::run(Cli::parse()).unwrap_or_else(|error| {
        // Nowhere else to say it.
        let _closed = writeln!(std::io::stderr(), "callwright: {}", told(&error));
        ExitCode::from(EXIT_FAILED)
    })
}

/// An error and what is behind it, in one paragraph. Causes that an error has quoted are not said twice.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |mut told, cause| {
        if !told.contains(&cause) {
            if !told.is_empty() {
                told.push_str(": ");
            }
            told.push_str(&cause);
        }
        told
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::told;

    #[test]
    fn each_cause_is_told_once() {
        let denied = || std::io::Error::other("permission denied");
        let quoted: anyhow::Result<()> =
            Err(denied()).context("the file cannot be written: permission denied");
        assert_eq!(told(&quoted.unwrap_err()), "the file cannot be written: permission denied");
        let unquoted: anyhow::Result<()> = Err(denied()).context("the file cannot be written");
        assert_eq!(told(&unquoted.unwrap_err()), "the file cannot be written: permission denied");
    }
}
