//! Phonemes from `espeak-ng`, a program of its own: it is under the GPL, so it is called and never linked.
//!
//! One process a clause: it takes about 5 ms, needs no protocol of ours to tell answers apart, and one that hangs or
//! dies takes nothing with it. The text goes in by its standard input, where no list of processes shows it.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::contract::ModelError;

/// Which of espeak-ng's voices reads, and how it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Language {
    /// espeak-ng's name: `en-us`.
    voice: String,
    /// Sounds of two letters are tied with `^` (`e^ɪ`).
    ties: bool,
}

impl Language {
    /// `None` for what is no name of a voice; it becomes an argument of a program.
    pub(crate) fn new(voice: &str, ties: bool) -> Option<Self> {
        let sound = |c: char| c.is_ascii_alphanumeric() || "-_+".contains(c);
        let is_name = !voice.is_empty()
            && voice.len() <= 32
            && voice.starts_with(|c: char| c.is_ascii_alphanumeric())
            && voice.chars().all(sound);
        is_name.then(|| Self { voice: voice.to_owned(), ties })
    }
}

/// Tells how words are said.
pub(crate) trait Phonemizer: Send {
    /// The phonemes (IPA, with stress marks) of a clause, its groups between spaces.
    ///
    /// # Errors
    /// [`ModelError::Runtime`].
    fn phonemize(&mut self, language: &Language, text: &str) -> Result<String, ModelError>;
}

/// The program, as it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Espeak {
    program: PathBuf,
    limit: Duration,
}

impl Default for Espeak {
    fn default() -> Self {
        Self::new("espeak-ng")
    }
}

/// espeak-ng gave no phonemes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EspeakError {
    /// There is no such program.
    #[error(
        "{} is not installed; neural voices read with it (Debian and Ubuntu: apt-get install espeak-ng)",
        program.display()
    )]
    Missing {
        /// What was called.
        program: PathBuf,
    },
    /// It could not be started or talked to.
    #[error("{} cannot be used: {source}", program.display())]
    Unusable {
        /// What was called.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It took too long, and was ended.
    #[error("{} took longer than {limit:?} and was ended", program.display())]
    Slow {
        /// What was called.
        program: PathBuf,
        /// How long it may take.
        limit: Duration,
    },
    /// It ended itself with an error, twice.
    #[error("{} ended with {status}; `espeak-ng --voices` lists what it reads", program.display())]
    Failed {
        /// What was called.
        program: PathBuf,
        /// How it ended.
        status: String,
    },
    /// It wrote something that is not phonemes.
    #[error("{} wrote no phonemes", program.display())]
    Unreadable {
        /// What was called.
        program: PathBuf,
    },
}

impl Espeak {
    /// The program of this name or path.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), limit: LIMIT }
    }

    /// The same, with another limit for one clause.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Whether the program is there and knows this language.
    ///
    /// # Errors
    /// [`EspeakError`], which says what to do.
    pub(crate) fn try_out(&self, language: &Language) -> Result<(), EspeakError> {
        self.run_twice(language, "ready").map(drop)
    }

    /// A process that dies is replaced by another, once.
    fn run_twice(&self, language: &Language, text: &str) -> Result<String, EspeakError> {
        match self.run(language, text) {
            Err(EspeakError::Failed { .. }) => self.run(language, text),
            other => other,
        }
    }

    fn run(&self, language: &Language, text: &str) -> Result<String, EspeakError> {
        let mut command = Command::new(&self.program);
        command.args(["-q", "--ipa", "-b", "1", "--stdin", "-v", language.voice.as_str()]);
        if language.ties {
            command.arg("--tie=^");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Supervised(command.spawn().map_err(|source| self.unusable(source))?);
        // A clause is far shorter than the pipe's buffer, so that this never waits for the program to read.
        if let Some(mut input) = process.0.stdin.take() {
            let text = text.get(..TEXT_MAX_BYTES).unwrap_or(text);
            match input.write_all(text.as_bytes()).and_then(|()| input.write_all(b"\n")) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(self.unusable(error));
                }
                // One that does not read has ended, and its status says why.
                _ => {}
            }
        }
        let written = match process.0.stdout.take() {
            Some(output) => self.read(output)?,
            None => Vec::new(),
        };
        let status = process.0.wait().map_err(|source| self.unusable(source))?;
        if !status.success() {
            let (program, status) = (self.program.clone(), status.to_string());
            return Err(EspeakError::Failed { program, status });
        }
        let unreadable = EspeakError::Unreadable { program: self.program.clone() };
        let written = String::from_utf8(written).ok().ok_or(unreadable)?;
        Ok(tidy(&written))
    }

    /// Reads all that the program writes, as long as it may take.
    #[expect(
        clippy::disallowed_methods,
        reason = "a process that hangs is found out by the real clock; no call's time depends on it"
    )]
    fn read(&self, mut output: ChildStdout) -> Result<Vec<u8>, EspeakError> {
        let until = Instant::now() + self.limit;
        let mut written = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let slow = EspeakError::Slow { program: self.program.clone(), limit: self.limit };
            let wait = Timespec::try_from(left).ok().filter(|_| !left.is_zero()).ok_or(slow)?;
            let mut fds = [PollFd::new(&output, PollFlags::IN)];
            match poll(&mut fds, Some(&wait)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(self.unusable(error.into())),
            }
            let count = output.read(&mut piece).map_err(|source| self.unusable(source))?;
            if count == 0 {
                return Ok(written);
            }
            written.extend_from_slice(piece.get(..count).unwrap_or_default());
            if written.len() > OUTPUT_MAX_BYTES {
                return Err(EspeakError::Unreadable { program: self.program.clone() });
            }
        }
    }

    fn unusable(&self, source: io::Error) -> EspeakError {
        let program = self.program.clone();
        match source.kind() {
            io::ErrorKind::NotFound => EspeakError::Missing { program },
            _ => EspeakError::Unusable { program, source },
        }
    }
}

