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
        let _closed = writeln!(std::io::stderr(), "callwright: {error:#}");
        ExitCode::from(EXIT_FAILED)
    })
}
