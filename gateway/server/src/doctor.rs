//! `callwright doctor`: looks whether everything is there that a server needs, and says what to do about what is not.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::config::Config;

mod address;
mod data;
pub mod installed;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// It works, and the operator should know.
    Note,
    /// A server would not start, or not do its work.
    Bad,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// How it stands.
    pub state: State,
    /// In words.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn good(what: &str, detail: impl Into<String>) -> Self {
        Self { what: what.to_owned(), state: State::Good, detail: detail.into(), advice: None }
    }

    fn note(what: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Note, advice: Some(advice.into()), ..Self::good(what, detail) }
    }

    fn bad(what: &str, detail: impl Into<String>, advice: Option<String>) -> Self {
        Self { state: State::Bad, advice, ..Self::good(what, detail) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.state {
            State::Good => '✓',
            State::Note => '·',
            State::Bad => '✗',
        };
        write!(f, "{sign} {}: {}", self.what, self.detail)?;
        match &self.advice {
            Some(advice) => write!(f, "\n    {advice}"),
            None => Ok(()),
        }
    }
}

/// All findings, as `--json` writes them.
#[derive(Debug, Serialize)]
struct Report<'a> {
    ok: bool,
    findings: &'a [Finding],
}

/// Looks at everything that a server by `config` would need, and writes what it finds to the standard output. The exit code
/// is 0 when a server would start, 1 when it would not.
pub fn run(config: &Config, json: bool) -> ExitCode {
    let mut findings = Vec::new();
    let mut out = io::stdout().lock();
    let mut found = |finding: Finding| {
        if !json {
            // A closed output ends nothing: the exit code still tells.
            let _closed = writeln!(out, "{finding}").and_then(|()| out.flush());
        }
        findings.push(finding);
    };
    installed::artefacts(&config.models).into_iter().for_each(&mut found);
    found(installed::loading(&config.models));
    data::folder(&config.home).into_iter().for_each(&mut found);
    data::database(&config.database()).into_iter().for_each(&mut found);
    found(address::listen(config.listen));
    address::reach(config).into_iter().for_each(&mut found);
    let ok = findings.iter().all(|finding| finding.state != State::Bad);
    let last = if json {
        let report = Report { ok, findings: &findings };
        serde_json::to_string_pretty(&report).unwrap_or_default()
    } else if ok {
        "\nEverything is there: `callwright serve` will start.".to_owned()
    } else {
        "\nWhat is marked ✗ keeps a server from doing its work.".to_owned()
    };
    let _closed = writeln!(out, "{last}");
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
