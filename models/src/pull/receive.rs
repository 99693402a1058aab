//! One file on its way: from a mirror or its home into a part, from where the part ends.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::{Digests, PullError, PullOptions, PullProgress, at, is_full};
use crate::catalog::DownloadFile;

/// What has files: the network, or a test.
pub trait Fetch {
    /// Begins to send what lies at `url`, from octet `from` on. Whoever cannot begin there sends all of it.
    ///
    /// # Errors
    /// [`FetchError`].
    fn open(&mut self, url: &str, from: u64) -> Result<Body, FetchError>;
}

/// What is being sent.
pub struct Body {
    /// Where it begins: what was asked for, or 0.
    pub from: u64,
    /// Octets of the whole file, if it is known.
    pub whole: Option<u64>,
    /// The octets from `from` on.
    pub octets: Box<dyn Read>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("from", &self.from).field("whole", &self.whole).finish()
    }
}

/// Nothing is sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address cannot be reached.
    #[error("it cannot be reached ({0})")]
    Unreachable(String),
    /// What is there is no file that may be had.
    #[error("the server answers {0}")]
    Status(u16),
    /// There is nothing from that octet on: what is there already is whole, or of another file.
    #[error("there is nothing from there on")]
    Range,
}

/// One file to be received.
pub(super) struct Job<'a> {
    pub(super) file: &'a DownloadFile,
    pub(super) home: &'a str,
    pub(super) options: &'a PullOptions,
    /// Where it is put together.
    pub(super) part: &'a Path,
    pub(super) models: &'a Path,
}

impl Job<'_> {
    /// Receives the file, whole and checked, and says what it is.
    pub(super) fn receive(
        &self,
        fetch: &mut dyn Fetch,
        progress: &mut dyn FnMut(PullProgress) -> bool,
    ) -> Result<Digests, PullError> {
        let places = self.options.mirrors.iter().map(String::as_str).chain([self.home]);
        let mut refusal = None;
        for place in places {
            let url = format!("{}/{}", place.trim_end_matches('/'), self.file.fetch);
            match self.open(fetch, &url) {
                Ok(body) => {
                    let received = self.write(body, &url, progress);
                    if matches!(received, Err(PullError::Full { .. } | PullError::TooLong { .. })) {
                        self.discard();
                    }
                    received?;
                    return self.check(&url);
                }
                Err(why) => refusal = Some(PullError::Fetch { url, why }),
            }
        }
        Err(refusal.unwrap_or(PullError::NoHash { file: self.file.fetch.clone() }))
    }

    fn open(&self, fetch: &mut dyn Fetch, url: &str) -> Result<Body, FetchError> {
        let there = fs::metadata(self.part).map_or(0, |part| part.len());
        match fetch.open(url, there) {
            Err(FetchError::Range) if there > 0 => {
                // The part is of another file, or whole; whichever it is, all of it again is right.
                self.discard();
                fetch.open(url, 0)
            }
            opened => opened,
        }
    }

    fn write(
        &self,
        mut body: Body,
        url: &str,
        progress: &mut dyn FnMut(PullProgress) -> bool,
    ) -> Result<(), PullError> {
        let mut options = OpenOptions::new();
        let options = options.create(true).write(true).append(body.from > 0);
        let mut part = options.truncate(body.from == 0).open(self.part).map_err(at(self.part))?;
        let mut done = body.from;
        let about = body.whole.unwrap_or(self.file.size_about);
        // Whoever does not say how long a file is may not fill the disk.
        let most = body.whole.unwrap_or(self.file.size_about.saturating_mul(2));
        let mut block = vec![0; 1 << 16];
        loop {
            let read = match body.octets.read(&mut block) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_cut) => return Err(self.cut(done, about)),
            };
            let Some(octets) = block.get(..read).filter(|octets| !octets.is_empty()) else { break };
            done = done.saturating_add(octets.len() as u64);
            if done > most {
                return Err(PullError::TooLong { url: url.to_owned() });
            }
            part.write_all(octets).map_err(|error| self.unwritten(error))?;
            if !progress(PullProgress { done, whole: about }) {
                return Err(PullError::Stopped);
            }
        }
        match body.whole {
            Some(whole) if done < whole => Err(self.cut(done, whole)),
            _ => Ok(()),
        }
    }

    fn check(&self, url: &str) -> Result<Digests, PullError> {
        let found = Digests::of(self.part).map_err(at(self.part))?;
        match &self.file.digest {
            Some(digest) if digest.found(&found) != digest.wanted() => {
                self.discard();
                Err(PullError::WrongHash {
                    url: url.to_owned(),
                    kind: digest.kind(),
                    found: digest.found(&found).to_owned(),
                    wanted: digest.wanted().to_owned(),
                })
            }
            _ => Ok(found),
        }
    }

    fn cut(&self, done: u64, whole: u64) -> PullError {
        PullError::Cut { file: self.file.fetch.clone(), done, whole }
    }

    fn unwritten(&self, error: io::Error) -> PullError {
        if is_full(&error) {
            PullError::Full { folder: self.models.to_owned() }
        } else {
            at(self.part)(error)
        }
    }

    /// What cannot be deleted is overwritten by the next attempt, or found to be wrong again.
    fn discard(&self) {
        let _gone = fs::remove_file(self.part);
    }
}