impl Phonemizer for Espeak {
    fn phonemize(&mut self, language: &Language, text: &str) -> Result<String, ModelError> {
        self.run_twice(language, text)
            .map_err(|error| ModelError::Runtime { model: MODEL, reason: error.to_string() })
    }
}

/// A process that does not outlive whoever asked it.
struct Supervised(Child);

impl Drop for Supervised {
    fn drop(&mut self) {
        // One that was waited for is gone, and killing it is no error; one that hangs is ended, and reaped.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// One line of groups out of what the program writes: a line for each clause that it sees, flags such as `(en)` around
/// words of another language, and `-` and `_` where words meet.
fn tidy(written: &str) -> String {
    let mut tidied = String::with_capacity(written.len());
    let mut in_flag = false;
    for c in written.chars() {
        match c {
            '(' => in_flag = true,
            ')' => in_flag = false,
            '-' | '_' => {}
            c if in_flag || (c.is_control() && !c.is_whitespace()) => {}
            c => tidied.push(c),
        }
    }
    tidied.split_whitespace().collect::<Vec<_>>().join(" ")
}

const MODEL: &str = "espeak-ng";
/// Some hundred times what a clause takes.
const LIMIT: Duration = Duration::from_secs(2);
/// More than a text may have.
const TEXT_MAX_BYTES: usize = 4_096;
/// Phonemes take at most some four times the octets of their text.
const OUTPUT_MAX_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// A stand-in for the program, which behaves as its language says.
    fn double() -> Espeak {
        Espeak::new(concat!(env!("CARGO_MANIFEST_DIR"), "/voices/espeak-double.sh"))
    }

    fn language(name: &str) -> Language {
        Language::new(name, false).unwrap()
    }

    #[test]
    fn what_is_written_is_one_line_of_groups() {
        let groups = double().phonemize(&language("en-us"), "hello world").unwrap();
        assert_eq!(groups, "həlˈoʊ lə wˈɜːld");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_that_says_what_to_do() {
        let error = Espeak::new("/no/such/espeak-ng").try_out(&language("en-us")).unwrap_err();
        assert!(matches!(error, EspeakError::Missing { .. }), "{error}");
        assert!(error.to_string().contains("apt-get install espeak-ng"), "{error}");
    }

    #[test]
    fn one_that_hangs_is_ended_and_reaped() {
        let espeak = double().within(Duration::from_millis(50));
        let error = espeak.run(&language("hangs"), "hello").unwrap_err();
        assert!(matches!(error, EspeakError::Slow { .. }), "{error}");
    }

    #[test]
    fn one_that_dies_is_started_again_once() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("died");
        let text = mark.display().to_string();
        assert_eq!(double().phonemize(&language("dies-once"), &text).unwrap(), "a");
        let error = double().run_twice(&language("dies"), "hello").unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn one_that_writes_without_end_is_stopped() {
        let error = double().run(&language("floods"), "hello").unwrap_err();
        assert!(matches!(error, EspeakError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn only_a_name_becomes_an_argument() {
        for name in ["en-us", "en-gb-x-rp", "pt-br", "yue"] {
            assert!(Language::new(name, false).is_some(), "{name}");
        }
        for name in ["", "-v", "--path=/", "en us", "../x", &"x".repeat(40)] {
            assert!(Language::new(name, false).is_none(), "{name}");
        }
    }
}
