//! What the kernel knows of a process, from `/proc` (proc(5)), and its instructions, from `perf`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Serialize;

/// What a process holds at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Holding {
    /// Threads.
    pub(super) threads: u64,
    /// Open files, sockets among them.
    pub(super) files: u64,
    /// Of those, sockets: each holds a port or a connection.
    pub(super) sockets: u64,
    /// Memory in use by it, in kB.
    pub(super) resident_kb: u64,
}

/// A process by its id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process(pub(super) u32);

impl Process {
    /// This one.
    pub(super) fn this() -> Self {
        Self(std::process::id())
    }

    fn path(self, name: &str) -> PathBuf {
        PathBuf::from("/proc").join(self.0.to_string()).join(name)
    }

    /// What it holds; `None` where the system does not say.
    pub(super) fn holding(self) -> Option<Holding> {
        let status = fs::read_to_string(self.path("status")).ok()?;
        let mut holding = Holding {
            threads: field(&status, "Threads:")?,
            resident_kb: field(&status, "VmRSS:")?,
            ..Holding::default()
        };
        for entry in fs::read_dir(self.path("fd")).ok()?.flatten() {
            holding.files += 1;
            let target = fs::read_link(entry.path()).unwrap_or_default();
            holding.sockets += u64::from(target.to_string_lossy().starts_with("socket:"));
        }
        Some(holding)
    }

    /// Processor time of each of its threads so far, by name: threads of one name together.
    pub(super) fn threads(self) -> BTreeMap<String, Duration> {
        let mut times = BTreeMap::new();
        let Ok(tasks) = fs::read_dir(self.path("task")) else { return times };
        for task in tasks.flatten() {
            let read = |name: &str| fs::read_to_string(task.path().join(name));
            // A thread may end between the list and the look at it.
            let (Ok(name), Ok(stat)) = (read("comm"), read("schedstat")) else { continue };
            let Some(on_cpu) = stat.split(' ').next().and_then(|ns| ns.parse().ok()) else {
                continue;
            };
            *times.entry(name.trim().to_owned()).or_default() += Duration::from_nanos(on_cpu);
        }
        times
    }

    /// Counts its instructions for a while. Blocks for `lasts`; `None` where there is no `perf`, or it may not look.
    pub(super) fn instructions(self, lasts: Duration) -> Option<Instructions> {
        let counted = Command::new("perf")
            .args(["stat", "-x,", "-e", "instructions:u,instructions:k", "-p"])
            .arg(self.0.to_string())
            .args(["--", "sleep"])
            .arg(lasts.as_secs_f64().to_string())
            .stdout(Stdio::null())
            .output()
            .ok()?;
        parse_perf(&String::from_utf8_lossy(&counted.stderr))
    }
}

/// Instructions that were executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instructions {
    /// In the program.
    pub(super) user: u64,
    /// In the kernel on its behalf.
    pub(super) kernel: u64,
}

/// A number of `/proc/PID/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// `perf stat -x,` writes a count, a unit and the event in each line.
fn parse_perf(text: &str) -> Option<Instructions> {
    let count = |event: &str| {
        let line = text.lines().find(|line| line.contains(event))?;
        line.split(',').next()?.parse().ok()
    };
    Some(Instructions { user: count("instructions:u")?, kernel: count("instructions:k")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_a_thread_and_a_socket_are_seen_while_they_are_there() {
        let before = Process::this().holding().unwrap();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let during = Process::this().holding().unwrap();
        // Other tests of this process open and close theirs meanwhile; ours is one of those there are.
        assert!(during.sockets >= 1 && during.files >= 1, "{during:?}");
        assert!(before.threads >= 1 && before.resident_kb > 1_000, "{before:?}");
        drop(socket);
        assert!(!Process::this().threads().is_empty());
        assert!(Process(u32::MAX).holding().is_none());
    }

    #[test]
    fn counts_of_perf_are_read_and_refusals_are_no_counts() {
        let text = "1234,,instructions:u,100,100.00,,\n99,,instructions:k,100,100.00,,\n";
        assert_eq!(parse_perf(text), Some(Instructions { user: 1_234, kernel: 99 }));
        assert_eq!(parse_perf("<not supported>,,instructions:u,0,100.00,,\n"), None);
        assert_eq!(parse_perf("Error: access denied"), None);
    }
}
