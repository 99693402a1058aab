//! A server of the bench's own: this program once more, in a process of its own, with a home that is thrown away.

use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::config::Config;

/// The server. It is ended, and its home removed, when this is dropped.
#[derive(Debug)]
pub(in crate::bench) struct OwnServer {
    process: Child,
    home: PathBuf,
    base: String,
    key: String,
}

/// No server came up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnServerError {
    /// The system did not do what starting takes.
    #[error("no server of its own can be started: {0}")]
    System(#[from] std::io::Error),
    /// The server ended before it took calls.
    #[error(
        "the server of its own did not start; `callwright doctor` finds out what is missing. It said:\n{said}"
    )]
    Ended {
        /// The end of its log.
        said: String,
    },
}

/// What is asked of the server besides this does not hold for one that is thrown away.
const NOT_INHERITED: [&str; 6] = [
    "CALLWRIGHT_CONFIG",
    "CALLWRIGHT_HOME",
    "CALLWRIGHT_LISTEN",
    "CALLWRIGHT_PUBLIC_URL",
    "CALLWRIGHT_LOG",
    "TWILIO_AUTH_TOKEN",
];

impl OwnServer {
    /// Starts it with the models in `models`, and returns when it takes calls. Blocks.
    ///
    /// # Errors
    /// [`OwnServerError`]; nothing is left running.
    pub(in crate::bench) fn start(models: Option<&Path>) -> Result<Self, OwnServerError> {
        Self::start_with(models, &[])
    }

    /// The same, with more of the command line.
    ///
    /// # Errors
    /// [`OwnServerError`]; nothing is left running.
    pub(in crate::bench) fn start_with(
        models: Option<&Path>,
        more: &[&str],
    ) -> Result<Self, OwnServerError> {
        let home =
            std::env::temp_dir().join(format!("callwright-bench-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&home)?;
        let key = format!("{:032x}", rand::random::<u128>());
        let log = home.join("server.log");
        let mut command = Command::new(std::env::current_exe()?);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        let process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--home"])
            .arg(&home)
            .arg("--models")
            .arg(models.map_or_else(Config::default_models, Path::to_owned))
            .args(more)
            .env("CALLWRIGHT_ADMIN_KEY", &key)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let mut own = Self { process, home, base: String::new(), key };
        match own.process.stdout.take().and_then(|out| address(BufReader::new(out))) {
            Some(base) => own.base = base,
            None => return Err(OwnServerError::Ended { said: tail(&log) }),
        }
        Ok(own)
    }

    /// Where it listens.
    pub(in crate::bench) fn base(&self) -> &str {
        &self.base
    }

    /// What opens its API.
    pub(in crate::bench) fn key(&self) -> &str {
        &self.key
    }

    /// Its process.
    pub(in crate::bench) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its folder of data.
    pub(in crate::bench) fn home(&self) -> &Path {
        &self.home
    }

    /// Asks it to stop and waits until it has. Blocks.
    ///
    /// # Errors
    /// When there is no `kill`, or the server did not end well.
    pub(in crate::bench) fn stop(&mut self) -> std::io::Result<()> {
        // The standard library knows no signal but the one that cannot be handled.
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status()?;
        let ended = self.process.wait()?;
        if asked.success() && ended.success() {
            return Ok(());
        }
        Err(std::io::Error::other(format!("the server ended with {ended}")))
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // What it knows is thrown away, so there is nothing to write down. Both fail only when it is gone already.
        let _ended = self.process.kill();
        let _gone = self.process.wait();
        // What remains lies in the system's temporary folder.
        let _removed = std::fs::remove_dir_all(&self.home);
    }
}

/// The first address in what a server shows when it takes calls. What it shows later goes nowhere, and it does not
/// mind.
fn address(shown: impl std::io::BufRead) -> Option<String> {
    shown.lines().map_while(Result::ok).find_map(|line| {
        let from = line.find("http://")?;
        let rest = line.get(from..)?;
        let authority = rest.strip_prefix("http://")?;
        let end = authority.find(|c: char| c == '/' || c.is_whitespace());
        Some(format!("http://{}", authority.get(..end.unwrap_or(authority.len()))?))
    })
}

/// The last lines of a log.
fn tail(path: &Path) -> String {
    const LINES: usize = 8;
    let mut text = String::new();
    // A log that cannot be read says nothing.
    let _read = std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text));
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_banner() {
        let banner = "\nCallwright takes calls.\n\n  Live calls   http://127.0.0.1:40123/#key=k\n  Twilio x\n";
        assert_eq!(address(banner.as_bytes()).as_deref(), Some("http://127.0.0.1:40123"));
        assert_eq!(address(&b"at http://a:1 now"[..]).as_deref(), Some("http://a:1"));
        assert_eq!(address(&b"no\n"[..]), None);
    }

    #[test]
    fn the_end_of_a_log_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, (0..20).map(|n| format!("{n}\n")).collect::<String>()).unwrap();
        assert_eq!(tail(&path).lines().next(), Some("12"));
        assert_eq!(tail(&folder.path().join("none")), "");
    }
}
